//! A whole history, settled: every stage runs once over all its keys.
//!
//! A stage never looks at another stage's state and records only ever move to the right, so the
//! first stage may finish before the next begins; and since a stage's result does not depend on how
//! its inputs were batched, each key is applied as one batch and settled once, at the end of time.

use crate::engine::{Counts, Engine};
use crate::queue::{Queue, QueueError, Store, Writer};
use figures::{Figures, Sheet};
use model::{
    Alert, ContactInput, ContactResult, CustomerInput, Field, HandleInput, Journey, Millis, Now,
    Session, Signal, Stage, Value,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use stage_customers::EntryTrace;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Partitions of each queue: enough that one of them is small even of tens of millions of contacts.
const PARTITIONS: usize = 128;
/// Contacts that are put in order at a time. In Parquet they become a row group.
const CONTACTS_PER_BUCKET: usize = 65_536;
/// One contact of so many tells how starts are spread over time.
const STARTS_SAMPLED: u64 = 64;

/// How far a history has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done: `contacts`, `handles`, `customers`.
    pub stage: &'static str,
    /// Partitions that are done.
    pub done: u64,
    /// Partitions that there are.
    pub of: u64,
}

/// A history that is being read.
pub struct History<'a> {
    engine: &'a Engine,
    store: Arc<Store>,
    contacts: Queue<ContactInput>,
    counts: Mutex<Counts>,
    figures: Option<&'a Figures>,
    traced: Option<&'a Traced<'a>>,
}

/// Whose entries of journey rules are traced: asked of each customer's key and of what is held of him.
pub type Traced<'a> = dyn Fn(&str, &stage_customers::State) -> bool + Sync + 'a;

/// What is done with each customer, by his key, what is held of him and the end of time.
pub type Visit<'a> = dyn Fn(&str, &stage_customers::State, &Now) + Sync + 'a;

/// Takes what the door let in; each thread has its own.
pub struct Feed<'a> {
    history: &'a History<'a>,
    writer: Writer<'a, ContactInput>,
    /// What this thread has counted.
    pub counts: Counts,
}

impl Feed<'_> {
    /// Takes an input under its contact's key.
    ///
    /// # Errors
    /// The disk, if memory did not suffice.
    pub fn take(&mut self, key: &str, input: &ContactInput) -> Result<(), QueueError> {
        self.counts.horizon = self.counts.horizon.max(horizon(input));
        self.writer.push(key, input)
    }

    /// Hands over what this thread has taken.
    ///
    /// # Errors
    /// The disk, if memory did not suffice.
    pub fn finish(self) -> Result<(), QueueError> {
        let mut counts = self
            .history
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        counts.add(&self.counts);
        self.writer.finish()
    }
}

/// The latest instant that an accepted event speaks of.
#[must_use]
pub fn horizon(input: &ContactInput) -> Millis {
    match input {
        ContactInput::Signal(_, signal) => signal.occurred_at,
        ContactInput::Event(_, event) => {
            let time = |field| match event.stated(field) {
                Some(Value::Time(at)) => *at,
                _ => Millis::MIN,
            };
            event
                .occurred_at
                .max(time(Field::StartedAt))
                .max(time(Field::EndedAt))
        }
    }
}

/// A row of one of the output tables, as it is written; read back it is a [`Row`].
#[derive(Serialize)]
enum RowRef<'a> {
    Contact(&'a ContactResult),
    Session(&'a Session),
    Alert(&'a Alert),
    Marker(&'a Signal),
    Journey(&'a Journey),
    Broken(&'a Journey),
}

/// A row of one of the output tables. Boxing the large ones would cost an allocation each, and they
/// are moved once.
#[derive(Deserialize)]
#[allow(clippy::large_enum_variant)]
enum Row {
    Contact(ContactResult),
    Session(Session),
    Alert(Alert),
    Marker(Signal),
    Journey(Journey),
    Broken(Journey),
}

impl RowRef<'_> {
    /// The instant that the row stands at in its table.
    fn at(&self) -> Millis {
        match self {
            RowRef::Contact(contact) => contact.contact.started_at,
            RowRef::Session(session) => session.started_at,
            RowRef::Alert(alert) => alert.event_at,
            RowRef::Marker(marker) => marker.occurred_at,
            RowRef::Journey(journey) => journey.entered_at,
            RowRef::Broken(journey) => journey.decided_at,
        }
    }

    /// Puts the row into the bucket of its instant, to be taken out in order of instants.
    fn push(&self, writer: &mut Writer<'_, Row>, bounds: &[Millis]) -> Result<(), QueueError> {
        let at = self.at();
        let bucket = bounds.partition_point(|bound| *bound <= at);
        // Greater for a later instant, before 1970 too.
        let order = at.0.cast_unsigned() ^ 1 << 63;
        writer.push_to(bucket, order, self)
    }
}

/// The rows of a stretch of time, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bucket {
    /// By start, contact id, channel, source.
    pub contacts: Vec<ContactResult>,
    /// By start and first contact.
    pub sessions: Vec<Session>,
    /// By start and contact, then policy.
    pub alerts: Vec<Alert>,
    /// By entry, contact and rule.
    pub journeys: Vec<Journey>,
    /// The alerts of journeys, by decision, contact and rule. With those of `alerts` they are table
    /// `alerts`.
    pub broken: Vec<Journey>,
    /// By time and event id.
    pub markers: Vec<Signal>,
}

/// A settled history: its rows, stretch by stretch in order of time.
pub struct Settled {
    /// What was counted.
    pub counts: Counts,
    /// The end of time.
    pub now: Millis,
    /// What the rows add up to, if figures were asked for.
    pub sheet: Sheet,
    /// The entries of journey rules that were asked for, in order of time.
    pub traces: Vec<EntryTrace>,
    rows: Queue<Row>,
}

impl<'a> History<'a> {
    /// An empty history. What does not fit into `memory_bytes_max` is kept in `folder` meanwhile.
    #[must_use]
    pub fn new(engine: &'a Engine, folder: &Path, memory_bytes_max: usize) -> History<'a> {
        let store = Store::new(folder, memory_bytes_max);
        let contacts = Queue::new(&store, PARTITIONS);
        History {
            engine,
            store,
            contacts,
            counts: Mutex::default(),
            figures: None,
            traced: None,
        }
    }

    /// Counts figures, too.
    #[must_use]
    pub fn counting(mut self, figures: &'a Figures) -> History<'a> {
        self.figures = Some(figures);
        self
    }

    /// Traces entries of journey rules, too: those of the customers that are wanted.
    #[must_use]
    pub fn tracing(mut self, wanted: &'a Traced<'a>) -> History<'a> {
        self.traced = Some(wanted);
        self
    }

    /// A way in for one thread.
    #[must_use]
    pub fn feed(&self) -> Feed<'_> {
        Feed {
            history: self,
            writer: self.contacts.writer(),
            counts: Counts::default(),
        }
    }

    /// Settles everything that was taken, at `until` or at the latest instant that it speaks of.
    ///
    /// # Errors
    /// The disk, if memory did not suffice.
    pub fn settle(
        self,
        until: Option<Millis>,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Settled, QueueError> {
        let store = Arc::clone(&self.store);
        let run = self.up_to_customers(until, progress)?;
        let bounds = bounds(std::mem::take(&mut *lock(&run.starts)));
        let rows = Queue::new(&store, bounds.len() + 1);
        run.stage("customers", |partition| {
            run.of_customers(partition, &rows, &bounds)
        })?;
        run.markers(&rows, &bounds)?;
        let (counts, now) = run.counted();
        let mut traces = std::mem::take(&mut *lock(&run.traces));
        traces.sort_by(|a, b| {
            let place = |one: &EntryTrace| (one.entered.at, one.rule);
            (place(a), &a.entry_id).cmp(&(place(b), &b.entry_id))
        });
        let sheets = run.sheets.into_inner();
        let sheets = sheets.unwrap_or_else(PoisonError::into_inner).into_iter();
        let sheet = sheets.reduce(|mut sheet, other| {
            sheet.merge(&other);
            sheet
        });
        Ok(Settled {
            counts,
            now,
            sheet: sheet.unwrap_or_default(),
            traces,
            rows,
        })
    }

    /// Brings everything that was taken to its customers and shows each of them, on all processors,
    /// as he is at `until` or at the latest instant that anything speaks of: for who asks one thing
    /// of many and wants no tables. Returns what was counted, and the end of time.
    ///
    /// # Errors
    /// The disk, if memory did not suffice.
    pub fn each_customer(
        self,
        until: Option<Millis>,
        progress: &(dyn Fn(Progress) + Sync),
        visit: &Visit<'_>,
    ) -> Result<(Counts, Millis), QueueError> {
        let run = self.up_to_customers(until, progress)?;
        run.stage("customers", |partition| run.visit(partition, visit))?;
        Ok(run.counted())
    }

    /// Runs the stages before customers.
    fn up_to_customers<'r>(
        self,
        until: Option<Millis>,
        progress: &'r (dyn Fn(Progress) + Sync),
    ) -> Result<Run<'r>, QueueError>
    where
        'a: 'r,
    {
        let counts = self
            .counts
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let now = until.unwrap_or(counts.horizon);
        let run = Run {
            engine: self.engine,
            // There every source counts as read to its end.
            now: Now::all(now),
            until: now,
            handles: Queue::new(&self.store, PARTITIONS),
            customers: Queue::new(&self.store, PARTITIONS),
            markers: Mutex::default(),
            starts: Mutex::default(),
            counts: Mutex::new(counts),
            figures: self.figures,
            sheets: Mutex::default(),
            traced: self.traced,
            traces: Mutex::default(),
            progress,
        };
        run.stage("contacts", |partition| {
            run.contacts(&self.contacts, partition)
        })?;
        drop(self.contacts);
        run.stage("handles", |partition| run.of_handles(partition))?;
        Ok(run)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Instants that divide the starts into stretches of about equal numbers of contacts.
fn bounds(mut starts: Vec<Millis>) -> Vec<Millis> {
    starts.sort_unstable();
    let per_bucket = CONTACTS_PER_BUCKET / STARTS_SAMPLED as usize;
    let mut bounds: Vec<Millis> = starts.into_iter().step_by(per_bucket).skip(1).collect();
    bounds.dedup();
    bounds
}

struct Run<'a> {
    engine: &'a Engine,
    now: Now,
    until: Millis,
    handles: Queue<HandleInput>,
    customers: Queue<CustomerInput>,
    markers: Mutex<Vec<Signal>>,
    starts: Mutex<Vec<Millis>>,
    counts: Mutex<Counts>,
    figures: Option<&'a Figures>,
    /// What was counted, in as many sheets as threads were counting at once.
    sheets: Mutex<Vec<Sheet>>,
    traced: Option<&'a Traced<'a>>,
    traces: Mutex<Vec<EntryTrace>>,
    progress: &'a (dyn Fn(Progress) + Sync),
}

/// What is held of a customer after all that was said of him.
fn held(inputs: Vec<CustomerInput>) -> stage_customers::State {
    let mut state = stage_customers::State::default();
    for input in inputs {
        state.hold_all(input);
    }
    state
}

impl Run<'_> {
    fn stage(
        &self,
        stage: &'static str,
        run: impl Fn(usize) -> Result<(), QueueError> + Sync,
    ) -> Result<(), QueueError> {
        let done = AtomicU64::new(0);
        let of = PARTITIONS as u64;
        (self.progress)(Progress { stage, done: 0, of });
        (0..PARTITIONS).into_par_iter().try_for_each(|partition| {
            run(partition)?;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            (self.progress)(Progress { stage, done, of });
            Ok(())
        })
    }

    fn contacts(&self, queue: &Queue<ContactInput>, partition: usize) -> Result<(), QueueError> {
        let stage = &self.engine.contacts;
        let mut groups = queue.take(partition)?;
        let mut handles = self.handles.writer();
        let mut customers = self.customers.writer();
        let mut counts = Counts::default();
        let mut starts = Vec::new();
        let mut sent = Vec::new();
        while let Some((key, inputs)) = groups.next_group()? {
            let mut state = stage_contacts::State::default();
            for input in inputs {
                counts.absorbed(stage.apply(&key, &mut state, input));
            }
            stage.settle(&key, &mut state, &self.now, &mut sent);
            counts.incomplete += state.incomplete();
            counts.events_cut += state.events_cut();
            for output in sent.drain(..) {
                if let Some(started_at) = started_at(&output) {
                    counts.contacts_seen += 1;
                    if counts.contacts_seen % STARTS_SAMPLED == 1 {
                        starts.push(started_at);
                    }
                }
                match output {
                    stage_contacts::Output::Handle(key, input) => handles.push(&key, &input)?,
                    stage_contacts::Output::Customer(key, input) => customers.push(&key, &input)?,
                    stage_contacts::Output::Marker(marker) => lock(&self.markers).push(*marker),
                }
            }
        }
        lock(&self.counts).add(&counts);
        lock(&self.starts).append(&mut starts);
        handles.finish()?;
        customers.finish()
    }

    fn of_handles(&self, partition: usize) -> Result<(), QueueError> {
        let stage = &self.engine.handles;
        let mut groups = self.handles.take(partition)?;
        let mut customers = self.customers.writer();
        let mut sent = Vec::new();
        while let Some((key, inputs)) = groups.next_group()? {
            let mut state = stage_handles::State::default();
            for input in inputs {
                stage.apply(&key, &mut state, input);
            }
            stage.settle(&key, &mut state, &self.now, &mut sent);
            for stage_handles::Output(key, input) in sent.drain(..) {
                customers.push(&key, &input)?;
            }
        }
        customers.finish()
    }

    fn of_customers(
        &self,
        partition: usize,
        rows: &Queue<Row>,
        bounds: &[Millis],
    ) -> Result<(), QueueError> {
        let stage = &self.engine.customers;
        let mut groups = self.customers.take(partition)?;
        let mut writer = rows.writer();
        let mut counts = Counts::default();
        let mut sheet = lock(&self.sheets).pop().unwrap_or_default();
        let mut write = |row: RowRef<'_>| row.push(&mut writer, bounds);
        while let Some((key, inputs)) = groups.next_group()? {
            let state = held(inputs);
            if self.traced.is_some_and(|wanted| wanted(&key, &state)) {
                let mut traces = stage.traces(&key, &state, &self.now, |_| true);
                lock(&self.traces).append(&mut traces);
            }
            let evaluation = stage.evaluate(&key, state, &self.now);
            counts
                .contacts_capped
                .iter_mut()
                .zip(evaluation.cut)
                .for_each(|(sum, cut)| *sum += cut);
            counts.customers +=
                u64::from(evaluation.contacts.iter().any(|c| !c.customer.is_empty()));
            if let Some(figures) = self.figures {
                sheet.add(&figures.of_customer(&evaluation.contacts, &evaluation.sessions));
            }
            let contacts = evaluation.contacts.iter().map(RowRef::Contact);
            let sessions = evaluation.sessions.iter().map(RowRef::Session);
            let alerts = evaluation.alerts.iter().map(RowRef::Alert);
            let journeys = evaluation.journeys.iter();
            let journeys =
                journeys.flat_map(|journey| [RowRef::Journey(journey), RowRef::Broken(journey)]);
            contacts
                .chain(sessions)
                .chain(alerts)
                .chain(journeys)
                .try_for_each(&mut write)?;
        }
        lock(&self.counts).add(&counts);
        lock(&self.sheets).push(sheet);
        writer.finish()
    }

    /// Shows the customers of a partition.
    fn visit(&self, partition: usize, visit: &Visit<'_>) -> Result<(), QueueError> {
        let mut groups = self.customers.take(partition)?;
        while let Some((key, inputs)) = groups.next_group()? {
            let state = held(inputs);
            visit(&key, &state, &self.now);
        }
        Ok(())
    }

    /// What was counted, and the end of time.
    fn counted(&self) -> (Counts, Millis) {
        (std::mem::take(&mut *lock(&self.counts)), self.until)
    }

    fn markers(&self, rows: &Queue<Row>, bounds: &[Millis]) -> Result<(), QueueError> {
        let mut writer = rows.writer();
        for marker in std::mem::take(&mut *lock(&self.markers)) {
            RowRef::Marker(&marker).push(&mut writer, bounds)?;
        }
        writer.finish()
    }
}

/// Start of the contact, if the message brings one.
fn started_at(output: &stage_contacts::Output) -> Option<Millis> {
    match output {
        stage_contacts::Output::Customer(_, CustomerInput::Upsert(upsert)) => {
            Some(upsert.contact.started_at)
        }
        stage_contacts::Output::Customer(_, CustomerInput::UpsertWith(upsert, inside))
            if !inside.is_unopened =>
        {
            Some(upsert.contact.started_at)
        }
        stage_contacts::Output::Handle(_, HandleInput::CarriedWith(carried, inside))
            if !inside.is_unopened =>
        {
            carried.contact.as_ref().map(|contact| contact.started_at)
        }
        stage_contacts::Output::Handle(_, HandleInput::Carried(carried)) => {
            carried.contact.as_ref().map(|contact| contact.started_at)
        }
        stage_contacts::Output::Customer(..)
        | stage_contacts::Output::Handle(..)
        | stage_contacts::Output::Marker(_) => None,
    }
}

impl Settled {
    /// Number of stretches of time.
    #[must_use]
    pub fn buckets(&self) -> usize {
        self.rows.partitions()
    }

    /// Takes the rows of a stretch out.
    ///
    /// # Errors
    /// The disk, if memory did not suffice.
    pub fn take(&self, bucket: usize) -> Result<Bucket, QueueError> {
        let mut rows = Bucket::default();
        self.take_each(bucket, |instant| rows.append(instant))?;
        Ok(rows)
    }

    /// Takes the rows of a stretch out, instant by instant, in order: much less memory at a time.
    ///
    /// # Errors
    /// The disk, if memory did not suffice.
    pub fn take_each(
        &self,
        bucket: usize,
        mut each: impl FnMut(&mut Bucket),
    ) -> Result<(), QueueError> {
        let mut groups = self.rows.take(bucket)?;
        let mut instant = Bucket::default();
        while groups.next_of_hash(|_, row| instant.add(row))? {
            instant.sort();
            each(&mut instant);
            instant.clear();
        }
        Ok(())
    }
}

impl Bucket {
    fn add(&mut self, row: Row) {
        match row {
            Row::Contact(contact) => self.contacts.push(contact),
            Row::Session(session) => self.sessions.push(session),
            Row::Alert(alert) => self.alerts.push(alert),
            Row::Marker(marker) => self.markers.push(marker),
            Row::Journey(journey) => self.journeys.push(journey),
            Row::Broken(journey) => self.broken.push(journey),
        }
    }

    /// Takes the rows of another stretch, behind those of this one.
    pub fn append(&mut self, other: &mut Bucket) {
        self.contacts.append(&mut other.contacts);
        self.sessions.append(&mut other.sessions);
        self.alerts.append(&mut other.alerts);
        self.journeys.append(&mut other.journeys);
        self.broken.append(&mut other.broken);
        self.markers.append(&mut other.markers);
    }

    fn clear(&mut self) {
        self.contacts.clear();
        self.sessions.clear();
        self.alerts.clear();
        self.journeys.clear();
        self.broken.clear();
        self.markers.clear();
    }

    /// Puts the rows in the order of the tables.
    pub fn sort(&mut self) {
        self.contacts.sort_by(|a, b| a.contact.order(&b.contact));
        self.sessions
            .sort_by(|a, b| (a.started_at, &a.first).cmp(&(b.started_at, &b.first)));
        self.alerts.sort_by(|a, b| {
            (a.event_at, &a.contact, &a.policy).cmp(&(b.event_at, &b.contact, &b.policy))
        });
        self.journeys.sort_by(|a, b| {
            (a.entered_at, &a.entered_in, &a.rule, &a.entry_id).cmp(&(
                b.entered_at,
                &b.entered_in,
                &b.rule,
                &b.entry_id,
            ))
        });
        self.broken.sort_by(|a, b| {
            (a.decided_at, &a.contact, &a.rule, &a.entry_id).cmp(&(
                b.decided_at,
                &b.contact,
                &b.rule,
                &b.entry_id,
            ))
        });
        self.markers.sort_by(|a, b| {
            (a.occurred_at, &a.event_id, &a.source).cmp(&(b.occurred_at, &b.event_id, &b.source))
        });
    }
}

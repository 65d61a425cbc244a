//! Records as they come: every task keeps the state of its keys and tells every change.
//!
//! A queue stands before every task, as a topic's partition does; one call takes some records off
//! it, applies and settles them and appends what follows to the queues to the right: one commit.
//! Whoever calls decides the interleaving, the size of the batches and when time moves on.

use crate::engine::{Counts, Engine};
use crate::history::Bucket;
use figures::{Figures, Sheet};
use model::{
    Alert, AlertStatus, ContactInput, ContactName, ContactResult, CustomerInput, Deadlines,
    HandleInput, Journey, Millis, Now, Session, Signal, Stage, Text, Wait,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use xxhash_rust::xxh3::xxh3_64;

/// Number of tasks of each stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partitions {
    /// Of the contacts stage.
    pub contacts: usize,
    /// Of the handles stage.
    pub handles: usize,
    /// Of the customers stage.
    pub customers: usize,
}

impl Partitions {
    /// One task of each stage: what one process needs.
    pub const ONE: Partitions = Partitions {
        contacts: 1,
        handles: 1,
        customers: 1,
    };
}

/// One task of a stage: the state of its keys, and its queue.
struct Task<S: Stage> {
    queue: VecDeque<(Text, S::Input)>,
    states: BTreeMap<Text, S::State>,
    /// When time alone may change something, by key, and by what is waited for and instant.
    deadlines: BTreeMap<Text, Deadlines>,
    due: BTreeMap<Wait, BTreeSet<(Millis, Text)>>,
    now: Now,
}

impl<S: Stage> Task<S>
where
    S::State: Serialize + DeserializeOwned,
{
    fn new() -> Task<S> {
        Task {
            queue: VecDeque::new(),
            states: BTreeMap::new(),
            deadlines: BTreeMap::new(),
            due: BTreeMap::new(),
            now: Now::UNKNOWN,
        }
    }

    /// Takes at most so many records off the queue and says what follows.
    fn step(
        &mut self,
        stage: &S,
        records_max: usize,
        counts: &mut Counts,
        out: &mut Vec<(Text, S::Output)>,
    ) {
        let mut touched = BTreeSet::new();
        for _ in 0..records_max {
            let Some((key, input)) = self.queue.pop_front() else {
                break;
            };
            let state = self.states.entry(key.clone()).or_default();
            counts.absorbed(stage.apply(&key, state, input));
            touched.insert(key);
        }
        for key in touched {
            self.settle(stage, &key, out);
        }
    }

    fn settle(&mut self, stage: &S, key: &Text, out: &mut Vec<(Text, S::Output)>) {
        let Some(state) = self.states.get_mut(key) else {
            return;
        };
        let mut sent = Vec::new();
        stage.settle(key, state, &self.now, &mut sent);
        out.extend(sent.into_iter().map(|output| (key.clone(), output)));
        let mut deadlines = Deadlines::default();
        stage.deadlines(state, &mut deadlines);
        deadlines.put_off(&self.now);
        for (wait, at) in deadlines.as_slice() {
            self.due
                .entry(*wait)
                .or_default()
                .insert((*at, key.clone()));
        }
        let former = self.deadlines.insert(key.clone(), deadlines.clone());
        for entry in former.iter().flat_map(|former| former.as_slice()) {
            if !deadlines.as_slice().contains(entry) {
                let (wait, at) = *entry;
                self.due.entry(wait).or_default().remove(&(at, key.clone()));
            }
        }
    }

    /// Moves time on and settles at most so many keys whose deadline has come. Says whether there
    /// are more.
    fn advance(
        &mut self,
        stage: &S,
        now: &Now,
        keys_max: usize,
        out: &mut Vec<(Text, S::Output)>,
    ) -> bool {
        self.now.move_to(now);
        let mut due_keys = Vec::new();
        for (wait, due) in &self.due {
            let reached = self.now.reached(*wait);
            let due = due.iter().take_while(|(at, _)| *at <= reached);
            due_keys.extend(due.take(keys_max).cloned());
        }
        // In the order in which they fell due, whatever they waited for.
        due_keys.sort_unstable();
        due_keys.truncate(keys_max);
        let mut settled = BTreeSet::new();
        for (_, key) in due_keys {
            if settled.insert(key.clone()) {
                self.settle(stage, &key, out);
            }
        }
        let mut queues = self.due.iter();
        queues.any(|(wait, due)| {
            let first = due.first();
            first.is_some_and(|(at, _)| *at <= self.now.reached(*wait))
        })
    }

    /// What a restart does: the state is written as bytes and read back.
    fn restart(&mut self) -> Result<(), postcard::Error> {
        for state in self.states.values_mut() {
            let bytes = postcard::to_stdvec(state)?;
            *state = postcard::from_bytes(&bytes)?;
        }
        Ok(())
    }
}

/// What was last told under every key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// By key and contact.
    pub contacts: BTreeMap<(Text, ContactName), ContactResult>,
    /// By customer and first contact.
    pub sessions: BTreeMap<(Text, ContactName), Session>,
    /// By id, withdrawn ones included.
    pub alerts: BTreeMap<Text, Alert>,
    /// By id, withdrawn ones included.
    pub journeys: BTreeMap<Text, Journey>,
    /// By key: an event id is unique within a channel and a source only.
    pub markers: BTreeMap<Text, Signal>,
    /// By customer, contacts that the cap cut off.
    pub cut: BTreeMap<Text, [u64; 5]>,
}

impl Told {
    /// The rows that files hold: without withdrawn alerts, in the order of the tables.
    #[must_use]
    pub fn settled(&self) -> Bucket {
        let standing = |alert: &&Alert| alert.status != AlertStatus::Withdrawn;
        let journeys = self.journeys.values();
        let journeys = journeys.filter(|journey| journey.status != AlertStatus::Withdrawn);
        let journeys: Vec<Journey> = journeys.cloned().collect();
        let mut bucket = Bucket {
            broken: journeys.clone(),
            journeys,
            contacts: self.contacts.values().cloned().collect(),
            sessions: self.sessions.values().cloned().collect(),
            alerts: self.alerts.values().filter(standing).cloned().collect(),
            markers: self.markers.values().cloned().collect(),
        };
        bucket.sort();
        bucket
    }

    /// What was told, added up.
    #[must_use]
    pub fn sheet(&self, figures: &Figures) -> Sheet {
        let mut sheet = Sheet::default();
        for (contacts, sessions) in self.by_key().values() {
            sheet.add(&figures.of_customer(contacts, sessions));
        }
        sheet
    }

    /// The contacts and sessions under each key.
    #[must_use]
    pub fn by_key(&self) -> BTreeMap<&Text, (Vec<ContactResult>, Vec<Session>)> {
        let mut of_key: BTreeMap<&Text, (Vec<ContactResult>, Vec<Session>)> = BTreeMap::new();
        for ((key, _), contact) in &self.contacts {
            of_key.entry(key).or_default().0.push(contact.clone());
        }
        for ((key, _), session) in &self.sessions {
            of_key.entry(key).or_default().1.push(session.clone());
        }
        of_key
    }

    /// Number of known customers with a contact.
    #[must_use]
    pub fn customers(&self) -> u64 {
        let known = self
            .contacts
            .values()
            .filter(|contact| !contact.customer.is_empty());
        let customers: BTreeSet<&Text> = known.map(|contact| &contact.customer).collect();
        customers.len() as u64
    }

    /// Contacts that the cap cuts off now, in order of [`model::Channel::ALL`].
    #[must_use]
    pub fn capped(&self) -> [u64; 5] {
        let mut sum = [0; 5];
        for cut in self.cut.values() {
            sum.iter_mut().zip(cut).for_each(|(sum, cut)| *sum += cut);
        }
        sum
    }

    fn hear(&mut self, key: &Text, output: &stage_customers::Output) {
        match output {
            stage_customers::Output::Contact(contact, _) => {
                let name = contact.contact.name();
                self.contacts
                    .insert((key.clone(), name), (**contact).clone());
            }
            stage_customers::Output::ContactGone { key, name, .. } => {
                self.contacts.remove(&(key.clone(), name.clone()));
            }
            stage_customers::Output::Session(session) => {
                let first = session.first.clone();
                self.sessions
                    .insert((key.clone(), first), (**session).clone());
            }
            stage_customers::Output::SessionGone { key, first } => {
                self.sessions.remove(&(key.clone(), first.clone()));
            }
            stage_customers::Output::Alert(alert, _) => {
                self.alerts
                    .insert(alert.alert_id.clone(), (**alert).clone());
            }
            stage_customers::Output::AlertGone { alert, .. } => {
                self.alerts.remove(&alert.alert_id);
            }
            stage_customers::Output::Journey(journey, _) => {
                self.journeys
                    .insert(journey.entry_id.clone(), (**journey).clone());
            }
            stage_customers::Output::JourneyGone { journey, .. } => {
                self.journeys.remove(&journey.entry_id);
            }
            stage_customers::Output::Counted(_) => {}
            stage_customers::Output::Cut { key, contacts, .. } => {
                self.cut.insert(key.clone(), *contacts);
            }
        }
    }
}

/// All stages in one process, driven by hand.
pub struct Live<'a> {
    engine: &'a Engine,
    contacts: Vec<Task<stage_contacts::Contacts>>,
    handles: Vec<Task<stage_handles::Handles>>,
    customers: Vec<Task<stage_customers::Customers>>,
    /// What the contacts stage counted.
    pub counts: Counts,
    /// What stands in the output topics.
    pub told: Told,
}

/// Keys that a timer settles in one go.
const KEYS_PER_TICK_MAX: usize = 500;

impl<'a> Live<'a> {
    /// Tasks without state.
    #[must_use]
    pub fn new(engine: &'a Engine, partitions: Partitions) -> Live<'a> {
        Live {
            engine,
            contacts: (0..partitions.contacts).map(|_| Task::new()).collect(),
            handles: (0..partitions.handles).map(|_| Task::new()).collect(),
            customers: (0..partitions.customers).map(|_| Task::new()).collect(),
            counts: Counts::default(),
            told: Told::default(),
        }
    }

    /// Appends an input to the queue of its contact's task.
    pub fn offer(&mut self, key: Text, input: ContactInput) {
        let partition = partition(&key, self.contacts.len());
        self.contacts[partition].queue.push_back((key, input));
    }

    /// Lets a task of the contacts stage take some records.
    pub fn step_contacts(&mut self, task: usize, records_max: usize) {
        let mut out = Vec::new();
        let stage = &self.engine.contacts;
        self.contacts[task].step(stage, records_max, &mut self.counts, &mut out);
        self.route_contacts(out);
    }

    /// Lets a task of the handles stage take some records.
    pub fn step_handles(&mut self, task: usize, records_max: usize) {
        let mut out = Vec::new();
        let mut counts = Counts::default();
        self.handles[task].step(&self.engine.handles, records_max, &mut counts, &mut out);
        self.route_handles(out);
    }

    /// Lets a task of the customers stage take some records; returns what it told.
    pub fn step_customers(
        &mut self,
        task: usize,
        records_max: usize,
    ) -> Vec<stage_customers::Output> {
        let mut out = Vec::new();
        let mut counts = Counts::default();
        self.customers[task].step(&self.engine.customers, records_max, &mut counts, &mut out);
        self.hear(out)
    }

    /// Number of records that wait before a task of a stage: contacts, handles, customers.
    #[must_use]
    pub fn waiting(&self) -> [Vec<usize>; 3] {
        [
            self.contacts.iter().map(|task| task.queue.len()).collect(),
            self.handles.iter().map(|task| task.queue.len()).collect(),
            self.customers.iter().map(|task| task.queue.len()).collect(),
        ]
    }

    /// Moves time on for every task of the contacts stage and fires what is due.
    pub fn advance_contacts(&mut self, now: Millis) {
        self.advance_contacts_to(&Now::all(now));
    }

    /// The same with a time for everything that can come.
    pub fn advance_contacts_to(&mut self, now: &Now) {
        for task in 0..self.contacts.len() {
            let mut more = true;
            while more {
                let mut out = Vec::new();
                let stage = &self.engine.contacts;
                more = self.contacts[task].advance(stage, now, KEYS_PER_TICK_MAX, &mut out);
                self.route_contacts(out);
            }
        }
    }

    /// Moves time on for every task of the customers stage and fires what is due.
    pub fn advance_customers(&mut self, now: Millis) -> Vec<stage_customers::Output> {
        self.advance_customers_to(&Now::all(now))
    }

    /// The same with a time for everything that can come.
    pub fn advance_customers_to(&mut self, now: &Now) -> Vec<stage_customers::Output> {
        let mut told = Vec::new();
        for task in 0..self.customers.len() {
            let mut more = true;
            while more {
                let mut out = Vec::new();
                let stage = &self.engine.customers;
                more = self.customers[task].advance(stage, now, KEYS_PER_TICK_MAX, &mut out);
                told.extend(self.hear(out));
            }
        }
        told
    }

    /// Empties all queues, from the left to the right; returns what customers told.
    pub fn drain(&mut self) -> Vec<stage_customers::Output> {
        let mut told = Vec::new();
        for task in 0..self.contacts.len() {
            self.step_contacts(task, usize::MAX);
        }
        for task in 0..self.handles.len() {
            self.step_handles(task, usize::MAX);
        }
        for task in 0..self.customers.len() {
            told.extend(self.step_customers(task, usize::MAX));
        }
        told
    }

    /// Moves time on everywhere, with everything that was offered taken into account.
    pub fn advance(&mut self, now: Millis) -> Vec<stage_customers::Output> {
        self.advance_to(&Now::all(now))
    }

    /// The same with a time for everything that can come.
    pub fn advance_to(&mut self, now: &Now) -> Vec<stage_customers::Output> {
        let mut told = self.drain();
        self.advance_contacts_to(now);
        told.extend(self.drain());
        told.extend(self.advance_customers_to(now));
        told
    }

    /// Events and signals that wait for a contact which has not appeared.
    #[must_use]
    pub fn incomplete(&self) -> u64 {
        let states = self.contacts.iter().flat_map(|task| task.states.values());
        states.map(stage_contacts::State::incomplete).sum()
    }

    /// Writes the state of every task as bytes and reads it back.
    ///
    /// # Errors
    /// State that cannot be written or read, which would be a bug.
    pub fn restart(&mut self) -> Result<(), postcard::Error> {
        self.contacts.iter_mut().try_for_each(Task::restart)?;
        self.handles.iter_mut().try_for_each(Task::restart)?;
        self.customers.iter_mut().try_for_each(Task::restart)
    }

    fn route_contacts(&mut self, out: Vec<(Text, stage_contacts::Output)>) {
        for (key, output) in out {
            match output {
                stage_contacts::Output::Handle(handle, input) => {
                    self.queue_for_handle(handle, input);
                }
                stage_contacts::Output::Customer(customer, input) => {
                    self.queue_for_customer(customer, input);
                }
                stage_contacts::Output::Marker(marker) => {
                    self.told.markers.insert(key, *marker);
                }
            }
        }
    }

    fn route_handles(&mut self, out: Vec<(Text, stage_handles::Output)>) {
        for (_, stage_handles::Output(key, input)) in out {
            self.queue_for_customer(key, input);
        }
    }

    fn queue_for_handle(&mut self, key: Text, input: HandleInput) {
        let partition = partition(&key, self.handles.len());
        self.handles[partition].queue.push_back((key, input));
    }

    fn queue_for_customer(&mut self, key: Text, input: CustomerInput) {
        let partition = partition(&key, self.customers.len());
        self.customers[partition].queue.push_back((key, input));
    }

    fn hear(&mut self, out: Vec<(Text, stage_customers::Output)>) -> Vec<stage_customers::Output> {
        let mut told = Vec::with_capacity(out.len());
        for (key, output) in out {
            self.told.hear(&key, &output);
            told.push(output);
        }
        told
    }
}

fn partition(key: &str, partitions: usize) -> usize {
    (xxh3_64(key.as_bytes()) % partitions as u64) as usize
}

//! Where the outputs of a stage go: the queues of the next stages, and the tables.

use crate::service::port::{Port, PortError, TopicPartition};
use crate::service::sources::TaskClock;
use crate::service::stats::{Business, Reasons};
use crate::service::topics::{BY_CONTACT, BY_CUSTOMER, BY_HANDLE, ERASURES, StageName, Topic};
use crate::service::wire::{self, PASSING_KEY, Passing};
use figures::{Difference, FigureRow, SampleRow};
use model::{
    Alert, ContactInput, ContactName, ContactResult, Journey, Session, Signal, SourceSilent, Terms,
    Text,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// A record that was not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Where it stands.
    pub place: TopicPartition,
    /// Where it stands in it.
    pub offset: i64,
    /// Why, a word of a closed list.
    pub reason: &'static str,
    /// The field, and what was expected; nothing personal.
    pub detail: String,
    /// Hash of the record's value.
    pub hash: u128,
    /// Number of the message in its record, from 0: a record between stages may hold several.
    pub message: u32,
}

/// Writes records of the output tables as bytes. What is in the buffer before is replaced.
pub trait Encode {
    /// A row of table `contacts`.
    fn contact(&mut self, result: &ContactResult, into: &mut Vec<u8>);
    /// The record of table `verdicts` of a contact: all its readings.
    fn verdicts(&mut self, result: &ContactResult, into: &mut Vec<u8>);
    /// A row of table `sessions`.
    fn session(&mut self, session: &Session, into: &mut Vec<u8>);
    /// A row of table `alerts`.
    fn alert(&mut self, alert: &Alert, into: &mut Vec<u8>);
    /// A row of table `journeys`.
    fn journey(&mut self, journey: &Journey, into: &mut Vec<u8>);
    /// The row of table `alerts` of a broken journey.
    fn broken_journey(&mut self, journey: &Journey, into: &mut Vec<u8>);
    /// The same of a silent source.
    fn source_silent(&mut self, alert: &SourceSilent, into: &mut Vec<u8>);
    /// A row of table `markers`.
    fn marker(&mut self, marker: &Signal, into: &mut Vec<u8>);
    /// A row of table `dead_letters`.
    fn dead_letter(&mut self, letter: &DeadLetter, into: &mut Vec<u8>);
    /// A row of table `figures`. Says its name: the columns that no other row has alike.
    fn figure(&mut self, row: &FigureRow, into: &mut Vec<u8>) -> Text;
    /// A row of table `samples`. Says its name.
    fn sample(&mut self, row: &SampleRow, into: &mut Vec<u8>) -> Text;
}

/// What was sent in the open transaction, for the counters.
#[derive(Default)]
pub(crate) struct Sent {
    /// Records by topic, without the application's prefix.
    pub(crate) records: BTreeMap<&'static str, u64>,
    /// Bytes of keys and values written to the changelog.
    pub(crate) changelog_bytes: u64,
    /// What was told and taken back.
    pub(crate) business: Business,
}

/// The messages to the next stages that were not sent yet, by topic and partition.
pub(crate) type Bundles = BTreeMap<(&'static str, u32), Vec<u8>>;

/// The topics that a stage writes to.
pub(crate) struct Topics {
    changelog: Topic,
    next: Vec<Topic>,
    tables: Vec<Topic>,
}

impl Topics {
    pub(crate) fn open(
        application_id: &str,
        stage: StageName,
        port: &mut impl Port,
    ) -> Result<Topics, PortError> {
        let mut open = |table| Topic::open(application_id, table, port);
        let tables: &[&'static str] = match stage {
            StageName::Door | StageName::Handles => &["dead_letters", ERASURES],
            StageName::Contacts => &["dead_letters", "markers", "alerts"],
            StageName::Customers => &[
                "dead_letters",
                ERASURES,
                "contacts",
                "verdicts",
                "sessions",
                "alerts",
                "journeys",
                "figures",
                "samples",
            ],
        };
        Ok(Topics {
            changelog: open(stage.changelog())?,
            next: stage
                .next()
                .iter()
                .map(|table| open(table))
                .collect::<Result<_, _>>()?,
            tables: tables
                .iter()
                .map(|table| open(table))
                .collect::<Result<_, _>>()?,
        })
    }

    /// The partition of a task's changelog: the task's own number, or, for the door, whose tasks
    /// are partitions of several topics, one that its name says.
    pub(crate) fn changelog_of(&self, stage: StageName, task: &TopicPartition) -> TopicPartition {
        let mut place = self.changelog.of(&task.to_string());
        if stage != StageName::Door {
            place.partition = task.partition;
        }
        place
    }

    /// Number of partitions of the changelog.
    pub(crate) fn changelog_partitions(&self) -> u32 {
        self.changelog.partitions()
    }

    /// Every partition that hears this stage's clock.
    pub(crate) fn next_places(&self) -> impl Iterator<Item = TopicPartition> + '_ {
        self.next.iter().flat_map(Topic::all)
    }

    fn find(&self, table: &str) -> &Topic {
        let mut all = self.next.iter().chain(&self.tables);
        all.find(|topic| topic.table == table)
            .expect("a stage sends to its own topics only")
    }
}

/// The open transaction, as the tasks of a stage see it.
pub(crate) struct Outlet<'a, P: Port> {
    pub(crate) port: &'a mut P,
    pub(crate) topics: &'a Topics,
    pub(crate) encode: &'a mut dyn Encode,
    pub(crate) sent: &'a mut Sent,
    /// The reasons that are counted apart.
    pub(crate) reasons: &'a Reasons,
    /// Values are written here; the memory is used again.
    pub(crate) buffer: &'a mut Vec<u8>,
    /// Keys likewise.
    pub(crate) key: &'a mut Vec<u8>,
    pub(crate) bundles: Bundles,
    /// What the outputs of the task that is flushed change in its figures.
    pub(crate) counted: Vec<Difference>,
}

impl<P: Port> Outlet<'_, P> {
    fn message<I: Serialize>(&mut self, table: &'static str, key: &str, input: &I) {
        wire::message(input, self.buffer);
        let place = self.topics.find(table).of(key);
        let bundle = self.bundles.entry((table, place.partition)).or_default();
        wire::bundle(key, self.buffer, bundle);
        if bundle.len() >= wire::BUNDLE_BYTES {
            self.port.send(&place, b"", Some(bundle));
            bundle.clear();
        }
        *self.sent.records.entry(table).or_default() += 1;
    }

    /// Sends what was held back, as before a commit.
    pub(crate) fn send_bundles(&mut self) {
        for ((table, partition), bundle) in std::mem::take(&mut self.bundles) {
            if !bundle.is_empty() {
                let place = self.topics.find(table).partition(partition);
                self.port.send(&place, b"", Some(&bundle));
            }
        }
    }

    /// Sends what is in the buffer, or a tombstone, to a table. Records of one customer, or of one
    /// place in a log, stay in order.
    fn row(&mut self, table: &'static str, spread_by: &str, key: &str, is_there: bool) {
        let place = self.topics.find(table).of(spread_by);
        let value = is_there.then_some(self.buffer.as_slice());
        self.port.send(&place, key.as_bytes(), value);
        *self.sent.records.entry(table).or_default() += 1;
    }

    /// Writes the state of a key, which is in the buffer, to the changelog.
    pub(crate) fn state(&mut self, place: &TopicPartition, key: &str) {
        wire::state_key(key, self.key);
        self.port.send(place, self.key, Some(self.buffer));
        self.sent.changelog_bytes += (self.key.len() + self.buffer.len()) as u64;
    }

    /// Writes to the changelog that there is no state of a key any more.
    pub(crate) fn tombstone(&mut self, place: &TopicPartition, key: &str) {
        wire::state_key(key, self.key);
        self.port.send(place, self.key, None);
        self.sent.changelog_bytes += self.key.len() as u64;
    }

    /// Writes a task's position to the changelog.
    pub(crate) fn meta(&mut self, place: &TopicPartition, task: &str, meta: &wire::Meta) {
        wire::meta_key(task, self.key);
        wire::meta(meta, self.buffer);
        self.port.send(place, self.key, Some(self.buffer));
        self.sent.changelog_bytes += (self.key.len() + self.buffer.len()) as u64;
    }

    /// Writes what readings and policies a task knows to the changelog.
    pub(crate) fn terms(&mut self, place: &TopicPartition, task: &str, terms: &Terms) {
        wire::terms_key(task, self.key);
        wire::terms(terms, self.buffer);
        self.port.send(place, self.key, Some(self.buffer));
        self.sent.changelog_bytes += (self.key.len() + self.buffer.len()) as u64;
    }

    /// Writes bytes of a form of ours to the changelog, or a tombstone, under a key that is whole.
    pub(crate) fn changelog(&mut self, place: &TopicPartition, key: &[u8], value: Option<&[u8]>) {
        self.port.send(place, key, value);
        self.sent.changelog_bytes += (key.len() + value.map_or(0, <[u8]>::len)) as u64;
    }

    /// Tells every task of a stage that an erasure goes through.
    pub(crate) fn pass_on(&mut self, table: &'static str, passing: &Passing) {
        // What was said before it has to stand before it.
        self.send_bundles();
        wire::passing(passing, self.buffer);
        for place in self.topics.find(table).all() {
            self.port.send(&place, PASSING_KEY, Some(self.buffer));
            *self.sent.records.entry(table).or_default() += 1;
        }
    }

    /// Writes to the topic of erasures; `None`: a tombstone.
    pub(crate) fn erasure(&mut self, key: &str, value: Option<&[u8]>) {
        let place = self.topics.find(ERASURES).of(key);
        self.port.send(&place, key.as_bytes(), value);
        *self.sent.records.entry(ERASURES).or_default() += 1;
    }

    /// Writes what a task before a task has said of time to the task's changelog.
    pub(crate) fn clock(&mut self, place: &TopicPartition, task: &str, clock: &TaskClock) {
        wire::clock_key(task, self.key);
        wire::clock(clock, self.buffer);
        self.port.send(place, self.key, Some(self.buffer));
        self.sent.changelog_bytes += (self.key.len() + self.buffer.len()) as u64;
    }

    pub(crate) fn source_silent(&mut self, alert: &SourceSilent) {
        self.encode.source_silent(alert, self.buffer);
        // The key of a customer's alert begins with the customer's.
        let key = format!("SourceSilent/{}", alert.alert_id);
        self.row("alerts", &key, &key, true);
    }

    /// A row of what a task has counted, or a tombstone. The rows of all tasks of one name stand in one
    /// partition.
    pub(crate) fn figures_row(&mut self, task: u32, row: &figures::Row) {
        let (table, name, is_there) = match row {
            figures::Row::Figure(row, is_there) => {
                ("figures", self.encode.figure(row, self.buffer), *is_there)
            }
            figures::Row::Sample(row, is_there) => {
                ("samples", self.encode.sample(row, self.buffer), *is_there)
            }
        };
        let key = format!("{task}/{name}");
        self.row(table, &name, &key, is_there);
    }

    /// Writes a part of what a task has counted to the changelog.
    pub(crate) fn counted_part(
        &mut self,
        place: &TopicPartition,
        part: &[u8],
        value: Option<&[u8]>,
    ) {
        wire::counted_key(part, self.key);
        self.buffer.clear();
        if let Some(value) = value {
            wire::counted(value, self.buffer);
        }
        let value = value.map(|_| self.buffer.as_slice());
        self.port.send(place, self.key, value);
        self.sent.changelog_bytes += (self.key.len() + value.map_or(0, <[u8]>::len)) as u64;
    }

    pub(crate) fn contact_input(&mut self, key: &str, input: &ContactInput) {
        self.message(BY_CONTACT, key, input);
    }

    pub(crate) fn dead_letter(&mut self, letter: &DeadLetter) {
        self.encode.dead_letter(letter, self.buffer);
        let mut key = format!("{}/{}", letter.place, letter.offset);
        if letter.message > 0 {
            key = format!("{key}/{}", letter.message);
        }
        self.row("dead_letters", &key, &key, true);
    }
}

/// A stage whose outputs have a way to go.
pub(crate) trait Routed: model::Stage {
    /// Sends an output of a key on its way.
    fn route<P: Port>(key: &str, output: Self::Output, outlet: &mut Outlet<'_, P>);
}

impl Routed for stage_contacts::Contacts {
    fn route<P: Port>(key: &str, output: Self::Output, outlet: &mut Outlet<'_, P>) {
        match output {
            stage_contacts::Output::Handle(handle, input) => {
                outlet.message(BY_HANDLE, &handle, &input);
            }
            stage_contacts::Output::Customer(customer, input) => {
                outlet.message(BY_CUSTOMER, &customer, &input);
            }
            stage_contacts::Output::Marker(marker) => {
                outlet.encode.marker(&marker, outlet.buffer);
                outlet.row("markers", key, key, true);
            }
        }
    }
}

impl Routed for stage_handles::Handles {
    fn route<P: Port>(_key: &str, output: Self::Output, outlet: &mut Outlet<'_, P>) {
        let stage_handles::Output(customer, input) = output;
        outlet.message(BY_CUSTOMER, &customer, &input);
    }
}

impl Routed for stage_customers::Customers {
    fn route<P: Port>(key: &str, output: Self::Output, outlet: &mut Outlet<'_, P>) {
        use stage_customers::Output;
        outlet.sent.business.hear(outlet.reasons, &output);
        match output {
            Output::Contact(result, changed) => {
                let is_known = !result.customer.is_empty();
                let row_key = contact_key(key, is_known, &result.contact.name());
                if changed.contact {
                    outlet.encode.contact(&result, outlet.buffer);
                    outlet.row("contacts", key, &row_key, true);
                }
                if changed.readings {
                    outlet.encode.verdicts(&result, outlet.buffer);
                    outlet.row("verdicts", key, &row_key, true);
                }
            }
            Output::ContactGone { name, former, .. } => {
                let row_key = contact_key(key, former.is_known, &name);
                outlet.row("contacts", key, &row_key, false);
                outlet.row("verdicts", key, &row_key, false);
            }
            Output::Session(session) => {
                let row_key = name_key(key, &session.first);
                outlet.encode.session(&session, outlet.buffer);
                outlet.row("sessions", key, &row_key, true);
            }
            Output::SessionGone { first, .. } => {
                let row_key = name_key(key, &first);
                outlet.row("sessions", key, &row_key, false);
            }
            Output::Alert(alert, _) => {
                outlet.encode.alert(&alert, outlet.buffer);
                let row_key = format!("{key}/{}", alert.alert_id);
                outlet.row("alerts", key, &row_key, true);
            }
            Output::AlertGone { alert, .. } => {
                let row_key = format!("{key}/{}", alert.alert_id);
                outlet.row("alerts", key, &row_key, false);
            }
            Output::Journey(journey, _) => {
                let row_key = format!("{key}/{}", journey.entry_id);
                outlet.encode.journey(&journey, outlet.buffer);
                outlet.row("journeys", key, &row_key, true);
                outlet.encode.broken_journey(&journey, outlet.buffer);
                outlet.row("alerts", key, &row_key, true);
            }
            Output::JourneyGone { journey, .. } => {
                let row_key = format!("{key}/{}", journey.entry_id);
                outlet.row("journeys", key, &row_key, false);
                outlet.row("alerts", key, &row_key, false);
            }
            Output::Counted(difference) => outlet.counted.push(*difference),
            Output::Cut { .. } => {}
        }
    }
}

/// The key of a contact's rows. One that counts as nobody's, because its customer is in quarantine,
/// has another than one of the customer's own: whose it is changes with the key.
fn contact_key(key: &str, is_known: bool, name: &ContactName) -> Text {
    if is_known || key.starts_with(stage_customers::UNKNOWN_KEY_PREFIX) {
        name_key(key, name)
    } else {
        let key = format!("{}{key}", stage_customers::UNKNOWN_KEY_PREFIX);
        name_key(&key, name)
    }
}

/// The key of a row that is about a contact: no two tasks ever write the same one.
fn name_key(key: &str, name: &ContactName) -> Text {
    let channel = name.channel.name();
    format!("{key}/{channel}/{}/{}", name.source, name.contact_id).into()
}

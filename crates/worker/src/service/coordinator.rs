//! Who sees to it that an erasure is done everywhere: the task of the door that reads the topic of
//! erasures (`docs/semantics.md`, 11).
//!
//! ```text
//!  request ──► ask ──► forget ──► purge ──► confirmed
//!               │        │          └ the records between stages that every task has read
//!               │        └ every task of every stage forgets, one stage after the other
//!               └ the tasks of handles say what the customers were known by
//! ```

use crate::service::outlet::Outlet;
use crate::service::port::{Port, Purge, Record, TopicPartition};
use crate::service::topics::BY_CONTACT;
use crate::service::wire::{self, Answer, Damaged, Passing, Request};
use model::{Deadlines, Forget, Known, Millis, Text};
use serde::{Deserialize, Serialize};
use stage_door::{Door, SecondHash};
use std::collections::{BTreeMap, BTreeSet};

/// Before the second hash in the key of a confirmation.
pub const CONFIRMED_KEY_PREFIX: &str = "confirmed/";
const REQUEST_KEY_PREFIX: &str = "request/";
const ANSWER_KEY_PREFIX: &str = "answer/";
/// Keys of what the coordinator keeps in the changelog of the door.
const STATE_KEY_PREFIX: &str = "erasure/";

/// An erasure that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// The key of its record.
    pub key: Text,
    /// The value of its record.
    pub value: Vec<u8>,
    /// The keys under which it will be confirmed, one for each identifier.
    pub confirmed: Vec<Text>,
}

impl Erasure {
    /// Asks for the erasure of identifiers as they leave the door, by their text: of all that was
    /// said up to an instant.
    #[must_use]
    pub fn of(door: &Door, identifiers: BTreeSet<Text>, at: Millis) -> Erasure {
        let second = door.second_hash();
        let all: Vec<&str> = identifiers.iter().map(Text::as_str).collect();
        let key = format!(
            "{REQUEST_KEY_PREFIX}{:032x}-{}",
            second.of(&all.join("\n")),
            at.0
        );
        let confirmed = identifiers.iter().map(|one| confirmed_key(second, one));
        let confirmed = confirmed.collect();
        let mut value = Vec::new();
        wire::request(&Request { at, identifiers }, &mut value);
        Erasure {
            key: key.into(),
            value,
            confirmed,
        }
    }
}

fn confirmed_key(second: &SecondHash, identifier: &str) -> Text {
    format!("{CONFIRMED_KEY_PREFIX}{:032x}", second.of(identifier)).into()
}

/// How far an erasure has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Ask,
    Forget,
    Purge,
}

/// An erasure that is not confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Going {
    /// What was asked for.
    asked: BTreeSet<Text>,
    /// What is to be forgotten, as far as it is known.
    forget: Forget,
    phase: Phase,
    answered: BTreeSet<Text>,
    reads: BTreeMap<Text, i64>,
}

/// Names of the tasks that have to answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tasks {
    pub(crate) contacts: Vec<Text>,
    pub(crate) handles: Vec<Text>,
    pub(crate) customers: Vec<Text>,
}

/// All erasures that are not confirmed.
#[derive(Default)]
pub(crate) struct Coordinator {
    committed: BTreeMap<Text, Going>,
    open: BTreeMap<Text, Going>,
    changed: BTreeSet<Text>,
    passing: Vec<Passing>,
    /// Erasures that are done, and whether the records between stages were deleted.
    done: Vec<(Text, Going, bool)>,
}

impl Coordinator {
    /// Takes what stands in the changelog of the door.
    pub(crate) fn restore(
        &mut self,
        record: &Record,
        key: &str,
        is_there: bool,
    ) -> Result<(), Damaged> {
        let Some(id) = key.strip_prefix(STATE_KEY_PREFIX) else {
            return Ok(());
        };
        if is_there {
            let value = record.value.as_deref().unwrap_or_default();
            let read = |value| {
                let bytes = wire::bytes_of(value)?;
                postcard::from_bytes(bytes).map_err(|error| error.to_string())
            };
            let going = read(value).map_err(|what| Damaged {
                offset: record.offset,
                what,
            })?;
            self.committed.insert(id.into(), going);
        } else {
            self.committed.remove(id);
        }
        self.open.clone_from(&self.committed);
        Ok(())
    }

    pub(crate) fn committed(&mut self) {
        self.committed.clone_from(&self.open);
        self.changed.clear();
        self.passing.clear();
        self.done.clear();
    }

    pub(crate) fn dropped(&mut self) {
        self.open.clone_from(&self.committed);
        self.changed.clear();
        self.passing.clear();
        self.done.clear();
    }

    /// Number of erasures that are not confirmed.
    pub(crate) fn pending(&self) -> u64 {
        self.committed.len() as u64
    }

    /// Takes a record of the topic of erasures.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn hear(
        &mut self,
        record: &Record,
        own: &TopicPartition,
        tasks: &Tasks,
        unique: &[Text],
    ) -> Result<(), Damaged> {
        let key = record.key.as_deref().unwrap_or_default();
        let key = String::from_utf8_lossy(key);
        if record.value.is_none() {
            return Ok(());
        }
        if let Some(id) = key.strip_prefix(REQUEST_KEY_PREFIX) {
            let request = wire::request_of(record)?;
            self.begin(id, request, own, unique);
        } else if let Some(name) = key.strip_prefix(ANSWER_KEY_PREFIX) {
            let answer = wire::answer_of(record)?;
            let (id, task) = name.split_once('/').unwrap_or((name, ""));
            self.answered(id, task, answer, own, tasks);
        }
        Ok(())
    }

    fn begin(&mut self, id: &str, request: Request, own: &TopicPartition, unique: &[Text]) {
        if self.open.contains_key(id) || request.identifiers.is_empty() {
            return;
        }
        let is_unique = |text: &Text| {
            let kind = text.split_once(':').map_or("", |(kind, _)| kind);
            unique.iter().any(|one| one == kind)
        };
        // Only of a customer there is something to be known: a handle goes for itself.
        let phase = if request.identifiers.iter().any(is_unique) {
            Phase::Ask
        } else {
            Phase::Forget
        };
        let going = Going {
            asked: request.identifiers.clone(),
            forget: Forget {
                at: request.at,
                identifiers: request.identifiers,
                contacts: BTreeSet::new(),
            },
            phase,
            answered: BTreeSet::new(),
            reads: BTreeMap::new(),
        };
        self.tell(id, &going, own);
        self.open.insert(id.into(), going);
        self.changed.insert(id.into());
    }

    fn tell(&mut self, id: &str, going: &Going, own: &TopicPartition) {
        self.passing.push(Passing {
            id: id.into(),
            is_ask: going.phase == Phase::Ask,
            forget: going.forget.clone(),
            from: own.to_string().into(),
            reads: BTreeMap::new(),
        });
    }

    fn answered(
        &mut self,
        id: &str,
        task: &str,
        answer: Answer,
        own: &TopicPartition,
        tasks: &Tasks,
    ) {
        let Some(going) = self.open.get_mut(id) else {
            return;
        };
        let expected = match (going.phase, answer.is_ask) {
            (Phase::Ask, true) => &tasks.handles,
            (Phase::Forget, false) => &tasks.customers,
            (Phase::Ask | Phase::Forget | Phase::Purge, _) => return,
        };
        self.changed.insert(id.into());
        going.answered.insert(task.into());
        let Known { handles, contacts } = answer.known;
        going.forget.identifiers.extend(handles);
        going.forget.contacts.extend(contacts);
        for (task, offset) in answer.reads {
            let known = going.reads.entry(task).or_insert(offset);
            *known = offset.max(*known);
        }
        if !expected.iter().all(|task| going.answered.contains(task)) {
            return;
        }
        going.answered.clear();
        if going.phase == Phase::Ask {
            going.phase = Phase::Forget;
            let going = going.clone();
            self.tell(id, &going, own);
        } else {
            going.phase = Phase::Purge;
        }
    }

    /// Deletes what every task has read. Says whether there is something to commit.
    pub(crate) fn purge<P: Port>(&mut self, port: &mut P) -> bool {
        let is_ready = |(id, going): &(&Text, &Going)| {
            going.phase == Phase::Purge && !self.changed.contains(*id)
        };
        let first = self.open.iter().find(is_ready);
        let Some((id, going)) = first.map(|(id, going)| (id.clone(), going.clone())) else {
            return false;
        };
        let place = |(task, offset): (&Text, &i64)| {
            let (topic, partition) = task.rsplit_once('/')?;
            let place = TopicPartition::new(topic, partition.parse().ok()?);
            Some((place, *offset))
        };
        let before: Vec<_> = going.reads.iter().filter_map(place).collect();
        let is_deleted = match port.purge(&before) {
            Purge::Going => return false,
            Purge::Done => true,
            Purge::Refused(_) => false,
        };
        self.open.remove(&id);
        self.changed.insert(id.clone());
        self.done.push((id, going, is_deleted));
        true
    }

    /// Sends what is to be sent. Says how many erasures it confirms.
    pub(crate) fn flush<P: Port>(
        &mut self,
        changelog: &TopicPartition,
        tasks: &Tasks,
        second: &SecondHash,
        outlet: &mut Outlet<'_, P>,
    ) -> u64 {
        for passing in &self.passing {
            outlet.pass_on(BY_CONTACT, passing);
        }
        for id in &self.changed {
            let key = format!("{STATE_KEY_PREFIX}{id}");
            match self.open.get(id) {
                None => outlet.tombstone(changelog, &key),
                Some(going) => {
                    wire::state(1, &Deadlines::default(), going, outlet.buffer);
                    outlet.state(changelog, &key);
                }
            }
        }
        let now = outlet.port.time();
        for (id, going, is_deleted) in &self.done {
            let value = confirmation(going, *is_deleted, tasks, now);
            for identifier in &going.forget.identifiers {
                let key = confirmed_key(second, identifier);
                outlet.erasure(&key, Some(value.as_bytes()));
            }
            outlet.erasure(&format!("{REQUEST_KEY_PREFIX}{id}"), None);
            for task in tasks.handles.iter().chain(&tasks.customers) {
                outlet.erasure(&format!("{ANSWER_KEY_PREFIX}{id}/{task}"), None);
            }
        }
        self.done.len() as u64
    }
}

/// What everybody may read of an erasure that is done.
fn confirmation(going: &Going, is_deleted: bool, tasks: &Tasks, now: Millis) -> String {
    format!(
        "{{\"at_ms\":{},\"confirmed_at_ms\":{},\"asked\":{},\"with_them\":{},\"tasks\":{{\
         \"contacts\":{},\"handles\":{},\"customers\":{}}},\"deleted_between_stages\":{is_deleted}}}",
        going.forget.at.0,
        now.0,
        going.asked.len(),
        going.forget.identifiers.len() - going.asked.len(),
        tasks.contacts.len(),
        tasks.handles.len(),
        tasks.customers.len(),
    )
}

//! What our own topics hold: messages between stages, states and positions in changelogs, clocks.
//!
//! Every value begins with a byte that says what it is and in which form, so that a later release
//! reads what an earlier one wrote. Forms are only ever added.

use crate::service::port::Record;
use crate::service::sources::{SourceClock, TaskClock};
use model::{Brings, Deadlines, Millis, Now, Stage, Text, Wait};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// A message for a stage: postcard.
const MESSAGE: u8 = 1;
/// The clock of a task before this one as an earlier release wrote it, one instant: postcard.
const CLOCK_OF_ONE_INSTANT: u8 = 2;
/// A state in a changelog as it was before it had a schema: the one instant when time alone may
/// change it, as a zigzag number of postcard, then postcard.
const STATE_WITH_ONE_DEADLINE: u8 = 3;
/// The position of a task in a changelog, with clocks of one instant: postcard.
const META_WITH_INSTANTS: u8 = 4;
/// A state in a changelog: its schema (a byte), its deadlines, the state itself, both postcard.
const STATE: u8 = 5;
/// The clock of a task before this one, in its topic and in the changelog: postcard.
const CLOCK: u8 = 6;
/// The position of a task in a changelog: postcard.
const META: u8 = 7;
/// The schema of the states that have none written beside them.
const FIRST_SCHEMA: u8 = 1;
/// Before the key of a state in a changelog.
const STATE_KEY: u8 = b's';
/// Before the key of a position in a changelog.
const META_KEY: u8 = b'm';
/// Before the key of a clock in a changelog: the name of the task whose it is.
const CLOCK_KEY: u8 = b'c';

/// A record of one of our own topics that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("offset {offset}: {what}")]
pub struct Damaged {
    /// Where.
    pub offset: i64,
    /// What is wrong.
    pub what: String,
}

impl Damaged {
    fn new(record: &Record, what: impl Into<String>) -> Damaged {
        Damaged {
            offset: record.offset,
            what: what.into(),
        }
    }
}

/// What a record before a stage says. It is moved once.
#[allow(clippy::large_enum_variant)]
pub(crate) enum Heard<I> {
    /// A message under a key.
    Message(Text, I),
    /// The clock of a task before this one.
    Clock(Text, TaskClock),
}

/// What a record of a changelog says.
pub(crate) enum Logged<'a> {
    /// The state of a key: its schema and when time alone may change it, or that there is none.
    State(&'a str, Option<(u8, Deadlines)>),
    /// The position of a task, by the task's name.
    Meta(&'a str, Meta),
    /// The same as an earlier release wrote it, with its clocks: of the tasks before it, or, of the
    /// door, what was seen of each source.
    FormerMeta(&'a str, Meta, BTreeMap<Text, Millis>),
    /// What a task before this one has said of time, by that task's name.
    Clock(&'a str, TaskClock),
}

/// Where a task stands: committed together with what follows from everything before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meta {
    /// Number of partitions of the topic that the task reads. Keys are spread by it.
    pub partitions: u32,
    /// The offset behind the last record that was read.
    pub offset: Option<i64>,
    /// How far time has come: timers have fired up to here.
    pub now: Now,
    /// The door: the real time up to which it has heard its sources.
    pub heard_up_to: Option<Millis>,
    /// The door: how far each source has come.
    pub sources: BTreeMap<Text, SourceClock>,
    /// The sources that are silent, as told by the one task that tells it.
    pub silences: BTreeMap<Text, Silence>,
}

/// The silence of a source, in real time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Silence {
    /// When its last record came.
    pub since: Millis,
    /// When that was too long ago.
    pub silent_at: Millis,
    /// The greatest `occurred_at` that it has told.
    pub last_event_at: Millis,
    /// How long it may be silent, in milliseconds.
    pub silence_max_ms: i64,
}

/// A position as an earlier release wrote it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct MetaWithInstants {
    partitions: u32,
    offset: Option<i64>,
    now: Option<Millis>,
    clocks: BTreeMap<Text, Millis>,
}

impl MetaWithInstants {
    fn meta(self) -> (Meta, BTreeMap<Text, Millis>) {
        let known = self.now.filter(|at| *at != Millis::MAX);
        let meta = Meta {
            partitions: self.partitions,
            offset: self.offset,
            now: known.map_or(Now::UNKNOWN, Now::all),
            ..Meta::default()
        };
        (meta, self.clocks)
    }
}

fn encode<T: Serialize>(kind: u8, value: &T, into: &mut Vec<u8>) {
    into.clear();
    into.push(kind);
    let full = postcard::to_extend(value, std::mem::take(into));
    *into = full.expect("our own types have a form as bytes, and a vector takes all of them");
}

pub(crate) fn message<I: Serialize>(input: &I, into: &mut Vec<u8>) {
    encode(MESSAGE, input, into);
}

pub(crate) fn clock(clock: &TaskClock, into: &mut Vec<u8>) {
    encode(CLOCK, clock, into);
}

/// A state in a changelog, from its schema, its deadlines and its own bytes.
pub(crate) fn state(schema: u8, deadlines: &Deadlines, state: &[u8], into: &mut Vec<u8>) {
    encode(STATE, &(schema, deadlines), into);
    into.extend_from_slice(state);
}

/// The bytes of a state, as they stand behind its deadlines.
pub(crate) fn state_bytes<S: Serialize>(state: &S) -> Vec<u8> {
    postcard::to_stdvec(state)
        .expect("our own types have a form as bytes, and a vector takes all of them")
}

pub(crate) fn meta(meta: &Meta, into: &mut Vec<u8>) {
    encode(META, meta, into);
}

pub(crate) fn state_key(key: &str, into: &mut Vec<u8>) {
    into.clear();
    into.push(STATE_KEY);
    into.extend_from_slice(key.as_bytes());
}

pub(crate) fn meta_key(task: &str, into: &mut Vec<u8>) {
    into.clear();
    into.push(META_KEY);
    into.extend_from_slice(task.as_bytes());
}

/// A value of a changelog in its parts: schema, deadlines, and the bytes of the state.
fn parts_of(value: &[u8]) -> Result<(u8, Deadlines, &[u8]), String> {
    let read = match value {
        [STATE_WITH_ONE_DEADLINE, value @ ..] => {
            postcard::take_from_bytes::<Millis>(value).map(|(at, state)| {
                let mut deadlines = Deadlines::default();
                if at != Millis::MAX {
                    deadlines.add(Wait::settled(Brings::ALL), at);
                }
                (FIRST_SCHEMA, deadlines, state)
            })
        }
        [STATE, value @ ..] => postcard::take_from_bytes::<(u8, Deadlines)>(value)
            .map(|((schema, deadlines), state)| (schema, deadlines, state)),
        [form, ..] => return Err(unknown_form(*form)),
        [] => return Err("it has no value".to_owned()),
    };
    read.map_err(|error| error.to_string())
}

/// The deadlines in a value of a changelog; none if it cannot be read, which is told by
/// [`state_of`].
pub(crate) fn deadlines_of(value: &[u8]) -> Deadlines {
    parts_of(value).map_or_else(|_| Deadlines::default(), |(_, deadlines, _)| deadlines)
}

pub(crate) fn clock_key(task: &str, into: &mut Vec<u8>) {
    into.clear();
    into.push(CLOCK_KEY);
    into.extend_from_slice(task.as_bytes());
}

/// The state in a value of a changelog.
///
/// # Errors
/// It cannot be read.
pub(crate) fn state_of<S: Stage>(stage: &S, value: &[u8]) -> Result<S::State, String>
where
    S::State: DeserializeOwned,
{
    let (schema, _, state) = parts_of(value)?;
    if schema == S::SCHEMA {
        return postcard::from_bytes(state).map_err(|error| error.to_string());
    }
    newer_schema::<S>(schema)?;
    stage.read_former(schema, state).ok_or_else(|| {
        format!(
            "its schema is {schema}, and this release reads {} only: read the sources again under \
             a new application_id",
            S::SCHEMA
        )
    })
}

/// Whether states of a schema may be read; they are from a newer release if not.
pub(crate) fn newer_schema<S: Stage>(schema: u8) -> Result<(), String> {
    if schema <= S::SCHEMA {
        return Ok(());
    }
    Err(format!(
        "its schema is {schema}, which a newer release has written; this one knows up to {}: start \
         the newer release",
        S::SCHEMA
    ))
}

fn unknown_form(form: u8) -> String {
    format!("unknown form {form}: a newer release has written it; start that one")
}

fn text<'a>(record: &'a Record, bytes: &'a [u8]) -> Result<&'a str, Damaged> {
    std::str::from_utf8(bytes).map_err(|_| Damaged::new(record, "its key is no text"))
}

fn key(record: &Record) -> Result<&[u8], Damaged> {
    let key = record.key.as_deref();
    key.ok_or_else(|| Damaged::new(record, "it has no key"))
}

/// Reads a record before a stage.
pub(crate) fn hear<I: DeserializeOwned>(record: &Record) -> Result<Heard<I>, Damaged> {
    let unread = |error: postcard::Error| Damaged::new(record, error.to_string());
    let key = text(record, key(record)?)?.into();
    match record.value.as_deref() {
        Some([MESSAGE, value @ ..]) => {
            let input = postcard::from_bytes(value).map_err(unread)?;
            Ok(Heard::Message(key, input))
        }
        Some([CLOCK, value @ ..]) => {
            let clock = postcard::from_bytes(value).map_err(unread)?;
            Ok(Heard::Clock(key, clock))
        }
        Some([CLOCK_OF_ONE_INSTANT, value @ ..]) => {
            let at = postcard::from_bytes(value).map_err(unread)?;
            Ok(Heard::Clock(key, TaskClock::of_instant(at)))
        }
        Some([form, ..]) => Err(Damaged::new(record, unknown_form(*form))),
        Some([]) | None => Err(Damaged::new(record, "it has no value")),
    }
}

/// Reads a record of a changelog.
pub(crate) fn logged(record: &Record) -> Result<Logged<'_>, Damaged> {
    let unread = |error: postcard::Error| Damaged::new(record, error.to_string());
    let (kind, name) = match key(record)? {
        [kind @ (STATE_KEY | META_KEY | CLOCK_KEY), name @ ..] => (*kind, text(record, name)?),
        _ => return Err(Damaged::new(record, "unknown form of its key")),
    };
    match (kind, record.value.as_deref()) {
        (STATE_KEY, None) => Ok(Logged::State(name, None)),
        (STATE_KEY, Some(value)) => {
            let parts = parts_of(value).map_err(|what| Damaged::new(record, what))?;
            Ok(Logged::State(name, Some((parts.0, parts.1))))
        }
        (META_KEY, Some([META, value @ ..])) => {
            let meta = postcard::from_bytes(value).map_err(unread)?;
            Ok(Logged::Meta(name, meta))
        }
        (META_KEY, Some([META_WITH_INSTANTS, value @ ..])) => {
            let former: MetaWithInstants = postcard::from_bytes(value).map_err(unread)?;
            let (meta, clocks) = former.meta();
            Ok(Logged::FormerMeta(name, meta, clocks))
        }
        (CLOCK_KEY, Some([CLOCK, value @ ..])) => {
            let clock = postcard::from_bytes(value).map_err(unread)?;
            Ok(Logged::Clock(name, clock))
        }
        (_, Some([form, ..])) => Err(Damaged::new(record, unknown_form(*form))),
        _ => Err(Damaged::new(record, "unknown form of its value")),
    }
}

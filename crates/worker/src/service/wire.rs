//! What our own topics hold: messages between stages, states and positions in changelogs, clocks.
//!
//! Every value begins with a byte that says what it is and in which form, so that a later release
//! reads what an earlier one wrote. Forms are only ever added.

use crate::service::port::Record;
use crate::service::sources::{SourceClock, TaskClock};
use model::{Brings, Deadlines, Forget, Known, Millis, Now, Stage, Term, Terms, Text, Wait};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
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
/// An erasure that goes through the stages: postcard.
const PASSING: u8 = 20;
/// What a task knows of an erasure that goes through it, in a changelog: postcard.
const PENDING: u8 = 21;
/// What is remembered of something that was forgotten, in a changelog: postcard.
const REMEMBERED: u8 = 22;
/// Somebody asks for an erasure: postcard.
const REQUEST: u8 = 23;
/// A task has done its part of an erasure: postcard.
const ANSWER: u8 = 24;
/// Before the key of what a task knows of an erasure.
const PENDING_KEY: u8 = b'e';
/// Before the second hash of something that was forgotten.
const REMEMBERED_KEY: u8 = b'f';
/// The key of erasures that go through the stages.
pub(crate) const PASSING_KEY: &[u8] = b"erasure";
/// The readings and policies that a task knows, in a changelog, as it was before it said by which
/// of them the keys were settled: postcard.
const TERMS_ALONE: u8 = 30;
/// The readings and policies that a task knows, in a changelog: postcard.
const TERMS: u8 = 31;
/// Several messages for a stage, each as its key and a [`MESSAGE`], both behind their length. A
/// record of a log has a price of its own, whatever it says.
const BUNDLE: u8 = 40;
/// A bundle that has so many bytes is closed.
pub(crate) const BUNDLE_BYTES: usize = 32 * 1024;
/// Before the key of a state in a changelog.
const STATE_KEY: u8 = b's';
/// Before the key of a position in a changelog.
const META_KEY: u8 = b'm';
/// Before the key of a clock in a changelog: the name of the task whose it is.
const CLOCK_KEY: u8 = b'c';
/// Before the key of the terms of a task in a changelog.
const TERMS_KEY: u8 = b't';

/// A part of what a task has counted, in a changelog: bytes of the crate `figures`.
const COUNTED: u8 = 50;
/// Before the key of such a part, which is bytes.
const COUNTED_KEY: u8 = b'g';

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
pub(crate) enum Heard<'a, I> {
    /// A message under a key.
    Message(Text, I),
    /// Several of them, in order.
    Bundle(Bundle<'a>),
    /// The clock of a task before this one.
    Clock(Text, TaskClock),
    /// An erasure.
    Erasure(Passing),
}

/// An erasure on its way through the stages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Passing {
    /// Which.
    pub id: Text,
    /// What is known is asked for; nothing is forgotten yet.
    pub is_ask: bool,
    /// What is to be forgotten.
    pub forget: Forget,
    /// The task that passes it on.
    pub from: Text,
    /// By task, the offset up to which it has read: what lies before may be deleted.
    pub reads: BTreeMap<Text, i64>,
}

/// What a task knows of an erasure that goes through it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending {
    /// What is known is asked for; nothing is forgotten yet.
    pub is_ask: bool,
    /// What is to be forgotten.
    pub forget: Forget,
    /// The tasks that have passed it on.
    pub heard: BTreeSet<Text>,
    /// As in [`Passing`].
    pub reads: BTreeMap<Text, i64>,
}

/// What is remembered under a second hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    /// All of it was forgotten up to this instant.
    pub whole_at: Millis,
    /// Parts of it, by their hash, were forgotten up to an instant.
    pub parts: BTreeMap<u64, Millis>,
}

/// Somebody asks for an erasure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Request {
    /// What was said up to this instant is to be forgotten.
    pub at: Millis,
    /// Identifiers as they leave the door, by their text.
    pub identifiers: BTreeSet<Text>,
}

/// A task has done its part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// It was asked what is known.
    pub is_ask: bool,
    /// What it knows.
    pub known: Known,
    /// As in [`Passing`].
    pub reads: BTreeMap<Text, i64>,
}

/// The messages of a bundle that have not been read yet.
pub(crate) struct Bundle<'a> {
    offset: i64,
    rest: &'a [u8],
}

impl Bundle<'_> {
    /// The next message.
    ///
    /// # Errors
    /// It cannot be read, and so neither can those behind it.
    pub(crate) fn next<I: DeserializeOwned>(&mut self) -> Result<Option<(Text, I)>, Damaged> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let damaged = |what: String| Damaged {
            offset: self.offset,
            what,
        };
        let mut part = || -> Result<&[u8], postcard::Error> {
            let (part, rest) = postcard::take_from_bytes(self.rest)?;
            self.rest = rest;
            Ok(part)
        };
        let unread = |error: postcard::Error| damaged(error.to_string());
        let (key, message) = (part().map_err(unread)?, part().map_err(unread)?);
        let key = std::str::from_utf8(key).map_err(|_| damaged("a key is no text".to_owned()))?;
        let [MESSAGE, input @ ..] = message else {
            return Err(damaged("unknown form of a message in a bundle".to_owned()));
        };
        Ok(Some((
            key.into(),
            postcard::from_bytes(input).map_err(unread)?,
        )))
    }
}

/// What a record of a changelog says.
pub(crate) enum Logged<'a> {
    /// The state of a key: its schema and when time alone may change it, or that there is none.
    State(&'a str, Option<(u8, Deadlines)>),
    /// The position of a task, by the task's name.
    Meta(&'a str, Meta),
    /// What a task knows of an erasure; `None`: it has done its part.
    Pending(&'a str, Option<Pending>),
    /// What is remembered under a second hash; `None`: nothing any more.
    Remembered(u128, Option<Remembered>),
    /// The same as an earlier release wrote it, with its clocks: of the tasks before it, or, of the
    /// door, what was seen of each source.
    FormerMeta(&'a str, Meta, BTreeMap<Text, Millis>),
    /// What a task before this one has said of time, by that task's name.
    Clock(&'a str, TaskClock),
    /// The readings and policies that a task knows.
    Terms(Terms),
    /// A part of what a task has counted; `None`: there is none any more.
    Counted(&'a [u8], Option<&'a [u8]>),
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

/// Adds a [`message`] to a bundle; an empty one is begun.
pub(crate) fn bundle(key: &str, message: &[u8], into: &mut Vec<u8>) {
    if into.is_empty() {
        into.push(BUNDLE);
    }
    for part in [key.as_bytes(), message] {
        let full = postcard::to_extend(&(part.len() as u64), std::mem::take(into));
        *into = full.expect("a number has a form as bytes, and a vector takes all of them");
        into.extend_from_slice(part);
    }
}

pub(crate) fn clock(clock: &TaskClock, into: &mut Vec<u8>) {
    encode(CLOCK, clock, into);
}

/// A state in a changelog, behind its schema and its deadlines. Says where its own bytes begin.
pub(crate) fn state<S: Serialize>(
    schema: u8,
    deadlines: &Deadlines,
    state: &S,
    into: &mut Vec<u8>,
) -> usize {
    encode(STATE, &(schema, deadlines), into);
    let begin = into.len();
    let full = postcard::to_extend(state, std::mem::take(into));
    *into = full.expect("our own types have a form as bytes, and a vector takes all of them");
    begin
}

pub(crate) fn meta(meta: &Meta, into: &mut Vec<u8>) {
    encode(META, meta, into);
}

pub(crate) fn passing(passing: &Passing, into: &mut Vec<u8>) {
    encode(PASSING, passing, into);
}

pub(crate) fn pending(pending: &Pending, into: &mut Vec<u8>) {
    encode(PENDING, pending, into);
}

pub(crate) fn remembered(remembered: &Remembered, into: &mut Vec<u8>) {
    encode(REMEMBERED, remembered, into);
}

pub(crate) fn request(request: &Request, into: &mut Vec<u8>) {
    encode(REQUEST, request, into);
}

pub(crate) fn answer(answer: &Answer, into: &mut Vec<u8>) {
    encode(ANSWER, answer, into);
}

/// The key in a changelog of what a task knows of an erasure.
pub(crate) fn pending_key(name: &str) -> Vec<u8> {
    [&[PENDING_KEY], name.as_bytes()].concat()
}

/// The key in a changelog of what is remembered under a second hash.
pub(crate) fn remembered_key(hash: u128) -> Vec<u8> {
    format!("{}{hash:032x}", char::from(REMEMBERED_KEY)).into_bytes()
}

/// The request in a record of the topic of erasures.
pub(crate) fn request_of(record: &Record) -> Result<Request, Damaged> {
    match record.value.as_deref() {
        Some([REQUEST, value @ ..]) => {
            postcard::from_bytes(value).map_err(|error| Damaged::new(record, error.to_string()))
        }
        _ => Err(Damaged::new(record, "it is no request for an erasure")),
    }
}

/// The answer in a record of the topic of erasures.
pub(crate) fn answer_of(record: &Record) -> Result<Answer, Damaged> {
    match record.value.as_deref() {
        Some([ANSWER, value @ ..]) => {
            postcard::from_bytes(value).map_err(|error| Damaged::new(record, error.to_string()))
        }
        _ => Err(Damaged::new(record, "it is no answer to an erasure")),
    }
}

pub(crate) fn terms(terms: &Terms, into: &mut Vec<u8>) {
    encode(TERMS, terms, into);
}

pub(crate) fn terms_key(task: &str, into: &mut Vec<u8>) {
    into.clear();
    into.push(TERMS_KEY);
    into.extend_from_slice(task.as_bytes());
}

pub(crate) fn counted_key(part: &[u8], into: &mut Vec<u8>) {
    into.clear();
    into.push(COUNTED_KEY);
    into.extend_from_slice(part);
}

pub(crate) fn counted(value: &[u8], into: &mut Vec<u8>) {
    into.clear();
    into.push(COUNTED);
    into.extend_from_slice(value);
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

/// The bytes behind the deadlines in a value of a changelog.
///
/// # Errors
/// It cannot be read.
pub(crate) fn bytes_of(value: &[u8]) -> Result<&[u8], String> {
    parts_of(value).map(|(_, _, bytes)| bytes)
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
pub(crate) fn hear<I: DeserializeOwned>(record: &Record) -> Result<Heard<'_, I>, Damaged> {
    let unread = |error: postcard::Error| Damaged::new(record, error.to_string());
    if let Some([BUNDLE, rest @ ..]) = record.value.as_deref() {
        let offset = record.offset;
        return Ok(Heard::Bundle(Bundle { offset, rest }));
    }
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
        Some([PASSING, value @ ..]) => {
            let passing = postcard::from_bytes(value).map_err(unread)?;
            Ok(Heard::Erasure(passing))
        }
        Some([form, ..]) => Err(Damaged::new(record, unknown_form(*form))),
        Some([]) | None => Err(Damaged::new(record, "it has no value")),
    }
}

/// How many messages a value before a stage has; 0 if it is a clock or cannot be read.
#[must_use]
pub fn messages_of(value: &[u8]) -> usize {
    match value {
        [MESSAGE, ..] => 1,
        [BUNDLE, rest @ ..] => {
            let (mut rest, mut parts) = (rest, 0);
            while let Ok((_, behind)) = postcard::take_from_bytes::<&[u8]>(rest) {
                (rest, parts) = (behind, parts + 1);
            }
            parts / 2
        }
        _ => 0,
    }
}

/// Reads a record of a changelog.
pub(crate) fn logged(record: &Record) -> Result<Logged<'_>, Damaged> {
    let unread = |error: postcard::Error| Damaged::new(record, error.to_string());
    let (kind, name) = match key(record)? {
        [COUNTED_KEY, part @ ..] => {
            return match record.value.as_deref() {
                None => Ok(Logged::Counted(part, None)),
                Some([COUNTED, value @ ..]) => Ok(Logged::Counted(part, Some(value))),
                Some([form, ..]) => Err(Damaged::new(record, unknown_form(*form))),
                Some([]) => Err(Damaged::new(record, "unknown form of its value")),
            };
        }
        [
            kind @ (STATE_KEY | META_KEY | CLOCK_KEY | PENDING_KEY | REMEMBERED_KEY | TERMS_KEY),
            name @ ..,
        ] => (*kind, text(record, name)?),
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
        (TERMS_KEY, Some([TERMS, value @ ..])) => {
            Ok(Logged::Terms(postcard::from_bytes(value).map_err(unread)?))
        }
        (TERMS_KEY, Some([TERMS_ALONE, value @ ..])) => {
            let list: Vec<Term> = postcard::from_bytes(value).map_err(unread)?;
            Ok(Logged::Terms(list.into()))
        }
        (PENDING_KEY, None) => Ok(Logged::Pending(name, None)),
        (PENDING_KEY, Some([PENDING, value @ ..])) => {
            let pending = postcard::from_bytes(value).map_err(unread)?;
            Ok(Logged::Pending(name, Some(pending)))
        }
        (REMEMBERED_KEY, value) => {
            let hash = u128::from_str_radix(name, 16);
            let hash = hash.map_err(|_| Damaged::new(record, "its key is no second hash"))?;
            match value {
                None => Ok(Logged::Remembered(hash, None)),
                Some([REMEMBERED, value @ ..]) => {
                    let remembered = postcard::from_bytes(value).map_err(unread)?;
                    Ok(Logged::Remembered(hash, Some(remembered)))
                }
                Some(_) => Err(Damaged::new(record, "unknown form of its value")),
            }
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

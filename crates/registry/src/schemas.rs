//! The schemas that records were written with, by their ids.

use crate::client::{Client, Written};
use crate::{RegistryError, split};
use canonical::{Fault, Reader};
use dashmap::{DashMap, Entry as Slot};
use model::RejectedReason;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long the registry is believed that it has no such id.
const UNKNOWN_FOR: Duration = Duration::from_secs(5);
/// How long a registry that did not answer is left alone.
const UNREACHABLE_FOR: Duration = Duration::from_secs(1);
/// An id that is not known is asked for once more after this: a record may come sooner than its
/// schema reaches the registry's other nodes, and must not be rejected for that.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(200);
/// Registries count their ids. One that is further than this ahead of all that were seen is no id.
const IDS_AHEAD_MAX: u32 = 1_000;
/// When so many ids are held, those that are of no use are forgotten, and if need be all.
const IDS_MAX: usize = 10_000;

/// A writer's schema.
#[derive(Debug)]
pub struct Schema {
    /// Its id.
    pub id: u32,
    /// Its text, and those of the schemas that it refers to.
    pub written: Written,
    /// Reads what was written with it.
    pub reader: Reader,
}

/// What is known of an id.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// Its schema.
    Known(Arc<Schema>),
    /// It is being asked for: look again soon.
    Fetching,
    /// Its records cannot be read, now or later: the registry has no such id, or not as the schema
    /// of an Avro record.
    Unknown(Arc<str>),
    /// The registry does not answer; it is asked again every second while somebody looks.
    Unreachable(Arc<str>),
}

/// What is known of a record's value.
#[derive(Clone, Debug)]
pub enum Opened<'a> {
    /// It can be read.
    Datum(Arc<Schema>, &'a [u8]),
    /// It can be read soon, or when the registry answers again, in which case this says why it is
    /// waited for. The partition has to wait with it.
    Waiting(Option<Arc<str>>),
    /// It can never be read.
    Rejected(Fault),
}

#[derive(Debug)]
enum State {
    /// Asked for; says what the registry said when it did not answer before.
    Fetching(Option<Arc<str>>),
    Known(Arc<Schema>),
    Unknown(Arc<str>, Instant),
    Unreachable(Arc<str>, Instant),
}

#[derive(Debug)]
struct Shared {
    states: DashMap<u32, State>,
    /// The greatest id that was known.
    known_max: AtomicU32,
    /// Why the registry did not answer the last time.
    trouble: Mutex<Option<Arc<str>>>,
    /// Tells those who wait that an id was settled.
    has_settled: Condvar,
}

/// The schemas by their ids. Looking one up never waits: a thread fetches what is not known, once
/// however many ask, and ends when this is dropped.
#[derive(Debug)]
pub struct Schemas {
    shared: Arc<Shared>,
    asks: Sender<u32>,
}

impl Schemas {
    /// No schemas yet, and a thread that asks the registry.
    ///
    /// # Panics
    /// The system gives no thread.
    #[must_use]
    pub fn new(client: Arc<Client>) -> Schemas {
        let shared = Arc::new(Shared {
            states: DashMap::new(),
            known_max: AtomicU32::new(0),
            trouble: Mutex::default(),
            has_settled: Condvar::new(),
        });
        let (asks, asked) = channel();
        let fetcher = Fetcher {
            client,
            shared: Arc::clone(&shared),
            asked,
            again: Vec::new(),
            down: None,
        };
        thread::Builder::new()
            .name("registry".to_owned())
            .spawn(move || fetcher.run())
            .expect("the system gives a thread");
        Schemas { shared, asks }
    }

    /// What is known of an id. One that is not known yet is asked for.
    #[must_use]
    pub fn lookup(&self, id: u32) -> Lookup {
        if let Some(state) = self.shared.states.get(&id)
            && let Some(lookup) = current(&state)
        {
            return lookup;
        }
        self.make_room();
        let before = match self.shared.states.entry(id) {
            Slot::Vacant(slot) => {
                slot.insert(State::Fetching(None));
                None
            }
            Slot::Occupied(mut slot) => {
                // Somebody else may have been here in between.
                if let Some(lookup) = current(slot.get()) {
                    return lookup;
                }
                let before = match slot.get() {
                    State::Unreachable(why, _) => Some(Arc::clone(why)),
                    _ => None,
                };
                slot.insert(State::Fetching(before.clone()));
                before
            }
        };
        let sent = self.asks.send(id);
        sent.expect("the thread that asks the registry ends only when this is dropped");
        before.map_or(Lookup::Fetching, Lookup::Unreachable)
    }

    /// What is known of an id, as soon as the registry has answered or could not; at most this long.
    #[must_use]
    pub fn wait(&self, id: u32, at_most: Duration) -> Lookup {
        let until = Instant::now() + at_most;
        // Held from looking to waiting, so that nothing settles unheard in between.
        let mut held = lock(&self.shared.trouble);
        loop {
            let lookup = self.lookup(id);
            let left = until.saturating_duration_since(Instant::now());
            if !matches!(lookup, Lookup::Fetching) || left.is_zero() {
                return lookup;
            }
            let woken = self.shared.has_settled.wait_timeout(held, left);
            held = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Why the registry did not answer when it was last asked for a schema; nothing if it did, or was
    /// not asked yet. For a log and for readiness.
    #[must_use]
    pub fn trouble(&self) -> Option<Arc<str>> {
        lock(&self.shared.trouble).clone()
    }

    /// What is known of a record's value.
    #[must_use]
    pub fn open<'a>(&self, value: &'a [u8]) -> Opened<'a> {
        let rejected = |reason, detail| Opened::Rejected(Fault::new(reason, detail));
        if value.is_empty() {
            return rejected(RejectedReason::Empty, String::new());
        }
        let (id, datum) = match split(value) {
            Ok(framed) => framed,
            Err(framing) => return rejected(RejectedReason::NotAvro, framing.to_string()),
        };
        match self.lookup(id) {
            Lookup::Known(schema) => Opened::Datum(schema, datum),
            Lookup::Fetching => Opened::Waiting(None),
            Lookup::Unreachable(why) => Opened::Waiting(Some(why)),
            Lookup::Unknown(why) => {
                rejected(RejectedReason::NotAvro, format!("schema id {id}: {why}"))
            }
        }
    }

    /// Ids may be bytes of anything: what is of no use is not kept for ever.
    fn make_room(&self) {
        let states = &self.shared.states;
        if states.len() < IDS_MAX {
            return;
        }
        states.retain(|_, state| matches!(state, State::Known(_) | State::Fetching(_)));
        if states.len() >= IDS_MAX {
            states.retain(|_, state| matches!(state, State::Fetching(_)));
        }
    }
}

/// What a state says; nothing if it is too old to be believed.
fn current(state: &State) -> Option<Lookup> {
    let now = Instant::now();
    match state {
        State::Known(schema) => Some(Lookup::Known(Arc::clone(schema))),
        State::Fetching(None) => Some(Lookup::Fetching),
        State::Fetching(Some(why)) => Some(Lookup::Unreachable(Arc::clone(why))),
        State::Unknown(why, until) => (now < *until).then(|| Lookup::Unknown(Arc::clone(why))),
        State::Unreachable(why, until) => {
            (now < *until).then(|| Lookup::Unreachable(Arc::clone(why)))
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing that is locked here is ever half written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread that asks the registry, one id after the other.
struct Fetcher {
    client: Arc<Client>,
    shared: Arc<Shared>,
    asked: Receiver<u32>,
    /// Ids to be asked for once more, and when, in that order.
    again: Vec<(Instant, u32)>,
    /// Since when the registry has not answered, and why.
    down: Option<(Instant, Arc<str>)>,
}

impl Fetcher {
    fn run(mut self) {
        loop {
            let next = self.again.first().map(|(at, _)| *at);
            let wait = next.map_or(Duration::from_secs(3_600), |at| {
                at.saturating_duration_since(Instant::now())
            });
            match self.asked.recv_timeout(wait) {
                Ok(id) => {
                    if let Some(state) = self.fetch(id, true) {
                        self.settle(id, state);
                    }
                }
                Err(RecvTimeoutError::Timeout) if next.is_some() => {
                    let (_, id) = self.again.remove(0);
                    if let Some(state) = self.fetch(id, false) {
                        self.settle(id, state);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn settle(&self, id: u32, state: State) {
        self.shared.states.insert(id, state);
        *lock(&self.shared.trouble) = self.down.as_ref().map(|(_, why)| Arc::clone(why));
        self.shared.has_settled.notify_all();
    }

    /// What the registry says of an id; nothing if it is to be asked once more.
    fn fetch(&mut self, id: u32, may_ask_again: bool) -> Option<State> {
        // Everybody who waits is told at once, not one after the other after a time-out each.
        if let Some((since, why)) = &self.down
            && since.elapsed() < UNREACHABLE_FOR
        {
            return Some(State::Unreachable(
                Arc::clone(why),
                *since + UNREACHABLE_FOR,
            ));
        }
        self.down = None;
        let unknown = |why: String| State::Unknown(why.into(), Instant::now() + UNKNOWN_FOR);
        match self.client.schema(id) {
            Ok(written) => Some(match readable(id, written) {
                Ok(schema) => {
                    self.shared.known_max.fetch_max(id, Ordering::Relaxed);
                    State::Known(Arc::new(schema))
                }
                Err(why) => unknown(why),
            }),
            Err(RegistryError::Unreachable { address, why }) => {
                let why: Arc<str> = format!("registry {address}: {why}").into();
                let now = Instant::now();
                self.down = Some((now, Arc::clone(&why)));
                Some(State::Unreachable(why, now + UNREACHABLE_FOR))
            }
            Err(error) => {
                let known_max = self.shared.known_max.load(Ordering::Relaxed);
                let may_come = id <= known_max.saturating_add(IDS_AHEAD_MAX);
                if may_ask_again && may_come {
                    self.again.push((Instant::now() + ASK_AGAIN_AFTER, id));
                    return None;
                }
                Some(unknown(error.to_string()))
            }
        }
    }
}

fn readable(id: u32, written: Written) -> Result<Schema, String> {
    if written.language != "AVRO" {
        return Err(format!(
            "expected an Avro schema, found {}",
            written.language
        ));
    }
    let references: Vec<&str> = written.references.iter().map(String::as_str).collect();
    let reader = Reader::with_references(&written.text, &references);
    let reader = reader.map_err(|error| error.to_string())?;
    Ok(Schema {
        id,
        written,
        reader,
    })
}

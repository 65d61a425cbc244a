//! Everything that was said under one key, each thing once.

use crate::route::Sent;
use model::{Absorbed, Channel, ContactInput, ContactName, Event, Millis, Signal, Text, Version};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A key with twice as many events keeps so many: those of its beginning, which say when it started
/// and whose it is, and the newest, in order of their time.
pub const EVENTS_PER_CONTACT_MAX: usize = 10_000;

/// Of these, the events of its beginning.
const EVENTS_OF_BEGINNING: usize = 1_000;

/// What is kept under the key of a contact, a mail thread or a device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub(crate) events: Vec<(Version, Event)>,
    pub(crate) signals: Vec<(Version, Signal)>,
    /// What the stages to the right believe, by contact.
    pub(crate) sent: BTreeMap<ContactName, Sent>,
    /// The handles that were told of a link under this key.
    pub(crate) linked_handles: Vec<Text>,
    /// The greatest version ever sent under this key.
    pub(crate) version: u64,
    /// Events that the limit cut off.
    pub(crate) events_cut: u64,
    /// Events and signals that wait for a contact which has not appeared, when last settled.
    pub(crate) incomplete: u64,
    /// When the first open contact ends by itself, when last settled.
    pub(crate) deadline: Option<Millis>,
    /// When the oldest of what is kept may be let go of, when last settled.
    pub(crate) let_go_at: Option<Millis>,
    /// How often the signal of a key of its own was sent on.
    pub(crate) signal_sequence: u64,
    /// To whom it was: whether that is a handle, and the key.
    pub(crate) signal_goal: Option<(bool, Text)>,
    /// Places of events by hash of their id, once there are many. Rebuilt when it is missing.
    #[serde(skip)]
    pub(crate) places: BTreeMap<u64, Vec<u32>>,
    /// Something was just forgotten, and that was not yet announced.
    #[serde(skip)]
    pub(crate) is_erasing: bool,
}

/// From this many events on, an index finds an event's other versions.
const INDEXED_FROM: usize = 24;

impl State {
    /// Events that the limit of a key cut off.
    #[must_use]
    pub fn events_cut(&self) -> u64 {
        self.events_cut
    }

    /// The channel of all events under the key; `None` before the first.
    pub(crate) fn channel(&self) -> Option<Channel> {
        self.events.first().map(|(_, event)| event.channel)
    }

    /// Events and signals that wait for a contact which has not appeared.
    #[must_use]
    pub fn incomplete(&self) -> u64 {
        self.incomplete
    }

    /// Every event that was heard and kept, with its version.
    #[must_use]
    pub fn events(&self) -> &[(Version, Event)] {
        &self.events
    }

    /// Every signal that was heard, with its version.
    #[must_use]
    pub fn signals(&self) -> &[(Version, Signal)] {
        &self.signals
    }

    /// What was forgotten is announced: of a key without anything nothing is kept.
    pub(crate) fn erased(&mut self) {
        if self.is_erasing && self.events.is_empty() && self.signals.is_empty() {
            *self = State::default();
        }
        self.is_erasing = false;
    }

    pub(crate) fn hear(&mut self, input: ContactInput) -> Absorbed {
        match input {
            ContactInput::Event(version, event) => self.hear_event(version, *event),
            ContactInput::Signal(version, signal) => self.hear_signal(version, *signal),
        }
    }

    /// Keeps the events for which this holds.
    pub(crate) fn keep_events(&mut self, is_kept: impl Fn(&Event) -> bool) {
        self.events.retain(|(_, event)| is_kept(event));
        self.places.clear();
    }

    fn hear_event(&mut self, version: Version, event: Event) -> Absorbed {
        let mut absorbed = Absorbed::New;
        for place in self.versions_of(&event) {
            let (known, _) = &self.events[place];
            if (known.hash, known.identity) == (version.hash, version.identity) {
                return Absorbed::Duplicate;
            }
            if known.updated_at == version.updated_at {
                absorbed = Absorbed::Conflicting;
            }
        }
        if !self.places.is_empty() {
            let place = self.events.len() as u32;
            self.places.entry(id_hash(&event)).or_default().push(place);
        }
        self.events.push((version, event));
        if self.events.len() >= 2 * EVENTS_PER_CONTACT_MAX {
            self.cut();
        }
        absorbed
    }

    /// Places of the known versions of the same event.
    fn versions_of(&mut self, event: &Event) -> Vec<usize> {
        let is_same = |(_, known): &(Version, Event)| {
            known.event_id == event.event_id && known.source == event.source
        };
        if self.events.len() < INDEXED_FROM {
            let places = self
                .events
                .iter()
                .enumerate()
                .filter(|(_, known)| is_same(known));
            return places.map(|(place, _)| place).collect();
        }
        if self.places.is_empty() {
            self.index();
        }
        let candidates = self
            .places
            .get(&id_hash(event))
            .map_or(&[][..], Vec::as_slice);
        let places = candidates.iter().map(|place| *place as usize);
        places
            .filter(|place| is_same(&self.events[*place]))
            .collect()
    }

    fn index(&mut self) {
        self.places.clear();
        for (place, (_, event)) in self.events.iter().enumerate() {
            self.places
                .entry(id_hash(event))
                .or_default()
                .push(place as u32);
        }
    }

    /// Keeps how it began and the newest events: this key stands outside the promise of exactness
    /// from now on.
    fn cut(&mut self) {
        self.events.sort_by(|(_, a), (_, b)| {
            (a.occurred_at, &a.event_id).cmp(&(b.occurred_at, &b.event_id))
        });
        let over = self.events.len() - EVENTS_PER_CONTACT_MAX;
        self.events_cut += over as u64;
        // The pages of a device are many visits: a gap in the middle would make one more.
        let is_device = |(_, event): &(Version, Event)| {
            event.channel == Channel::Web && event.contact_id.is_empty()
        };
        let kept = if self.events.iter().any(is_device) {
            0
        } else {
            EVENTS_OF_BEGINNING
        };
        self.events.drain(kept..kept + over);
        self.index();
    }

    fn hear_signal(&mut self, version: Version, signal: Signal) -> Absorbed {
        let mut absorbed = Absorbed::New;
        let same = self.signals.iter().filter(|(_, known)| {
            known.event_id == signal.event_id && known.source == signal.source
        });
        for (known, _) in same {
            if (known.hash, known.identity) == (version.hash, version.identity) {
                return Absorbed::Duplicate;
            }
            if known.updated_at == version.updated_at {
                absorbed = Absorbed::Conflicting;
            }
        }
        if self.signals.len() < EVENTS_PER_CONTACT_MAX {
            self.signals.push((version, signal));
        } else {
            self.events_cut += 1;
        }
        absorbed
    }
}

fn id_hash(event: &Event) -> u64 {
    let source: &Text = &event.source;
    xxhash_rust::xxh3::xxh3_64_with_seed(event.event_id.as_bytes(), source.len() as u64)
}

//! The stages of a tenant, and what is counted on the way through them.

use canonical::Decoded;
use model::{Absorbed, ContactInput, IgnoredWhy, Millis, RejectedReason, Text};
use stage_contacts::{Contacts, signal_key};
use stage_customers::Customers;
use stage_door::{Clocks, Door, DoorError, Output, Place, SignalRoute};
use stage_handles::Handles;
use std::collections::BTreeMap;

/// The stages of a tenant.
pub struct Engine {
    /// Lets records in.
    pub door: Door,
    /// Makes contacts out of events.
    pub contacts: Contacts,
    /// Finds whose a handle is.
    pub handles: Handles,
    /// Says what a customer's chain means.
    pub customers: Customers,
}

impl Engine {
    /// The stages with a tenant's settings.
    ///
    /// # Errors
    /// What the door cannot work with.
    pub fn new(
        door: stage_door::Settings,
        contacts: stage_contacts::Settings,
        handles: stage_handles::Settings,
        customers: stage_customers::Settings,
    ) -> Result<Engine, DoorError> {
        Ok(Engine {
            door: Door::new(door)?,
            contacts: Contacts::new(contacts),
            handles: Handles::new(handles),
            customers: Customers::new(customers),
        })
    }

    /// Lets a decoded record in and counts it: what it says and the key of the task that is told.
    ///
    /// # Errors
    /// Why it was not let in.
    pub fn admit(
        &self,
        decoded: Decoded,
        place: &Place,
        clocks: &mut Clocks,
        counts: &mut Counts,
    ) -> Result<(Text, ContactInput), Refused> {
        counts.read += 1;
        match self.door.admit(decoded, place, clocks) {
            Output::Event {
                key,
                version,
                event,
            } => {
                counts.decoded += 1;
                Ok((key, ContactInput::Event(version, event)))
            }
            Output::Signal {
                route,
                version,
                signal,
            } => {
                counts.decoded += 1;
                let key = match route {
                    SignalRoute::Contact(key) => key,
                    SignalRoute::Customer(_)
                    | SignalRoute::Handle(_)
                    | SignalRoute::Links(_)
                    | SignalRoute::Everyone
                    | SignalRoute::Marker
                    | SignalRoute::Nobody => signal_key(&signal),
                };
                Ok((key, ContactInput::Signal(version, signal)))
            }
            Output::Ignored { why } => {
                *counts.ignored.entry(why.name()).or_default() += 1;
                Err(Refused::Ignored(why))
            }
            Output::Rejected { reason, detail } => {
                *counts.rejected.entry(reason.name()).or_default() += 1;
                Err(Refused::Rejected(reason, detail))
            }
            Output::TooLate => {
                counts.decoded += 1;
                counts.too_late += 1;
                Err(Refused::TooLate)
            }
        }
    }
}

/// Why a record was not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is of no use.
    Ignored(IgnoredWhy),
    /// It cannot be used; the detail names the field and what was expected.
    Rejected(RejectedReason, String),
    /// It is older than its partition's clock by more than its source's acceptance.
    TooLate,
}

/// What is counted: both equations of bad input, and what the stages noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Records read.
    pub read: u64,
    /// Of these, decoded and let in or found too late.
    pub decoded: u64,
    /// Of these, ignored, by why.
    pub ignored: BTreeMap<&'static str, u64>,
    /// Of these, rejected, by reason.
    pub rejected: BTreeMap<&'static str, u64>,
    /// Of the decoded, those that said something new.
    pub new: u64,
    /// Of the new, those that contradict another version with the same update time.
    pub conflicting: u64,
    /// Of the decoded, those that were known.
    pub duplicates: u64,
    /// Of the decoded, those that the door found too late.
    pub too_late: u64,
    /// Of the duplicates, those that an erasure keeps out.
    pub erased: u64,
    /// Erasures that were confirmed.
    pub erasures_confirmed: u64,
    /// Events that wait for a contact which has not appeared.
    pub incomplete: u64,
    /// Events that the limit of a contact's key cut off.
    pub events_cut: u64,
    /// Contacts that the cap of a customer cut off, in order of [`model::Channel::ALL`].
    pub contacts_capped: [u64; 5],
    /// Contacts made, before those of one customer were joined.
    pub contacts_seen: u64,
    /// Known customers with a contact.
    pub customers: u64,
    /// The latest instant that an accepted event speaks of.
    pub horizon: Millis,
}

impl Default for Counts {
    fn default() -> Self {
        Counts {
            read: 0,
            decoded: 0,
            ignored: BTreeMap::new(),
            rejected: BTreeMap::new(),
            new: 0,
            conflicting: 0,
            duplicates: 0,
            too_late: 0,
            erased: 0,
            erasures_confirmed: 0,
            incomplete: 0,
            events_cut: 0,
            contacts_capped: [0; 5],
            contacts_seen: 0,
            customers: 0,
            horizon: Millis::MIN,
        }
    }
}

impl Counts {
    /// Counts what a stage made of an input.
    pub fn absorbed(&mut self, absorbed: Absorbed) {
        match absorbed {
            Absorbed::New => self.new += 1,
            Absorbed::Conflicting => {
                self.new += 1;
                self.conflicting += 1;
            }
            Absorbed::Duplicate => self.duplicates += 1,
            Absorbed::Internal => {}
        }
    }

    /// Adds what another thread or partition has counted.
    pub fn add(&mut self, other: &Counts) {
        let Counts {
            read,
            decoded,
            ignored,
            rejected,
            new,
            conflicting,
            duplicates,
            too_late,
            erased,
            erasures_confirmed,
            incomplete,
            events_cut,
            contacts_capped,
            contacts_seen,
            customers,
            horizon,
        } = other;
        self.read += read;
        self.decoded += decoded;
        for (why, count) in ignored {
            *self.ignored.entry(why).or_default() += count;
        }
        for (reason, count) in rejected {
            *self.rejected.entry(reason).or_default() += count;
        }
        self.new += new;
        self.conflicting += conflicting;
        self.duplicates += duplicates;
        self.too_late += too_late;
        self.erased += erased;
        self.erasures_confirmed += erasures_confirmed;
        self.incomplete += incomplete;
        self.events_cut += events_cut;
        self.contacts_capped
            .iter_mut()
            .zip(contacts_capped)
            .for_each(|(sum, cut)| *sum += cut);
        self.contacts_seen += contacts_seen;
        self.customers += customers;
        self.horizon = self.horizon.max(*horizon);
    }

    /// Whether both equations hold: *read = decoded + ignored + rejected* and
    /// *decoded = new + duplicates + too late*.
    #[must_use]
    pub fn equations_hold(&self) -> bool {
        let ignored: u64 = self.ignored.values().sum();
        let rejected: u64 = self.rejected.values().sum();
        self.read == self.decoded + ignored + rejected
            && self.decoded == self.new + self.duplicates + self.too_late
    }
}

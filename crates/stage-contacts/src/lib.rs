//! One contact out of many events: legs of a call, mails of a thread, visits of a device.
//!
//! The stage keeps every distinct event under its contact's key and assembles the contacts anew
//! whenever something was heard, so that the result is a function of the set of events. It sends
//! each contact to whom it belongs: to its customer if it states a unique id, else to its first
//! handle, else on as unknown; and it tells every handle which contacts carry it.
//!
//! Invariant: knows no customer's other contacts and no owner of a handle.

mod assemble;
mod erase;
mod heard;
mod legs;
mod mails;
mod registers;
mod retention;
mod route;
mod settings;
mod signals;
mod visits;

pub use heard::{EVENTS_PER_CONTACT_MAX, State};
pub use route::Output;
pub use settings::Settings;
pub use signals::{SIGNAL_KEY_PREFIX, signal_key};

use model::{Absorbed, Brings, ContactInput, Deadlines, Millis, Now, Stage, Wait};

/// The contacts stage.
#[derive(Clone, Debug)]
pub struct Contacts {
    settings: Settings,
}

impl Contacts {
    /// The stage with a tenant's settings.
    #[must_use]
    pub fn new(settings: Settings) -> Contacts {
        Contacts { settings }
    }

    /// The contacts that the events under a key make at an instant, in order of their names, and
    /// the number of events that wait for a contact which has not appeared.
    #[must_use]
    pub fn contacts(&self, state: &State, now: Millis) -> assemble::Assembled {
        assemble::assemble(&self.settings, state, now)
    }
}

impl Stage for Contacts {
    type State = State;
    type Input = ContactInput;
    type Output = Output;

    /// 2: when to let go of the key is kept at the end of the state. 3: behind it, to whom a signal
    /// was told.
    const SCHEMA: u8 = 3;

    fn read_former(&self, schema: u8, state: &[u8]) -> Option<State> {
        let behind: &[u8] = match schema {
            1 => &[0; 3],
            2 => &[0; 2],
            _ => return None,
        };
        postcard::from_bytes(&[state, behind].concat()).ok()
    }

    fn apply(&self, _key: &str, state: &mut State, input: ContactInput) -> Absorbed {
        state.hear(input)
    }

    fn settle(&self, key: &str, state: &mut State, now: &Now, out: &mut Vec<Output>) {
        if signals::is_own_key(key) {
            if state.signal_sequence == 0 && self.settings.keep_ms.is_some() {
                state.signal_sequence = retention::version_before(now.settled(Brings::ALL));
            }
            signals::announce(&self.settings, key, state, out);
            state.erased();
            return retention::let_go(self, state, now.settled(Brings::ALL));
        }
        if state.version == 0 && self.settings.keep_ms.is_some() {
            state.version = retention::version_before(now.settled(Brings::ALL));
        }
        // A contact ends by silence once whatever could bring its channel has settled.
        let assembled = self.contacts(state, now.settled(brings(state)));
        state.incomplete = assembled.incomplete;
        let silences = assembled
            .contacts
            .iter()
            .filter_map(|contact| contact.silent_at);
        state.deadline = silences.min().map(|silent_at| silent_at.plus(1));
        route::announce(&self.settings, key, state, assembled, out);
        state.erased();
        retention::let_go(self, state, now.settled(Brings::ALL));
    }

    fn deadlines(&self, state: &State, out: &mut Deadlines) {
        if let Some(at) = state.deadline {
            out.add(Wait::settled(brings(state)), at);
        }
        if let Some(at) = state.let_go_at {
            out.add(Wait::settled(Brings::ALL), at);
        }
    }
}

/// What the contacts of a key are made of: its channel.
fn brings(state: &State) -> Brings {
    let channel = state.channel().map(Brings::channel);
    channel.unwrap_or(Brings::ALL)
}

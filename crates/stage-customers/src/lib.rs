//! A customer's chain of contacts: sessions, readings, verdicts, alerts, cost.
//!
//! Everything that is said of a customer is a pure function of the customer's bounded list of
//! contacts and of time: [`Customers::evaluate`]. The rest of the crate remembers the list and
//! tells what changed.
//!
//! Invariant: knows one customer at a time, no identifier in clear, no broker, no clock.

mod alerts;
mod chain;
mod digest;
mod erase;
mod join;
mod readings;
mod sessions;
mod settings;
mod tell;

pub use settings::{ChannelCost, Settings};
pub use tell::{Changed, Counted, Output, State};

use chain::Chain;
use model::{
    Absorbed, Alert, ContactResult, CustomerInput, Deadlines, Now, Session, Stage, Upsert,
};

/// Keys of contacts that nobody is known for begin like this.
pub const UNKNOWN_KEY_PREFIX: char = '?';

/// The customers stage.
#[derive(Clone, Debug)]
pub struct Customers {
    settings: Settings,
    /// Places of the readings, in order of window, scope and mode by name: the order of rows.
    row_order: Vec<usize>,
}

/// Everything that is said of one customer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// The contacts, in order.
    pub contacts: Vec<ContactResult>,
    /// The sessions of the headline reading, in order.
    pub sessions: Vec<Session>,
    /// The standing alerts, in order of policy and contact.
    pub alerts: Vec<Alert>,
    /// Contacts that the cap cut off, in order of [`model::Channel::ALL`].
    pub cut: [u64; 5],
}

impl Customers {
    /// The stage with a tenant's settings.
    #[must_use]
    pub fn new(settings: Settings) -> Customers {
        let list = &settings.readings.list;
        let name = |place: &usize| {
            let reading = &list[*place];
            let window = &settings.readings.windows[reading.window];
            let scope = &settings.readings.scopes[reading.scope].name;
            (window.as_bytes(), scope.as_bytes(), reading.mode.name())
        };
        let mut row_order: Vec<usize> = (0..list.len()).collect();
        row_order.sort_by(|a, b| name(a).cmp(&name(b)));
        Customers {
            settings,
            row_order,
        }
    }

    /// What follows from a customer's contacts when time has come so far.
    #[must_use]
    pub fn evaluate(&self, key: &str, upserts: Vec<Upsert>, now: &Now) -> Evaluation {
        let chain = Chain::of(&self.settings, key, upserts);
        let mut evaluation = Evaluation {
            cut: chain.cut,
            ..Evaluation::default()
        };
        let rows = readings::evaluate(&self.settings, &self.row_order, &chain, now);
        evaluation.sessions = sessions::of_headline(&self.settings, key, &chain, &rows, now);
        evaluation.alerts = alerts::repeat_contacts(&self.settings, key, &chain, &rows);
        evaluation.contacts = chain.results(key, rows);
        evaluation
    }
}

impl Stage for Customers {
    type State = State;
    type Input = CustomerInput;
    type Output = Output;

    fn apply(&self, key: &str, state: &mut State, input: CustomerInput) -> Absorbed {
        state.hold(&self.settings, key, input);
        Absorbed::Internal
    }

    fn settle(&self, key: &str, state: &mut State, now: &Now, out: &mut Vec<Output>) {
        let evaluation = self.evaluate(key, state.upserts(), now);
        state.tell(&self.settings, key, evaluation, out);
    }

    fn deadlines(&self, state: &State, out: &mut Deadlines) {
        state.deadlines(out);
    }
}

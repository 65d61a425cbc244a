//! A customer's chain of contacts: sessions, readings, verdicts, alerts, cost.
//!
//! Everything that is said of a customer is a pure function of the customer's bounded list of
//! contacts and of time: [`Customers::evaluate`]. The rest of the crate remembers the list and
//! tells what changed.
//!
//! Invariant: knows one customer at a time, no identifier in clear, no broker, no clock.

mod alerts;
mod beside;
mod chain;
mod digest;
mod erase;
mod join;
mod journeys;
mod known;
mod packed;
mod readings;
mod retention;
mod sessions;
mod settings;
mod tell;

pub use settings::{ChannelCost, Settings};
pub use tell::{Changed, Counted, Output, State};

use beside::Beside;
use chain::{Chain, Held};
use journeys::Journeys;
use known::Known;
use model::{
    Absorbed, Alert, Brings, ContactResult, CustomerInput, Deadlines, Journey, Now, Session, Stage,
    Terms, Text,
};
use readings::Rows;
use retention::Past;

/// Keys of contacts that nobody is known for begin like this.
pub const UNKNOWN_KEY_PREFIX: char = '?';

/// The customers stage.
#[derive(Clone, Debug)]
pub struct Customers {
    settings: Settings,
    /// Places of the readings, in order of window, scope and mode by name: the order of rows.
    row_order: Vec<usize>,
    known: Known,
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
    /// The broken journeys, in order of rule and entry.
    pub journeys: Vec<Journey>,
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
            known: Known::all(&settings),
            settings,
            row_order,
        }
    }

    /// What follows from everything that is held of a customer when time has come so far.
    #[must_use]
    pub fn evaluate(&self, key: &str, state: State, now: &Now) -> Evaluation {
        let State {
            held, beside, past, ..
        } = state;
        let held = held.into_values().map(Held::Own).collect();
        let evaluated = self.evaluated(key, held, (&past, &beside), now);
        Evaluation {
            cut: evaluated.chain.cut,
            sessions: evaluated.sessions,
            alerts: evaluated.alerts,
            journeys: evaluated.journeys.broken,
            contacts: evaluated
                .chain
                .with_rows(key, evaluated.rows)
                .map(|(link, row, customer, capped)| link.into_result(row, customer, capped))
                .collect(),
        }
    }

    /// The same, of contacts that come after others which were let go.
    fn evaluated<'a>(
        &self,
        key: &str,
        held: Vec<Held<'a>>,
        (past, beside): (&Past, &Beside),
        now: &Now,
    ) -> Evaluated<'a> {
        let chain = Chain::of(&self.settings, key, held, past);
        let mut rows = readings::evaluate(self, &chain, past, now);
        let sessions = sessions::of_headline(self, key, &chain, &rows, past, now);
        let alerts = alerts::repeat_contacts(self, key, &chain, &rows, past);
        for (link, row) in chain.links.iter().zip(&mut rows.known) {
            self.known.keep_holding(link.contact(), row);
        }
        for (link, row) in chain.unknown.iter().zip(&mut rows.unknown) {
            self.known.keep_holding(link.contact(), row);
        }
        let journeys = journeys::broken(self, key, &chain, (past, beside), now);
        Evaluated {
            journeys,
            chain,
            rows,
            sessions,
            alerts,
        }
    }
}

/// An [`Evaluation`] whose contacts are where they are held: nothing is copied of what nobody is
/// told.
struct Evaluated<'a> {
    chain: Chain<'a>,
    rows: Rows,
    sessions: Vec<Session>,
    alerts: Vec<Alert>,
    journeys: Journeys,
}

impl Stage for Customers {
    type State = State;
    type Input = CustomerInput;
    type Output = Output;

    /// 3: what was told of readings is packed, and contacts stand without their names. 4: behind it,
    /// what only journey rules ask for, and the journeys that were told.
    const SCHEMA: u8 = 4;

    fn read_former(&self, schema: u8, state: &[u8]) -> Option<State> {
        let with_nothing_beside = [state, &[0; 4]].concat();
        (schema == 3).then(|| postcard::from_bytes(&with_nothing_beside).ok())?
    }

    fn apply(&self, key: &str, state: &mut State, input: CustomerInput) -> Absorbed {
        state.hold(&self.settings, key, input);
        Absorbed::Internal
    }

    fn settle(&self, key: &str, state: &mut State, now: &Now, out: &mut Vec<Output>) {
        state.settle(self, key, now, out);
        self.let_go(key, state, now.settled(Brings::ALL));
    }

    fn deadlines(&self, state: &State, out: &mut Deadlines) {
        state.deadlines(out);
    }

    fn terms(&self) -> Vec<Text> {
        known::terms(&self.settings)
    }

    fn with_terms(&self, terms: &Terms) -> Customers {
        Customers {
            known: Known::of(&self.settings, terms),
            ..self.clone()
        }
    }
}

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
mod counting;
mod digest;
mod erase;
mod join;
mod journeys;
mod known;
mod output;
mod packed;
mod raised;
mod readings;
mod retention;
mod sessions;
mod settings;
mod tell;

pub use journeys::{EntryTrace, Matched, Moment, TracedStep};
pub use output::{Changed, Counted, Output};
pub use settings::{ChannelCost, Settings};
pub use tell::State;

use beside::Beside;
use chain::{Chain, Held};
use counting::Counting;
use figures::Figures;
use journeys::Journeys;
use known::Known;
use model::{
    Absorbed, Alert, Brings, ContactResult, CustomerInput, Deadlines, Journey, Now, Session, Stage,
    Terms, Text,
};
use readings::Rows;
use retention::Past;
use std::sync::Arc;

/// Keys of contacts that nobody is known for begin like this.
pub const UNKNOWN_KEY_PREFIX: char = '?';

/// The customers stage.
#[derive(Clone, Debug)]
pub struct Customers {
    settings: Settings,
    /// Places of the readings, in order of window, scope and mode by name: the order of rows.
    row_order: Vec<usize>,
    known: Known,
    /// How figures are counted, if they are.
    counting: Option<Counting>,
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
            counting: None,
        }
    }

    /// Counts figures, too, whenever a customer is settled.
    #[must_use]
    pub fn counting(self, figures: Arc<Figures>) -> Customers {
        let counting = Some(Counting {
            figures,
            generation: 1,
        });
        Customers { counting, ..self }
    }

    /// The figures that are counted.
    #[must_use]
    pub fn figures(&self) -> Option<&Arc<Figures>> {
        self.counting.as_ref().map(|counting| &counting.figures)
    }

    /// Counts by another generation: what was counted by a former one counts no more.
    pub fn count_by(&mut self, generation: u32) {
        if let Some(counting) = &mut self.counting {
            counting.generation = generation;
        }
    }

    /// So long, in milliseconds of event time, may something of a contact change after it ended.
    #[must_use]
    pub fn keep_ms(&self) -> Option<i64> {
        self.settings.keep_ms
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
    /// what only journey rules ask for, and the journeys that were told. 5: behind that, what counts
    /// in the figures.
    const SCHEMA: u8 = 5;

    fn read_former(&self, schema: u8, state: &[u8]) -> Option<State> {
        const NOTHING_COUNTED: [u8; 5] = [0; 5];
        const NOTHING_BESIDE: [u8; 4] = [0; 4];
        let whole = match schema {
            3 => [state, &NOTHING_BESIDE, &NOTHING_COUNTED].concat(),
            4 => [state, &NOTHING_COUNTED].concat(),
            _ => return None,
        };
        postcard::from_bytes(&whole).ok()
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
        let counting = self.counting.as_ref();
        let counting = counting.map(|counting| counting.figures.terms());
        let mut terms = known::terms(&self.settings);
        terms.extend(counting);
        terms
    }

    fn with_terms(&self, terms: &Terms) -> Customers {
        Customers {
            known: Known::of(&self.settings, terms, &self.terms()),
            ..self.clone()
        }
    }
}

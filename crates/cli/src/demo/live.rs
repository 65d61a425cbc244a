//! The live page of the demo: the same board as the service's, fed by the stages of this process.

use crate::site;
use anyhow::Result;
use board::http::{Gate, Memory};
use board::views::{At, State};
use board::{Board, Capacity, Clock, Record, Table};
use figures::{Figures, Ledger, Row, When};
use model::{AlertStatus, ContactName, Millis, Text};
use settings::Meant;
use stage_customers::Output;
use stage_monitor::JourneyDegraded;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tables::{Names, Records};
use telemetry::http::{HttpError, Server};
use telemetry::{Labels, Metrics, Slots};

/// The stage that the demo says of itself.
const DEMO: &str = "demo";
/// Figures are told this often, in real time.
const FIGURES_EVERY: Duration = Duration::from_millis(500);
/// Rows of unknown customers have a key of their own.
const UNKNOWN: &str = "?";

/// A row on its way to the board.
struct Told {
    table: Table,
    key: String,
    value: Option<Vec<u8>>,
}

/// The board, and what feeds it.
pub struct Live {
    board: Board,
    clock: Arc<AtomicI64>,
    records: Records,
    figures: Figures,
    ledger: Ledger,
    told: Vec<Told>,
    markers: usize,
    /// The days before the day are being replayed: figures are told once they are over.
    is_behind: bool,
    /// When figures were told last.
    figures_at: Option<Instant>,
    server: Option<Server>,
}

impl Live {
    /// A board that nobody sees yet. The day's time is real time to it.
    pub fn new(meant: &Meant) -> Result<Live> {
        let clock = Arc::new(AtomicI64::new(0));
        let settings = site::settings(meant);
        let board = Board::new(
            settings,
            Capacity::default(),
            Clock::Set(Arc::clone(&clock)),
        );
        let figures = meant.figures();
        let mut ledger = Ledger::default();
        ledger
            .restored(&figures, None)
            .map_err(|why| anyhow::anyhow!("the figures of the demo: {why}"))?;
        Ok(Live {
            board,
            clock,
            records: Records::json(&Names::of(meant)),
            figures,
            ledger,
            told: Vec::new(),
            markers: 0,
            is_behind: false,
            figures_at: None,
            server: None,
        })
    }

    /// Serves the page on this machine. Says where.
    pub fn serve(&mut self, port: u16) -> Result<SocketAddr, HttpError> {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let slots = Arc::new(Slots::new([DEMO]));
        slots.works(DEMO, "plays its day");
        let labels = Labels {
            sources: Vec::new(),
            readings: Vec::new(),
            policies: Vec::new(),
        };
        let metrics = Metrics::new(Arc::clone(&slots), labels, env!("CARGO_PKG_VERSION"));
        let ledger = Arc::new(Memory(self.board.clone()));
        let site = site::site(&self.board, ledger, Gate::default());
        let server = telemetry::http::serve_with(listen, None, metrics, &slots, site)?;
        let address = server.address();
        self.server = Some(server);
        Ok(address)
    }

    /// The days before the day are being replayed.
    pub fn is_behind(&mut self) {
        self.is_behind = true;
        let since = self.board.now();
        self.board.stands(State::Behind { since, records: 1 });
    }

    /// Everything up to now is there.
    pub fn is_ready(&mut self, now: Millis) {
        self.is_behind = false;
        self.tell_figures(now);
        self.give(now);
        self.board.stands(State::Ok);
    }

    /// Hears what the stages told at an instant of the day.
    pub fn hear(&mut self, outputs: &[Output], now: Millis) {
        self.clock.store(now.0, Ordering::Relaxed);
        for output in outputs {
            self.hear_one(output, now);
        }
        // What is counted changes with every contact: it is told as seldom as the service does.
        let is_time = self
            .figures_at
            .is_none_or(|at| at.elapsed() >= FIGURES_EVERY);
        if is_time && !self.is_behind {
            self.tell_figures(now);
        }
        self.give(now);
    }

    /// Hears of markers, which the stages keep.
    pub fn hear_markers<'m>(
        &mut self,
        markers: impl ExactSizeIterator<Item = (&'m Text, &'m model::Signal)>,
    ) {
        if markers.len() == self.markers {
            return;
        }
        self.markers = markers.len();
        for (key, marker) in markers {
            self.put(Table::Markers, key.to_string(), |records, value| {
                records.marker(marker, value);
            });
        }
    }

    /// Hears what the monitor has told of journeys that break too often.
    pub fn hear_degraded(&mut self, alerts: &[JourneyDegraded]) {
        for alert in alerts {
            let key = format!("JourneyDegraded/{}", alert.alert_id);
            match alert.status {
                AlertStatus::Withdrawn => self.gone(Table::Alerts, key),
                _ => self.put(Table::Alerts, key, |records, value| {
                    records.journey_degraded(alert, value);
                }),
            }
        }
    }

    /// Tells the figures that have changed.
    fn tell_figures(&mut self, now: Millis) {
        self.figures_at = Some(Instant::now());
        let when = self.when(now);
        self.ledger.reach(when);
        for row in self.ledger.tell(&self.figures, when, usize::MAX) {
            let mut value = Vec::new();
            let (table, name, is_there) = match &row {
                Row::Figure(row, is_there) => (
                    Table::Figures,
                    self.records.figure(row, &mut value),
                    *is_there,
                ),
                Row::Sample(row, is_there) => (
                    Table::Samples,
                    self.records.sample(row, &mut value),
                    *is_there,
                ),
            };
            self.told.push(Told {
                table,
                key: format!("0/{name}"),
                value: is_there.then_some(value),
            });
        }
        self.ledger.committed();
    }

    /// Gives what was heard to the board.
    fn give(&mut self, now: Millis) {
        let records = self.told.iter().map(|told| Record {
            table: told.table,
            key: told.key.as_bytes(),
            value: told.value.as_deref(),
            told_at: At(now.0),
        });
        let (unreadable, mistake) = self.board.take(records);
        if let Some(mistake) = mistake {
            tracing::error!(unreadable, "{mistake}");
        }
        self.told.clear();
        self.board.tick();
    }

    fn when(&self, now: Millis) -> When {
        When {
            today: self.figures.day(now),
            time: now,
            every_ms: 0,
        }
    }

    fn put(&mut self, table: Table, key: String, write: impl FnOnce(&mut Records, &mut Vec<u8>)) {
        let mut value = Vec::new();
        write(&mut self.records, &mut value);
        let value = Some(value);
        self.told.push(Told { table, key, value });
    }

    fn gone(&mut self, table: Table, key: String) {
        let value = None;
        self.told.push(Told { table, key, value });
    }

    fn hear_one(&mut self, output: &Output, now: Millis) {
        match output {
            Output::Contact(result, _) => {
                let is_known = !result.customer.is_empty();
                let customer = if is_known { &*result.customer } else { UNKNOWN };
                let key = name_key(customer, &result.contact.name());
                self.put(Table::Contacts, key.clone(), |records, value| {
                    records.contact(result, value);
                });
                self.put(Table::Verdicts, key, |records, value| {
                    records.verdicts(result, value);
                });
            }
            Output::ContactGone { key, name, former } => {
                let customer = if former.is_known { key } else { UNKNOWN };
                self.gone(Table::Contacts, name_key(customer, name));
            }
            Output::Session(session) => {
                let key = name_key(&session.customer, &session.first);
                self.put(Table::Sessions, key, |records, value| {
                    records.session(session, value);
                });
            }
            Output::SessionGone { key, first } => {
                self.gone(Table::Sessions, name_key(key, first));
            }
            Output::Alert(alert, _) => {
                let key = format!("{}/{}", alert.customer, alert.alert_id);
                self.put(Table::Alerts, key, |records, value| {
                    records.alert(alert, value)
                });
            }
            Output::AlertGone { key, alert } => {
                self.gone(Table::Alerts, format!("{key}/{}", alert.alert_id));
            }
            Output::Journey(journey, _) => {
                let key = format!("{}/{}", journey.customer, journey.entry_id);
                self.put(Table::Journeys, key.clone(), |records, value| {
                    records.journey(journey, value);
                });
                self.put(Table::Alerts, key, |records, value| {
                    records.broken_journey(journey, value);
                });
            }
            Output::JourneyGone { key, journey } => {
                let key = format!("{key}/{}", journey.entry_id);
                self.gone(Table::Journeys, key.clone());
                self.gone(Table::Alerts, key);
            }
            Output::Counted(difference) => {
                let when = self.when(now);
                self.ledger.count(std::slice::from_ref(&**difference), when);
            }
            Output::Course(..) | Output::Cut { .. } => {}
        }
    }
}

fn name_key(customer: &str, name: &ContactName) -> String {
    format!(
        "{customer}/{}/{}/{}",
        name.channel.name(),
        name.source,
        name.contact_id
    )
}

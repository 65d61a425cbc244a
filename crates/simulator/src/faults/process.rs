//! A process: its stages, each on a port of its own.

use crate::broker::{Schedule, SimPort};
use crate::campaign::json_row;
use figures::{FigureRow, SampleRow};
use files::Cell;
use model::{Alert, ContactResult, Journey, Millis, Session, Signal, SourceSilent, Text};
use serde_json::{Value, json};
use std::cell::{Cell as Mutable, RefCell};
use std::rc::Rc;
use tables::Names;
use worker::service::{DeadLetter, Decode, Decoding, Encode, Runner, StageName};

/// What becomes of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Being {
    /// It runs, or stands still for a while.
    There,
    /// It commits what is open and goes.
    Leaving,
    /// It is gone.
    Gone,
}

/// A stage of a process.
pub(super) struct Stage<'a> {
    pub(super) name: StageName,
    pub(super) runner: Option<Runner<'a, SimPort<'a>, JsonDecode>>,
    /// When it is made anew, if there is none.
    pub(super) again_at: Millis,
    /// It has work that is not committed.
    pub(super) is_open: bool,
}

/// A process.
pub(super) struct Process<'a> {
    pub(super) number: usize,
    pub(super) instance: Text,
    pub(super) being: Mutable<Being>,
    pub(super) paused_until: Mutable<Millis>,
    pub(super) stages: [RefCell<Stage<'a>>; 4],
}

impl Process<'_> {
    pub(super) fn new(number: usize, instance: Text) -> Self {
        let stage = |name| {
            RefCell::new(Stage {
                name,
                runner: None,
                again_at: Millis::MIN,
                is_open: false,
            })
        };
        Process {
            number,
            instance,
            being: Mutable::new(Being::There),
            paused_until: Mutable::new(Millis::MIN),
            stages: StageName::ALL.map(stage),
        }
    }

    /// Whether it is there and does not stand still.
    pub(super) fn runs(&self, now: Millis) -> bool {
        self.being.get() == Being::There && self.paused_until.get() <= now
    }
}

/// Reads JSON records; now and then what is needed for it is not there yet.
pub(super) struct JsonDecode(pub(super) Rc<RefCell<Schedule>>);

impl Decode for JsonDecode {
    fn decode(&mut self, _topic: &str, value: &[u8]) -> Decoding {
        let mut schedule = self.0.borrow_mut();
        let rate = schedule.rates.decode_not_yet;
        if schedule.happens(rate, "decoded later") {
            return Decoding::NotYet;
        }
        Decoding::Said(canonical::decode_json(value))
    }
}

/// Writes rows as JSON with the names of the columns.
pub(super) struct JsonEncode(pub(super) Rc<Names>);

fn write(value: &Value, into: &mut Vec<u8>) {
    into.clear();
    into.extend_from_slice(value.to_string().as_bytes());
}

fn row(table: &'static str, into: &mut Vec<u8>) -> impl FnOnce(&[Cell]) {
    move |cells| write(&Value::Object(json_row(table, cells)), into)
}

impl Encode for JsonEncode {
    fn contact(&mut self, result: &ContactResult, into: &mut Vec<u8>) {
        tables::contact(&self.0, result, row("contacts", into));
    }

    fn verdicts(&mut self, result: &ContactResult, into: &mut Vec<u8>) {
        let mut rows = Vec::new();
        let added: Result<(), ()> = tables::verdicts(&self.0, result, |cells| {
            rows.push(Value::Object(json_row("verdicts", cells)));
            Ok(())
        });
        added.expect("adding a row to a list cannot fail");
        write(&Value::Array(rows), into);
    }

    fn session(&mut self, session: &Session, into: &mut Vec<u8>) {
        tables::session(&self.0, session, row("sessions", into));
    }

    fn alert(&mut self, alert: &Alert, into: &mut Vec<u8>) {
        tables::alert(&self.0, alert, row("alerts", into));
    }

    fn journey(&mut self, journey: &Journey, into: &mut Vec<u8>) {
        tables::journey(&self.0, journey, row("journeys", into));
    }

    fn broken_journey(&mut self, journey: &Journey, into: &mut Vec<u8>) {
        tables::broken_journey(&self.0, journey, row("alerts", into));
    }

    fn source_silent(&mut self, alert: &SourceSilent, into: &mut Vec<u8>) {
        tables::source_silent(&self.0, alert, row("alerts", into));
    }

    fn marker(&mut self, marker: &Signal, into: &mut Vec<u8>) {
        tables::marker(&self.0, marker, row("markers", into));
    }

    fn dead_letter(&mut self, letter: &DeadLetter, into: &mut Vec<u8>) {
        let place = format!("{}/{}", letter.place, letter.offset);
        write(&json!({"place": place, "reason": letter.reason}), into);
    }

    fn figure(&mut self, of: &FigureRow, into: &mut Vec<u8>) -> Text {
        tables::figure(&self.0, of, row("figures", into));
        tables::figure_name(&self.0, of)
    }

    fn sample(&mut self, of: &SampleRow, into: &mut Vec<u8>) -> Text {
        tables::sample(&self.0, of, row("samples", into));
        tables::sample_name(&self.0, of)
    }
}

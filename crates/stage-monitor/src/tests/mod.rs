//! The stage as a whole: stories of a segment, and its bookkeeping against a naive one.

mod oracle;
mod stories;

use calendar::{Calendar, Weekday};
use model::{Millis, Now, Stage};

use crate::{Change, Monitor, Output, Place, Settings, State, Watch};

const MINUTE_MS: i64 = 60_000;
const DAY: i64 = 1440;
/// Monday 2026-08-03, 00:00 UTC.
const START: i64 = 1_785_715_200_000 / MINUTE_MS;

fn place() -> Place {
    Place {
        rule: "paid".into(),
        version: 1,
        segment: "page=pay".into(),
    }
}

fn at(minute: i64) -> Millis {
    Millis(minute * MINUTE_MS)
}

fn settings(holidays: &[&str]) -> Settings {
    let week = ["mon", "tue", "wed", "thu", "fri"].map(|day| Weekday::from_name(day).unwrap());
    let holidays: Vec<String> = holidays.iter().map(|day| (*day).to_owned()).collect();
    let watch = Watch {
        horizon_ms: 6 * 3_600_000,
        deadlines_ms: vec![],
    };
    Settings {
        tenant: "acme".into(),
        calendar: Calendar::new("UTC", &week, &holidays).unwrap(),
        false_alarms_per_month: 1.0,
        segments: 1,
        watches: [(("paid".into(), 1), watch)].into(),
    }
}

/// A segment and the stage that watches it.
struct Watched {
    monitor: Monitor,
    key: String,
    state: State,
    told: Vec<Output>,
}

impl Watched {
    fn new(settings: Settings) -> Watched {
        Watched {
            monitor: Monitor::new(settings),
            key: place().key(),
            state: State::default(),
            told: Vec::new(),
        }
    }

    fn hear(&mut self, change: Change) {
        self.monitor.apply(&self.key, &mut self.state, change);
    }

    fn pass_to(&mut self, minute: i64) {
        let now = Now::all(at(minute));
        self.monitor
            .settle(&self.key, &mut self.state, &now, &mut self.told);
    }

    /// Through bytes and back, as after a restart.
    fn restart(&mut self) {
        let bytes = postcard::to_allocvec(&self.state).unwrap();
        self.state = postcard::from_bytes(&bytes).unwrap();
    }
}

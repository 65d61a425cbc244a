//! Where journeys are played: the queue of what comes next, and how records are written into it.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use super::people::Customer;
use super::{DAY_MS, DayOptions, HOUR_MS, Journey, MINUTE_MS};
use super::{brand, phone, web, written};
use crate::workload::dice::Dice;
use crate::workload::line::{Line, push_digits};

/// A journey that begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) at_ms: i64,
    pub(super) journey: Journey,
    pub(super) customer: Customer,
    /// Index of the reason.
    pub(super) reason: usize,
    /// How often the customer has come for this already; journeys end at some point.
    pub(super) attempt: u32,
}

/// What waits in the queue.
pub(super) enum What {
    Record(String),
    Start(Start),
}

/// Something that will arrive or begin.
pub(super) struct Planned {
    pub(super) at_ms: i64,
    /// Ties keep the order in which they were planned.
    sequence: u64,
    pub(super) what: What,
}

impl Planned {
    fn key(&self) -> Reverse<(i64, u64)> {
        Reverse((self.at_ms, self.sequence))
    }
}

// The queue of the standard library gives the greatest first: the earliest is the greatest here.
impl Ord for Planned {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Planned {}

/// How payments go, in per cent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payments {
    /// Payments that fail.
    pub(super) fail: u64,
    /// Of the others, those that are confirmed.
    pub(super) confirmed: u64,
    /// Of those without a confirmation, those whose customer asks.
    pub(super) ask: u64,
    /// They do so within half an hour: many find at once that nothing has come.
    pub(super) asks_soon: bool,
}

pub(super) struct Stage {
    pub(super) dice: Dice,
    pub(super) zone: TimeZone,
    pub(super) queue: BinaryHeap<Planned>,
    /// While payments go wrong on the day: its beginning and end.
    pub(super) incident_ms: (i64, i64),
    /// They go wrong because of a release that sends no confirmation.
    is_release: bool,
    sequence: u64,
    last_id: u64,
}

impl Stage {
    pub(super) fn new(dice: Dice, options: &DayOptions) -> Self {
        Self {
            dice,
            zone: TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC),
            queue: BinaryHeap::new(),
            incident_ms: options.incident_ms(),
            is_release: options.bad_release,
            sequence: 0,
            last_id: 0,
        }
    }

    /// How payments go at an instant.
    pub(super) fn payments(&self, at_ms: i64) -> Payments {
        let (from_ms, to_ms) = self.incident_ms;
        let is_incident = (from_ms..to_ms).contains(&at_ms);
        let (fail, confirmed, ask) = match (self.is_release, is_incident) {
            (false, false) => (7, 97, 38),
            (false, true) => (30, 62, 38),
            (true, false) => (7, 94, 60),
            (true, true) => (7, 0, 85),
        };
        Payments {
            fail,
            confirmed,
            ask,
            asks_soon: self.is_release && is_incident,
        }
    }

    /// The version of the site and of the app at an instant.
    pub(super) fn version(&self, at_ms: i64) -> &'static str {
        let (from_ms, to_ms) = self.incident_ms;
        match self.is_release {
            true if at_ms >= to_ms => "5.13.1",
            true if at_ms >= from_ms => "5.13",
            _ => "5.12",
        }
    }

    fn push(&mut self, at_ms: i64, what: What) {
        self.sequence += 1;
        self.queue.push(Planned {
            at_ms,
            sequence: self.sequence,
            what,
        });
    }

    pub(super) fn plan(&mut self, start: Start) {
        self.push(start.at_ms, What::Start(start));
    }

    /// Plans what the same customer does next for the same reason, `after_ms` later.
    pub(super) fn plan_next(&mut self, before: Start, journey: Journey, at_ms: i64) {
        if before.attempt < 4 {
            let attempt = before.attempt + 1;
            let at_ms = self.when_awake(at_ms);
            self.plan(Start {
                at_ms,
                journey,
                attempt,
                ..before
            });
        }
    }

    pub(super) fn play(&mut self, start: Start) {
        match start.journey {
            Journey::Browse => web::browse(self, start),
            Journey::Help => web::help(self, start),
            Journey::Pay => web::pay(self, start),
            Journey::Account => web::account(self, start),
            Journey::MoveForm => web::move_form(self, start),
            Journey::Call => phone::call(self, start),
            Journey::CallBack => phone::call_back(self, start),
            Journey::Chat => written::chat(self, start),
            Journey::Mail => written::mail(self, start),
            Journey::Video => brand::video(self, start),
            Journey::Reminder => brand::reminder(self, start),
        }
    }

    /// A new id: a prefix and digits which say nothing.
    pub(super) fn id(&mut self, prefix: &str) -> String {
        self.last_id += 1;
        let mut id = String::with_capacity(prefix.len() + 12);
        id.push_str(prefix);
        // Odd, so the product takes every value once: ids are unique and not in order of time.
        let mixed = self.last_id.wrapping_mul(0x5851_F42D_4C95_7F2D) & 0xFF_FFFF_FFFF;
        push_digits(&mut id, mixed, 13);
        id
    }

    /// Writes an event of a contact. It arrives a little later than it happens; some arrive late,
    /// some twice, and a few come from a system whose clock is wrong.
    pub(super) fn event(
        &mut self,
        place: (&str, &str),
        kind: &str,
        contact_id: &str,
        at_ms: i64,
        fields: impl FnOnce(&mut Line<'_>),
    ) {
        let mut json = String::with_capacity(384);
        let event_id = self.id("");
        let occurred_at_ms = self.clock(at_ms);
        let mut line = Line::new(&mut json);
        line.text("tenant", "demo")
            .text("channel", place.0)
            .text("source", place.1);
        line.text("event_id", &event_id)
            .text("kind", kind)
            .time("occurred_at", occurred_at_ms);
        if !contact_id.is_empty() {
            line.text("contact_id", contact_id);
        }
        fields(&mut line);
        line.close();
        self.deliver(json, at_ms);
    }

    /// Writes a signal.
    pub(super) fn signal(
        &mut self,
        name: &str,
        source: &str,
        at_ms: i64,
        fields: impl FnOnce(&mut Line<'_>),
    ) {
        let mut json = String::with_capacity(256);
        let event_id = self.id("");
        let mut line = Line::new(&mut json);
        line.text("tenant", "demo")
            .text("signal", name)
            .text("source", source);
        line.text("event_id", &event_id).time("occurred_at", at_ms);
        fields(&mut line);
        line.close();
        self.deliver(json, at_ms);
    }

    /// What a system's clock shows: nearly always the time.
    fn clock(&mut self, at_ms: i64) -> i64 {
        match self.dice.below(3_000) {
            0 => 1,
            1 => at_ms + 3 * HOUR_MS,
            _ => at_ms,
        }
    }

    /// Delivers a record that was said at `at_ms`.
    pub(super) fn deliver(&mut self, json: String, at_ms: i64) {
        let delay_ms = match self.dice.below(1_000) {
            0..=19 => self.dice.between(MINUTE_MS, 8 * MINUTE_MS),
            20 => self.dice.between(HOUR_MS, 5 * HOUR_MS),
            _ => self.dice.between(40, 1_200),
        };
        if self.dice.below(1_000) < 6 {
            let again_ms = delay_ms + self.dice.between(0, 2 * MINUTE_MS);
            self.push(at_ms + again_ms, What::Record(json.clone()));
        }
        self.push(at_ms + delay_ms, What::Record(json));
    }

    /// A length whose mean is `mean_ms`, most shorter, few much longer.
    pub(super) fn about(&mut self, mean_ms: i64) -> i64 {
        let length = -(1.0 - self.dice.unit()).ln() * mean_ms as f64;
        (length as i64).min(mean_ms * 6)
    }

    /// `at_ms`, or, where that is in the dead of night, the morning after.
    pub(super) fn when_awake(&mut self, at_ms: i64) -> i64 {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let hour = i64::from(at.to_zoned(self.zone.clone()).hour());
        if (6..24).contains(&hour) {
            return at_ms;
        }
        at_ms + (6 - hour) * HOUR_MS + self.about(90 * MINUTE_MS)
    }

    /// The first moment at or after `at_ms` at which a desk is open, with some minutes for those
    /// who do not wait at the door.
    pub(super) fn when_open(&mut self, at_ms: i64, opens: i8, closes: i8) -> i64 {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let local = at.to_zoned(self.zone.clone());
        let is_sunday = local.weekday() == Weekday::Sunday;
        if !is_sunday && (opens..closes).contains(&local.hour()) {
            return at_ms;
        }
        let is_early = !is_sunday && local.hour() < opens;
        let in_day_ms = i64::from(local.hour()) * HOUR_MS + i64::from(local.minute()) * MINUTE_MS;
        let days = match (is_early, local.weekday()) {
            (true, _) => 0,
            (false, Weekday::Saturday) => 2,
            (false, _) => 1,
        };
        let wait_ms = days * DAY_MS + i64::from(opens) * HOUR_MS - in_day_ms;
        at_ms + wait_ms + self.about(50 * MINUTE_MS)
    }
}

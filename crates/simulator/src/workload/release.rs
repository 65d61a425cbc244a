//! Weeks of payments that go as they should, and then a release of the payment page that sends no
//! confirmation: who paid has to ask. What the monitor is for, and nothing else.

use super::dice::Dice;
use super::line::Line;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Which weeks, and how large.
#[derive(Clone, Copy, Debug)]
pub struct ReleaseOptions {
    /// The same seed and options give the same bytes.
    pub seed: u64,
    /// Begin of the first day, UTC milliseconds.
    pub from_ms: i64,
    /// Days before the one of the release.
    pub days_before: i64,
    /// Payments in an hour before the release.
    pub payments_per_hour: u32,
    /// And after it.
    pub payments_per_hour_after: u32,
}

impl ReleaseOptions {
    /// The release: 14:00 of the last day, UTC.
    #[must_use]
    pub fn released_at_ms(&self) -> i64 {
        self.from_ms + self.days_before * DAY_MS + 14 * HOUR_MS
    }
}

/// The configuration that goes with it.
pub const RELEASE_CONFIG: &str = r#"tenant = "acme"
time_zone = "Europe/Paris"
currency = "EUR"

[costs.phone]
fixed = 3.5

[costs.web]
fixed = 0.01

[tables]
steps = [
  { url = "https://www.example.com/paiement*", event = "", step = "payment", status = "completed", reason = "billing/payment", page = "Paiement" },
]
"#;

/// The records in order of time: when each is said, UTC milliseconds, and its JSON.
#[must_use]
pub fn release(options: &ReleaseOptions) -> Vec<(i64, String)> {
    let mut dice = Dice::new(options.seed, 31);
    let released_ms = options.released_at_ms();
    let until_ms = released_ms + 3 * HOUR_MS;
    let mut records = Vec::new();
    let mut number = 0;
    let mut hour_ms = options.from_ms;
    while hour_ms < until_ms {
        let payments = match hour_ms < released_ms {
            true => options.payments_per_hour,
            false => options.payments_per_hour_after,
        };
        for _ in 0..payments {
            number += 1;
            let paid_ms = hour_ms + dice.between(0, HOUR_MS - 1);
            payment(
                &mut dice,
                number,
                paid_ms,
                paid_ms >= released_ms,
                &mut records,
            );
        }
        hour_ms += HOUR_MS;
    }
    records.sort();
    records.retain(|(at_ms, _)| *at_ms < until_ms);
    records
}

/// A payment, its confirmation, or the call that asks for it.
fn payment(
    dice: &mut Dice,
    number: u64,
    paid_ms: i64,
    is_bad: bool,
    records: &mut Vec<(i64, String)>,
) {
    let version = if is_bad { "7.2" } else { "7.1" };
    let who = format!(r#"[{{"type":"customer_id","value":"C{number:06}","verified":true}}]"#);
    let mut say = |at_ms: i64, of: &dyn Fn(&mut Line<'_>)| {
        let mut json = String::new();
        let mut line = Line::new(&mut json);
        line.text("tenant", "acme")
            .text("event_id", &format!("e{number}-{at_ms}"))
            .time("occurred_at", at_ms)
            .raw("identifiers", &who);
        of(&mut line);
        line.close();
        records.push((at_ms, json));
    };
    say(paid_ms, &|line| {
        line.text("channel", "web")
            .text("source", "site")
            .text("kind", "page_view")
            .text("contact_id", &format!("visit-{number}"))
            .text("url", "https://www.example.com/paiement/merci")
            .raw("attributes", &format!(r#"{{"app_version":"{version}"}}"#));
    });
    // One in four waits in vain at any time: that is the normal state of affairs.
    if !is_bad && dice.percent(75) {
        return say(paid_ms + 30_000, &|line| {
            line.text("signal", "delivered")
                .text("source", "mailtrack")
                .text("purpose", "payment_confirmation");
        });
    }
    let asked_ms = paid_ms + dice.between(11 * MINUTE_MS, 25 * MINUTE_MS);
    for (kind, later_ms) in [("offered", 0), ("answered", 20_000), ("ended", 180_000)] {
        say(asked_ms + later_ms, &|line| {
            line.text("channel", "phone")
                .text("source", "acd")
                .text("kind", kind)
                .text("direction", "inbound")
                .text("contact_id", &format!("call-{number}"));
        });
    }
}

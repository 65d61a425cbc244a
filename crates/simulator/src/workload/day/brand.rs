//! What the brand begins: appointments by video, reminders, releases.

use jiff::ToSpan;
use jiff::civil::Weekday;

use super::people::{Customer, identifiers};
use super::reasons::REASONS;
use super::stage::{Stage, Start};
use super::{DAY_MS, DayOptions, HOUR_MS, Journey, MINUTE_MS, local_ms};

const VIDEO: (&str, &str) = ("video", "visio");

/// An appointment in an hour or two, or tomorrow; it takes place, breaks off, or is missed.
pub(super) fn video(stage: &mut Stage, start: Start) {
    let contact_id = stage.id("visio-");
    let ahead_ms = stage.dice.pick(&[HOUR_MS, 2 * HOUR_MS, DAY_MS]);
    let due_ms = stage.when_open(start.at_ms + ahead_ms, 9, 19);
    let customer_id = start.customer.customer_id();
    let who = identifiers(&[("customer_id", &customer_id, true)]);
    let reason = &REASONS[start.reason];
    stage.event(VIDEO, "scheduled", &contact_id, start.at_ms, |line| {
        line.raw("identifiers", &who)
            .time("due_at", due_ms)
            .text("initiation", "scheduled");
        line.text("reason", reason.path)
            .text("reason_source", "declared");
    });
    stage.event(
        VIDEO,
        "invited",
        &contact_id,
        due_ms - 5 * MINUTE_MS,
        |line| {
            line.raw("identifiers", &who)
                .time("due_at", due_ms)
                .text("medium", "visio");
            line.text("team", "equipe-visio")
                .raw("attributes", r#"{"room":"browser"}"#);
        },
    );
    if stage.dice.percent(12) {
        if stage.dice.percent(50) {
            let later_ms = 20 * MINUTE_MS + stage.about(3 * HOUR_MS);
            stage.plan_next(start, Journey::Call, due_ms + later_ms);
        }
        return;
    }
    let joined_ms = due_ms + stage.dice.between(-60_000, 180_000);
    let answered_ms = joined_ms + 2_000 + stage.about(30_000);
    let agent = format!("a{:03}", 400 + stage.dice.below(12));
    stage.event(VIDEO, "joined", &contact_id, joined_ms, |line| {
        line.raw("identifiers", &who).text("medium", "visio");
        line.raw("attributes", r#"{"room":"browser","bandwidth":"ok"}"#);
    });
    stage.event(VIDEO, "answered", &contact_id, answered_ms, |line| {
        line.text("agent", &agent)
            .text("team", "equipe-visio")
            .raw("identifiers", &who);
    });
    let is_dropped = stage.dice.percent(8);
    let talk_ms = if is_dropped {
        stage.about(120_000)
    } else {
        240_000 + stage.about(500_000)
    };
    let end_ms = answered_ms + talk_ms;
    let kind = if is_dropped { "dropped" } else { "ended" };
    stage.event(VIDEO, kind, &contact_id, end_ms, |line| {
        line.time("ended_at", end_ms)
            .text("agent", &agent)
            .text("team", "equipe-visio");
        line.integer("handle_ms", talk_ms).raw("identifiers", &who);
        if is_dropped {
            line.text("outcome", "failed");
        }
    });
    if is_dropped && stage.dice.percent(70) {
        let later_ms = MINUTE_MS + stage.about(25 * MINUTE_MS);
        stage.plan_next(start, Journey::Call, end_ms + later_ms);
    }
}

/// A reminder to pay, by mail: some call because of it.
pub(super) fn reminder(stage: &mut Stage, start: Start) {
    let mail_id = stage.id("mail-");
    let (email, customer_id) = (start.customer.email(), start.customer.customer_id());
    let who = identifiers(&[("customer_id", &customer_id, true), ("email", &email, true)]);
    stage.event(
        ("email", "campaigns"),
        "sent",
        &mail_id,
        start.at_ms,
        |line| {
            line.text("thread_id", &mail_id)
                .text("direction", "outbound");
            line.text("initiation", "brand").raw("identifiers", &who);
            line.raw(
                "attributes",
                r#"{"campaign":"relance-1","template":"relance-4"}"#,
            );
        },
    );
    if stage.dice.percent(14) {
        let journeys = [(6, Journey::Call), (3, Journey::Pay), (1, Journey::Chat)];
        let next = stage.dice.weighted(&journeys);
        let later_ms = 30 * MINUTE_MS + stage.about(10 * HOUR_MS);
        stage.plan_next(start, next, start.at_ms + later_ms);
    }
}

/// What is known beforehand: a wave of reminders on working days, a release on the day.
pub(super) fn announce(stage: &mut Stage, options: &DayOptions) {
    let first = options.date.saturating_sub(options.days_before.days());
    for day in 0..=options.days_before {
        let date = first.saturating_add(day.days());
        if matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
            continue;
        }
        let count = (options.customers as f64 * 0.004 * options.scale) as i64;
        for number in 0..count {
            // The campaign tool sends them evenly over forty minutes.
            let at_ms = local_ms(date, 10) + number * 40 * MINUTE_MS / count.max(1);
            let customer = Customer::draw(&mut stage.dice, options.customers);
            let journey = Journey::Reminder;
            stage.plan(Start {
                at_ms,
                journey,
                customer,
                reason: 3,
                attempt: 0,
            });
        }
    }
    let (incident_from_ms, incident_to_ms) = stage.incident_ms;
    let mut released = |at_ms: i64, version: &str| {
        let name = format!(r#"{{"name":"web {version}"}}"#);
        stage.signal("marker", "crm", at_ms, |line| {
            line.text("purpose", "release").raw("attributes", &name);
        });
    };
    if options.bad_release {
        released(incident_from_ms, "5.13");
        released(incident_to_ms, "5.13.1");
    } else {
        released(incident_from_ms - 5 * MINUTE_MS, "5.12");
    }
}

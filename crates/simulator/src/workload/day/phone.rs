//! Calls: queue, patience, answer, transfer, wrap-up, and what comes of them.

use super::people::{Customer, identifiers};
use super::reasons::REASONS;
use super::stage::{Stage, Start};
use super::{DAY_MS, HOUR_MS, Journey, MINUTE_MS};
use crate::workload::line::Line;

pub(super) const ACD: (&str, &str) = ("phone", "acd");

/// One call, in opening hours.
pub(super) fn call(stage: &mut Stage, start: Start) {
    let at_ms = stage.when_open(start.at_ms, 8, 20);
    if at_ms > start.at_ms {
        return stage.plan(Start { at_ms, ..start });
    }
    let contact_id = stage.id("call-");
    offer(stage, start, &contact_id);
    let wait_ms = 4_000 + stage.about(85_000);
    let patience_ms = 2_000 + stage.about(420_000);
    if patience_ms < wait_ms {
        return abandon(stage, start, &contact_id, patience_ms);
    }
    if stage.dice.percent(6) && start.attempt == 0 {
        return contain(stage, start, &contact_id);
    }
    let end_ms = talk(stage, start, &contact_id, wait_ms);
    after(stage, start, &contact_id, end_ms);
}

/// The call-back that was promised: the brand keeps its word, or the customer calls first.
pub(super) fn call_back(stage: &mut Stage, start: Start) {
    if stage.dice.percent(35) {
        return call(
            stage,
            Start {
                journey: Journey::Call,
                ..start
            },
        );
    }
    let contact_id = stage.id("call-");
    let (agent, team) = agent_and_team(stage);
    let talk_ms = 30_000 + stage.about(200_000);
    let customer_id = start.customer.customer_id();
    let who = identifiers(&[("customer_id", &customer_id, true)]);
    stage.event(ACD, "contact", &contact_id, start.at_ms + talk_ms, |line| {
        line.time("started_at", start.at_ms)
            .time("ended_at", start.at_ms + talk_ms);
        line.text("direction", "outbound")
            .text("initiation", "scheduled");
        line.text("outcome", "handled")
            .integer("handle_ms", talk_ms)
            .raw("identifiers", &who);
        line.text("agent", &agent).text("team", team);
        line.text("reason_code", REASONS[start.reason].code);
    });
}

fn caller(stage: &mut Stage, customer: Customer) -> String {
    match customer.phone() {
        Some(_) if stage.dice.percent(14) => identifiers(&[("phone", "anonymous", false)]),
        Some(phone) if stage.dice.percent(20) => {
            identifiers(&[("phone", &format!("tel:{phone}"), false)])
        }
        Some(phone) => identifiers(&[("phone", &phone, false)]),
        None => identifiers(&[("customer_id", &customer.customer_id(), false)]),
    }
}

fn offer(stage: &mut Stage, start: Start, contact_id: &str) {
    let reason = &REASONS[start.reason];
    let caller = caller(stage, start.customer);
    let declares = stage.dice.percent(60);
    stage.event(ACD, "offered", contact_id, start.at_ms, |line| {
        line.raw("identifiers", &caller)
            .text("direction", "inbound");
        line.text("tier", start.customer.tier())
            .text("site", "rennes");
        if declares {
            line.text("reason_code", reason.code)
                .text("reason_source", "declared");
        }
    });
    stage.event(ACD, "queued", contact_id, start.at_ms + 2_500, |line| {
        line.text("queue", reason.queue)
            .text("site", "rennes")
            .raw("identifiers", &caller);
        line.raw("attributes", r#"{"ivr_version":"12","skill":"fr"}"#);
    });
}

fn abandon(stage: &mut Stage, start: Start, contact_id: &str, patience_ms: i64) {
    let end_ms = start.at_ms + patience_ms;
    let queue = REASONS[start.reason].queue;
    stage.event(ACD, "ended", contact_id, end_ms, |line| {
        line.time("ended_at", end_ms)
            .integer("wait_ms", patience_ms)
            .text("queue", queue);
        line.raw("attributes", r#"{"disconnected_by":"customer"}"#)
            .text("site", "rennes");
    });
    match stage.dice.below(100) {
        0..=44 => {
            let again_ms = MINUTE_MS + stage.about(12 * MINUTE_MS);
            stage.plan_next(start, Journey::Call, end_ms + again_ms);
        }
        45..=56 => {
            let later_ms = 2 * MINUTE_MS + stage.about(30 * MINUTE_MS);
            stage.plan_next(start, Journey::Chat, end_ms + later_ms);
        }
        57..=64 => {
            let later_ms = 10 * MINUTE_MS + stage.about(2 * HOUR_MS);
            stage.plan_next(start, Journey::Mail, end_ms + later_ms);
        }
        _ => {}
    }
}

/// The voice server answers, and nobody else is needed, at least not now.
fn contain(stage: &mut Stage, start: Start, contact_id: &str) {
    let end_ms = start.at_ms + 35_000 + stage.about(40_000);
    stage.event(ACD, "ended", contact_id, end_ms, |line| {
        line.time("ended_at", end_ms)
            .text("outcome", "contained")
            .text("queue", "Q-SVI");
        line.raw("attributes", r#"{"ivr_version":"12","ivr_menu":"balance"}"#);
    });
    if stage.dice.percent(22) {
        let later_ms = HOUR_MS + stage.about(DAY_MS);
        stage.plan_next(start, Journey::Call, end_ms + later_ms);
    }
}

fn agent_and_team(stage: &mut Stage) -> (String, &'static str) {
    let number = stage.dice.below(120);
    let team = ["equipe-nord", "equipe-ouest", "equipe-sud", "equipe-soir"][number as usize % 4];
    (format!("a{number:03}"), team)
}

/// Answer, perhaps a transfer, end and wrap-up. Says when the call ended.
fn talk(stage: &mut Stage, start: Start, contact_id: &str, wait_ms: i64) -> i64 {
    let (agent, team) = agent_and_team(stage);
    let known = if stage.dice.percent(72) {
        let customer_id = start.customer.customer_id();
        match start.customer.phone() {
            // The advisor asks for name and address: the number is the customer's own.
            Some(phone) => {
                identifiers(&[("customer_id", &customer_id, true), ("phone", &phone, true)])
            }
            None => identifiers(&[("customer_id", &customer_id, true)]),
        }
    } else {
        "[]".to_owned()
    };
    let queue = REASONS[start.reason].queue;
    let answered_ms = start.at_ms + wait_ms;
    stage.event(ACD, "answered", contact_id, answered_ms, |line| {
        line.text("agent", &agent)
            .text("team", team)
            .text("queue", queue);
        line.integer("wait_ms", wait_ms)
            .raw("identifiers", &known)
            .text("site", "rennes");
    });
    let mut talk_ms = 45_000 + stage.about(310_000);
    if stage.dice.percent(8) {
        talk_ms += transfer(stage, contact_id, answered_ms + talk_ms, queue);
    }
    let end_ms = answered_ms + talk_ms;
    let disposition = match stage.dice.below(100) {
        0..=3 => Some("WEB"),
        4..=5 => Some("RAPPEL"),
        _ => None,
    };
    stage.event(ACD, "ended", contact_id, end_ms, |line| {
        line.time("ended_at", end_ms)
            .integer("handle_ms", talk_ms + 20_000);
        line.text("agent", &agent)
            .text("team", team)
            .text("queue", queue);
        match disposition {
            Some("RAPPEL") => {
                line.text("disposition", "RAPPEL")
                    .time("due_at", end_ms + DAY_MS);
            }
            Some(code) => {
                line.text("disposition", code);
            }
            None => {}
        }
    });
    if disposition == Some("WEB") {
        let later_ms = 10 * MINUTE_MS + stage.about(3 * HOUR_MS);
        stage.plan_next(start, Journey::MoveForm, end_ms + later_ms);
    } else if disposition == Some("RAPPEL") {
        let late_ms = stage.dice.pick(&[-HOUR_MS, 0, 5 * HOUR_MS]);
        stage.plan_next(start, Journey::CallBack, end_ms + DAY_MS + late_ms);
    }
    wrap_up(stage, start, contact_id, end_ms, &agent);
    end_ms
}

/// A second leg in another team; says how long it took.
fn transfer(stage: &mut Stage, root_id: &str, at_ms: i64, queue: &str) -> i64 {
    let (agent, team) = agent_and_team(stage);
    let contact_id = stage.id("call-");
    let (wait_ms, talk_ms) = (3_000 + stage.about(40_000), 60_000 + stage.about(240_000));
    stage.event(ACD, "transferred", root_id, at_ms, |line| {
        line.time("ended_at", at_ms)
            .text("queue", queue)
            .text("outcome", "handled");
        line.raw("related_contact_ids", &format!("[\"{contact_id}\"]"));
    });
    let leg = |line: &mut Line<'_>| {
        line.text("root_contact_id", root_id)
            .text("queue", "Q-EXPERTS");
        line.text("initiation", "transfer").text("site", "remote");
    };
    stage.event(ACD, "offered", &contact_id, at_ms + 500, leg);
    stage.event(ACD, "answered", &contact_id, at_ms + wait_ms, |line| {
        leg(line);
        line.text("agent", &agent).text("team", team);
    });
    let end_ms = at_ms + wait_ms + talk_ms;
    stage.event(ACD, "ended", &contact_id, end_ms, |line| {
        leg(line);
        line.time("ended_at", end_ms)
            .integer("handle_ms", talk_ms)
            .text("agent", &agent);
    });
    wait_ms + talk_ms
}

/// The code that the advisor files after the call, some corrected the next day.
fn wrap_up(stage: &mut Stage, start: Start, contact_id: &str, end_ms: i64, agent: &str) {
    if !stage.dice.percent(85) {
        return;
    }
    let at_ms = end_ms + 15_000 + stage.about(90_000);
    let event_id = stage.id("wrap-");
    let write = |stage: &mut Stage, updated_at_ms: i64, code: &str| {
        let mut json = String::with_capacity(256);
        let mut line = Line::new(&mut json);
        line.text("tenant", "demo")
            .text("channel", ACD.0)
            .text("source", ACD.1);
        line.text("event_id", &event_id)
            .text("kind", "qualified")
            .time("occurred_at", at_ms);
        line.time("updated_at", updated_at_ms)
            .text("contact_id", contact_id);
        line.text("reason_code", code)
            .text("reason_source", "qualified")
            .text("agent", agent);
        line.close();
        stage.deliver(json, updated_at_ms);
    };
    let code = if stage.dice.percent(2) {
        "999"
    } else {
        REASONS[start.reason].code
    };
    write(stage, at_ms, code);
    if stage.dice.percent(4) {
        let corrected_ms = at_ms + HOUR_MS + stage.about(8 * HOUR_MS);
        let other = REASONS[super::reasons::draw(&mut stage.dice)].code;
        write(stage, corrected_ms, other);
    }
}

/// A survey, and whether the customer has to come back.
fn after(stage: &mut Stage, start: Start, contact_id: &str, end_ms: i64) {
    let is_settled = stage.dice.percent(if start.attempt == 0 { 75 } else { 64 });
    if stage.dice.percent(9) {
        let at_ms = end_ms + 5 * MINUTE_MS + stage.about(40 * MINUTE_MS);
        let score = if is_settled {
            stage.dice.between(3, 5)
        } else {
            stage.dice.between(1, 3)
        };
        stage.signal("csat", ACD.1, at_ms, |line| {
            line.text("channel", ACD.0).text("contact_id", contact_id);
            line.integer("score", score).integer("scale", 5);
        });
    }
    if is_settled {
        return;
    }
    match stage.dice.below(100) {
        0..=49 => {
            let later_ms = 30 * MINUTE_MS + stage.about(2 * DAY_MS);
            stage.plan_next(start, Journey::Call, end_ms + later_ms);
        }
        50..=64 => {
            let later_ms = 20 * MINUTE_MS + stage.about(DAY_MS);
            stage.plan_next(start, Journey::Chat, end_ms + later_ms);
        }
        65..=74 => {
            let later_ms = HOUR_MS + stage.about(2 * DAY_MS);
            stage.plan_next(start, Journey::Mail, end_ms + later_ms);
        }
        _ => {
            // The answer was not understood: the customer looks it up.
            let later_ms = 5 * MINUTE_MS + stage.about(6 * HOUR_MS);
            stage.plan_next(start, Journey::Account, end_ms + later_ms);
        }
    }
}

//! Chats that are abandoned and tried again, and mails that are answered, chased and thanked for.

use super::people::identifiers;
use super::reasons::REASONS;
use super::stage::{Stage, Start};
use super::{DAY_MS, HOUR_MS, Journey, MINUTE_MS};

const CHAT: (&str, &str) = ("chat", "chatdesk");
const MAIL: (&str, &str) = ("email", "mailroom");

/// One conversation.
pub(super) fn chat(stage: &mut Stage, start: Start) {
    let at_ms = stage.when_open(start.at_ms, 8, 21);
    if at_ms > start.at_ms {
        return stage.plan(Start { at_ms, ..start });
    }
    let contact_id = stage.id("chat-");
    let reason = &REASONS[start.reason];
    let device = start.customer.device(false);
    let customer_id = start.customer.customer_id();
    let who = if stage.dice.percent(72) {
        identifiers(&[
            ("customer_id", &customer_id, true),
            ("device", &device, false),
        ])
    } else {
        identifiers(&[("device", &device, false)])
    };
    let medium = if stage.dice.percent(25) {
        "messaging"
    } else {
        "webchat"
    };
    stage.event(CHAT, "started", &contact_id, at_ms, |line| {
        line.raw("identifiers", &who)
            .text("medium", medium)
            .text("queue", reason.queue);
        line.text("reason", reason.path)
            .text("reason_source", "declared");
        line.raw("attributes", r#"{"bot":"lea-4","app_version":"5.12"}"#);
    });
    if stage.dice.percent(16) {
        let end_ms = at_ms + 50_000 + stage.about(90_000);
        stage.event(CHAT, "ended", &contact_id, end_ms, |line| {
            line.time("ended_at", end_ms)
                .text("outcome", "contained")
                .text("medium", medium);
            line.raw("identifiers", &who);
        });
        if stage.dice.percent(25) {
            let later_ms = 3 * MINUTE_MS + stage.about(3 * HOUR_MS);
            stage.plan_next(start, Journey::Call, end_ms + later_ms);
        }
        return;
    }
    let (wait_ms, patience_ms) = (1_500 + stage.about(22_000), 8_000 + stage.about(150_000));
    stage.event(CHAT, "queued", &contact_id, at_ms + 900, |line| {
        line.text("queue", reason.queue)
            .raw("identifiers", &who)
            .text("medium", medium);
    });
    if patience_ms < wait_ms {
        leave(stage, start, &contact_id, patience_ms);
    } else {
        converse(stage, start, &contact_id, at_ms + wait_ms);
    }
}

/// Nobody answered in time: a second try on the same channel, or on the phone.
fn leave(stage: &mut Stage, start: Start, contact_id: &str, patience_ms: i64) {
    let end_ms = start.at_ms + patience_ms;
    stage.event(CHAT, "ended", contact_id, end_ms, |line| {
        line.time("ended_at", end_ms)
            .integer("wait_ms", patience_ms);
        line.text("outcome", "abandoned")
            .text("queue", REASONS[start.reason].queue);
        line.raw("attributes", r#"{"closed_by":"customer","bot":"lea-4"}"#);
    });
    let later_ms = MINUTE_MS + stage.about(10 * MINUTE_MS);
    match stage.dice.below(100) {
        0..=49 => stage.plan_next(start, Journey::Chat, end_ms + later_ms),
        50..=69 => stage.plan_next(start, Journey::Call, end_ms + later_ms),
        _ => {}
    }
}

fn converse(stage: &mut Stage, start: Start, contact_id: &str, answered_ms: i64) {
    let agent = format!("a{:03}", 200 + stage.dice.below(40));
    let reason = &REASONS[start.reason];
    stage.event(CHAT, "accepted", contact_id, answered_ms, |line| {
        line.text("agent", &agent)
            .text("team", "equipe-chat")
            .text("queue", reason.queue);
        line.integer("wait_ms", answered_ms - start.at_ms)
            .text("site", "remote");
    });
    let mut at_ms = answered_ms;
    for _ in 0..stage.dice.between(2, 6) {
        at_ms += 15_000 + stage.about(60_000);
        stage.event(CHAT, "message", contact_id, at_ms, |line| {
            line.text("agent", &agent)
                .text("team", "equipe-chat")
                .text("queue", reason.queue);
            line.raw("attributes", r#"{"author":"customer","bot":"none"}"#);
        });
    }
    // Some customers just close the window; the tool never writes an end for them.
    if stage.dice.percent(88) {
        at_ms += 20_000;
        stage.event(CHAT, "ended", contact_id, at_ms, |line| {
            line.time("ended_at", at_ms)
                .integer("handle_ms", at_ms - answered_ms);
            line.text("agent", &agent)
                .text("team", "equipe-chat")
                .text("outcome", "handled");
            line.text("reason", reason.path)
                .text("reason_source", "qualified");
        });
    }
    match stage.dice.below(100) {
        0..=11 => {
            let later_ms = 20 * MINUTE_MS + stage.about(DAY_MS);
            stage.plan_next(start, Journey::Call, at_ms + later_ms);
        }
        12..=17 => {
            let later_ms = HOUR_MS + stage.about(2 * DAY_MS);
            stage.plan_next(start, Journey::Chat, at_ms + later_ms);
        }
        18..=27 => {
            let later_ms = 2 * MINUTE_MS + stage.about(2 * HOUR_MS);
            stage.plan_next(start, Journey::Account, at_ms + later_ms);
        }
        _ => {}
    }
}

/// A mail, its receipt, its chasers, its answer and the thanks.
pub(super) fn mail(stage: &mut Stage, start: Start) {
    let thread_id = stage.id("thread-");
    let reason = &REASONS[start.reason];
    let (email, customer_id) = (start.customer.email(), start.customer.customer_id());
    let who = if stage.dice.percent(35) {
        identifiers(&[
            ("email", &email, true),
            ("customer_id", &customer_id, false),
        ])
    } else {
        identifiers(&[("email", &email, false)])
    };
    receive(stage, &thread_id, &who, start.at_ms, Some(reason.path));
    if stage.dice.percent(60) {
        let receipt_id = stage.id("mail-");
        stage.event(MAIL, "sent", &receipt_id, start.at_ms + 20_000, |line| {
            line.text("thread_id", &thread_id).raw("automatic", "true");
            line.text("team", "mailbot").text("queue", reason.queue);
            line.raw("attributes", r#"{"template":"receipt-2"}"#);
        });
    }
    let wait_ms = HOUR_MS + stage.about(20 * HOUR_MS);
    let answered_ms = stage.when_open(start.at_ms + wait_ms, 8, 19);
    let is_lost = stage.dice.percent(5);
    let chases_ms = start.at_ms + 20 * HOUR_MS + stage.about(20 * HOUR_MS);
    let chases_ms = stage.when_awake(chases_ms);
    if (is_lost || chases_ms < answered_ms) && stage.dice.percent(55) {
        if stage.dice.percent(60) {
            receive(stage, &thread_id, &who, chases_ms, None);
        } else {
            stage.plan_next(start, Journey::Call, chases_ms);
        }
    }
    if !is_lost {
        answer(stage, start, &thread_id, &who, answered_ms);
    }
}

fn receive(stage: &mut Stage, thread_id: &str, who: &str, at_ms: i64, reason: Option<&str>) {
    let mail_id = stage.id("mail-");
    stage.event(MAIL, "received", &mail_id, at_ms, |line| {
        line.text("thread_id", thread_id).raw("identifiers", who);
        line.text("queue", "Q-COURRIER").text("medium", "mail");
        if let Some(path) = reason {
            line.text("reason", path).text("reason_source", "declared");
        }
    });
}

fn answer(stage: &mut Stage, start: Start, thread_id: &str, who: &str, at_ms: i64) {
    let agent = format!("a{:03}", 300 + stage.dice.below(25));
    let mail_id = stage.id("mail-");
    let handle_ms = 120_000 + stage.about(420_000);
    let reason = &REASONS[start.reason];
    stage.event(MAIL, "sent", &mail_id, at_ms, |line| {
        line.text("thread_id", thread_id)
            .text("agent", &agent)
            .text("team", "equipe-courrier");
        line.text("queue", reason.queue)
            .integer("handle_ms", handle_ms);
        line.text("reason", reason.path)
            .text("reason_source", "qualified");
    });
    match stage.dice.below(100) {
        0..=7 => {
            let later_ms = 3 * MINUTE_MS + stage.about(15 * MINUTE_MS);
            receive(stage, thread_id, who, at_ms + later_ms, None);
        }
        8..=19 => {
            // The answer sends the customer to the account area.
            let later_ms = 10 * MINUTE_MS + stage.about(6 * HOUR_MS);
            stage.plan_next(start, Journey::Account, at_ms + later_ms);
        }
        20..=28 => {
            let later_ms = HOUR_MS + stage.about(DAY_MS);
            stage.plan_next(start, Journey::Call, at_ms + later_ms);
        }
        29..=38 => {
            let last_ms = at_ms + 2 * DAY_MS;
            stage.event(MAIL, "closed", &mail_id, last_ms, |line| {
                line.text("thread_id", thread_id).text("agent", &agent);
                line.text("team", "equipe-courrier")
                    .text("queue", reason.queue);
            });
        }
        _ => {}
    }
}

//! The records of the yardstick. They are written by hand: millions of them must not be what a
//! measurement measures.

use super::contacts::{Channel, Contact, Outcome, REASONS};
use crate::workload::line::{Line, push_digits};

/// The first event of a contact.
pub(super) fn start(out: &mut String, contact: &Contact) {
    let kind = match contact.channel {
        Channel::Phone => "offered",
        Channel::Chat => "started",
        Channel::Email => "received",
        Channel::Video => "joined",
        Channel::Web => "page_view",
    };
    let mut line = Line::new(out);
    head(&mut line, contact, kind, 'a', contact.start_ms);
    contact_id(&mut line, contact, 'K');
    thread(&mut line, contact);
    who(&mut line, contact);
    match contact.channel {
        Channel::Web => {
            line.text("page", "Home")
                .raw("attributes", r#"{"app_version":"5.12"}"#);
        }
        _ => {
            why(&mut line, contact);
        }
    }
    line.close();
}

/// The last event of a contact.
pub(super) fn end(out: &mut String, contact: &Contact) {
    let kind = match (contact.channel, contact.outcome) {
        (Channel::Email, Outcome::Unanswered) => "closed",
        (Channel::Email, _) => "sent",
        (Channel::Web, _) => "step",
        (Channel::Video, Outcome::Failed) => "dropped",
        _ => "ended",
    };
    let mut line = Line::new(out);
    head(&mut line, contact, kind, 'z', contact.end_ms);
    // An answer is a mail of its own, in the thread of the mail that it answers.
    let prefix = if kind == "sent" { 'R' } else { 'K' };
    contact_id(&mut line, contact, prefix);
    thread(&mut line, contact);
    who(&mut line, contact);
    match contact.channel {
        Channel::Web => {
            step(&mut line, contact);
        }
        Channel::Email => {
            agent(&mut line, contact);
        }
        _ => {
            line.text("outcome", contact.outcome.name());
            line.integer("wait_ms", i64::from(contact.wait_ms));
            agent(&mut line, contact);
        }
    }
    line.close();
}

/// A whole contact in one record.
pub(super) fn whole(out: &mut String, contact: &Contact) {
    let mut line = Line::new(out);
    head(&mut line, contact, "contact", 'c', contact.start_ms);
    contact_id(&mut line, contact, 'K');
    who(&mut line, contact);
    line.time("started_at", contact.start_ms)
        .time("ended_at", contact.end_ms);
    if contact.channel == Channel::Web {
        step(&mut line, contact);
    } else {
        line.text("outcome", contact.outcome.name());
        line.integer("wait_ms", i64::from(contact.wait_ms));
        why(&mut line, contact);
    }
    line.close();
}

fn head(line: &mut Line<'_>, contact: &Contact, kind: &str, prefix: char, occurred_at_ms: i64) {
    let source = match contact.channel {
        Channel::Phone => "acd",
        Channel::Chat => "chatdesk",
        Channel::Email => "mailroom",
        Channel::Video => "visio",
        Channel::Web => "site",
    };
    line.text("tenant", "yardstick")
        .text("channel", contact.channel.name());
    line.text("source", source);
    number(line, "event_id", prefix, contact.number, 9);
    line.text("kind", kind).time("occurred_at", occurred_at_ms);
}

fn contact_id(line: &mut Line<'_>, contact: &Contact, prefix: char) {
    number(line, "contact_id", prefix, contact.number, 9);
}

fn thread(line: &mut Line<'_>, contact: &Contact) {
    if contact.channel == Channel::Email {
        number(line, "thread_id", 'K', contact.number, 9);
    }
}

fn number(line: &mut Line<'_>, name: &str, prefix: char, value: u32, width: usize) {
    let out = line.open_text(name);
    out.push(prefix);
    push_digits(out, u64::from(value), width);
    line.close_text();
}

/// The customer, and of a visit the device; every visit is logged in.
fn who(line: &mut Line<'_>, contact: &Contact) {
    let out = line.open_raw("identifiers");
    out.push_str(r#"[{"type":"customer_id","value":"C"#);
    push_digits(out, u64::from(contact.customer), 8);
    if contact.channel == Channel::Web {
        out.push_str(r#""},{"type":"device","value":"D"#);
        push_digits(out, u64::from(contact.customer), 8);
    }
    out.push_str("\"}]");
}

fn why(line: &mut Line<'_>, contact: &Contact) {
    let reason = REASONS[usize::from(contact.reason)];
    line.text("reason", reason)
        .text("reason_source", "declared");
    number(line, "queue", 'Q', u32::from(contact.reason / 4), 2);
}

fn agent(line: &mut Line<'_>, contact: &Contact) {
    number(line, "agent", 'a', contact.number % 400, 3);
    number(line, "team", 'T', contact.number % 12, 2);
}

fn step(line: &mut Line<'_>, contact: &Contact) {
    let step = ["payment", "help", "account", "form"][usize::from(contact.reason % 4)];
    let failed = contact.outcome == Outcome::Failed;
    line.text("step", step)
        .text("step_status", if failed { "failed" } else { "completed" });
    line.text("reason", REASONS[usize::from(contact.reason)])
        .text("reason_source", "page");
}

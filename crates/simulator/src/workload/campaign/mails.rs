//! Mail threads: chases, thanks, automatic answers, answers that come twice.

use serde_json::{Value, json};

use super::history::{Fields, History, Past, Place};
use super::people::Known;
use super::setup::{DAY_MS, HOUR_MS, MINUTE_MS};

/// A thread while it is written.
struct Thread {
    place: Place,
    person: usize,
    /// `None`: the mails stand for themselves, and only the first one's id names the thread.
    thread_id: Option<String>,
    now_ms: i64,
    answered_ms: Option<i64>,
    mails: u64,
    last_mail: Option<String>,
}

/// What happens next in a thread.
#[derive(Clone, Copy)]
enum Step {
    Received,
    Sent,
    Thanks,
    AutomaticReceived,
    AutomaticSent,
    AutomaticSender,
    Closed,
    WholeMail,
    Qualified,
    ChaseFromSomebodyElse,
}

/// One thread of one to seven mails.
pub(super) fn thread(history: &mut History, person: usize) {
    let now_ms = history.moment(person);
    let named_by_first = history.dice.percent(30);
    let thread_id = if named_by_first {
        None
    } else {
        Some(history.id())
    };
    let place = history.place("email");
    let mut thread = Thread {
        place,
        person,
        thread_id,
        now_ms,
        answered_ms: None,
        mails: 0,
        last_mail: None,
    };
    let first = history.dice.weighted(&[
        (80, Step::Received),
        (10, Step::Sent),
        (4, Step::AutomaticReceived),
        (4, Step::WholeMail),
        (2, Step::Closed),
    ]);
    step(history, &mut thread, first);
    for _ in 0..history
        .dice
        .weighted(&[(3, 0), (4, 1), (3, 2), (2, 3), (1, 6)])
    {
        let next = history.dice.weighted(&[
            (28, Step::Received),
            (30, Step::Sent),
            (10, Step::Thanks),
            (5, Step::AutomaticReceived),
            (5, Step::AutomaticSent),
            (3, Step::AutomaticSender),
            (7, Step::Closed),
            (5, Step::WholeMail),
            (4, Step::Qualified),
            (4, Step::ChaseFromSomebodyElse),
        ]);
        let choices = [
            0,
            0,
            1,
            MINUTE_MS,
            HOUR_MS,
            HOUR_MS,
            DAY_MS,
            2 * DAY_MS,
            7 * DAY_MS,
        ];
        thread.now_ms += history.dice.pick(&choices);
        step(history, &mut thread, next);
    }
}

fn step(history: &mut History, thread: &mut Thread, step: Step) {
    match step {
        Step::Received => {
            if thread.mails > 0 && thread.answered_ms.is_none() {
                history.saw("mail_chase");
            }
            receive(history, thread, thread.person);
        }
        Step::ChaseFromSomebodyElse => {
            let other = history.somebody();
            history.saw("mail_from_another_customer");
            receive(history, thread, other);
        }
        Step::Thanks => thank(history, thread),
        Step::Sent => answer(history, thread),
        Step::AutomaticReceived | Step::AutomaticSent => automatic(history, thread, step),
        Step::AutomaticSender => robot(history, thread),
        Step::Closed => close(history, thread),
        Step::WholeMail => whole(history, thread),
        Step::Qualified => {
            let mut fields = mail(history, thread, "qualified", thread.last_mail.clone());
            history.add_reason(&mut fields);
            history.send(fields);
        }
    }
}

/// An event of the thread: a mail of its own, or about a mail that is there.
fn mail(history: &mut History, thread: &mut Thread, kind: &str, id: Option<String>) -> Fields {
    let mut fields = history.event(thread.place, kind, thread.now_ms);
    let contact_id = id.unwrap_or_else(|| history.id());
    fields.insert("contact_id".into(), contact_id.clone().into());
    match &thread.thread_id {
        Some(thread_id) => {
            fields.insert("thread_id".into(), thread_id.clone().into());
        }
        None => {
            // The first mail has no reference; its id names the thread from now on.
            history.saw("thread_named_by_first");
            thread.thread_id = Some(contact_id.clone());
        }
    }
    thread.last_mail = Some(contact_id);
    fields
}

fn receive(history: &mut History, thread: &mut Thread, person: usize) {
    let mut fields = mail(history, thread, "received", None);
    let known = history.dice.weighted(&[
        (45, Known::Email),
        (25, Known::CustomerAndEmail),
        (15, Known::Customer),
        (5, Known::PhoneAndEmail),
        (5, Known::Nothing),
        (3, Known::Blocked),
    ]);
    let identifiers = history.identifiers(person, known);
    fields.insert("identifiers".into(), identifiers);
    if history.dice.percent(30) {
        history.add_reason(&mut fields);
    }
    if history.dice.percent(6) {
        fields.insert("started_at".into(), (thread.now_ms - MINUTE_MS).into());
    }
    if history.dice.percent(5) {
        fields.insert("ended_at".into(), (thread.now_ms + HOUR_MS).into());
        history.saw("mail_end_stated");
    }
    if history.dice.percent(6) {
        history.add_outcome(&mut fields);
    }
    if history.dice.percent(4) {
        fields.insert("kind".into(), "delivered_to_queue".into());
        history.saw("unknown_kind");
    }
    history.add_details(&mut fields);
    keep(history, thread, person, &fields);
    thread.mails += 1;
    history.send(fields);
}

/// Remembers a received mail as a contact.
fn keep(history: &mut History, thread: &Thread, person: usize, fields: &Fields) {
    history.remember(Past {
        person,
        place: thread.place,
        contact_id: fields["contact_id"].as_str().unwrap_or_default().to_owned(),
        root_contact_id: None,
        start_ms: thread.now_ms,
        end_ms: thread.now_ms,
    });
}

/// A mail just inside the grace after an answer, or just outside.
fn thank(history: &mut History, thread: &mut Thread) {
    if let Some(answered_ms) = thread.answered_ms {
        let grace_ms = history.setup.mail_grace_ms;
        let after_ms = history
            .dice
            .pick(&[0, 1, grace_ms - 1, grace_ms, grace_ms + 1]);
        thread.now_ms = answered_ms + after_ms;
        history.saw(if after_ms <= grace_ms {
            "mail_thanks"
        } else {
            "mail_after_grace"
        });
    }
    receive(history, thread, thread.person);
}

fn answer(history: &mut History, thread: &mut Thread) {
    match (thread.mails, thread.answered_ms) {
        (0, _) => history.saw("mail_outbound_first"),
        (_, Some(_)) => history.saw("mail_answered_twice"),
        (_, None) => history.saw("mail_answered"),
    }
    let mut fields = mail(history, thread, "sent", None);
    history.add_desk(&mut fields);
    if history.dice.percent(50) {
        let handle_ms = history.dice.pick(&[60_000_i64, 90_001, 600_000]);
        fields.insert("handle_ms".into(), handle_ms.into());
    }
    if history.dice.percent(40) {
        history.add_reason(&mut fields);
    }
    if history.dice.percent(20) {
        let identifiers = history.identifiers(thread.person, Known::CustomerAndEmail);
        fields.insert("identifiers".into(), identifiers);
    }
    if history.dice.percent(6) {
        history.add_outcome(&mut fields);
    }
    thread.answered_ms = Some(thread.now_ms);
    history.send(fields);
}

/// An out-of-office note, or a receipt: no contact, and no answer.
fn automatic(history: &mut History, thread: &mut Thread, step: Step) {
    let kind = if matches!(step, Step::AutomaticSent) {
        "sent"
    } else {
        "received"
    };
    let mut fields = mail(history, thread, kind, None);
    history.saw(if kind == "sent" {
        "mail_automatic_answer"
    } else {
        "mail_automatic"
    });
    if kind == "received" {
        let identifiers = history.identifiers(thread.person, Known::Email);
        fields.insert("identifiers".into(), identifiers);
    }
    fields.insert("automatic".into(), true.into());
    // Now and then the flag comes later, as a correction of the mail that looked like a real one.
    if history.dice.percent(20) {
        let mut flag = history.event(thread.place, "qualified", thread.now_ms + MINUTE_MS);
        for name in ["contact_id", "thread_id"] {
            if let Some(value) = fields.get(name) {
                flag.insert(name.into(), value.clone());
            }
        }
        flag.insert("automatic".into(), true.into());
        fields.insert("automatic".into(), Value::Bool(false));
        history.saw("mail_automatic_later");
        history.send(flag);
    }
    history.send(fields);
}

/// A mail from a sender that the configuration calls automatic.
fn robot(history: &mut History, thread: &mut Thread) {
    let mut fields = mail(history, thread, "received", None);
    let sender = history
        .dice
        .pick(&["noreply@example.com", "Shop-Robot@example.org"]);
    fields.insert(
        "identifiers".into(),
        json!([{"type": "email", "value": sender}]),
    );
    history.saw("automatic_sender");
    history.send(fields);
}

fn close(history: &mut History, thread: &mut Thread) {
    let about = if history.dice.percent(70) {
        thread.last_mail.clone()
    } else {
        None
    };
    let mut fields = mail(history, thread, "closed", about);
    if history.dice.percent(40) {
        let end_ms = thread.now_ms - history.dice.pick(&[0, MINUTE_MS, DAY_MS]);
        fields.insert("ended_at".into(), end_ms.into());
    }
    history.saw("mail_closed");
    history.send(fields);
}

/// A mail as one record, as a CRM exports it.
fn whole(history: &mut History, thread: &mut Thread) {
    let mut fields = mail(history, thread, "contact", None);
    match history.dice.below(4) {
        0 => {
            fields.insert("direction".into(), "outbound".into());
            history.saw("mail_whole_outbound");
        }
        1 => {
            fields.insert("direction".into(), "inbound".into());
        }
        _ => {}
    }
    let is_outbound = fields
        .get("direction")
        .is_some_and(|direction| direction == "outbound");
    if history.dice.percent(50) {
        fields.insert("started_at".into(), thread.now_ms.into());
    }
    if history.dice.percent(40) {
        fields.insert("ended_at".into(), (thread.now_ms + HOUR_MS).into());
    }
    let identifiers = history.identifiers(thread.person, Known::CustomerAndEmail);
    fields.insert("identifiers".into(), identifiers);
    history.add_outcome(&mut fields);
    history.saw("whole_contact");
    if is_outbound {
        thread.answered_ms = Some(thread.now_ms);
    } else {
        thread.mails += 1;
        keep(history, thread, thread.person, &fields);
    }
    history.send(fields);
}

//! Calls, chats and video chats: legs, transfers, abandons, ends that nobody writes.

use serde_json::{Value, json};

use super::history::{Fields, History, Past, Place};
use super::people::Known;
use super::setup::{CHANNELS, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

/// How the legs of a conversation go.
struct Leg {
    contact_id: String,
    root_contact_id: Option<String>,
    start_ms: i64,
    answered_ms: Option<i64>,
    end_ms: i64,
    /// A closing event is written.
    is_closed: bool,
    /// More legs follow.
    is_transferred: bool,
}

/// The kinds of a channel's events, in the order in which they come.
fn kinds(channel: &str) -> (&'static str, &'static str, &'static str) {
    match channel {
        "phone" => ("offered", "queued", "answered"),
        "chat" => ("started", "queued", "accepted"),
        _ => ("joined", "joined", "answered"),
    }
}

/// One conversation of a person, of one to four legs.
pub(super) fn conversation(history: &mut History, person: usize) {
    let channel = history
        .dice
        .weighted(&[(50, "phone"), (30, "chat"), (20, "video")]);
    let start_ms = history.moment(person);
    let place = history.place(channel);
    if channel == "video" && history.dice.percent(35) {
        book(history, place, person, start_ms);
    } else {
        converse(history, place, person, start_ms, true);
    }
}

/// A conversation that is still going on when the history ends, or never gets its end.
pub(super) fn open_conversation(history: &mut History, person: usize) {
    let channel = history.dice.pick(&["phone", "chat", "video"]);
    let place = history.place(channel);
    let silence_ms =
        history.setup.silence_ms[CHANNELS.iter().position(|c| *c == channel).unwrap_or(0)];
    let back_ms = history
        .dice
        .pick(&[0, 1, MINUTE_MS, HOUR_MS, silence_ms, silence_ms + 1]);
    let start_ms = (history.setup.to_ms - back_ms).max(history.setup.from_ms);
    history.saw("open_at_end");
    converse(history, place, person, start_ms, false);
}

fn converse(history: &mut History, place: Place, person: usize, start_ms: i64, is_closed: bool) {
    let legs = plan_legs(history, start_ms, is_closed);
    if legs.len() > 1 {
        history.saw("transfer");
    }
    let who = history.some_known();
    // A number at the start, the unique id only at the end: one contact all the same.
    let is_late = history.dice.percent(15);
    let (first, last) = if is_late {
        (Known::Phone, who)
    } else {
        (who, Known::Nothing)
    };
    if is_late {
        history.saw("identified_at_end");
    }
    let count = legs.len();
    for (index, leg) in legs.iter().enumerate() {
        let known = if index == 0 { first } else { Known::Nothing };
        let at_end = if index + 1 == count {
            last
        } else {
            Known::Nothing
        };
        let others = if index > 0 && leg.root_contact_id.is_none() {
            history.saw("related_within_customer");
            vec![legs[index - 1].contact_id.clone()]
        } else {
            Vec::new()
        };
        write_leg(history, place, person, leg, (known, at_end), &others);
    }
    let first = &legs[0];
    history.remember(Past {
        person,
        place,
        contact_id: first.contact_id.clone(),
        root_contact_id: first.root_contact_id.clone(),
        start_ms,
        end_ms: legs[count - 1].end_ms,
    });
}

fn plan_legs(history: &mut History, start_ms: i64, is_closed: bool) -> Vec<Leg> {
    let count = history.dice.weighted(&[(75, 1), (15, 2), (7, 3), (3, 4)]);
    let root_id = history.id();
    let is_rooted = history.dice.percent(70);
    let mut legs: Vec<Leg> = Vec::new();
    let mut at_ms = start_ms;
    for number in 0..count {
        let wait_ms = history
            .dice
            .pick(&[0, SECOND_MS, 10 * SECOND_MS, 15_000, 15_001]);
        let talk_ms = history.dice.pick(&[
            0,
            1,
            5 * SECOND_MS - 1,
            5 * SECOND_MS,
            10 * SECOND_MS,
            MINUTE_MS,
            5 * MINUTE_MS,
            HOUR_MS,
        ]);
        let is_answered = number + 1 < count || history.dice.percent(65);
        let contact_id = if number == 0 {
            root_id.clone()
        } else {
            history.id()
        };
        let states_root = is_rooted && (number > 0 || history.dice.percent(30));
        if states_root {
            history.saw("root_contact_id");
        }
        legs.push(Leg {
            contact_id,
            root_contact_id: states_root.then(|| root_id.clone()),
            start_ms: at_ms,
            answered_ms: is_answered.then_some(at_ms + wait_ms),
            end_ms: at_ms + wait_ms + talk_ms,
            is_closed: is_closed && history.dice.percent(90),
            is_transferred: number + 1 < count,
        });
        if !is_closed && number + 1 == count {
            break;
        }
        at_ms += wait_ms + talk_ms + history.dice.pick(&[0, 0, 1, SECOND_MS, 10 * MINUTE_MS]);
    }
    legs
}

fn write_leg(
    history: &mut History,
    place: Place,
    person: usize,
    leg: &Leg,
    (at_start, at_end): (Known, Known),
    related: &[String],
) {
    let (open, queue, answer) = kinds(place.channel);
    let mut events: Vec<Fields> = Vec::new();
    let mut first = leg_event(history, place, leg, open, leg.start_ms);
    history.add_direction(&mut first);
    history.add_details(&mut first);
    if leg
        .root_contact_id
        .as_ref()
        .is_some_and(|root| *root != leg.contact_id)
    {
        first.insert("initiation".into(), "transfer".into());
    }
    if history.dice.percent(20) {
        first.insert("started_at".into(), leg.start_ms.into());
    }
    if history.dice.percent(25) {
        history.add_reason(&mut first);
    }
    if !related.is_empty() {
        first.insert("related_contact_ids".into(), json!(related));
    }
    add_identifiers(history, &mut first, person, at_start);
    events.push(first);
    if queue != open && history.dice.percent(50) {
        let mut queued = leg_event(history, place, leg, queue, leg.start_ms);
        history.add_desk(&mut queued);
        events.push(queued);
    }
    if let Some(answered_ms) = leg.answered_ms {
        let mut answered = leg_event(history, place, leg, answer, answered_ms);
        history.add_desk(&mut answered);
        events.push(answered);
        if place.channel == "chat" && history.dice.percent(50) {
            events.push(leg_event(history, place, leg, "message", answered_ms));
        }
    }
    events.extend(closing_event(history, place, person, leg, at_end));
    if history.dice.percent(10) {
        let at_ms = leg.end_ms + history.dice.pick(&[0, 1, MINUTE_MS]);
        let kind = history
            .dice
            .pick(&["hold", "survey_offered", "recording_ready"]);
        events.push(leg_event(history, place, leg, kind, at_ms));
        history.saw("unknown_kind");
    }
    let lost = history
        .dice
        .percent(6)
        .then(|| history.dice.index(events.len()));
    for (index, event) in events.into_iter().enumerate() {
        if lost == Some(index) {
            history.saw("event_lost");
        } else {
            history.send(event);
        }
    }
    wrap_up(history, place, leg);
}

fn leg_event(history: &mut History, place: Place, leg: &Leg, kind: &str, at_ms: i64) -> Fields {
    let mut fields = history.event(place, kind, at_ms);
    fields.insert("contact_id".into(), leg.contact_id.clone().into());
    if let Some(root) = &leg.root_contact_id {
        fields.insert("root_contact_id".into(), root.clone().into());
    }
    fields
}

fn closing_event(
    history: &mut History,
    place: Place,
    person: usize,
    leg: &Leg,
    known: Known,
) -> Option<Fields> {
    if leg.is_transferred && history.dice.percent(60) {
        let mut fields = leg_event(history, place, leg, "transferred", leg.end_ms);
        if history.dice.percent(40) {
            fields.insert("ended_at".into(), leg.end_ms.into());
        }
        return Some(fields);
    }
    if !leg.is_closed {
        history.saw("never_ended");
        return None;
    }
    let is_dropped = place.channel == "video" && history.dice.percent(35);
    let kind = if is_dropped { "dropped" } else { "ended" };
    let late_ms = history.dice.pick(&[0, 0, 0, SECOND_MS]);
    let mut fields = leg_event(history, place, leg, kind, leg.end_ms + late_ms);
    if is_dropped {
        history.saw("video_dropped");
    }
    if history.dice.percent(5) {
        fields.insert("ended_at".into(), (leg.start_ms - MINUTE_MS).into());
        history.saw("ended_before_started");
    } else if late_ms > 0 || history.dice.percent(25) {
        fields.insert("ended_at".into(), leg.end_ms.into());
    }
    history.add_outcome(&mut fields);
    history.add_desk(&mut fields);
    add_identifiers(history, &mut fields, person, known);
    Some(fields)
}

fn add_identifiers(history: &mut History, fields: &mut Fields, person: usize, known: Known) {
    if known != Known::Nothing {
        let identifiers = history.identifiers(person, known);
        fields.insert("identifiers".into(), identifiers);
    } else if history.dice.percent(4) {
        let nothing = if history.dice.percent(50) {
            Value::Null
        } else {
            json!([])
        };
        fields.insert("identifiers".into(), nothing);
        history.saw("identifiers_empty");
    }
}

/// The reason that the agent files, minutes or days later.
fn wrap_up(history: &mut History, place: Place, leg: &Leg) {
    if !history.dice.percent(20) {
        return;
    }
    let later_ms = history
        .dice
        .pick(&[0, MINUTE_MS, HOUR_MS, DAY_MS, 3 * DAY_MS]);
    let at_ms = leg.end_ms + later_ms;
    let mut fields = leg_event(history, place, leg, "qualified", at_ms);
    history.add_reason(&mut fields);
    if history.dice.percent(25) {
        history.add_desk(&mut fields);
        history.add_outcome(&mut fields);
    }
    if later_ms >= DAY_MS {
        history.saw("qualified_days_later");
    }
    history.send(fields);
}

/// A video chat that is booked first, and then takes place, or does not.
fn book(history: &mut History, place: Place, person: usize, start_ms: i64) {
    let contact_id = history.id();
    let ahead_ms = history.dice.pick(&[0, HOUR_MS, DAY_MS]);
    let kind = history.dice.pick(&["scheduled", "invited"]);
    let mut booked = history.event(place, kind, start_ms - ahead_ms);
    booked.insert("contact_id".into(), contact_id.clone().into());
    booked.insert("due_at".into(), start_ms.into());
    let known = history.some_known();
    add_identifiers(history, &mut booked, person, known);
    if kind == "scheduled" {
        booked.insert("initiation".into(), "scheduled".into());
        history.saw("video_scheduled");
    } else {
        history.saw("video_invited");
    }
    let states_start = history.dice.percent(15);
    if states_start {
        booked.insert("started_at".into(), start_ms.into());
        history.saw("video_booked_with_start");
    }
    history.send(booked);
    if !history.dice.percent(60) {
        if !states_start {
            history.saw("video_never_joined");
        }
        return;
    }
    let leg = Leg {
        contact_id: contact_id.clone(),
        root_contact_id: None,
        start_ms,
        answered_ms: history.dice.percent(70).then_some(start_ms + 5 * SECOND_MS),
        end_ms: start_ms + 5 * MINUTE_MS,
        is_closed: history.dice.percent(85),
        is_transferred: false,
    };
    let end_ms = leg.end_ms;
    write_leg(
        history,
        place,
        person,
        &leg,
        (Known::Nothing, Known::Nothing),
        &[],
    );
    let root_contact_id = None;
    history.remember(Past {
        person,
        place,
        contact_id,
        root_contact_id,
        start_ms,
        end_ms,
    });
}

//! Contacts in one record or two: the plain ones, and those that aim at a rule.

use serde_json::{Value, json};

use super::calendar::{day_start_ms, local_date, plus_days};
use super::history::{Fields, History, Past, Place};
use super::people::Known;
use super::setup::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

impl History {
    /// A contact that just takes place, as one whole record or as a start and an end.
    /// Returns its index in `past`.
    pub(super) fn simple(
        &mut self,
        place: Place,
        person: usize,
        start_ms: i64,
        length_ms: i64,
        identifiers: Value,
    ) -> usize {
        self.simple_with(
            place,
            person,
            (start_ms, length_ms),
            identifiers,
            Fields::new(),
        )
    }

    /// The same with more fields.
    pub(super) fn simple_with(
        &mut self,
        place: Place,
        person: usize,
        (start_ms, length_ms): (i64, i64),
        identifiers: Value,
        more: Fields,
    ) -> usize {
        let contact_id = self.id();
        let end_ms = start_ms + length_ms;
        let is_whole = self.dice.percent(50) || matches!(place.channel, "email" | "web");
        let kind = match (is_whole, place.channel) {
            (true, _) => "contact",
            (false, "phone") => "offered",
            (false, "chat") => "started",
            (false, _) => "joined",
        };
        let mut fields = self.event(place, kind, start_ms);
        fields.insert("contact_id".into(), contact_id.clone().into());
        fields.insert("identifiers".into(), identifiers);
        fields.extend(more);
        let mut states_end = false;
        if is_whole {
            self.saw("whole_contact");
            if self.dice.percent(50) {
                fields.insert("started_at".into(), start_ms.into());
            }
            let share = if length_ms > 0 { 85 } else { 40 };
            states_end = self.dice.percent(share);
            if states_end {
                fields.insert("ended_at".into(), end_ms.into());
            }
            self.add_outcome(&mut fields);
            self.saw(if states_end {
                "whole_with_end"
            } else {
                "whole_without_end"
            });
            let stated = fields.contains_key("outcome");
            self.saw(if stated {
                "whole_with_outcome"
            } else {
                "whole_without_outcome"
            });
        }
        let root_contact_id = None;
        self.send(fields);
        if !is_whole {
            let mut ended = self.event(place, "ended", end_ms);
            ended.insert("contact_id".into(), contact_id.clone().into());
            self.add_outcome(&mut ended);
            self.send(ended);
        }
        let end_ms = if is_whole && !states_end {
            start_ms
        } else {
            end_ms
        };
        self.remember(Past {
            person,
            place,
            contact_id,
            root_contact_id,
            start_ms,
            end_ms,
        })
    }

    /// A place of an assisted channel other than mail.
    pub(super) fn live_place(&mut self) -> Place {
        let channel = self
            .dice
            .weighted(&[(5, "phone"), (3, "chat"), (2, "video")]);
        self.place(channel)
    }
}

/// A contact like any other.
pub(super) fn plain(history: &mut History, person: usize) {
    let channel = history.dice.weighted(&[
        (40, "phone"),
        (25, "chat"),
        (15, "video"),
        (15, "email"),
        (5, "web"),
    ]);
    let place = history.place(channel);
    let start_ms = history.moment(person);
    let length_ms = history
        .dice
        .pick(&[0, 0, SECOND_MS, 10 * SECOND_MS, 5 * MINUTE_MS, DAY_MS]);
    let known = history.some_known();
    let identifiers = history.identifiers(person, known);
    let mut more = Fields::new();
    if history.dice.percent(50) {
        history.add_reason(&mut more);
    }
    more.insert("occurred_at".into(), start_ms.into());
    if channel != "email" {
        history.add_direction(&mut more);
    }
    history.add_desk(&mut more);
    history.add_details(&mut more);
    history.simple_with(place, person, (start_ms, length_ms), identifiers, more);
}

/// Many contacts of one customer at even gaps, for caps, quarantine, cool-downs and long sessions.
pub(super) fn heavy(history: &mut History, person: usize) {
    let count = history.dice.between(6, 14);
    let gap_ms = history.dice.pick(&[
        0,
        1,
        HOUR_MS,
        12 * HOUR_MS,
        DAY_MS,
        history.setup.cool_down_ms,
    ]);
    if gap_ms > 0 && gap_ms == history.setup.cool_down_ms {
        history.saw("gap_is_cool_down");
    }
    let mut at_ms = history.moment(person);
    let reason = history.dice.pick(&super::decorate::REASONS);
    let place = history.live_place();
    for _ in 0..count {
        let identifiers = history.identifiers(person, Known::Customer);
        let mut more = Fields::new();
        if history.dice.percent(80) {
            more.insert("reason".into(), reason.into());
        }
        history.simple_with(place, person, (at_ms, MINUTE_MS), identifiers, more);
        at_ms += gap_ms + history.dice.pick(&[0, 0, 1]);
        if !history.is_inside(at_ms) {
            break;
        }
    }
    history.saw("heavy_customer");
}

/// A switchboard, a kiosk or a busy unique id: more contacts on a day than one identifier may
/// have, then contacts on the days on which the quarantine still holds and just does not.
pub(super) fn switchboard(history: &mut History) {
    let max = history.setup.contacts_per_day_max;
    if max == 0 || max > 5 {
        return;
    }
    let person = history.somebody();
    let at_ms = history.on_the_grid();
    let (channel, known, feature) = history.dice.pick(&[
        ("phone", Known::Phone, "quarantine_switchboard"),
        ("chat", Known::Device, "quarantine_kiosk"),
        ("phone", Known::CustomerAndPhone, "quarantine_unique_id"),
        ("phone", Known::Phone, "quarantine_switchboard"),
    ]);
    let place = history.place(channel);
    // Exactly as many as are allowed are not too many.
    let count = max + history.dice.weighted(&[(1, 0), (3, 1)]);
    for number in 0..count {
        let identifiers = history.identifiers(person, known);
        let start_ms = at_ms + number as i64 * MINUTE_MS;
        history.simple(place, person, start_ms, SECOND_MS, identifiers);
    }
    history.saw(if count > max {
        feature
    } else {
        "quarantine_not_yet"
    });
    let date = local_date(&history.setup.zone, at_ms);
    for days in [-1, 1, 30, 31] {
        let start_ms = day_start_ms(&history.setup.zone, plus_days(date, days)) + HOUR_MS;
        if history.dice.percent(50) && history.is_inside(start_ms) {
            let later = history.dice.pick(&[known, Known::Phone, Known::Customer]);
            let identifiers = history.identifiers(person, later);
            history.simple(place, person, start_ms, SECOND_MS, identifiers);
        }
    }
}

/// Contacts that name each other: of one customer, of two, and in a circle.
pub(super) fn related(history: &mut History, person: usize) {
    let place = if history.dice.percent(20) {
        history.place("email")
    } else {
        history.live_place()
    };
    let count = history.dice.between(2, 4);
    let is_across = history.dice.percent(25);
    let other = history.somebody();
    let ids: Vec<String> = (0..count).map(|_| history.id()).collect();
    let mut at_ms = history.moment(person);
    for number in 0..count as usize {
        let whose = if is_across && number == 1 {
            other
        } else {
            person
        };
        let next = (number + 1) % ids.len();
        let names_next = number + 1 < ids.len() || history.dice.percent(40);
        let kind = if history.dice.percent(80) {
            "contact"
        } else {
            "offered"
        };
        let mut fields = history.event(place, kind, at_ms);
        fields.insert("contact_id".into(), ids[number].clone().into());
        let identifiers = history.identifiers(whose, Known::CustomerAndPhone);
        fields.insert("identifiers".into(), identifiers);
        if names_next {
            let mut names = vec![ids[next].clone()];
            if history.dice.percent(20) {
                names.push("K-NOBODY".into());
            }
            fields.insert("related_contact_ids".into(), json!(names));
            history.saw(if next == 0 {
                "related_cycle"
            } else {
                "related_within_customer"
            });
        }
        let end_ms = at_ms + MINUTE_MS;
        fields.insert("ended_at".into(), end_ms.into());
        history.add_outcome(&mut fields);
        history.add_reason(&mut fields);
        history.add_desk(&mut fields);
        history.send(fields);
        let contact_id = ids[number].clone();
        let (root_contact_id, start_ms) = (None, at_ms);
        history.remember(Past {
            person: whose,
            place,
            contact_id,
            root_contact_id,
            start_ms,
            end_ms,
        });
        at_ms = end_ms + history.dice.pick(&[0, 0, 1, HOUR_MS, DAY_MS]);
    }
    if is_across && other != person {
        history.saw("related_across_customers");
    }
}

/// Contacts of a source that joins legs by time: exactly within, and just beyond.
pub(super) fn joined_by_time(history: &mut History, person: usize) {
    let sources: Vec<(&'static str, i64)> = history
        .setup
        .join_legs_within_ms
        .iter()
        .map(|(source, ms)| (*source, *ms))
        .collect();
    if sources.is_empty() {
        return;
    }
    let (source, within_ms) = history.dice.pick(&sources);
    let channel = history.dice.pick(&["phone", "chat", "email", "video"]);
    let place = Place { channel, source };
    let mut at_ms = history.moment(person);
    for _ in 0..history.dice.between(2, 4) {
        let identifiers = history.identifiers(person, Known::Customer);
        let index = history.simple(place, person, at_ms, MINUTE_MS, identifiers);
        let gap_ms = history
            .dice
            .pick(&[0, within_ms, within_ms, within_ms + 1, -SECOND_MS]);
        history.saw(if gap_ms <= within_ms {
            "join_within"
        } else {
            "join_just_beyond"
        });
        at_ms = history.past[index].end_ms + gap_ms;
    }
}

/// The same contact id in two channels and two sources: two contacts, tied in start and id.
pub(super) fn same_id_twice(history: &mut History, person: usize) {
    let contact_id = history.id();
    let at_ms = history.moment(person);
    let places = [
        ("phone", "acd"),
        ("phone", "crm"),
        ("chat", "acd"),
        ("video", "crm"),
    ];
    let first = history.dice.index(places.len());
    for offset in 0..2 {
        let (channel, source) = places[(first + offset) % places.len()];
        let mut fields = history.event(Place { channel, source }, "contact", at_ms);
        fields.insert("contact_id".into(), contact_id.clone().into());
        let identifiers = history.identifiers(person, Known::Customer);
        fields.insert("identifiers".into(), identifiers);
        history.add_outcome(&mut fields);
        history.send(fields);
    }
    history.saw("contact_id_in_two_places");
}

/// Events that complete a contact which never appears.
pub(super) fn never_appears(history: &mut History, person: usize) {
    let place = history.live_place();
    let at_ms = history.moment(person);
    let (kind, feature) = history.dice.pick(&[
        ("qualified", "qualified_without_contact"),
        ("ended", "ended_without_contact"),
    ]);
    let mut fields = history.event(place, kind, at_ms);
    let contact_id = history.id();
    fields.insert("contact_id".into(), contact_id.into());
    let identifiers = history.identifiers(person, Known::Customer);
    fields.insert("identifiers".into(), identifiers);
    history.add_outcome(&mut fields);
    history.add_reason(&mut fields);
    history.saw(feature);
    history.send(fields);
}

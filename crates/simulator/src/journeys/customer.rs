//! Random customers, whose times are often exactly a bound apart, and random clocks.

use std::collections::BTreeSet;

use crate::oracle::config::CHANNELS;
use crate::oracle::journeys::{Clock, Contact, Customer, Happening, Signal};
use crate::workload::dice::Dice;

/// 2026-10-23T20:00:00Z, a Friday evening; on the Sunday after it clocks go back.
const BEGIN: i64 = 1_792_785_600_000;
const GRID_MS: i64 = 600_000;

/// Mostly on a grid of ten minutes, so that bounds are met exactly; sometimes a moment beside it.
fn time(dice: &mut Dice, spread: i64) -> i64 {
    let beside = dice.weighted(&[(12, 0), (1, -1), (1, 1)]);
    BEGIN + dice.below(spread as u64) as i64 * GRID_MS + beside
}

/// A length of time on the grid.
fn length(dice: &mut Dice) -> i64 {
    dice.weighted(&[(4, 0), (3, 1), (3, 3), (2, 6), (1, 9), (1, 30)]) * GRID_MS
}

pub(super) fn customer(dice: &mut Dice, is_library: bool) -> Customer {
    let is_long = dice.percent(4);
    let contacts = if is_long {
        dice.between(61, 120)
    } else {
        dice.between(1, 12)
    };
    let spread = dice.pick(&[12, 40, 200, 600]);
    let mut customer = Customer::default();
    let mut names = BTreeSet::new();
    for _ in 0..contacts {
        let contact = contact(dice, spread, contacts, is_library);
        let name = (
            contact.id.clone(),
            contact.channel.clone(),
            contact.source.clone(),
        );
        if names.insert(name) {
            customer.contacts.push(contact);
        }
    }
    for place in 0..dice.below(6) {
        let signal = signal(dice, spread, place, customer.contacts.len());
        customer.signals.push(signal);
    }
    customer
}

fn contact(dice: &mut Dice, spread: i64, names: i64, is_library: bool) -> Contact {
    let channel = dice.weighted(&[(6, 0), (4, 1), (4, 2), (2, 3), (6, 4)]);
    let start = time(dice, spread);
    let end = start + length(dice);
    let mut contact = Contact {
        id: format!("C{}", dice.below(names as u64)),
        channel: CHANNELS[channel].to_string(),
        source: dice.pick(&["a", "b"]).to_string(),
        start,
        end,
        is_open: dice.percent(15),
        has_opened: channel != 3 || dice.percent(60),
        follower: dice.percent(80),
        automatic: dice.percent(10),
        wait: dice.percent(50).then(|| length(dice)),
        legs: dice.weighted(&[(6, 1), (1, 2), (1, 3), (1, 4)]),
        score: dice.percent(20).then(|| dice.between(1, 5) * 1_000_000),
        due_at: dice
            .percent(25)
            .then(|| start + length(dice) + length(dice)),
        ..Contact::default()
    };
    texts(dice, &mut contact, is_library);
    for _ in 0..dice.below(5) {
        // Now and then something happens before the start that was stated.
        let at = start + dice.between(-1, 6) * GRID_MS / 2;
        contact
            .inside
            .push(happening(dice, channel == 4, channel == 3, at));
    }
    contact.inside.sort_by_key(|inside| inside.at);
    contact
}

fn texts(dice: &mut Dice, contact: &mut Contact, is_library: bool) {
    let mut say = |share: u64, dice: &mut Dice, key: &str, values: &[&str]| {
        if dice.percent(share) {
            let value = dice.pick(values);
            contact.texts.insert(key.to_string(), value.to_string());
        }
    };
    say(
        100,
        dice,
        "direction",
        &["inbound", "inbound", "inbound", "outbound"],
    );
    let initiations = [
        "customer",
        "customer",
        "customer",
        "brand",
        "scheduled",
        "transfer",
    ];
    say(100, dice, "initiation", &initiations);
    let outcomes = [
        "handled",
        "handled",
        "abandoned",
        "failed",
        "unanswered",
        "short",
    ];
    say(80, dice, "outcome", &outcomes);
    let reasons = [
        "billing",
        "billing/payment",
        "billing/payment/late",
        "move",
        "movement",
    ];
    say(60, dice, "reason", &reasons);
    let dispositions = ["handover", "sent_to_web", "promised_callback"];
    say(
        if is_library { 40 } else { 25 },
        dice,
        "disposition",
        &dispositions,
    );
    say(30, dice, "tier", &["gold", "plain"]);
    say(30, dice, "medium", &["app", "sms"]);
    say(30, dice, "party", &["p1", "p2"]);
    say(30, dice, "page", &["p1", "p2"]);
    say(30, dice, "attributes.offer", &["x", "y"]);
    if contact.channel == "email" {
        contact
            .texts
            .insert("thread".to_string(), format!("T{}", dice.below(3)));
    }
}

fn happening(dice: &mut Dice, is_visit: bool, is_video: bool, at: i64) -> Happening {
    let page = dice
        .percent(40)
        .then(|| dice.pick(&["p1", "p2"]).to_string());
    if is_visit {
        let steps = ["help", "form", "payment", "account", "contact"];
        let status = dice.weighted(&[(3, "completed"), (2, "started"), (2, "failed")]);
        return Happening {
            at,
            step: Some(dice.pick(&steps).to_string()),
            status: Some(status.to_string()),
            page,
            ..Happening::default()
        };
    }
    let kinds: &[&str] = if is_video {
        &["scheduled", "invited", "joined", "answered"]
    } else {
        &["queued", "transferred", "answered"]
    };
    Happening {
        at,
        kind: Some(dice.pick(kinds).to_string()),
        page,
        ..Happening::default()
    }
}

fn signal(dice: &mut Dice, spread: i64, place: u64, contacts: usize) -> Signal {
    let at = time(dice, spread);
    let names = ["delivered", "promised", "notified", "csat"];
    let mut signal = Signal {
        id: format!("S{place}"),
        name: dice.pick(&names).to_string(),
        at,
        source: dice.pick(&["a", "b"]).to_string(),
        channel: dice.percent(40).then(|| dice.pick(&CHANNELS).to_string()),
        contact: dice.percent(30).then(|| dice.index(contacts)),
        is_copy: dice.percent(20),
        due_at: dice.percent(50).then(|| at + length(dice) + length(dice)),
        score: dice.percent(40).then(|| dice.between(1, 5) * 1_000_000),
        amount: dice
            .percent(40)
            .then(|| dice.pick(&[10_500_000, 20_000_000])),
        ..Signal::default()
    };
    if dice.percent(50) {
        let purposes = ["payment", "campaign", "reminder"];
        signal
            .texts
            .insert("purpose".to_string(), dice.pick(&purposes).to_string());
    }
    if dice.percent(20) {
        signal
            .texts
            .insert("attributes.offer".to_string(), "x".to_string());
    }
    signal
}

/// Two sources, and how far each has come: somewhere in the days, or past all of them.
pub(super) fn clocks(dice: &mut Dice) -> Vec<Clock> {
    let is_past = dice.percent(50);
    let clock = |dice: &mut Dice, name: &str| {
        let seen = if is_past {
            BEGIN + 30 * 86_400_000
        } else {
            time(dice, 400)
        };
        let all = CHANNELS.iter().copied();
        let all = all.chain(["delivered", "promised", "notified", "csat"]);
        let has_all = dice.percent(60);
        let brings = all.filter(|_| has_all || dice.percent(50));
        Clock {
            name: name.to_string(),
            brings: brings.map(str::to_string).collect(),
            seen,
            settled: seen - length(dice),
            silent_from: dice.percent(12).then(|| time(dice, 400)),
        }
    };
    vec![clock(dice, "a"), clock(dice, "b")]
}

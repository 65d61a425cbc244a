//! Random rules as text. Some have mistakes; the engine says which, and both sides leave them out.

use super::engine;
use crate::workload::dice::Dice;

const CHANNELS: &[&str] = &[
    "\"phone\"",
    "\"chat\"",
    "\"email\"",
    "\"web\"",
    "\"assisted\"",
    "\"assisted\"",
    "\"all\"",
    "\"written\"",
    "[\"phone\", \"chat\"]",
    "{ not = \"web\" }",
    "{ not = [\"phone\", \"written\"] }",
];
const WITHIN: &[&str] = &[
    "0s", "10min", "1h", "1h30min", "2h", "24h", "25h", "48h", "j+0", "j+1", "j+2", "0bd", "1bd",
    "2bd",
];
const STEPS: &[&str] = &["help", "form", "payment", "account"];

/// A rule without mistakes.
pub(super) fn rule(dice: &mut Dice) -> String {
    loop {
        let name = format!("rule-{}", dice.below(1_000_000));
        let decide = dice.pick(&["early", "settled"]);
        let count = dice.weighted(&[(1, 1), (5, 2), (5, 3), (2, 4)]);
        let steps: Vec<String> = (0..count).map(|place| step(dice, place, count)).collect();
        let steps = steps.join(",\n  ");
        let text = format!(
            "[[rule]]\nname = \"{name}\"\ndecide = \"{decide}\"\nsteps = [\n  {steps}\n]\n"
        );
        if engine::is_right(&text) {
            return text;
        }
    }
}

fn step(dice: &mut Dice, place: usize, count: usize) -> String {
    let mut keys: Vec<String> = vec![format!("name = \"s{place}\"")];
    let is_not = place > 0 && dice.percent(35);
    if place > 0 {
        anchored(dice, place, count, is_not, &mut keys);
    }
    if dice.percent(20) {
        let each: Vec<String> = (0..2)
            .map(|_| {
                let mut own = Vec::new();
                looked_at(dice, &mut own);
                format!("{{ {} }}", own.join(", "))
            })
            .collect();
        keys.push(format!("any = [{}]", each.join(", ")));
        if dice.percent(15) {
            keys.push("direction = \"inbound\"".to_string());
        }
        if dice.percent(10) {
            keys.push("count = \">= 2\"".to_string());
        }
    } else {
        looked_at(dice, &mut keys);
    }
    format!("{{ {} }}", keys.join(", "))
}

/// What a step has besides what it looks at.
fn anchored(dice: &mut Dice, place: usize, count: usize, is_not: bool, keys: &mut Vec<String>) {
    let later = place + 1 < count && dice.percent(35);
    if is_not {
        keys.push("not = true".to_string());
        if later {
            keys.push(format!(
                "until = \"s{}\"",
                dice.between(place as i64 + 1, count as i64 - 1)
            ));
        }
        if !later || dice.percent(20) {
            keys.push(format!("within = \"{}\"", dice.pick(WITHIN)));
        }
    } else {
        if dice.percent(85) {
            keys.push(format!("within = \"{}\"", dice.pick(WITHIN)));
        }
        if dice.percent(10) {
            keys.push("optional = true".to_string());
        }
    }
    if dice.percent(35) {
        let from = dice.pick(&["start", "start", "end", "due_at"]);
        if keys.iter().any(|key| key.starts_with("within")) {
            keys.push(format!("from = \"{from}\""));
        }
    }
    if dice.percent(50) {
        let mut of: Vec<String> = (0..place)
            .filter(|_| dice.percent(60))
            .map(|earlier| format!("\"s{earlier}\""))
            .collect();
        if of.is_empty() {
            of.push("\"s0\"".to_string());
        }
        keys.push(format!("of = [{}]", of.join(", ")));
    }
    if dice.percent(25) {
        let same = [
            "contact", "contact", "reason", "channel", "thread", "party", "page", "step",
        ];
        keys.push(format!("same = [\"{}\"]", dice.pick(&same)));
    }
    if dice.percent(15) {
        let differs = [
            "channel",
            "reason",
            "source",
            "direction",
            "medium",
            "purpose",
        ];
        keys.push(format!("differs = [\"{}\"]", dice.pick(&differs)));
    }
}

fn looked_at(dice: &mut Dice, keys: &mut Vec<String>) {
    match dice.weighted(&[(11, 0), (5, 1), (3, 2), (4, 3)]) {
        0 => contact(dice, keys),
        1 => inside_a_visit(dice, keys),
        2 => {
            let kinds = ["answered", "transferred", "queued"];
            keys.push(format!("kind = \"{}\"", dice.pick(&kinds)));
            if dice.percent(60) {
                keys.push("channel = [\"phone\", \"chat\"]".to_string());
            }
            if dice.percent(30) {
                keys.push(format!("count = \">= {}\"", dice.between(1, 2)));
            }
        }
        _ => signal(dice, keys),
    }
}

fn contact(dice: &mut Dice, keys: &mut Vec<String>) {
    let mut add = |share: u64, dice: &mut Dice, choices: &[&str]| {
        if dice.percent(share) {
            keys.push(dice.pick(choices).to_string());
        }
    };
    let channel = format!("channel = {}", dice.pick(CHANNELS));
    add(70, dice, &[&channel]);
    add(
        30,
        dice,
        &["direction = \"inbound\"", "direction = \"outbound\""],
    );
    let outcomes = [
        "outcome = \"handled\"",
        "outcome = [\"abandoned\", \"failed\"]",
        "outcome = { not = \"handled\" }",
    ];
    add(25, dice, &outcomes);
    let reasons = [
        "reason = \"billing\"",
        "reason = { not = [\"billing/payment\", \"move\"] }",
    ];
    add(15, dice, &reasons);
    add(
        8,
        dice,
        &[
            "disposition = { not = \"handover\" }",
            "disposition = \"sent_to_web\"",
        ],
    );
    add(
        8,
        dice,
        &[
            "tier = \"gold\"",
            "medium = \"app\"",
            "party = { not = \"p1\" }",
        ],
    );
    add(
        8,
        dice,
        &[
            "wait = \"> 10min\"",
            "wait = \"<= 1h\"",
            "legs = \">= 2\"",
            "legs = \"= 1\"",
        ],
    );
    add(
        6,
        dice,
        &[
            "duration = \">= 1h\"",
            "score = \"< 3\"",
            "duration = \"< 10min\"",
        ],
    );
    add(
        10,
        dice,
        &[
            "follower = true",
            "follower = false",
            "open = false",
            "open = true",
        ],
    );
    add(
        5,
        dice,
        &["automatic = true", "initiation = { not = \"transfer\" }"],
    );
    add(
        6,
        dice,
        &[
            "attributes.offer = \"x\"",
            "attributes = { offer = { not = \"x\" } }",
        ],
    );
    add(
        6,
        dice,
        &[
            "source = \"a\"",
            "source = { not = \"a\" }",
            "page = \"p1\"",
        ],
    );
}

fn inside_a_visit(dice: &mut Dice, keys: &mut Vec<String>) {
    if dice.percent(70) {
        keys.push(format!("step = \"{}\"", dice.pick(STEPS)));
    }
    let others = [
        "step_status = \"completed\"",
        "step_status = \"failed\"",
        "step_status = { not = \"started\" }",
        "completed = false",
        "completed = true",
        "step = { not = \"help\" }",
        "channel = \"web\"",
    ];
    let other = dice.pick(&others);
    if !(other.starts_with("step =") && keys.iter().any(|key| key.starts_with("step ="))) {
        keys.push(other.to_string());
    }
    if dice.percent(12) {
        keys.push("page = \"p1\"".to_string());
    }
    if dice.percent(35) {
        keys.push(format!("count = \">= {}\"", dice.between(1, 3)));
    }
    if dice.percent(10) {
        keys.push("open = false".to_string());
    }
}

fn signal(dice: &mut Dice, keys: &mut Vec<String>) {
    let names = [
        "\"delivered\"",
        "\"promised\"",
        "[\"notified\", \"csat\"]",
        "{ not = \"csat\" }",
    ];
    keys.push(format!("signal = {}", dice.pick(&names)));
    let others = [
        "purpose = \"payment\"",
        "purpose = { not = \"payment\" }",
        "score = \"<= 2\"",
        "amount = \"> 10.5\"",
        "channel = \"web\"",
        "attributes.offer = \"x\"",
    ];
    if dice.percent(25) {
        keys.push(dice.pick(&others).to_string());
    }
}

//! The sections of a campaign's configuration, one function each.

use std::fmt::Write as _;

use super::calendar::{Length, local_date, plus_days};
use super::setup::{CHANNELS, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Setup, Window};
use crate::workload::dice::Dice;

/// A duration as the configuration writes it.
fn duration(length_ms: i64) -> String {
    for (unit_ms, unit) in [
        (DAY_MS, "d"),
        (HOUR_MS, "h"),
        (MINUTE_MS, "min"),
        (SECOND_MS, "s"),
    ] {
        if length_ms % unit_ms == 0 && length_ms >= unit_ms {
            return format!("\"{}{unit}\"", length_ms / unit_ms);
        }
    }
    "\"0s\"".to_owned()
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    format!("[{}]", quoted.join(", "))
}

/// The keys of the root but the readings.
pub(super) fn draw_root(dice: &mut Dice, setup: &mut Setup) {
    setup.root("tenant", "\"acme\"");
    setup.root("time_zone", &format!("\"{}\"", setup.zone_name));
    setup.root("country", "\"FR\"");
    if dice.percent(40) {
        setup.week = match dice.below(3) {
            0 => vec!["mon", "tue", "wed", "thu", "fri", "sat"],
            1 => vec!["sun", "mon", "tue", "wed", "thu"],
            _ => vec!["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        };
        setup.root("week", &list(&setup.week.clone()));
        setup.saw("own_week");
    }
    if dice.percent(50) {
        let first = local_date(&setup.zone, setup.from_ms);
        let days = (setup.to_ms - setup.from_ms) / DAY_MS;
        for _ in 0..dice.between(1, 3) {
            setup.holidays.push(plus_days(first, dice.between(0, days)));
        }
        setup.holidays.sort_unstable();
        setup.holidays.dedup();
        let dates: Vec<String> = setup
            .holidays
            .iter()
            .map(|date| format!("\"{date}\""))
            .collect();
        setup.root("holidays", &format!("[{}]", dates.join(", ")));
        setup.saw("holidays");
    }
    if dice.percent(40) {
        setup.root("reason_depth", &dice.between(1, 3).to_string());
        setup.saw("reason_depth");
    }
    if dice.percent(40) {
        setup.page_reason_within_ms = dice.pick(&[5 * MINUTE_MS, 30 * MINUTE_MS, DAY_MS]);
        setup.root("page_reason_within", &duration(setup.page_reason_within_ms));
    }
    if dice.percent(40) {
        setup.mail_grace_ms = dice.pick(&[5 * MINUTE_MS, 2 * HOUR_MS, DAY_MS]);
        setup.root("mail_grace", &duration(setup.mail_grace_ms));
    }
    if dice.percent(35) {
        setup.reach_ms = dice.pick(&[HOUR_MS, DAY_MS, 3 * DAY_MS]);
        setup.root("reach", &duration(setup.reach_ms));
        setup.saw("reach_small");
    }
    if dice.percent(20) {
        let max = dice.between(3, 8) as u64;
        setup.contacts_per_customer_max = Some(max);
        setup.root("contacts_per_customer_max", &max.to_string());
        setup.saw("contacts_per_customer_max_small");
    }
    if dice.percent(20) {
        setup.root(
            "contact_link",
            "\"https://crm.example/contacts/{contact_id}\"",
        );
    }
}

/// Either the defaults or a mix of its own, from start and from end.
pub(super) fn draw_windows(dice: &mut Dice, setup: &mut Setup, text: &mut String) {
    if dice.percent(35) {
        setup.saw("windows_default");
        return;
    }
    let mut choices = [
        ("intraday", Length::Calendar(0)),
        ("j+1", Length::Calendar(1)),
        ("j+7", Length::Calendar(7)),
        ("j+30", Length::Calendar(30)),
        ("j+2bd", Length::Business(2)),
        ("j+0bd", Length::Business(0)),
        ("j+5bd", Length::Business(5)),
        ("1h", Length::Rolling(HOUR_MS)),
        ("24h", Length::Rolling(DAY_MS)),
        ("7x24h", Length::Rolling(7 * DAY_MS)),
        ("10s", Length::Rolling(10 * SECOND_MS)),
    ];
    dice.shuffle(&mut choices);
    setup.windows.clear();
    text.push_str("\n[windows]\n");
    for (name, length) in choices.into_iter().take(dice.between(1, 5) as usize) {
        let from_start = dice.percent(35);
        let (key, value) = match length {
            Length::Rolling(length_ms) => ("rolling", duration(length_ms)),
            Length::Calendar(days) => ("calendar_days", days.to_string()),
            Length::Business(days) => ("business_days", days.to_string()),
        };
        let from = match (from_start, dice.percent(20)) {
            (true, _) => ", from = \"start\"",
            (false, true) => ", from = \"end\"",
            (false, false) => "",
        };
        let _ = writeln!(text, "\"{name}\" = {{ {key} = {value}{from} }}");
        setup.windows.push(Window {
            name,
            length,
            from_start,
        });
        setup.saw(match length {
            Length::Rolling(_) => "window_rolling",
            Length::Calendar(_) => "window_calendar",
            Length::Business(_) => "window_business",
        });
        if from_start {
            setup.saw("window_from_start");
        }
    }
}

/// Scopes of its own, and now and then a list of readings with the headline among them.
pub(super) fn draw_scopes_and_readings(dice: &mut Dice, setup: &mut Setup, text: &mut String) {
    if dice.percent(40) {
        text.push_str("\n[scopes]\n");
        for (name, channels) in [
            ("written", &["chat", "email"][..]),
            ("spoken", &["phone", "video"]),
            ("phone", &["phone", "video"]),
            ("pages", &["web"]),
        ] {
            if dice.percent(50) {
                let _ = writeln!(text, "{name} = {}", list(channels));
                setup.saw("own_scope");
                if name != "phone" {
                    setup.scopes.push(name);
                }
            }
        }
    }
    let some_reading = |dice: &mut Dice, setup: &Setup, mode: &str| {
        let window = setup.windows[dice.index(setup.windows.len())].name;
        format!("{window} {} {mode}", dice.pick(&setup.scopes))
    };
    if dice.percent(50) {
        let headline = some_reading(dice, setup, "any");
        setup.root("headline", &format!("\"{headline}\""));
        setup.saw("own_headline");
        if dice.percent(30) {
            let mut readings = vec![headline];
            for _ in 0..dice.between(0, 5) {
                let mode = dice.pick(&["any", "same"]);
                readings.push(some_reading(dice, setup, mode));
            }
            readings.sort_unstable();
            readings.dedup();
            let names: Vec<&str> = readings.iter().map(String::as_str).collect();
            setup.root("readings", &list(&names));
            setup.saw("own_readings");
            setup.readings = Some(readings);
        }
    }
}

/// Rows before the built-in role table.
pub(super) fn draw_roles(dice: &mut Dice, setup: &mut Setup, text: &mut String) {
    if !dice.percent(30) {
        return;
    }
    for _ in 0..dice.between(1, 3) {
        text.push_str("\n[[roles]]\n");
        if dice.percent(70) {
            let _ = writeln!(text, "channel = \"{}\"", dice.pick(&CHANNELS));
        }
        if dice.percent(60) {
            let outcomes = [
                "handled",
                "abandoned",
                "short",
                "contained",
                "unanswered",
                "failed",
            ];
            let _ = writeln!(text, "outcome = \"{}\"", dice.pick(&outcomes));
        }
        if dice.percent(25) {
            let initiations = ["customer", "brand", "scheduled", "transfer"];
            let _ = writeln!(text, "initiation = \"{}\"", dice.pick(&initiations));
        }
        if dice.percent(40) {
            let _ = writeln!(
                text,
                "direction = \"{}\"",
                dice.pick(&["inbound", "outbound"])
            );
        }
        let prior = dice.pick(&["answered", "abandoned", "none", "none"]);
        let (follower, origin) = (dice.percent(45), dice.percent(45));
        let _ = writeln!(
            text,
            "prior = \"{prior}\"\nfollower = {follower}\norigin = {origin}"
        );
        setup.saw("role_row");
    }
}

pub(super) fn draw_visits(dice: &mut Dice, setup: &mut Setup, text: &mut String) {
    if !dice.percent(60) {
        return;
    }
    text.push_str("\n[visits]\n");
    setup.inactivity_ms = dice.pick(&[10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS]);
    let _ = writeln!(text, "inactivity = {}", duration(setup.inactivity_ms));
    if dice.percent(25) {
        text.push_str("assistance = false\n");
        setup.saw("assistance_off");
    }
    let steps: &[&str] = dice.pick(&[
        &["*"][..],
        &["help"],
        &["failed"],
        &["payment", "completed"],
        &["help", "contact", "account", "failed"],
    ]);
    let _ = writeln!(text, "count_steps = {}", list(steps));
    setup.saw("own_count_steps");
}

pub(super) fn draw_channels(dice: &mut Dice, setup: &mut Setup, text: &mut String) {
    for (index, channel) in CHANNELS.into_iter().enumerate() {
        if !dice.percent(40) {
            continue;
        }
        let _ = writeln!(text, "\n[channels.{channel}]");
        if channel != "web" && dice.percent(60) {
            let days = [DAY_MS, 3 * DAY_MS];
            let hours = [30 * MINUTE_MS, HOUR_MS, DAY_MS];
            let silence_ms = dice.pick(if channel == "email" {
                &days[..]
            } else {
                &hours
            });
            setup.silence_ms[index] = silence_ms;
            let _ = writeln!(text, "silence = {}", duration(silence_ms));
            setup.saw("own_silence");
        }
        if dice.percent(60) {
            setup.short_below_ms[index] = dice.pick(&[5 * SECOND_MS, 10 * SECOND_MS, MINUTE_MS]);
            let _ = writeln!(
                text,
                "short_below = {}",
                duration(setup.short_below_ms[index])
            );
            setup.saw("own_short_below");
        }
    }
}

pub(super) fn draw_sources(dice: &mut Dice, setup: &mut Setup, text: &mut String) {
    for source in ["acd", "crm", "site", "default"] {
        if !dice.percent(40) {
            continue;
        }
        let _ = writeln!(text, "\n[sources.{source}]\nrank = {}", dice.between(0, 3));
        setup.saw("own_rank");
        if dice.percent(50) {
            let within_ms = dice.pick(&[SECOND_MS, 10 * MINUTE_MS, HOUR_MS]);
            setup.join_legs_within_ms.insert(source, within_ms);
            let _ = writeln!(text, "join_legs_within = {}", duration(within_ms));
            setup.saw("own_join_legs_within");
        }
        if dice.percent(30) {
            let lateness = dice.pick(&["0s", "5min", "1h"]);
            let _ = writeln!(text, "lateness = \"{lateness}\"");
        }
    }
}

pub(super) fn draw_costs(dice: &mut Dice, text: &mut String) {
    for channel in CHANNELS {
        if !dice.percent(50) {
            continue;
        }
        let fixed = dice.pick(&["0", "0.40", "2.5", "0.000001"]);
        let per_minute = dice.pick(&["0", "0.85", "0.333333", "1"]);
        let _ = writeln!(
            text,
            "\n[costs.{channel}]\nfixed = {fixed}\nper_minute = {per_minute}"
        );
    }
}

pub(super) fn draw_identity(dice: &mut Dice, setup: &mut Setup, text: &mut String) {
    text.push_str("\n[identity]\npseudonymise = false\n");
    let unique: &[&str] = dice.weighted(&[
        (70, &["customer_id"][..]),
        (12, &["customer_id", "contract"]),
        (10, &["contract", "customer_id"]),
        (8, &["email"]),
    ]);
    setup.declares_contract = unique.contains(&"contract");
    if unique != ["customer_id"] {
        let _ = writeln!(text, "unique = {}", list(unique));
        setup.saw("own_unique");
    }
    let mut handles = vec!["loyalty", "email", "phone", "device"];
    if dice.percent(50) || unique == ["email"] {
        dice.shuffle(&mut handles);
        handles.truncate(dice.between(2, 4) as usize);
        handles.retain(|handle| !unique.contains(handle));
        let _ = writeln!(text, "handles = {}", list(&handles));
        setup.saw("own_handles");
    }
    setup.handles = handles;
    if dice.percent(45) {
        setup.contacts_per_day_max = dice.pick(&[2, 3, 3, 5, 0]);
        let _ = writeln!(
            text,
            "contacts_per_day_max = {}",
            setup.contacts_per_day_max
        );
        setup.saw("contacts_per_day_max_small");
    }
    if dice.percent(40) {
        setup.device_life_ms = dice.pick(&[HOUR_MS, 2 * DAY_MS]);
        setup.handle_life_ms = dice.pick(&[2 * DAY_MS, 5 * DAY_MS]);
        let (device, other) = (
            duration(setup.device_life_ms),
            duration(setup.handle_life_ms),
        );
        let _ = writeln!(
            text,
            "link_life = {{ device = {device}, default = {other} }}"
        );
        setup.saw("link_life_small");
    }
    if dice.percent(60) {
        text.push_str("block = [\"01 99 00 00 00\", \" Desk@Example.org\", \"C-TEST\"]\n");
        setup.saw("block_list");
    }
}

pub(super) fn draw_policies(dice: &mut Dice, setup: &mut Setup, text: &mut String) {
    if dice.percent(35) {
        setup.saw("policies_default");
        return;
    }
    if dice.percent(10) {
        setup.root("policies", "[]");
        setup.saw("policies_none");
        return;
    }
    setup.cool_down_ms = dice.pick(&[0, HOUR_MS, DAY_MS, 7 * DAY_MS]);
    for number in 1..=dice.between(1, 3) {
        let reading = match &setup.readings {
            Some(readings) => readings[dice.index(readings.len())].clone(),
            None => {
                let window = setup.windows[dice.index(setup.windows.len())].name;
                let mode = dice.pick(&["any", "same"]);
                format!("{window} {} {mode}", dice.pick(&setup.scopes))
            }
        };
        let _ = writeln!(
            text,
            "\n[[policies]]\nname = \"policy-{number}\"\nversion = {}\nreading = \"{reading}\"\n\
             count_min = {}\ncool_down = {}",
            dice.between(1, 3),
            dice.weighted(&[(6, 2), (3, 3), (1, 1)]),
            duration(setup.cool_down_ms),
        );
        if dice.percent(25) {
            text.push_str("channels = [\"phone\", \"chat\", \"web\"]\n");
        }
        if dice.percent(25) {
            text.push_str("reasons = [\"billing\", \"technical/line\"]\n");
        }
        if dice.percent(20) {
            text.push_str("tiers = [\"gold\"]\n");
        }
        setup.saw("own_policy");
    }
}

/// Dimensions of the figures. They are not drawn, so that histories stay what they were: the length of
/// the text decides.
pub(super) fn figures(setup: &Setup, text: &mut String) {
    let families: &[(&str, u64)] = match (setup.text.len() + text.len()) % 4 {
        0 => return,
        1 => &[("\"reason\"", 2), ("\"channel\", \"tier\"", 3)],
        2 => &[
            ("\"rank\"", 100),
            ("\"entry_channel\", \"origin_channel\"", 4),
            ("\"identified_by\", \"outcome\", \"source\"", 5),
        ],
        _ => &[("\"attributes.app_version\"", 1), ("\"origin_channel\"", 3)],
    };
    for (keys, values_max) in families {
        let _ = writeln!(
            text,
            "\n[[figures.segments]]\nkeys = [{keys}]\nvalues_max = {values_max}"
        );
    }
}

//! Windows, scopes, readings, the headline, and the policies that look at readings.

use super::Check;
use crate::codes::reason_path_problem;
use crate::describe::channels_text;
use crate::duration_text;
use crate::keys::dotted;
use crate::nearest::did_you_mean;
use crate::typed;
use calendar::{Anchor, DAY_MS, Span, Window};
use model::{Channel, ChannelSet, Mode, Reading, Readings, Scope, Text};
use rules::Policy;

/// The headline, where it is not configured and is evaluated.
const HEADLINE: &str = "j+7 assisted any";

/// The windows with their names, in order.
pub(super) fn windows(check: &mut Check<'_>) -> Vec<(Text, Window)> {
    let typed = &check.typed.windows.0;
    if typed.is_empty() {
        let window = |span| Window {
            span,
            anchor: Anchor::End,
        };
        return vec![
            ("intraday".into(), window(Span::CalendarDays(0))),
            ("24h".into(), window(Span::Rolling(DAY_MS))),
            ("j+7".into(), window(Span::CalendarDays(7))),
            ("j+30".into(), window(Span::CalendarDays(30))),
        ];
    }
    let mut windows = Vec::new();
    for (name, window) in typed {
        let key = dotted("windows", name);
        reading_word(check, &key, name);
        let anchor = match window.from {
            typed::From::Start => Anchor::Start,
            typed::From::End => Anchor::End,
        };
        let spans = [
            window.rolling.map(|duration| Span::Rolling(duration.0)),
            window.calendar_days.map(Span::CalendarDays),
            window.business_days.map(Span::BusinessDays),
        ];
        let stated: Vec<Span> = spans.into_iter().flatten().collect();
        match stated[..] {
            [span] => windows.push((name.as_str().into(), Window { span, anchor })),
            _ => {
                let what = format!(
                    "found {} lengths; allowed: one of rolling, calendar_days, business_days",
                    stated.len()
                );
                check.wrong(&key, what);
            }
        }
    }
    windows
}

/// Names of windows and scopes are words of a reading's name.
fn reading_word(check: &mut Check<'_>, key: &str, name: &str) {
    let odd = |letter: char| letter.is_whitespace() || letter.is_control();
    if name.is_empty() || name.chars().any(odd) || name.chars().count() > 40 {
        let what = "allowed: a name of 1 to 40 signs without spaces".to_string();
        check.wrong(key, what);
    }
}

/// The three scopes of the product, redefined where the tenant does, and the tenant's own.
pub(super) fn scopes(check: &mut Check<'_>) -> Vec<Scope> {
    let scope = |name: &str, channels: &[Channel]| Scope {
        name: name.into(),
        channels: ChannelSet::of(channels),
    };
    let mut scopes = vec![
        scope(
            "assisted",
            &[
                Channel::Phone,
                Channel::Chat,
                Channel::Email,
                Channel::Video,
            ],
        ),
        scope("all", Channel::ALL),
        scope("phone", &[Channel::Phone]),
    ];
    for (name, channels) in &check.typed.scopes.0 {
        let key = dotted("scopes", name);
        reading_word(check, &key, name);
        if channels.is_empty() {
            check.wrong(
                &key,
                "found an empty list; allowed: at least one channel".into(),
            );
        }
        let typed = scope(name, channels);
        match scopes.iter_mut().find(|scope| scope.name == *name) {
            Some(scope) => *scope = typed,
            None => scopes.push(typed),
        }
    }
    scopes
}

/// The readings that are evaluated, and which of them is the headline.
pub(super) fn readings(
    check: &mut Check<'_>,
    windows: &[(Text, Window)],
    scopes: Vec<Scope>,
) -> Option<Readings> {
    let mut all = Vec::new();
    for (window, (window_name, _)) in windows.iter().enumerate() {
        for (scope, typed) in scopes.iter().enumerate() {
            for mode in [Mode::Any, Mode::Same] {
                let name = format!("{window_name} {} {}", typed.name, mode.name());
                all.push(Reading {
                    name: name.into(),
                    window,
                    scope,
                    mode,
                });
            }
        }
    }
    let first = all.first()?.name.clone();
    let list = match &check.typed.readings {
        Some(typed) => named_readings(check, typed, &all),
        None => all,
    };
    let headline = headline(check, &list, &first);
    Some(Readings {
        windows: windows.iter().map(|(name, _)| name.clone()).collect(),
        scopes,
        headline: headline?,
        list,
        reason_depth: check.typed.reason_depth.unwrap_or(usize::MAX),
    })
}

fn named_readings(check: &mut Check<'_>, typed: &[String], all: &[Reading]) -> Vec<Reading> {
    let mut list: Vec<Reading> = Vec::new();
    for (index, name) in typed.iter().enumerate() {
        let key = format!("readings[{}]", index + 1);
        match all.iter().find(|reading| reading.name == *name) {
            None => {
                let what = no_reading(name, all);
                check.wrong(&key, what);
            }
            Some(_) if list.iter().any(|reading| reading.name == *name) => {
                check.wrong(&key, format!("`{name}` stands twice"));
            }
            Some(reading) => list.push(reading.clone()),
        }
    }
    if typed.is_empty() {
        check.wrong(
            "readings",
            "found an empty list; allowed: at least one reading".into(),
        );
    }
    list
}

fn no_reading(name: &str, readings: &[Reading]) -> String {
    let near = did_you_mean(name, readings.iter().map(|reading| reading.name.as_str()));
    format!(
        "found `{name}`, which is not evaluated; allowed: one of the readings, `window scope mode`{near}"
    )
}

fn headline(check: &mut Check<'_>, list: &[Reading], first: &str) -> Option<usize> {
    let find = |name: &str| list.iter().position(|reading| reading.name == name);
    if let Some(name) = &check.typed.headline {
        let found = find(name);
        if found.is_none() {
            check.wrong("headline", no_reading(name, list));
        }
        return found;
    }
    find(HEADLINE)
        .or_else(|| find(first))
        .or(if list.is_empty() { None } else { Some(0) })
}

/// The policies. The two of the product, where the tenant names none.
pub(super) fn policies(check: &mut Check<'_>, readings: &Readings) -> Vec<Policy> {
    let Some(typed) = &check.typed.policies else {
        return default_policies(check, readings);
    };
    let mut policies: Vec<Policy> = Vec::new();
    for (index, policy) in typed.iter().enumerate() {
        let key = |name: &str| format!("policies[{}].{name}", index + 1);
        let name = policy
            .name
            .clone()
            .unwrap_or_else(|| format!("policy-{}", index + 1));
        if policies.iter().any(|before| before.name == name) {
            check.wrong(&key("name"), format!("`{name}` stands twice"));
        }
        let reading = match &policy.reading {
            None => readings.headline,
            Some(name) => readings.find(name).unwrap_or_else(|| {
                check.wrong(&key("reading"), no_reading(name, &readings.list));
                readings.headline
            }),
        };
        for (place, reason) in policy.reasons.iter().enumerate() {
            if let Some(what) = reason_path_problem(reason) {
                check.wrong(&format!("{}[{}]", key("reasons"), place + 1), what);
            }
        }
        let channels = policy_channels(check, readings, policy, &key("channels"), reading);
        let contacts_max = check.typed.contacts_per_customer_max;
        if policy.count_min as usize > contacts_max {
            let what = format!(
                "found {}, but a customer keeps contacts_per_customer_max = {contacts_max} contacts: \
                 it would never be raised",
                policy.count_min
            );
            check.wrong(&key("count_min"), what);
        }
        policies.push(Policy {
            name: name.into(),
            version: policy.version,
            reading,
            count_min: policy.count_min.max(2),
            channels,
            reasons: policy
                .reasons
                .iter()
                .map(|reason| reason.as_str().into())
                .collect(),
            tiers: policy
                .tiers
                .iter()
                .map(|tier| tier.as_str().into())
                .collect(),
            cool_down_ms: policy.cool_down.0,
        });
    }
    policies
}

/// The channels of a policy: named by themselves or by a scope. What is both is the channel.
fn policy_channels(
    check: &mut Check<'_>,
    readings: &Readings,
    policy: &typed::Policy,
    key: &str,
    reading: usize,
) -> ChannelSet {
    let seen = readings.list.get(reading);
    let Some(names) = &policy.channels else {
        return ChannelSet::of(Channel::ALL);
    };
    let mut channels = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let scope = readings.scopes.iter().find(|scope| scope.name == *name);
        if let Some(channel) = Channel::from_name(name) {
            channels.push(channel);
        } else if let Some(scope) = scope {
            let of_scope = |channel: &&Channel| scope.channels.contains(**channel);
            channels.extend(Channel::ALL.iter().filter(of_scope));
        } else {
            let known = Channel::ALL.iter().map(|channel| channel.name());
            let known = known.chain(readings.scopes.iter().map(|scope| scope.name.as_str()));
            let near = did_you_mean(name, known);
            let what = format!("found `{name}`; allowed: channels and scopes{near}");
            check.wrong(&format!("{key}[{}]", place + 1), what);
        }
    }
    // Some of them may lie outside of the reading's scope, but not all.
    if let Some(seen) = seen.filter(|_| !channels.is_empty()) {
        let scope = &readings.scopes[seen.scope];
        if !channels
            .iter()
            .any(|channel| scope.channels.contains(*channel))
        {
            let what = format!(
                "found {}, and the policy's reading `{}` looks at none of them: its scope is {}",
                names.join(", "),
                seen.name,
                channels_text(scope.channels)
            );
            check.wrong(key, what);
        }
    }
    if names.is_empty() {
        check.wrong(
            key,
            "found an empty list; leave it out for every channel".into(),
        );
    }
    ChannelSet::of(&channels)
}

fn default_policies(check: &mut Check<'_>, readings: &Readings) -> Vec<Policy> {
    let defaults = [
        ("third-in-seven-days", "j+7 assisted any", 3),
        ("again-today-same-reason", "intraday assisted same", 2),
    ];
    let mut policies = Vec::new();
    for (name, reading, count_min) in defaults {
        let Some(reading) = readings.find(reading) else {
            check.note(format!(
                "the policy {name} is left out: `{reading}` is not evaluated"
            ));
            continue;
        };
        policies.push(Policy {
            name: name.into(),
            version: 1,
            reading,
            count_min,
            channels: ChannelSet::of(Channel::ALL),
            reasons: Vec::new(),
            tiers: Vec::new(),
            cool_down_ms: DAY_MS,
        });
    }
    policies
}

/// A window in words, such as `7 calendar days from the end`.
pub(crate) fn window_text(window: &Window) -> String {
    let length = match window.span {
        Span::Rolling(duration_ms) => format!("rolling {}", duration_text(duration_ms)),
        Span::CalendarDays(days) => format!("{days} calendar days"),
        Span::BusinessDays(days) => format!("{days} business days"),
    };
    let anchor = match window.anchor {
        Anchor::Start => "start",
        Anchor::End => "end",
    };
    format!("{length} from the {anchor}")
}

//! What each stage takes.

use super::{Check, Sources, readings};
use crate::nearest::{did_you_mean, nearest};
use crate::typed::{ChannelKeys, Prior, Typed};
use calendar::{Calendar, DAY_MS, HOUR_MS, Weekday};
use jiff::tz::TimeZone;
use model::{Channel, Money, PriorRole, Text};
use rules::{Quarantine, RoleRow, RoleTable};
use stage_customers::ChannelCost;
use stage_door::{Pseudonymise, SourceSettings, Tables};
use std::sync::Arc;

const SECOND_MS: i64 = 1_000;

/// The types of identifiers that the product knows.
const KNOWN_TYPES: &[&str] = &["customer_id", "loyalty", "email", "phone", "device"];

/// The types of identifiers in use.
pub(super) struct Types {
    pub unique: Vec<Text>,
    pub handles: Vec<Text>,
}

impl Types {
    /// Those in use that the product does not know.
    pub(super) fn own(&self) -> Vec<String> {
        self.all()[KNOWN_TYPES.len()..]
            .iter()
            .map(|name| (*name).to_owned())
            .collect()
    }

    /// Those in use and those that the product knows, each once.
    pub(super) fn all(&self) -> Vec<&str> {
        let used = self.unique.iter().chain(&self.handles).map(Text::as_str);
        let mut all: Vec<&str> = KNOWN_TYPES.to_vec();
        for name in used {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        all
    }
}

/// Reads the types of identifiers.
pub(super) fn identifier_types(check: &mut Check<'_>) -> Types {
    let identity = &check.typed.identity;
    for (key, types) in [
        ("unique", Some(&identity.unique)),
        ("handles", identity.handles.as_ref()),
    ] {
        for (place, name) in types.into_iter().flatten().enumerate() {
            let key = format!("identity.{key}[{}]", place + 1);
            let plain =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            if !name.bytes().all(plain) {
                check.wrong(
                    &key,
                    format!("found `{name}`; allowed: a-z, digits and `_`"),
                );
            }
            if types
                .into_iter()
                .flatten()
                .take(place)
                .any(|before| before == name)
            {
                check.wrong(&key, format!("`{name}` stands twice"));
            }
        }
    }
    if identity.unique.is_empty() {
        check.wrong(
            "identity.unique",
            "found an empty list; allowed: at least one type".into(),
        );
    }
    let texts = |names: &[String]| names.iter().map(|name| name.as_str().into()).collect();
    let handles = match &identity.handles {
        Some(handles) => {
            for (place, name) in handles.iter().enumerate() {
                if identity.unique.contains(name) {
                    let key = format!("identity.handles[{}]", place + 1);
                    check.wrong(
                        &key,
                        format!("`{name}` is unique already; a type is one or the other"),
                    );
                }
            }
            handles.clone()
        }
        None => {
            let defaults = KNOWN_TYPES[1..].iter().map(|name| (*name).to_owned());
            defaults
                .filter(|name| !identity.unique.contains(name))
                .collect()
        }
    };
    let types = Types {
        unique: texts(&identity.unique),
        handles: texts(&handles),
    };
    let known = types.all();
    for (name, _) in &identity.link_life.0 {
        if name != "default" && !known.contains(&name.as_str()) {
            let near = did_you_mean(name, known.iter().copied());
            let what = format!(
                "`{name}` is no type of identifier; allowed: default, {}{near}",
                known.join(", ")
            );
            check.wrong(&format!("identity.link_life.{name}"), what);
        }
    }
    types
}

fn channel_keys(typed: &Typed, channel: Channel) -> Option<&ChannelKeys> {
    let named = typed
        .channels
        .0
        .iter()
        .find(|(name, _)| name == channel.name());
    named.map(|(_, keys)| keys)
}

fn each_channel<T: Copy>(of: impl Fn(Channel) -> T) -> [T; 5] {
    [
        Channel::Phone,
        Channel::Chat,
        Channel::Email,
        Channel::Video,
        Channel::Web,
    ]
    .map(of)
}

/// What the contacts stage takes.
pub(super) fn contacts(check: &mut Check<'_>, types: &Types) -> stage_contacts::Settings {
    let typed = check.typed;
    for (channel, keys) in &typed.channels.0 {
        let idle = match channel.as_str() {
            "web" if keys.silence.is_some() => Some("silence: visits use visits.inactivity"),
            "web" | "email" if keys.short_below.0 > 0 => Some("short_below: it is never inferred"),
            _ => None,
        };
        if let Some(idle) = idle {
            check.note(format!("channels.{channel} has no use for {idle}"));
        }
    }
    let inactivity_ms = typed.visits.inactivity.0;
    let silence_ms = |channel| {
        let default_ms = match channel {
            Channel::Phone => 4 * HOUR_MS,
            Channel::Chat | Channel::Video => 2 * HOUR_MS,
            Channel::Email => 7 * DAY_MS,
            Channel::Web => return inactivity_ms,
        };
        let configured = channel_keys(typed, channel).and_then(|keys| keys.silence);
        configured.map_or(default_ms, |duration| duration.0)
    };
    let short_below_ms =
        |channel| channel_keys(typed, channel).map_or(0, |keys| keys.short_below.0);
    stage_contacts::Settings {
        silence_ms: each_channel(silence_ms),
        unanswered_silence_ms: 30 * DAY_MS,
        short_below_ms: each_channel(short_below_ms),
        mail_grace_ms: typed.mail_grace.0,
        inactivity_ms,
        count_steps: typed
            .visits
            .count_steps
            .iter()
            .map(|step| step.as_str().into())
            .collect(),
        unique: types.unique.clone(),
        handles: types.handles.clone(),
        kinds: Vec::new(),
        signals: Vec::new(),
        keep_ms: None,
    }
}

/// Thresholds of the share answered.
pub(super) fn answer_within_ms(typed: &Typed) -> [Option<i64>; 5] {
    each_channel(|channel| {
        let default_ms = match channel {
            Channel::Phone => Some(20 * SECOND_MS),
            Channel::Chat | Channel::Video => Some(15 * SECOND_MS),
            Channel::Email | Channel::Web => None,
        };
        let configured = channel_keys(typed, channel).and_then(|keys| keys.answer_within);
        configured.map(|duration| duration.0).or(default_ms)
    })
}

/// What the door takes, but for the secret.
pub(super) fn door(
    check: &mut Check<'_>,
    types: &Types,
    sources: &Sources,
    tables: Tables,
) -> stage_door::Settings {
    let typed = check.typed;
    let of = |source: &super::Source| SourceSettings {
        rank: source.rank,
        acceptance_ms: source.acceptance_ms,
        lateness_ms: source.lateness_ms,
    };
    stage_door::Settings {
        tenant: typed.tenant.as_str().into(),
        source: "default".into(),
        country: country(check),
        sources: sources
            .named
            .iter()
            .map(|source| (source.name.clone(), of(source)))
            .collect(),
        source_default: of(&sources.rest),
        unique: types.unique.clone(),
        handles: types.handles.clone(),
        block: typed
            .identity
            .block
            .iter()
            .map(|value| value.as_str().into())
            .collect(),
        future_drift_ms: typed.future_drift_max.0,
        until: None,
        run_start: None,
        pseudonymise: Pseudonymise::Plain,
        tables,
    }
}

fn country(check: &mut Check<'_>) -> Option<Text> {
    let Some(country) = &check.typed.country else {
        check.note("no country: national phone numbers are not read as numbers".into());
        return None;
    };
    if country.parse::<phonenumber::country::Id>().is_err() {
        let what = format!("found `{country}`; allowed: an ISO 3166 code in capitals, such as FR");
        check.wrong("country", what);
    }
    Some(country.as_str().into())
}

/// The centre's calendar.
pub(super) fn calendar(check: &mut Check<'_>) -> Option<Calendar> {
    let typed = check.typed;
    let zone = &typed.time_zone;
    if TimeZone::get(zone).is_err() {
        let names: Vec<String> = jiff::tz::db()
            .available()
            .map(|name| name.as_str().to_owned())
            .collect();
        let near = near_zone(zone, &names)
            .map_or(String::new(), |name| format!("; did you mean `{name}`?"));
        let what = format!("found `{zone}`; allowed: an IANA name such as Europe/Paris{near}");
        check.wrong("time_zone", what);
    }
    if typed.week.is_empty() {
        check.wrong(
            "week",
            "found an empty list; allowed: at least one day".into(),
        );
    }
    let week: Vec<Weekday> = typed
        .week
        .iter()
        .filter_map(|day| Weekday::from_name(day))
        .collect();
    Calendar::new(zone, &week, &typed.holidays).ok()
}

/// The zone of that city, or the one whose name differs least.
fn near_zone<'n>(zone: &str, names: &'n [String]) -> Option<&'n str> {
    let wanted = zone.replace(' ', "_");
    let city = |name: &&String| {
        name.rsplit('/')
            .next()
            .is_some_and(|city| city.eq_ignore_ascii_case(&wanted))
    };
    let of_city = names.iter().filter(|name| name.contains('/')).find(city);
    of_city
        .map(String::as_str)
        .or_else(|| nearest(&wanted, names.iter().map(String::as_str)))
}

/// What the handles stage takes.
pub(super) fn handles(
    check: &mut Check<'_>,
    types: &Types,
    calendar: Calendar,
) -> stage_handles::Settings {
    let typed = check.typed;
    let life = &typed.identity.link_life.0;
    let named = |wanted: &str| {
        life.iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, duration)| duration.0)
    };
    let mut link_life_ms: Vec<(Text, i64)> = Vec::new();
    for handle in &types.handles {
        let built_in = if handle == "device" {
            Some(30 * DAY_MS)
        } else {
            None
        };
        if let Some(life_ms) = named(handle).or(built_in) {
            link_life_ms.push((handle.clone(), life_ms));
        }
    }
    stage_handles::Settings {
        calendar,
        link_life_ms,
        link_life_default_ms: named("default").unwrap_or(400 * DAY_MS),
        reach_ms: typed.reach.0,
        contacts_per_day_max: typed.identity.contacts_per_day_max,
        keep_ms: None,
    }
}

/// What the customers stage takes; nothing without a calendar or a reading.
pub(super) fn customers(
    check: &mut Check<'_>,
    sources: &Sources,
    calendar: Option<Calendar>,
) -> Option<stage_customers::Settings> {
    let typed = check.typed;
    let roles = roles(check);
    let costs = costs(check);
    let windows = readings::windows(check);
    let scopes = readings::scopes(check);
    let readings = readings::readings(check, &windows, scopes)?;
    let policies = readings::policies(check, &readings);
    let join = |source: &super::Source| (source.name.clone(), source.join_legs_within_ms);
    Some(stage_customers::Settings {
        tenant: typed.tenant.as_str().into(),
        calendar: calendar?,
        windows: windows.into_iter().map(|(_, window)| window).collect(),
        readings,
        roles,
        policies,
        rules: Arc::default(),
        costs,
        join_legs_within_ms: sources.named.iter().map(join).collect(),
        join_legs_within_default_ms: sources.rest.join_legs_within_ms,
        page_reason_within_ms: typed.page_reason_within.0,
        assistance: typed.visits.assistance,
        contacts_per_customer_max: typed.contacts_per_customer_max,
        contacts_per_day_max: typed.identity.contacts_per_day_max,
        keep_ms: None,
    })
}

fn roles(check: &mut Check<'_>) -> RoleTable {
    let mut rows: Vec<RoleRow> = Vec::new();
    for (index, role) in check.typed.roles.iter().enumerate() {
        let row = RoleRow {
            channel: role.channel,
            outcome: role.outcome,
            initiation: role.initiation,
            direction: role.direction,
            prior: match role.prior {
                Prior::Answered => Some(PriorRole::Answered),
                Prior::Abandoned => Some(PriorRole::Abandoned),
                Prior::None => None,
            },
            follower: role.follower,
            origin: role.origin,
        };
        if let Some(before) = rows.iter().position(|before| covers(before, &row)) {
            check.note(format!(
                "roles[{}] never matches: roles[{}] matches all that it does",
                index + 1,
                before + 1
            ));
        }
        rows.push(row);
    }
    RoleTable { rows }
}

/// Whether a row matches every contact that another matches.
fn covers(row: &RoleRow, other: &RoleRow) -> bool {
    fn wider<T: PartialEq>(of: Option<T>, than: Option<T>) -> bool {
        of.is_none() || of == than
    }
    wider(row.channel, other.channel)
        && wider(row.outcome, other.outcome)
        && wider(row.initiation, other.initiation)
        && wider(row.direction, other.direction)
}

fn costs(check: &mut Check<'_>) -> [Option<ChannelCost>; 5] {
    let typed = check.typed;
    if typed.costs.0.is_empty() {
        check.note("no [costs]: contacts, sessions and alerts carry no cost of their own".into());
    }
    let has_cost = |channel: &&Channel| {
        let mut named = typed.costs.0.iter();
        named.any(|(name, _)| name == channel.name())
    };
    let without = Channel::ALL.iter().filter(|channel| !has_cost(channel));
    let without: Vec<String> = without
        .map(|channel| format!("[costs.{}]", channel.name()))
        .collect();
    if !typed.costs.0.is_empty() && !without.is_empty() {
        let without = without.join(", ");
        check.note(format!(
            "no {without}: the cost of a session or a journey with such a contact is partial"
        ));
    }
    each_channel(|channel| {
        let (_, cost) = typed
            .costs
            .0
            .iter()
            .find(|(name, _)| name == channel.name())?;
        let amount = |units| Money::from_units(units).expect("the keys allow no such amount");
        Some(ChannelCost {
            fixed: amount(cost.fixed),
            per_minute: amount(cost.per_minute),
        })
    })
}

/// How long after its end a contact may still change: acceptance + reach + longest open contact.
pub(super) fn changes_ms(
    sources: &Sources,
    contacts: &stage_contacts::Settings,
    reach_ms: i64,
) -> i64 {
    let acceptance_ms = sources
        .all()
        .map(|source| source.acceptance_ms)
        .max()
        .unwrap_or(0);
    let open_ms = contacts.silence_ms.iter().copied().max().unwrap_or(0);
    let open_ms = open_ms
        .max(contacts.unanswered_silence_ms)
        .max(contacts.inactivity_ms)
        .max(contacts.mail_grace_ms);
    acceptance_ms + reach_ms + open_ms
}

/// How long a contact means something to those after it: the longest window, or what else reaches
/// from contact to contact where that is longer: a cool-down, a quarantine, a lent reason, a join, a
/// journey rule.
pub(super) fn matters_ms(customers: &stage_customers::Settings) -> i64 {
    let windows = customers
        .windows
        .iter()
        .map(calendar::Window::duration_ms_max);
    let cool_downs = customers.policies.iter().map(|policy| policy.cool_down_ms);
    let joins = customers
        .join_legs_within_ms
        .iter()
        .map(|(_, within_ms)| *within_ms);
    let quarantine_ms = match customers.contacts_per_day_max {
        0 => 0,
        _ => (Quarantine::DAYS_AFTER + 2) * DAY_MS,
    };
    windows
        .chain(cool_downs)
        .chain(joins)
        .chain([
            customers.join_legs_within_default_ms,
            customers.page_reason_within_ms,
            customers.rules.reach_ms_max(),
            quarantine_ms,
        ])
        .max()
        .unwrap_or(0)
}

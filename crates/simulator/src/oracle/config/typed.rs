//! From the configuration as typed to the configuration as meant.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::super::journeys;
use super::{
    CHANNELS, Config, Cost, DAY_MS, Extent, Family, HOUR_MS, MINUTE_MS, Policy, Reading, RoleRow,
    Scope, Tables, Window, millionths,
};

/// The rules that work out of the box.
const BUILT_IN_RULES: &str = include_str!("../../../../rules/built-in.toml");

/// A length of time in milliseconds, written `15s`, `30min`, `24h`, `7d`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Length(i64);

impl TryFrom<String> for Length {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no duration such as 15s, 30min, 24h, 7d");
        let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: i64 = text[..unit_at].parse().map_err(|_| wrong())?;
        let unit = match &text[unit_at..] {
            "ms" => 1,
            "s" => 1000,
            "min" => MINUTE_MS,
            "h" => HOUR_MS,
            "d" => DAY_MS,
            _ => return Err(wrong()),
        };
        number.checked_mul(unit).map(Length).ok_or_else(wrong)
    }
}

#[derive(Debug, Deserialize)]
struct Typed {
    tenant: String,
    time_zone: String,
    country: Option<String>,
    week: Option<Vec<String>>,
    #[serde(default)]
    holidays: Vec<String>,
    contact_link: Option<String>,
    headline: Option<String>,
    readings: Option<Vec<String>>,
    reason_depth: Option<usize>,
    page_reason_within: Option<Length>,
    mail_grace: Option<Length>,
    reach: Option<Length>,
    future_drift_max: Option<Length>,
    contacts_per_customer_max: Option<usize>,
    windows: Option<HashMap<toml::Spanned<String>, TypedWindow>>,
    #[serde(default)]
    scopes: HashMap<toml::Spanned<String>, Vec<String>>,
    #[serde(default)]
    roles: Vec<RoleRow>,
    #[serde(default)]
    visits: TypedVisits,
    #[serde(default)]
    channels: BTreeMap<String, TypedChannel>,
    #[serde(default)]
    sources: BTreeMap<String, TypedSource>,
    #[serde(default)]
    costs: BTreeMap<String, TypedCost>,
    #[serde(default)]
    identity: TypedIdentity,
    policies: Option<Vec<TypedPolicy>>,
    #[serde(default)]
    tables: Tables,
    #[serde(default)]
    figures: TypedFigures,
}

#[derive(Debug, Default, Deserialize)]
struct TypedFigures {
    segments: Option<Vec<Family>>,
}

#[derive(Debug, Deserialize)]
struct TypedWindow {
    rolling: Option<Length>,
    calendar_days: Option<i64>,
    business_days: Option<i64>,
    from: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct TypedVisits {
    inactivity: Option<Length>,
    assistance: Option<bool>,
    count_steps: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct TypedChannel {
    silence: Option<Length>,
    short_below: Option<Length>,
    answer_within: Option<Length>,
}

#[derive(Debug, Deserialize)]
struct TypedSource {
    #[serde(default)]
    rank: i64,
    join_legs_within: Option<Length>,
}

#[derive(Debug, Deserialize)]
struct TypedCost {
    #[serde(default)]
    fixed: f64,
    #[serde(default)]
    per_minute: f64,
}

#[derive(Debug, Default, Deserialize)]
struct TypedIdentity {
    unique: Option<Vec<String>>,
    handles: Option<Vec<String>>,
    contacts_per_day_max: Option<i64>,
    #[serde(default)]
    link_life: BTreeMap<String, Length>,
    #[serde(default)]
    block: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct TypedPolicy {
    name: String,
    version: Option<i64>,
    reading: Option<String>,
    count_min: Option<i64>,
    cool_down: Option<Length>,
    channels: Option<Vec<String>>,
    reasons: Option<Vec<String>>,
    tiers: Option<Vec<String>>,
}

/// Reads the configuration. The error says what was found.
pub fn read(text: &str) -> Result<Config, String> {
    let typed: Typed = toml::from_str(text).map_err(|error| error.to_string())?;
    let windows = windows(typed.windows)?;
    let scopes = scopes(typed.scopes);
    let listed = match &typed.readings {
        Some(names) => {
            let find = |name: &String| {
                find_reading(name, &windows, &scopes).ok_or(format!("no reading `{name}`"))
            };
            names.iter().map(find).collect::<Result<_, _>>()?
        }
        None => all_readings(&windows, &scopes),
    };
    let headline_name = typed.headline.as_deref().unwrap_or("j+7 assisted any");
    let headline = listed
        .iter()
        .find(|reading| reading.name() == headline_name)
        .cloned();
    let first = || {
        Some(Reading {
            window: windows.first()?.clone(),
            scope: scopes.first()?.clone(),
            same_reason: false,
        })
    };
    let headline = headline.or_else(first).ok_or("no window at all")?;
    let lengths = |of: fn(&TypedChannel) -> Option<Length>| {
        let stated = typed.channels.iter();
        stated
            .filter_map(|(name, channel)| Some((name.clone(), of(channel)?.0)))
            .collect()
    };
    let ms = |length: Option<Length>, default: i64| length.map_or(default, |length| length.0);
    let rules = journeys::read(&[BUILT_IN_RULES])?;
    let by_name = |scope: &Scope| (scope.name.clone(), scope.channels.clone());
    Ok(Config {
        scopes: scopes.iter().map(by_name).collect(),
        kinds: journeys::kinds(&rules),
        rules,
        time_zone: TimeZone::get(&typed.time_zone).map_err(|error| error.to_string())?,
        country: country(typed.country.as_deref())?,
        week: week(typed.week)?,
        holidays: dates(&typed.holidays)?,
        contact_link: typed.contact_link,
        policies: policies(typed.policies, &headline, &listed, &scopes),
        headline,
        readings: listed,
        reason_depth: typed.reason_depth.unwrap_or(usize::MAX),
        page_reason_within_ms: ms(typed.page_reason_within, HOUR_MS),
        mail_grace_ms: ms(typed.mail_grace, HOUR_MS),
        reach_ms: ms(typed.reach, 30 * DAY_MS),
        future_drift_max_ms: ms(typed.future_drift_max, 10 * MINUTE_MS),
        contacts_per_customer_max: typed.contacts_per_customer_max.unwrap_or(10_000),
        roles: typed.roles,
        inactivity_ms: ms(typed.visits.inactivity, 30 * MINUTE_MS),
        assistance: typed.visits.assistance.unwrap_or(true),
        count_steps: typed
            .visits
            .count_steps
            .unwrap_or_else(|| texts(COUNT_STEPS)),
        silence_ms: lengths(|channel| channel.silence),
        short_below_ms: lengths(|channel| channel.short_below),
        answer_within_ms: lengths(|channel| channel.answer_within),
        families: typed.figures.segments.unwrap_or_else(|| {
            let family = |key: &str| Family {
                keys: texts(&[key]),
                values_max: 100,
            };
            ["reason", "page", "team"].map(family).into()
        }),
        ranks: typed
            .sources
            .iter()
            .map(|(name, of)| (name.clone(), of.rank))
            .collect(),
        join_legs_within_ms: {
            let join = |of: &TypedSource| ms(of.join_legs_within, 0);
            typed
                .sources
                .iter()
                .map(|(name, of)| (name.clone(), join(of)))
                .collect()
        },
        costs: typed
            .costs
            .into_iter()
            .map(|(name, of)| (name, cost(&of)))
            .collect(),
        unique: typed
            .identity
            .unique
            .unwrap_or_else(|| texts(&["customer_id"])),
        handles: handles(typed.identity.handles),
        contacts_per_day_max: typed.identity.contacts_per_day_max.unwrap_or(30),
        link_life_ms: typed
            .identity
            .link_life
            .into_iter()
            .map(|(k, v)| (k, v.0))
            .collect(),
        block: typed.identity.block,
        tables: typed.tables,
        tenant: typed.tenant,
    })
}

const COUNT_STEPS: &[&str] = &["help", "contact", "account", "failed"];

fn texts(of: &[&str]) -> Vec<String> {
    of.iter().map(|text| (*text).to_string()).collect()
}

fn cost(typed: &TypedCost) -> Cost {
    Cost {
        fixed: millionths(typed.fixed),
        per_minute: millionths(typed.per_minute),
    }
}

fn country(text: Option<&str>) -> Result<Option<phonenumber::country::Id>, String> {
    let Some(text) = text else { return Ok(None) };
    text.parse()
        .map(Some)
        .map_err(|_| format!("no country `{text}`"))
}

fn week(typed: Option<Vec<String>>) -> Result<Vec<Weekday>, String> {
    let days = typed.unwrap_or_else(|| texts(&["mon", "tue", "wed", "thu", "fri"]));
    let day = |text: &String| match text.as_str() {
        "mon" => Ok(Weekday::Monday),
        "tue" => Ok(Weekday::Tuesday),
        "wed" => Ok(Weekday::Wednesday),
        "thu" => Ok(Weekday::Thursday),
        "fri" => Ok(Weekday::Friday),
        "sat" => Ok(Weekday::Saturday),
        "sun" => Ok(Weekday::Sunday),
        _ => Err(format!("no day of the week `{text}`")),
    };
    if days.is_empty() {
        return Err("a week without a working day".to_string());
    }
    days.iter().map(day).collect()
}

fn dates(typed: &[String]) -> Result<Vec<Date>, String> {
    let date = |text: &String| text.parse().map_err(|_| format!("no date `{text}`"));
    typed.iter().map(date).collect()
}

/// A device is the weakest handle, whatever the configured order.
fn handles(typed: Option<Vec<String>>) -> Vec<String> {
    let all = typed.unwrap_or_else(|| texts(&["loyalty", "email", "phone", "device"]));
    let (device, mut others): (Vec<_>, Vec<_>) = all.into_iter().partition(|name| name == "device");
    others.extend(device);
    others
}

/// The entries of a table in the order in which they were typed.
fn in_typed_order<T>(table: HashMap<toml::Spanned<String>, T>) -> Vec<(String, T)> {
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries
        .into_iter()
        .map(|(name, value)| (name.into_inner(), value))
        .collect()
}

fn windows(
    typed: Option<HashMap<toml::Spanned<String>, TypedWindow>>,
) -> Result<Vec<Window>, String> {
    let Some(typed) = typed.filter(|windows| !windows.is_empty()) else {
        let window = |name: &str, extent| Window {
            name: name.into(),
            extent,
            from_start: false,
        };
        return Ok(vec![
            window("intraday", Extent::CalendarDays(0)),
            window("24h", Extent::Rolling(DAY_MS)),
            window("j+7", Extent::CalendarDays(7)),
            window("j+30", Extent::CalendarDays(30)),
        ]);
    };
    let meant = |(name, typed): (String, TypedWindow)| {
        let extent = match (typed.rolling, typed.calendar_days, typed.business_days) {
            (Some(length), None, None) => Extent::Rolling(length.0),
            (None, Some(days), None) => Extent::CalendarDays(days),
            (None, None, Some(days)) => Extent::BusinessDays(days),
            _ => return Err(format!("window `{name}` has not exactly one length")),
        };
        Ok(Window {
            name,
            extent,
            from_start: typed.from.as_deref() == Some("start"),
        })
    };
    in_typed_order(typed).into_iter().map(meant).collect()
}

/// The three built-in scopes first, redefined in place; then what the tenant adds.
fn scopes(typed: HashMap<toml::Spanned<String>, Vec<String>>) -> Vec<Scope> {
    let scope = |name: &str, channels: &[&str]| Scope {
        name: name.into(),
        channels: texts(channels),
    };
    let mut scopes = vec![
        scope("assisted", &CHANNELS[..4]),
        scope("all", &CHANNELS),
        scope("phone", &["phone"]),
    ];
    for (name, channels) in in_typed_order(typed) {
        match scopes.iter_mut().find(|scope| scope.name == name) {
            Some(scope) => scope.channels = channels,
            None => scopes.push(Scope { name, channels }),
        }
    }
    scopes
}

fn all_readings(windows: &[Window], scopes: &[Scope]) -> Vec<Reading> {
    let mut all = Vec::new();
    for window in windows {
        for scope in scopes {
            for same_reason in [false, true] {
                all.push(Reading {
                    window: window.clone(),
                    scope: scope.clone(),
                    same_reason,
                });
            }
        }
    }
    all
}

fn find_reading(name: &str, windows: &[Window], scopes: &[Scope]) -> Option<Reading> {
    all_readings(windows, scopes)
        .into_iter()
        .find(|reading| reading.name() == name)
}

/// A policy whose reading is not evaluated is left out.
fn policies(
    typed: Option<Vec<TypedPolicy>>,
    headline: &Reading,
    readings: &[Reading],
    scopes: &[Scope],
) -> Vec<Policy> {
    let default = |name: &str, reading: &str, count_min| TypedPolicy {
        name: name.into(),
        version: None,
        reading: Some(reading.into()),
        count_min: Some(count_min),
        cool_down: None,
        channels: None,
        reasons: None,
        tiers: None,
    };
    let typed = typed.unwrap_or_else(|| {
        vec![
            default("third-in-seven-days", "j+7 assisted any", 3),
            default("again-today-same-reason", "intraday assisted same", 2),
        ]
    });
    let meant = |typed: TypedPolicy| {
        let name = typed.reading.unwrap_or_else(|| headline.name());
        Some(Policy {
            name: typed.name,
            version: typed.version.unwrap_or(1),
            reading: readings
                .iter()
                .find(|reading| reading.name() == name)?
                .clone(),
            count_min: typed.count_min.unwrap_or(3),
            cool_down_ms: typed.cool_down.map_or(DAY_MS, |length| length.0),
            channels: typed.channels.map(|names| channels(&names, scopes)),
            reasons: typed.reasons,
            tiers: typed.tiers,
        })
    };
    typed.into_iter().filter_map(meant).collect()
}

/// Channels by their names or by those of scopes. A name that is both is the channel's.
fn channels(names: &[String], scopes: &[Scope]) -> Vec<String> {
    let named = |name: &String| match scopes.iter().find(|scope| scope.name == *name) {
        Some(scope) if !CHANNELS.contains(&name.as_str()) => scope.channels.clone(),
        _ => vec![name.clone()],
    };
    names.iter().flat_map(named).collect()
}

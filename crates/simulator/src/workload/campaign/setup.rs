//! The configuration of a campaign: drawn at random, as a text and as the few numbers that the
//! stories aim at.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::calendar::{
    Length, day_start_ms, due_at_ms, local_date, next_clock_change_ms, plus_days,
};
use super::settings;
use crate::workload::dice::Dice;

pub(super) const SECOND_MS: i64 = 1_000;
pub(super) const MINUTE_MS: i64 = 60 * SECOND_MS;
pub(super) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;

/// The channels, in the order of the configuration.
pub(super) const CHANNELS: [&str; 5] = ["phone", "chat", "email", "video", "web"];

/// A window as configured.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) name: &'static str,
    pub(super) length: Length,
    pub(super) from_start: bool,
}

/// What a campaign is configured with.
pub(super) struct Setup {
    pub(super) zone: TimeZone,
    pub(super) zone_name: &'static str,
    pub(super) week: Vec<&'static str>,
    pub(super) holidays: Vec<Date>,
    pub(super) windows: Vec<Window>,
    pub(super) scopes: Vec<&'static str>,
    /// The readings, where the file names them.
    pub(super) readings: Option<Vec<String>>,
    /// Start of the first day and end of the last one, as instants.
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
    /// A change of the clock inside the history, if there is one.
    pub(super) clock_change_ms: Option<i64>,
    pub(super) inactivity_ms: i64,
    pub(super) page_reason_within_ms: i64,
    pub(super) mail_grace_ms: i64,
    pub(super) reach_ms: i64,
    /// By channel, in the order of `CHANNELS`; for email that after an answer.
    pub(super) silence_ms: [i64; 5],
    pub(super) short_below_ms: [i64; 5],
    pub(super) join_legs_within_ms: BTreeMap<&'static str, i64>,
    /// 0: no limit.
    pub(super) contacts_per_day_max: u64,
    pub(super) contacts_per_customer_max: Option<u64>,
    pub(super) handles: Vec<&'static str>,
    /// Contract numbers are identifiers here.
    pub(super) declares_contract: bool,
    pub(super) device_life_ms: i64,
    pub(super) handle_life_ms: i64,
    pub(super) cool_down_ms: i64,
    /// The features of the configuration.
    pub(super) features: BTreeMap<&'static str, u64>,
    /// The TOML text: keys of the root, then tables.
    pub(super) text: String,
}

impl Setup {
    pub(super) fn draw(dice: &mut Dice) -> Self {
        let mut setup = Self::plain(dice);
        let mut tables = String::new();
        settings::draw_root(dice, &mut setup);
        settings::draw_windows(dice, &mut setup, &mut tables);
        settings::draw_scopes_and_readings(dice, &mut setup, &mut tables);
        settings::draw_roles(dice, &mut setup, &mut tables);
        settings::draw_visits(dice, &mut setup, &mut tables);
        settings::draw_channels(dice, &mut setup, &mut tables);
        settings::draw_sources(dice, &mut setup, &mut tables);
        settings::draw_costs(dice, &mut tables);
        settings::draw_identity(dice, &mut setup, &mut tables);
        settings::draw_policies(dice, &mut setup, &mut tables);
        settings::figures(&setup, &mut tables);
        tables.push_str(CODE_TABLES);
        setup.text.push_str(&tables);
        setup
    }

    /// The defaults of the product, in a zone and at a time of its own.
    fn plain(dice: &mut Dice) -> Self {
        let (zone_name, years) = dice.pick(&ZONES);
        let zone = TimeZone::get(zone_name).unwrap_or(TimeZone::UTC);
        let year = dice.pick(years);
        let (from_ms, to_ms, clock_change_ms) = span(dice, &zone, year);
        let mut setup = Self {
            zone,
            zone_name,
            week: vec!["mon", "tue", "wed", "thu", "fri"],
            holidays: Vec::new(),
            windows: default_windows(),
            scopes: vec!["assisted", "all", "phone"],
            readings: None,
            from_ms,
            to_ms,
            clock_change_ms,
            inactivity_ms: 30 * MINUTE_MS,
            page_reason_within_ms: HOUR_MS,
            mail_grace_ms: HOUR_MS,
            reach_ms: 30 * DAY_MS,
            silence_ms: [
                4 * HOUR_MS,
                2 * HOUR_MS,
                7 * DAY_MS,
                2 * HOUR_MS,
                30 * MINUTE_MS,
            ],
            short_below_ms: [0; 5],
            join_legs_within_ms: BTreeMap::new(),
            contacts_per_day_max: 30,
            contacts_per_customer_max: None,
            handles: vec!["loyalty", "email", "phone", "device"],
            declares_contract: false,
            device_life_ms: 30 * DAY_MS,
            handle_life_ms: 400 * DAY_MS,
            cool_down_ms: DAY_MS,
            features: BTreeMap::new(),
            text: String::new(),
        };
        if setup.clock_change_ms.is_some() {
            setup.saw("clock_change_inside");
        }
        setup
    }

    pub(super) fn saw(&mut self, feature: &'static str) {
        *self.features.entry(feature).or_default() += 1;
    }

    /// Writes `key = value` into the root of the file.
    pub(super) fn root(&mut self, key: &str, value: &str) {
        let _ = writeln!(self.text, "{key} = {value}");
    }

    /// The first instant outside a window for a contact.
    pub(super) fn due_at_ms(&self, window: &Window, start_ms: i64, end_ms: i64) -> i64 {
        let anchor_ms = if window.from_start { start_ms } else { end_ms };
        due_at_ms(
            &self.zone,
            &self.week,
            &self.holidays,
            window.length,
            anchor_ms,
        )
    }
}

/// Zones that a first design gets wrong, with years in which their clocks change at odd times.
/// Apia left out a day in 2011; in Havana, midnight exists twice in autumn.
const ZONES: [(&str, &[i64]); 8] = [
    ("Europe/Paris", &[2023, 2024, 2025]),
    ("America/Santiago", &[2022, 2023, 2024]),
    ("Africa/Cairo", &[2014, 2023, 2024]),
    ("Pacific/Apia", &[2011, 2011, 2019, 2020]),
    ("Asia/Jerusalem", &[2023, 2024, 2025]),
    ("UTC", &[2024]),
    ("America/New_York", &[2023, 2024, 2025]),
    ("America/Havana", &[2023, 2024]),
];

/// Five to sixty days, most of them around a change of the clock.
fn span(dice: &mut Dice, zone: &TimeZone, year: i64) -> (i64, i64, Option<i64>) {
    let days = dice.weighted(&[(3, 5), (3, 9), (3, 16), (2, 33), (2, 45), (1, 60)]);
    // A mean year is near enough: only the order of the changes matters.
    let january_ms = (year - 1970) * 31_556_952_000;
    let mut change_ms = next_clock_change_ms(zone, january_ms);
    for _ in 0..dice.below(3) {
        change_ms = change_ms.and_then(|change| next_clock_change_ms(zone, change));
    }
    // Some years are the last in which a zone changed its clocks at all.
    let limit_ms = january_ms + 366 * DAY_MS;
    let change_ms = change_ms.filter(|change| *change < limit_ms && dice.percent(80));
    let middle_ms = change_ms.unwrap_or(january_ms + dice.between(20, 300) * DAY_MS);
    let first = plus_days(local_date(zone, middle_ms), -dice.between(1, days - 1));
    let from_ms = day_start_ms(zone, first);
    (
        from_ms,
        day_start_ms(zone, plus_days(first, days)),
        change_ms,
    )
}

fn default_windows() -> Vec<Window> {
    let window = |name, length| Window {
        name,
        length,
        from_start: false,
    };
    vec![
        window("intraday", Length::Calendar(0)),
        window("24h", Length::Rolling(DAY_MS)),
        window("j+7", Length::Calendar(7)),
        window("j+30", Length::Calendar(30)),
    ]
}

/// Codes of the sources. The stories use these and some that are in no table.
const CODE_TABLES: &str = r#"
[tables]
reasons = [
  { source = "", code = "B1", reason = "billing/payment/confirmation" },
  { source = "", code = "B2", reason = "billing/payment/failed" },
  { source = "", code = "D1", reason = "delivery/late" },
  { source = "acd", code = "D1", reason = "delivery/lost" },
  { source = "crm", code = "T9", reason = "technical/line" },
]
queues = [
  { source = "", queue = "Q-BILL", reason = "billing" },
  { source = "", queue = "Q-TECH", reason = "technical/line" },
  { source = "crm", queue = "Q-BILL", reason = "billing/payment/failed" },
]
steps = [
  { url = "https://shop.example/help/*", event = "", step = "help", status = "completed", reason = "help/billing", page = "Help" },
  { url = "https://shop.example/pay/failed*", event = "", step = "payment", status = "failed", reason = "billing/payment/failed", page = "Payment" },
  { url = "https://shop.example/pay/*", event = "", step = "payment", status = "started", reason = "billing/payment", page = "Payment" },
  { url = "https://shop.example/account", event = "", step = "account", status = "completed", reason = "", page = "Account" },
  { url = "", event = "contact_form", step = "contact", status = "started", reason = "billing", page = "Contact" },
  { url = "", event = "login", step = "account", status = "completed", reason = "", page = "" },
]
dispositions = [
  { source = "", code = "W", disposition = "sent_to_web" },
  { source = "acd", code = "P", disposition = "promised_callback" },
]
automatic_senders = ["noreply@*", "*-robot@example.org"]
"#;

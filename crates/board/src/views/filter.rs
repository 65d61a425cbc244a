//! What somebody looks at, as it stands in the URL: `?channel=phone&reason=billing&period=7d`.

use super::{Day, Span, TEXT_CHARACTERS_MAX};
use model::Channel;
use serde::{Serialize, Serializer};
use thiserror::Error;

/// What is looked at. An absent key of the URL means all.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema,
)]
pub struct Filter {
    /// `reading=j+7 assisted any`; nothing: the headline.
    pub reading: Option<String>,
    /// `channel=phone`.
    #[schema(value_type = Option<String>)]
    pub channel: Option<Channel>,
    /// `reason=billing/payment`: that reason and what lies below it.
    pub reason: Option<String>,
    /// `team=north`.
    pub team: Option<String>,
    /// `tier=gold`.
    pub tier: Option<String>,
    /// `period=today`, `7d`, `28d` or `2026-01-01..2026-01-31`.
    #[schema(value_type = String, example = "7d")]
    pub period: Period,
    /// `by=reason`, `page` or `team`: what causes are ranked by.
    pub by: By,
}

/// The dates that are looked at; written as in the URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// The local date of now.
    #[default]
    Today,
    /// So many dates up to today, 2 to [`Period::DAYS_MAX`].
    Days(u16),
    /// These dates, both included.
    Between(Day, Day),
}

/// What causes are ranked by.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Reasons of the contacts that could have settled the matter.
    #[default]
    Reason,
    /// Pages from which customers went on to other channels.
    Page,
    /// Teams of the contacts that could have settled the matter.
    Team,
}

impl By {
    /// All of them.
    pub const ALL: [By; 3] = [By::Reason, By::Page, By::Team];

    /// As in the URL.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            By::Reason => "reason",
            By::Page => "page",
            By::Team => "team",
        }
    }
}

/// A filter that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{key}: found `{found}`; allowed: {allowed}")]
pub struct FilterError {
    /// The key of the URL.
    pub key: &'static str,
    /// What stood there, cut to 40 characters.
    pub found: String,
    /// What could stand there.
    pub allowed: &'static str,
}

/// What a filter can be set to, most used first, at most 200 of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Choices {
    /// Readings that are evaluated, the headline first.
    pub readings: Vec<String>,
    /// All channels.
    #[schema(value_type = Vec<String>)]
    pub channels: Vec<Channel>,
    /// Reasons of the contacts that are kept.
    pub reasons: Vec<String>,
    /// Teams.
    pub teams: Vec<String>,
    /// Tiers.
    pub tiers: Vec<String>,
}

const CHANNELS: &str = "phone, chat, email, video, web";
const PERIODS: &str =
    "today, 7d (2d to 92d), or two dates such as 2026-01-01..2026-01-31, 92 days at most";
const BYS: &str = "reason, page, team";
const TEXTS: &str = "at most 300 characters";

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl Period {
    /// Longest period, days.
    pub const DAYS_MAX: u16 = 92;

    /// The dates, seen from a date.
    #[must_use]
    pub fn span(self, today: Day) -> Span {
        match self {
            Period::Today => Span {
                from: today,
                to: today,
            },
            Period::Days(days) => Span {
                from: Day(today.0.saturating_sub(i32::from(days) - 1)),
                to: today,
            },
            Period::Between(from, to) => Span { from, to },
        }
    }

    /// As in the URL.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Period::Today => "today".to_owned(),
            Period::Days(days) => format!("{days}d"),
            Period::Between(from, to) => format!("{}..{}", from.date(), to.date()),
        }
    }

    fn read(text: &str) -> Option<Period> {
        if text == "today" {
            return Some(Period::Today);
        }
        if let Some(days) = text.strip_suffix('d') {
            let days = days.parse().ok();
            let days = days.filter(|days| (2..=Period::DAYS_MAX).contains(days));
            return days.map(Period::Days);
        }
        let (from, to) = text.split_once("..")?;
        let (from, to) = (Day::read(from)?, Day::read(to)?);
        let days = i64::from(to.0) - i64::from(from.0) + 1;
        let fits = (1..=i64::from(Period::DAYS_MAX)).contains(&days);
        fits.then_some(Period::Between(from, to))
    }
}

impl Filter {
    /// Reads the pairs of a URL's query, decoded. Keys that are no filter's are left alone: they may
    /// be the page's own. An empty value is as if it were not there.
    ///
    /// # Errors
    /// A value that is not allowed.
    pub fn read<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Filter, FilterError> {
        let mut filter = Filter::default();
        for (key, value) in pairs {
            if !value.is_empty() {
                filter.take(key, value)?;
            }
        }
        Ok(filter)
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), FilterError> {
        let wrong = |key, allowed| FilterError {
            key,
            found: value.chars().take(40).collect(),
            allowed,
        };
        let text = |key| {
            let fits = value.chars().count() <= TEXT_CHARACTERS_MAX;
            let text = fits.then(|| value.to_owned());
            text.map(Some).ok_or_else(|| wrong(key, TEXTS))
        };
        match key {
            "reading" => self.reading = text("reading")?,
            "channel" => {
                let channel = Channel::from_name(value);
                let channel = channel.ok_or_else(|| wrong("channel", CHANNELS))?;
                self.channel = Some(channel);
            }
            "reason" => self.reason = text("reason")?,
            "team" => self.team = text("team")?,
            "tier" => self.tier = text("tier")?,
            "period" => {
                self.period = Period::read(value).ok_or_else(|| wrong("period", PERIODS))?;
            }
            "by" => {
                let by = By::ALL.into_iter().find(|by| by.name() == value);
                self.by = by.ok_or_else(|| wrong("by", BYS))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The pairs that say it, without what is so anyway, in one order: equal filters have equal pairs.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        let mut push = |key, value: Option<String>| {
            pairs.extend(value.map(|value| (key, value)));
        };
        push("reading", self.reading.clone());
        push(
            "channel",
            self.channel.map(|channel| channel.name().to_owned()),
        );
        push("reason", self.reason.clone());
        push("team", self.team.clone());
        push("tier", self.tier.clone());
        push(
            "period",
            (self.period != Period::Today).then(|| self.period.text()),
        );
        push(
            "by",
            (self.by != By::Reason).then(|| self.by.name().to_owned()),
        );
        pairs
    }
}

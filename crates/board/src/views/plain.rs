//! Numbers, times and names that all views are made of.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Serialize, Serializer};

/// An instant, in milliseconds since 1970-01-01T00:00:00Z; written as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At(pub i64);

impl At {
    /// As it is written. An instant that no calendar has is written as its milliseconds.
    #[must_use]
    pub fn text(self) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map_or_else(|_| self.0.to_string(), |at| at.to_string())
    }
}

impl From<model::Millis> for At {
    fn from(at: model::Millis) -> At {
        At(at.0)
    }
}

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

/// A local date of the centre, in days since 1970-01-01; written as `2026-01-31`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// The date.
    #[must_use]
    pub fn date(self) -> Date {
        let date = Date::constant(1970, 1, 1).checked_add(i64::from(self.0).days());
        date.unwrap_or(if self.0 < 0 { Date::MIN } else { Date::MAX })
    }

    /// The date that a text names, as it is written.
    #[must_use]
    pub fn read(text: &str) -> Option<Day> {
        let date: Date = text.parse().ok()?;
        let days = (date - Date::constant(1970, 1, 1)).get_days();
        Some(Day(days))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.date().to_string())
    }
}

/// Says in the description of the API that a type is a text.
macro_rules! is_text {
    ($type:ident, $format:expr, $example:literal) => {
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .format(Some(utoipa::openapi::SchemaFormat::KnownFormat($format)))
                    .examples([$example])
                    .into()
            }
        }

        impl utoipa::ToSchema for $type {}
    };
}

is_text!(
    At,
    utoipa::openapi::KnownFormat::DateTime,
    "2026-01-31T13:32:00Z"
);
is_text!(Day, utoipa::openapi::KnownFormat::Date, "2026-01-31");

/// Local dates, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Span {
    /// The first.
    pub from: Day,
    /// The last.
    pub to: Day,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Share {
    /// What was counted; of a mean the sum.
    pub numerator: f64,
    /// Of how many.
    pub denominator: u64,
    /// Numerator through denominator; nothing where the denominator is 0.
    pub value: Option<f64>,
    /// The denominator is below [`Share::RATE_FROM`]: counts say it, a rate would not.
    pub as_counts: bool,
}

impl Share {
    /// Below so many a rate says less than its counts.
    pub const RATE_FROM: u64 = 30;

    /// So many of so many.
    #[must_use]
    pub fn of(numerator: f64, denominator: u64) -> Share {
        Share {
            numerator,
            denominator,
            value: (denominator > 0).then(|| numerator / denominator as f64),
            as_counts: denominator < Share::RATE_FROM,
        }
    }
}

/// An amount in the tenant's currency, and how much of it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Amount {
    /// The sum of what is known.
    pub amount: f64,
    /// How many things' cost it is the sum of.
    pub known: u64,
    /// How many things there are; nothing where that is not counted.
    pub of: Option<u64>,
}

impl Amount {
    /// Some things have no known cost: the amount is a part.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.of.is_some_and(|of| of > self.known)
    }
}

/// What is normal: quartiles of the last eight same weekdays without holidays, at the same time of
/// day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Normal {
    /// A quarter of the days were below.
    pub lower: f64,
    /// Half of the days were below.
    pub median: f64,
    /// Three quarters of the days were below.
    pub upper: f64,
    /// How many days it was made of, 3 to 8.
    pub days: usize,
}

/// Where a value stands beside what is normal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Below the lower quartile.
    Below,
    /// Between the quartiles, both included.
    Within,
    /// Above the upper quartile.
    Above,
    /// There is no normal to compare with, or too few contacts for a rate.
    Unknown,
}

impl Place {
    /// Of a value beside what is normal.
    #[must_use]
    pub fn of(value: Option<f64>, normal: Option<&Normal>) -> Place {
        match (value, normal) {
            (Some(value), Some(normal)) if value < normal.lower => Place::Below,
            (Some(value), Some(normal)) if value > normal.upper => Place::Above,
            (Some(_), Some(_)) => Place::Within,
            _ => Place::Unknown,
        }
    }
}

/// Where numbers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Basis {
    /// The topic `figures`: the numbers of every other tool.
    Figures,
    /// Counted from the contacts that the board keeps, because no configured segment has this
    /// combination of filters. Complete from this date on.
    Contacts {
        /// The first local date of which all contacts are kept.
        since: Day,
    },
    /// There is nothing to take them from yet.
    NotThere,
}

/// A name in the languages of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Words {
    /// English.
    pub en: String,
    /// French.
    pub fr: String,
}

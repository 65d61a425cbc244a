//! What causes it?

use super::{Amount, Basis, By, Day, Share, Span};
use model::Channel;
use serde::Serialize;

/// Causes, the most expensive first.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Causes {
    /// What they are ranked by.
    pub by: By,
    /// The dates that are looked at.
    pub span: Span,
    /// Where the numbers come from.
    pub basis: Basis,
    /// What the rates and costs of the rows are.
    pub rate_is: CauseRate,
    /// At most 50.
    pub rows: Vec<Cause>,
    /// How many more there are.
    pub not_shown: u64,
    /// The cost of all, shown or not.
    pub cost: Amount,
}

/// What the numbers of causes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CauseRate {
    /// `rate`: repeats of known followers; `cost`: what repeats cost, charged to their origin.
    Repeats,
    /// `rate`: visits that a contact on another channel followed, of those whose window is over;
    /// `caused` and `cost`: contacts on other channels that came from the page.
    Followed,
}

/// A reason, page or team.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Cause {
    /// Its name; empty: unknown.
    pub name: String,
    /// It stands for all that are beyond the limit of the configured segment.
    pub is_other: bool,
    /// See [`CauseRate`].
    pub rate: Share,
    /// See [`CauseRate`].
    pub cost: Amount,
    /// Its contacts, or visits.
    pub contacts: u64,
    /// Contacts on other channels that came from it; of pages only.
    pub caused: Option<u64>,
    /// Cost and rate of the last 14 dates up to the end of the period, oldest first.
    pub trend: Vec<TrendPoint>,
    /// At most 20 contacts to listen to.
    pub samples: Vec<Sample>,
}

/// A cause on a date.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct TrendPoint {
    /// The date.
    pub day: Day,
    /// Its rate.
    pub rate: Share,
    /// Its cost.
    pub cost: f64,
}

/// A contact to listen to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Sample {
    /// Its local date.
    pub day: Day,
    /// The contact in its own platform.
    pub contact_id: String,
    /// Its channel.
    #[schema(value_type = String, example = "phone")]
    pub channel: Channel,
    /// Its source.
    pub source: String,
    /// Where it can be opened: an `http` or `https` address, else nothing.
    pub link: Option<String>,
}

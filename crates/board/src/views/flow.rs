//! Which channel follows which.

use super::{Amount, Basis, Share, Span};
use model::Channel;
use serde::Serialize;

/// Pairs of channels, in the flow reading: the headline's window over all channels.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Flow {
    /// The reading; nothing where none can say it.
    pub reading: Option<String>,
    /// The dates that are looked at.
    pub span: Span,
    /// Where the numbers come from.
    pub basis: Basis,
    /// Those that caused most contacts first, at most 8.
    pub bands: Vec<Band>,
    /// Contacts that the other pairs caused.
    pub others: u64,
}

/// Contacts on one channel after contacts on another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Band {
    /// The channel before.
    #[schema(value_type = String, example = "phone")]
    pub from: Channel,
    /// The channel that followed.
    #[schema(value_type = String, example = "phone")]
    pub to: Channel,
    /// Contacts on `to` whose latest prior was on `from`: complete at once.
    pub caused: u64,
    /// What these cost.
    pub cost: Amount,
    /// Contacts on `from` that a contact on `to` followed, of those whose window is over; of the
    /// period, where it has such, else of the last 28 dates.
    pub followed: Share,
}

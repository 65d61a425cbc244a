//! What was settled at once.

use super::{Basis, Day, Normal, Place, Share};
use serde::Serialize;

/// First interaction resolution over all assisted channels, and the first call's.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Resolved {
    /// In the reading that is looked at.
    pub fir: Resolution,
    /// The same with scope `phone`; nothing where that is not evaluated.
    pub fcr: Option<Resolution>,
}

/// Resolution in one reading.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Resolution {
    /// The reading.
    pub reading: String,
    /// Where the numbers come from.
    pub basis: Basis,
    /// All dates of the last 28 whose windows are over.
    pub matured: Share,
    /// The last 28 dates whose windows are over, oldest first.
    pub days: Vec<MaturedDay>,
    /// The dates that are too young for a verdict, oldest first.
    pub young: Vec<YoungDay>,
}

/// Origins of a date that were settled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct MaturedDay {
    /// The date.
    pub day: Day,
    /// Resolved of matured origins.
    pub share: Share,
}

/// A date whose windows run, against former ones at the same age. Not to be drawn like what is
/// matured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct YoungDay {
    /// The date.
    pub day: Day,
    /// How old it is: whole local dates since then.
    pub age_days: u8,
    /// Origins whose customer is not back by that age.
    pub not_back: Share,
    /// The same of the last eight such weekdays, when they were as young.
    pub normal: Option<Normal>,
    /// Where it stands.
    pub place: Place,
}

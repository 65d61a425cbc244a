//! Whether what is shown is of now.

use super::At;
use serde::Serialize;

/// How fresh the whole board is.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Freshness {
    /// How it stands.
    pub state: State,
    /// The latest instant that any contact, alert or marker spoke of.
    pub data_until: Option<At>,
    /// When the board last read something new, by the server's clock.
    pub read_at: Option<At>,
    /// Rises with everything that changes a view: equal versions, equal views (but for the clock).
    pub version: u64,
}

/// How the board stands.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// The topics are not there yet, or cannot be reached: nothing can be shown.
    Waiting {
        /// Topics that are missing; empty if the cluster does not answer.
        topics: Vec<String>,
        /// Why, in words for whoever runs the service.
        why: String,
        /// Since when.
        since: At,
    },
    /// Everything was read, and there was nothing.
    Empty,
    /// There is more to read: what is shown is complete up to `data_until` at best.
    Behind {
        /// Since when.
        since: At,
        /// Records that are still to be read.
        records: u64,
    },
    /// All that there is was read.
    Ok,
    /// The cluster was reached before and is not now: what is shown is of then.
    Disconnected {
        /// Since when.
        since: At,
        /// Why, in words for whoever runs the service.
        why: String,
    },
}

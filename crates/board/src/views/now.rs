//! Is today normal?

use super::{Amount, At, Basis, Normal, Place, Share, Span, Words};
use model::Channel;
use serde::Serialize;

/// The period in its headline figures; most of the time today so far.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Now {
    /// The dates that are looked at.
    pub span: Span,
    /// Where the numbers come from.
    pub basis: Basis,
    /// Repeats of known followers.
    pub repeat_rate: Share,
    /// The same on a normal day up to the same time of day; nothing of fewer than three days, of a
    /// period of more than one date, or of a combination of filters that is not in `figures`.
    pub normal: Option<Normal>,
    /// Where the rate stands beside it.
    pub place: Place,
    /// Retries of known followers.
    pub retry_rate: Share,
    /// The rate since midnight, at each quarter of an hour that is over and at the last instant.
    /// Of a period of more than one date: at the end of each date, that date's.
    pub line: Vec<LinePoint>,
    /// The rate since midnight on normal days, at each full hour of the whole day.
    pub band: Vec<BandPoint>,
    /// Contacts.
    pub contacts: u64,
    /// Contacts of a normal day up to the same time.
    pub contacts_normal: Option<Normal>,
    /// The same by channel, all five in order of the list.
    pub channels: Vec<ChannelVolume>,
    /// Contacts of known customers: what the rates are about.
    pub coverage: Share,
    /// Alerts of the period that stand and that nobody has closed.
    pub open_alerts: u64,
    /// What the repeats cost.
    pub avoidable_cost: Amount,
    /// What changed in the last hour, most important first; only of a period that has today.
    pub changes: Vec<Change>,
}

/// A rate at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct LinePoint {
    /// The end of what is counted.
    pub at: At,
    /// The rate since midnight.
    pub so_far: Share,
    /// Contacts since midnight.
    pub contacts: u64,
}

/// What is normal at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct BandPoint {
    /// The end of what is counted.
    pub at: At,
    /// Quartiles of the rate since midnight.
    pub normal: Normal,
}

/// How many contacts a channel has.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ChannelVolume {
    /// The channel.
    #[schema(value_type = String, example = "phone")]
    pub channel: Channel,
    /// Its contacts.
    pub contacts: u64,
    /// Of these, those of known customers.
    pub identified: Share,
    /// Contacts of a normal day up to the same time.
    pub normal: Option<Normal>,
}

/// Something that changed in the last hour.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Change {
    /// A journey breaks more often than it should.
    JourneyDegraded {
        /// Since when.
        at: At,
        /// The alert.
        alert_id: String,
        /// The rule.
        rule: String,
        /// The rule's title.
        title: Words,
        /// `key=value` of what it concerns.
        segment: Vec<String>,
    },
    /// A source fell silent.
    SourceSilent {
        /// When that was noticed.
        at: At,
        /// The source.
        source: String,
    },
    /// A release, a script, a training.
    Marker {
        /// When.
        at: At,
        /// What it is.
        kind: String,
        /// Its name.
        name: String,
    },
    /// The repeat rate of the last hour beside the hour before.
    RepeatRate {
        /// The last hour.
        last: Share,
        /// The hour before.
        before: Share,
    },
    /// Contacts of the last hour beside the hour before.
    Contacts {
        /// The last hour.
        last: u64,
        /// The hour before.
        before: u64,
    },
    /// A reason whose repeats became more than in the hour before.
    Reason {
        /// The reason.
        reason: String,
        /// Repeats of the last hour.
        last: u64,
        /// Repeats of the hour before.
        before: u64,
    },
    /// Alerts of the last hour.
    Alerts {
        /// Raised.
        raised: u64,
        /// Taken back.
        withdrawn: u64,
        /// Closed by somebody.
        closed: u64,
    },
}

//! Can I believe it?

use super::{At, Day, Share};
use model::Channel;
use serde::Serialize;

/// How good the data are.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Quality {
    /// What somebody should know before he believes the rest, most serious first. Says at least that
    /// all is well.
    pub statements: Vec<Statement>,
    /// Contacts of known customers, by source; those with most contacts first, at most 100.
    pub sources: Vec<SourceItem>,
    /// Contacts of the period whose reason is known.
    pub reasons_known: Share,
    /// Contacts of the period that do not count in full, by why.
    pub not_counted: Vec<NotCounted>,
    /// Records of the last day that were not let in, by why.
    pub dead_letters: Vec<DeadLetters>,
    /// What the board keeps, and what it has let go of.
    pub limits: Limits,
}

/// A sentence about the data, without its words.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(tag = "says", rename_all = "snake_case")]
pub enum Statement {
    /// A source says nothing; what it brings is missing since.
    SourceSilent {
        /// The source.
        source: String,
        /// What it last spoke of.
        since: At,
    },
    /// The board has not read all there is.
    Behind {
        /// Records to be read.
        records: u64,
    },
    /// No figures have come: they are switched off, or the service has not told any yet.
    NoFigures,
    /// Fewer than half of the contacts of a channel have a known customer.
    FewIdentified {
        /// The channel.
        #[schema(value_type = String, example = "phone")]
        channel: Channel,
        /// Known of all.
        share: Share,
    },
    /// More than one in ten contacts has no reason.
    ReasonsUnknown {
        /// Without of all.
        share: Share,
    },
    /// Records were not let in during the last day.
    Rejected {
        /// How many.
        records: u64,
        /// The commonest reason.
        reason: String,
    },
    /// Contacts have no known cost: amounts are partial.
    CostsPartial {
        /// With a known cost, of all.
        share: Share,
    },
    /// More was told than the board keeps: what is shown begins on this date.
    Kept {
        /// The first date that is whole.
        since: Day,
    },
    /// All sources talk.
    AllSourcesTalk {
        /// How many.
        sources: u64,
    },
}

/// A source.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SourceItem {
    /// Its name.
    pub source: String,
    /// Channels of its contacts.
    #[schema(value_type = Vec<String>)]
    pub channels: Vec<Channel>,
    /// Known of all its contacts of the period.
    pub coverage: Share,
    /// Start of its latest contact that is kept.
    pub last_at: Option<At>,
    /// It says nothing.
    pub silent: Option<SilentSince>,
}

/// A silence.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SilentSince {
    /// What the source last spoke of.
    pub since: At,
    /// How long it may be silent, as configured: `20min`.
    pub silence_max: String,
}

/// Contacts that do not count in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct NotCounted {
    /// Why, a word of a closed list: `short`, `outbound`, `no_service_step` and others.
    pub why: String,
    /// How many.
    pub contacts: u64,
}

/// Records that were not let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DeadLetters {
    /// Why, a word of a closed list.
    pub reason: String,
    /// The topic that they came from.
    pub topic: String,
    /// How many.
    pub records: u64,
}

/// What the board keeps. When a limit is met the oldest goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Limits {
    /// Contacts that are kept, and how many may be.
    pub contacts: (u64, u64),
    /// Alerts.
    pub alerts: (u64, u64),
    /// Sessions.
    pub sessions: (u64, u64),
    /// Broken journeys.
    pub journeys: (u64, u64),
    /// Rows of figures.
    pub figures: (u64, u64),
    /// How many of all these were let go of.
    pub let_go: u64,
}

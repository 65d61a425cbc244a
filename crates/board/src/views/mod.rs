//! What the page and the API show. Plain values: every figure with numerator and denominator, every
//! time as an instant, every name as the tenant wrote it. Whoever shows them finds the words.
//!
//! Text that came from outside (reasons, teams, pages, ids) is passed on as it is, at most
//! [`TEXT_CHARACTERS_MAX`] characters long: whoever writes it into a page escapes it.

mod causes;
mod figures;
mod filter;
mod flow;
mod freshness;
mod journeys;
mod now;
mod people;
mod plain;
mod quality;
mod resolved;

pub use causes::{Cause, CauseRate, Causes, Sample, TrendPoint};
pub use figures::FigureItem;
pub use filter::{By, Choices, Filter, FilterError, Period};
pub use flow::{Band, Flow};
pub use freshness::{Freshness, State};
pub use journeys::{Degraded, ExpectedAndSeen, Journeys, RuleRow};
pub use now::{BandPoint, Change, ChannelVolume, LinePoint, Now};
pub use people::{
    Act, ActKind, AlertDetail, AlertItem, AlertKind, Asked, People, SessionDetail, SessionItem,
    Standing, StoryContact,
};
pub use plain::{Amount, At, Basis, Day, Normal, Place, Share, Span, Words};
pub use quality::{DeadLetters, Limits, NotCounted, Quality, SilentSince, SourceItem, Statement};
pub use resolved::{MaturedDay, Resolution, Resolved, YoungDay};

use serde::Serialize;

/// Characters of a text from outside that are passed on; what is longer ends in `…`.
pub const TEXT_CHARACTERS_MAX: usize = 300;

/// Everything that one look at the board shows, at one instant.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct View {
    /// When this was computed: the server's clock; in a demo the clock of its day.
    pub at: At,
    /// Today's local date.
    pub today: Day,
    /// The brand.
    pub tenant: String,
    /// Zone of the centre, an IANA name: every local date and hour is meant in it.
    pub time_zone: String,
    /// ISO 4217 code of all amounts.
    pub currency: String,
    /// Language of whoever has not chosen one: `fr` or `en`.
    pub language: String,
    /// What is looked at.
    pub filter: Filter,
    /// The reading in which it is looked at: `j+7 assisted any`.
    pub reading: String,
    /// What a filter can be set to.
    pub choices: Choices,
    /// Whether it can be believed to be of now.
    pub freshness: Freshness,
    /// Is today normal?
    pub now: Now,
    /// What causes it?
    pub causes: Causes,
    /// Who needs help now?
    pub people: People,
    /// Journeys that break.
    pub journeys: Journeys,
    /// Which channel follows which.
    pub flow: Flow,
    /// What was settled at once.
    pub resolved: Resolved,
    /// Can I believe it?
    pub quality: Quality,
}

use model::{Millis, StepStatus, Text};
use std::collections::BTreeMap;
use std::fmt;

/// What the tenant configures of this stage, as meant.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The only tenant whose records are let in.
    pub tenant: Text,
    /// Source of records that name none, where their topic or file names none either.
    pub source: Text,
    /// Country that reads national phone numbers, ISO 3166 alpha-2; `None`: only international
    /// numbers are read as numbers.
    pub country: Option<Text>,
    /// Sources with settings of their own.
    pub sources: BTreeMap<Text, SourceSettings>,
    /// Settings of every other source.
    pub source_default: SourceSettings,
    /// Types of identifiers that are unique, the first that a record states decides.
    pub unique: Vec<Text>,
    /// Types of handles, in order; `device` comes last whatever its place.
    pub handles: Vec<Text>,
    /// Values of identifiers that mean nobody, as the tenant writes them.
    pub block: Vec<Text>,
    /// How much later than its record's time, or than the run's start, an event may be,
    /// milliseconds.
    pub future_drift_ms: i64,
    /// Records later than this are ignored.
    pub until: Option<Millis>,
    /// What a record without a time of its own is compared with: the start of the run. `None`: such
    /// a record is never from the future.
    pub run_start: Option<Millis>,
    /// What becomes of identifiers.
    pub pseudonymise: Pseudonymise,
    /// Tables of codes.
    pub tables: Tables,
}

/// What the tenant configures of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceSettings {
    /// Of equal update times the one of higher rank holds. Default 0.
    pub rank: i32,
    /// A record older than its partition's clock by more than this is too late, milliseconds.
    /// Default 31 days.
    pub acceptance_ms: i64,
    /// How long a final verdict waits for this source, milliseconds. The door only tells it on.
    pub lateness_ms: i64,
}

impl Default for SourceSettings {
    fn default() -> Self {
        SourceSettings {
            rank: 0,
            acceptance_ms: 31 * calendar::DAY_MS,
            lateness_ms: 5 * calendar::MINUTE_MS,
        }
    }
}

/// What becomes of identifiers at the door.
#[derive(Clone, Debug)]
pub enum Pseudonymise {
    /// They stay as they are, normalised: for replays on one's own machine.
    Plain,
    /// They are replaced by a keyed hash.
    Keyed(Secret),
}

/// The key that hashes identifiers. It cannot be printed.
#[derive(Clone)]
pub struct Secret {
    /// The key, at least 32 bytes.
    pub key: Vec<u8>,
    /// Version of the secret, as its file says.
    pub version: u32,
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Secret")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Tables of codes. In each the first row that matches holds, rows of the record's own source
/// before rows of every source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// Codes of reasons to paths.
    pub reasons: Vec<ReasonRow>,
    /// Queues to paths.
    pub queues: Vec<QueueRow>,
    /// URLs, page names and kinds to service steps.
    pub steps: Vec<StepRow>,
    /// Codes of dispositions to the tenant's words.
    pub dispositions: Vec<DispositionRow>,
    /// Globs over the addresses whose mail is automatic; `*` stands for any text.
    pub automatic_senders: Vec<Text>,
}

/// A row of the table of reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReasonRow {
    /// The source whose code it is; empty: every source.
    pub source: Text,
    /// The source's code.
    pub code: Text,
    /// The tenant's path.
    pub reason: Text,
}

/// A row of the table of queues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRow {
    /// The source whose queue it is; empty: every source.
    pub source: Text,
    /// The queue.
    pub queue: Text,
    /// The tenant's path.
    pub reason: Text,
}

/// What a row of the table of steps looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepMatch {
    /// The URL without query and fragment; `*` stands for any text, slashes included.
    Url(Text),
    /// The name of the page, or else the kind.
    Event(Text),
}

/// A row of the table of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    /// What it looks at.
    pub matches: StepMatch,
    /// The service step; empty: none.
    pub step: Text,
    /// How far the step went. Default completed.
    pub status: StepStatus,
    /// The tenant's path; empty: none.
    pub reason: Text,
    /// Name of the page; empty: none.
    pub page: Text,
}

/// A row of the table of dispositions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DispositionRow {
    /// The source whose code it is; empty: every source.
    pub source: Text,
    /// The source's code.
    pub code: Text,
    /// The tenant's word.
    pub disposition: Text,
}

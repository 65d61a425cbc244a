//! Every metric: its name, its labels, what it means and what to do about it.
//!
//! Units are base units: seconds, bytes. Counters end in `_total`, begin at zero with the process
//! and rise after the commit. `docs/operations.md` lists the same; a test compares them.

/// Whether a metric only rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only rises, from zero at the start of the process.
    Counter,
    /// It is what is now.
    Gauge,
    /// It counts durations in buckets.
    Histogram,
}

/// A metric.
#[derive(Debug)]
pub struct Name {
    /// Its name.
    pub name: &'static str,
    /// Whether it only rises.
    pub kind: Kind,
    /// Its labels, in the order in which values are given.
    pub labels: &'static [&'static str],
    /// What it means and what to do about it.
    pub help: &'static str,
}

macro_rules! metrics {
    ($($id:ident = $kind:ident $name:literal [$($label:literal),*] $help:expr;)+) => {
        $(
            #[doc = $help]
            pub const $id: Name = Name {
                name: $name,
                kind: Kind::$kind,
                labels: &[$($label),*],
                help: $help,
            };
        )+

        /// All of them, in the order of the documentation.
        pub const ALL: &[&Name] = &[$(&$id,)+];
    };
}

metrics! {
    // the process
    BUILD_INFO = Gauge "ricochet_build_info" ["version"]
        "Always 1; the label says which version runs. Two versions for long: a roll-out hangs.";
    START_TIME = Gauge "ricochet_start_time_seconds" []
        "When this process started, seconds since 1970. It moves often: look for crashes in the log.";
    READY = Gauge "ricochet_ready" []
        "1 if all stages of this process work, else 0. If 0 for long, ask /health/ready why.";

    // stages and tasks
    UNHEARD = Gauge "ricochet_stage_unheard_seconds" ["stage"]
        "Time since the stage last said how it is. Above a minute its thread is stuck: see the log.";
    TASKS = Gauge "ricochet_tasks" ["stage", "phase"]
        "Tasks of this process by what they do. A stopped one needs somebody: /health/ready says why.";
    REBALANCES = Counter "ricochet_rebalances_total" ["stage"]
        "Times that partitions were given or taken. Rising without a roll-out: members come and go.";
    RESYNCS = Counter "ricochet_resyncs_total" ["stage", "cause"]
        "Times that a task read again what is committed. Cause unknown_outcome rising: look at the brokers.";
    RESTORE_SECONDS = Gauge "ricochet_restore_seconds" ["stage"]
        "How long the longest restore that is going on has taken; 0 if none. Minutes: compact the changelog sooner.";
    RESTORED_RECORDS = Gauge "ricochet_restored_records" ["stage"]
        "Changelog records that the restores going on have read. If it stands still, a transaction hangs.";
    STATE_KEYS = Gauge "ricochet_state_keys" ["stage"]
        "Keys with state. It follows customers and retention; plan memory by it.";
    STATE_BYTES = Gauge "ricochet_state_bytes" ["stage"]
        "Bytes of all states, held in memory. Near the memory limit: add a process or shorten retention.";
    EVICTED_KEYS = Counter "ricochet_evicted_keys_total" ["stage"]
        "Keys let go because nothing can matter to them any more. Flat while state grows: look at the clocks.";
    TIMERS_DUE = Gauge "ricochet_timers_due" ["stage"]
        "Keys whose deadline has come and that wait for their turn. Many at midnight is normal, for minutes.";
    SET_ASIDE_KEYS = Gauge "ricochet_set_aside_keys" ["stage"]
        "Keys that are set aside because a record crashed the code. Any at all: report it, see the dead letters.";
    SET_ASIDE_RECORDS = Counter "ricochet_set_aside_records_total" ["stage"]
        "Records set aside with their keys. They are missing from the tables until the key is let in again.";

    // lag and time
    LAG_RECORDS = Gauge "ricochet_lag_records" ["stage"]
        "Records that wait before the stage, with transaction markers. Between stages one holds many messages.";
    LAG_SECONDS = Gauge "ricochet_lag_seconds" ["stage"]
        "Age of the oldest record that waits before the stage; 0 without lag. Alerts are late by as much.";
    EVENT_TIME_DELAY = Gauge "ricochet_event_time_delay_seconds" ["stage"]
        "Real time less the stage's event time, of the task that is furthest behind. Final verdicts wait as long.";
    CLOCK_DELAY = Gauge "ricochet_clock_delay_seconds" ["source"]
        "Real time less the source's clock, of its slowest partition; a quiet one goes on with real time. High: the source sends late.";
    SOURCE_SILENCE = Gauge "ricochet_source_silence_seconds" ["source"]
        "Time since the last record of the source came that this process has read. Compare with its usual nights.";
    SOURCE_SILENT = Gauge "ricochet_source_silent" ["source"]
        "1 if the source is silent for longer than silence_max on working days, told by one process: ask whoever runs it.";

    // transactions
    COMMIT_SECONDS = Histogram "ricochet_commit_duration_seconds" ["stage"]
        "Time that committed transactions took to commit. Above half a second: look at brokers and network.";
    ABORTS = Counter "ricochet_aborts_total" ["stage"]
        "Transactions aborted and repeated. Some at each rebalance are normal; a steady rate is not.";
    RECORDS_SENT = Counter "ricochet_records_sent_total" ["stage", "topic"]
        "Sent by topic without the application's prefix: rows and tombstones, or messages to a next stage.";
    CHANGELOG_BYTES = Counter "ricochet_changelog_bytes_total" ["stage"]
        "Bytes of keys and values written to the changelog. It sizes the brokers' disks and restores.";
    CLOCKS_SENT = Counter "ricochet_clocks_sent_total" ["stage"]
        "Clocks sent to the next stages. Flat while records come: time stands still to the right of the stage.";

    // bad input, both equations
    RECORDS_READ = Counter "ricochet_records_read_total" []
        "Records read from the sources: decoded + ignored + rejected. Another sum is a bug: report it.";
    RECORDS_DECODED = Counter "ricochet_records_decoded_total" []
        "Records that are events or signals: new + duplicate + too late, once the contacts stage has no lag.";
    RECORDS_IGNORED = Counter "ricochet_records_ignored_total" ["why"]
        "Sound records of no use, by why. A sudden rise: a source sends something new; tell its owner.";
    RECORDS_REJECTED = Counter "ricochet_records_rejected_total" ["reason"]
        "Records that cannot be used, by reason; each is in the dead letters. Read some, tell the source's owner.";
    EVENTS_NEW = Counter "ricochet_events_new_total" []
        "Events that said something new. Flat while records are decoded: everything comes twice, or too late.";
    EVENTS_DUPLICATE = Counter "ricochet_events_duplicate_total" []
        "Events that were known already. A jump is a source that delivers again; it does no harm.";
    EVENTS_TOO_LATE = Counter "ricochet_events_too_late_total" []
        "Events older than their partition's clock by more than the source's acceptance: lost to the tables.";
    EVENTS_CONFLICTING = Counter "ricochet_events_conflicting_total" []
        "New events that contradict another with the same update time; a rule decides. Tell the source's owner.";
    EVENTS_CUT = Counter "ricochet_events_cut_total" []
        "Events that the limit of a contact's key cut off. Any: a source uses one contact id for many contacts.";

    // erasures
    EVENTS_ERASED = Counter "ricochet_events_erased_total" []
        "Of the duplicates, events that an erasure keeps out. A jump is a source that delivers again; it does no harm.";
    ERASURES_CONFIRMED = Counter "ricochet_erasures_confirmed_total" []
        "Erasures that every task of every stage has carried out. Fewer than were asked for: see ricochet_erasures_pending.";
    ERASURES_PENDING = Gauge "ricochet_erasures_pending" ["stage"]
        "Erasures that the stage has not carried out; of the door, that are not confirmed. For minutes: a task before it stands still, see /health/ready.";
    ERASURES_REMEMBERED = Gauge "ricochet_erasures_remembered" ["stage"]
        "Second hashes of what was forgotten, kept as long as it may be delivered again. It follows the erasures of the last months.";
    PURGES_REFUSED = Counter "ricochet_purges_refused_total" ["stage"]
        "Times that records which everybody had read could not be deleted. Give the user the right Delete on our topics; see the log.";

    // what is told
    CONTACTS_TOLD = Counter "ricochet_contacts_told_total" ["channel", "customer"]
        "Contacts told. Over all processes, less ricochet_contacts_withdrawn_total, it is the table contacts; the share of customer=\"known\" is the coverage. Coverage falls: a source lost its identifiers.";
    CONTACTS_WITHDRAWN = Counter "ricochet_contacts_withdrawn_total" ["channel", "customer"]
        "Contacts taken back, or moved to another customer. Rising with told: identities are being corrected.";
    CONTACTS_CAPPED = Counter "ricochet_contacts_capped_total" ["channel"]
        "Contacts cut off because their customer has too many. Any: look for an identifier that means nobody.";
    REPEATS_TOLD = Counter "ricochet_repeats_told_total" ["reading", "channel", "reason"]
        "Contacts told to be repeats. Over all processes, less ricochet_repeats_withdrawn_total, it is the table verdicts. A jump of one reason is the business's to explain.";
    REPEATS_WITHDRAWN = Counter "ricochet_repeats_withdrawn_total" ["reading", "channel", "reason"]
        "Contacts that are repeats no more, or under another reason. Rising with told: events come out of order.";
    RETRIES_TOLD = Counter "ricochet_retries_told_total" ["reading", "channel", "reason"]
        "Contacts told to be retries. Over all processes, less ricochet_retries_withdrawn_total, it is the table verdicts. Rising: customers are not answered.";
    RETRIES_WITHDRAWN = Counter "ricochet_retries_withdrawn_total" ["reading", "channel", "reason"]
        "Contacts that are retries no more, or under another reason. Rising with told: outcomes come late.";
    VERDICTS_REVISED = Counter "ricochet_verdicts_revised_total" ["reading"]
        "Final verdicts that changed. A steady rate: a source is later than its lateness; raise lateness.";
    ALERTS = Counter "ricochet_alerts_total" ["policy", "status"]
        "Alerts by what befell them: raised (one stands that did not, be it again), revised, withdrawn; those of a broken journey under the name of the rule. Over all processes raised less withdrawn is the table alerts. Too many: raise the policy's least count.";
}

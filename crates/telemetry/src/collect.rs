//! From what the stages say to what Prometheus scrapes.

use crate::families::Families;
use crate::labels::Labels;
use crate::names::{self, Name};
use crate::slots::{Slot, Slots};
use model::{Channel, Class, IgnoredWhy, Millis, RejectedReason, Text};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Registry, TextEncoder};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use worker::service::{
    Business, COMMIT_US_BOUNDS, Paired, ResyncCause, StageName, Stats, TaskPhase,
};

/// The metrics of this process.
pub struct Metrics {
    registry: Registry,
}

impl Metrics {
    /// Metrics that are read from the slots whenever somebody asks. The version is the program's.
    #[must_use]
    pub fn new(slots: Arc<Slots>, labels: Labels, version: &str) -> Metrics {
        let desc = |name: &&Name| {
            let labels = name.labels.iter().map(|label| (*label).to_owned());
            let (name, help) = (name.name.to_owned(), name.help.to_owned());
            Desc::new(name, help, labels.collect(), HashMap::new())
                .expect("the names are a list of our own and a test reads them all")
        };
        let from_slots = FromSlots {
            slots,
            labels,
            version: version.to_owned(),
            descs: names::ALL.iter().map(desc).collect(),
        };
        let registry = Registry::new();
        registry
            .register(Box::new(from_slots))
            .expect("it is the only collector of its registry");
        Metrics { registry }
    }

    /// All metrics in Prometheus's text format, version 0.0.4.
    ///
    /// # Panics
    /// Never: a family without a sample is not among those that are gathered.
    #[must_use]
    pub fn text(&self) -> String {
        let families = self.registry.gather();
        TextEncoder::new()
            .encode_to_string(&families)
            .expect("every family that was gathered has a name and a sample")
    }
}

/// Reads the slots when Prometheus scrapes.
struct FromSlots {
    slots: Arc<Slots>,
    labels: Labels,
    version: String,
    descs: Vec<Desc>,
}

impl Collector for FromSlots {
    fn desc(&self) -> Vec<&Desc> {
        self.descs.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut families = Families::default();
        let now = self.slots.now();
        families.add(&names::BUILD_INFO, &[&self.version], 1.0);
        let started_at = self.slots.started_at();
        families.add(&names::START_TIME, &[], seconds(started_at.0));
        let ready = u64::from(self.slots.readiness().ready);
        families.count(&names::READY, &[], ready);
        let mut input = Input::default();
        let mut business = Business::default();
        for (stage, slot) in &self.slots.slots() {
            let silence_ms = now.since(slot.heard_at);
            families.add(&names::UNHEARD, &[stage], seconds(silence_ms));
            if *stage == StageName::Customers.name() {
                self.begin_at_zero(&mut business);
            }
            let Some(stats) = &slot.latest else {
                continue;
            };
            of_tasks(&mut families, stage, slot, stats, now);
            of_transactions(&mut families, stage, stats);
            // Behind the door clocks are named by task, not by source.
            if *stage == StageName::Door.name() {
                self.of_sources(&mut families, stats, now);
            }
            self.of_silences(&mut families, stats);
            input.add(stats);
            business.add(&stats.business);
        }
        input.put(&mut families);
        self.of_business(&mut families, &business);
        families.finish()
    }
}

/// What a stage's tasks are doing, and how far behind they are.
fn of_tasks(families: &mut Families, stage: &str, slot: &Slot, stats: &Stats, now: Millis) {
    let tasks = || stats.tasks.values();
    for phase in TaskPhase::ALL {
        let count = tasks().filter(|task| task.phase == phase).count() as u64;
        families.count(&names::TASKS, &[stage, phase.name()], count);
    }
    families.count(&names::REBALANCES, &[stage], stats.rebalances);
    for cause in ResyncCause::ALL {
        let count = stats.resyncs.get(&cause).copied().unwrap_or(0);
        families.count(&names::RESYNCS, &[stage, cause.name()], count);
    }
    let restoring_ms = slot.restoring.values().map(|since| now.since(*since)).max();
    let restore_s = seconds(restoring_ms.unwrap_or(0));
    families.add(&names::RESTORE_SECONDS, &[stage], restore_s);
    let restoring = tasks().filter(|task| task.phase == TaskPhase::Restoring);
    let restored = restoring.map(|task| task.restored_records).sum();
    families.count(&names::RESTORED_RECORDS, &[stage], restored);
    let sums: [(&Name, u64); 9] = [
        (&names::STATE_KEYS, tasks().map(|task| task.keys).sum()),
        (
            &names::STATE_BYTES,
            tasks().map(|task| task.state_bytes).sum(),
        ),
        (&names::TIMERS_DUE, tasks().map(|task| task.due).sum()),
        (&names::EVICTED_KEYS, stats.evicted),
        (&names::SET_ASIDE_KEYS, stats.set_aside_keys),
        (&names::SET_ASIDE_RECORDS, stats.set_aside),
        (&names::ERASURES_PENDING, stats.erasures_pending),
        (&names::ERASURES_REMEMBERED, stats.erasures_remembered),
        (&names::PURGES_REFUSED, stats.purges_refused),
    ];
    for (name, value) in sums {
        families.count(name, &[stage], value);
    }
    let behind = tasks().filter_map(|task| Some(task.end?.saturating_sub(task.offset?)));
    let lag: i64 = behind.map(|records| records.max(0)).sum();
    families.add(&names::LAG_RECORDS, &[stage], lag as f64);
    let waiting = tasks().filter_map(|task| Some(now.since(task.waiting_since?)));
    let lag_s = seconds(waiting.max().unwrap_or(0));
    families.add(&names::LAG_SECONDS, &[stage], lag_s);
    // Before the first clock, and with nothing to wait for, there is no delay to speak of.
    let times = tasks().map(|task| task.now).filter(|at| is_known(*at));
    if let Some(behind_at) = times.min() {
        let delay_s = seconds(now.since(behind_at));
        families.add(&names::EVENT_TIME_DELAY, &[stage], delay_s);
    }
}

/// What a stage committed.
fn of_transactions(families: &mut Families, stage: &str, stats: &Stats) {
    families.histogram(
        &names::COMMIT_SECONDS,
        &[stage],
        COMMIT_US_BOUNDS.iter().map(|us| *us as f64 / 1e6),
        &stats.commit_us_buckets,
        stats.commit_us_sum as f64 / 1e6,
    );
    families.count(&names::ABORTS, &[stage], stats.aborts);
    for (topic, sent) in &stats.sent {
        families.count(&names::RECORDS_SENT, &[stage, topic], *sent);
    }
    families.count(&names::CHANGELOG_BYTES, &[stage], stats.changelog_bytes);
    families.count(&names::CLOCKS_SENT, &[stage], stats.clocks_sent);
}

/// Both equations, over all stages of the process.
#[derive(Default)]
struct Input {
    counts: worker::Counts,
}

impl Input {
    fn add(&mut self, stats: &Stats) {
        self.counts.add(&stats.counts);
    }

    fn put(&self, families: &mut Families) {
        let counts = &self.counts;
        let plain: [(&Name, u64); 9] = [
            (&names::RECORDS_READ, counts.read),
            (&names::RECORDS_DECODED, counts.decoded),
            (&names::EVENTS_NEW, counts.new),
            (&names::EVENTS_DUPLICATE, counts.duplicates),
            (&names::EVENTS_TOO_LATE, counts.too_late),
            (&names::EVENTS_CONFLICTING, counts.conflicting),
            (&names::EVENTS_CUT, counts.events_cut),
            (&names::EVENTS_ERASED, counts.erased),
            (&names::ERASURES_CONFIRMED, counts.erasures_confirmed),
        ];
        for (name, value) in plain {
            families.count(name, &[], value);
        }
        for why in IgnoredWhy::ALL.iter().map(|why| why.name()) {
            let count = counts.ignored.get(why).copied().unwrap_or(0);
            families.count(&names::RECORDS_IGNORED, &[why], count);
        }
        for reason in RejectedReason::ALL.iter().map(|reason| reason.name()) {
            let count = counts.rejected.get(reason).copied().unwrap_or(0);
            families.count(&names::RECORDS_REJECTED, &[reason], count);
        }
    }
}

impl FromSlots {
    /// The sources as the door hears them: of several partitions, and of several sources that are
    /// not configured, the one that is furthest behind.
    fn of_sources(&self, families: &mut Families, stats: &Stats, now: Millis) {
        let mut clocks: BTreeMap<&str, Millis> = BTreeMap::new();
        let tasks = stats.tasks.values();
        let all = tasks.flat_map(|task| &task.clocks);
        for (source, at) in all.filter(|(_, at)| is_known(**at)) {
            let least = clocks.entry(self.labels.source(source)).or_insert(*at);
            *least = (*least).min(*at);
        }
        for (source, at) in clocks {
            families.add(&names::CLOCK_DELAY, &[source], seconds(now.since(at)));
        }
        let told = stats.sources.iter();
        let heard = told.filter_map(|(source, stats)| Some((source, stats.heard_at?)));
        let mut earliest: BTreeMap<&str, Millis> = BTreeMap::new();
        for (source, at) in heard {
            let least = earliest.entry(self.labels.source(source)).or_insert(at);
            *least = at.min(*least);
        }
        for (source, at) in earliest {
            families.add(&names::SOURCE_SILENCE, &[source], seconds(now.since(at)));
        }
    }

    /// The sources that are silent, as the task says that tells it.
    fn of_silences(&self, families: &mut Families, stats: &Stats) {
        let mut silent: BTreeMap<&str, bool> = BTreeMap::new();
        for (source, stats) in &stats.sources {
            if let Some(is_silent) = stats.silent {
                *silent.entry(self.labels.source(source)).or_default() |= is_silent;
            }
        }
        for (source, silent) in silent {
            families.count(&names::SOURCE_SILENT, &[source], u64::from(silent));
        }
    }

    /// What can be named before it happens is told as zero: Prometheus does not see what a counter grew
    /// by when it appears, and the first alert of a policy would be none on every dashboard.
    fn begin_at_zero(&self, business: &mut Business) {
        for channel in Channel::ALL {
            for known in [true, false] {
                business.contacts.entry((*channel, known)).or_default();
            }
        }
        for reading in 0..self.labels.readings.len() {
            let reading = u16::try_from(reading).expect("readings are counted by u16");
            business.verdicts_revised.entry(reading).or_default();
        }
        for policy in &self.labels.policies {
            business.alerts.entry(policy.clone()).or_default();
        }
    }

    /// What was told and taken back.
    fn of_business(&self, families: &mut Families, business: &Business) {
        for ((channel, known), paired) in &business.contacts {
            let customer = if *known { "known" } else { "unknown" };
            let labels = [channel.name(), customer];
            families.count(&names::CONTACTS_TOLD, &labels, paired.told);
            families.count(&names::CONTACTS_WITHDRAWN, &labels, paired.withdrawn);
        }
        for (channel, capped) in Channel::ALL.iter().zip(business.capped) {
            families.count(&names::CONTACTS_CAPPED, &[channel.name()], capped);
        }
        // Readings that are not in the configuration have one label: their sums have to be one too.
        let mut followers: BTreeMap<(Class, &str, Channel, &Text), Paired> = BTreeMap::new();
        for (follower, paired) in &business.followers {
            let reading = self.labels.reading(follower.reading);
            let labels = (follower.class, reading, follower.channel, &follower.reason);
            followers.entry(labels).or_default().add(*paired);
        }
        for ((class, reading, channel, reason), paired) in followers {
            let (told, withdrawn) = match class {
                Class::Repeat => (&names::REPEATS_TOLD, &names::REPEATS_WITHDRAWN),
                Class::Retry => (&names::RETRIES_TOLD, &names::RETRIES_WITHDRAWN),
            };
            let labels = [reading, channel.name(), reason];
            families.count(told, &labels, paired.told);
            families.count(withdrawn, &labels, paired.withdrawn);
        }
        let mut revised: BTreeMap<&str, u64> = BTreeMap::new();
        for (reading, count) in &business.verdicts_revised {
            *revised.entry(self.labels.reading(*reading)).or_default() += count;
        }
        for (reading, count) in revised {
            families.count(&names::VERDICTS_REVISED, &[reading], count);
        }
        self.of_alerts(families, business);
    }

    fn of_alerts(&self, families: &mut Families, business: &Business) {
        let mut alerts: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
        for (policy, counts) in business.alerts.iter().chain(&business.journeys) {
            let all = alerts.entry(self.labels.policy(policy)).or_default();
            let own = [counts.raised, counts.revised, counts.withdrawn];
            all.iter_mut().zip(own).for_each(|(all, own)| *all += own);
        }
        for (policy, counts) in alerts {
            let statuses = ["raised", "revised", "withdrawn"];
            for (status, count) in statuses.into_iter().zip(counts) {
                families.count(&names::ALERTS, &[policy, status], count);
            }
        }
    }
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

fn is_known(at: Millis) -> bool {
    at > Millis::MIN && at <= Millis::LAST
}

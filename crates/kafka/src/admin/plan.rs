//! What an application needs: all topics with their settings, all groups.

use crate::settings::RECORD_BYTES_MAX;
use std::collections::BTreeMap;
use worker::service::{ACTS, ERASURES, StageName, TABLES, topic_name};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// How long a message between stages is kept. A stage that stands still longer loses records.
const INTERNAL_KEPT_MS: u64 = 7 * DAY_MS;
/// How long a result is kept that nothing replaces: no output is kept for ever.
const OUTPUT_KEPT_MS: u64 = 400 * DAY_MS;
/// How long a dead letter is kept: long enough to look for its cause.
const DEAD_LETTER_KEPT_MS: u64 = 30 * DAY_MS;
/// How long a tombstone is kept: a reader that is away longer may miss that something is gone.
const TOMBSTONE_KEPT_MS: u64 = 7 * DAY_MS;

/// Output topics with how long a record of theirs is kept, where none replaces another. In the
/// others a later record of a key replaces an earlier one.
const STREAMS: [(&str, u64); 2] = [
    ("markers", OUTPUT_KEPT_MS),
    ("dead_letters", DEAD_LETTER_KEPT_MS),
];

/// How large the topics are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Partitions of each topic; `None`: 8, and whatever is found is right as long as it fits
    /// together.
    pub partitions: Option<u32>,
    /// Replicas of each partition; `None`: 3, or as many as there are brokers.
    pub replication: Option<u32>,
}

/// A topic as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPlan {
    /// Its full name.
    pub name: String,
    /// Its partitions.
    pub partitions: u32,
    /// Its settings by Kafka's names, but for `min.insync.replicas`, which depends on the replicas.
    pub settings: BTreeMap<&'static str, String>,
}

impl TopicPlan {
    /// Whether it has one partition, whatever others have: one task reads all of it.
    #[must_use]
    pub fn is_of_one_task(&self) -> bool {
        let of_one = StageName::ALL.iter().filter(|stage| stage.is_of_one_task());
        let of_one = of_one.flat_map(|stage| stage.input().into_iter().chain([stage.changelog()]));
        let mut of_one = of_one.chain([ERASURES, ACTS]);
        of_one.any(|name| self.name.ends_with(&format!(".{name}")))
    }
}

/// A group, and the topics that it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPlan {
    /// Its full name.
    pub group: String,
    /// The topics.
    pub topics: Vec<String>,
    /// A topic of ours that it reads beside its sources.
    pub with: Option<String>,
    /// They are sources, and may begin anywhere. Topics of ours begin at 0.
    pub reads_sources: bool,
    /// Where the states of its tasks are kept.
    pub changelog: String,
}

/// What an application needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Topics of ours.
    pub topics: Vec<TopicPlan>,
    /// Groups of ours.
    pub groups: Vec<GroupPlan>,
    /// Topics of others, which are only read.
    pub sources: Vec<String>,
    /// What was asked for.
    pub sizes: Sizes,
}

/// Says what an application needs.
#[must_use]
pub fn plan(application_id: &str, sources: &[String], sizes: Sizes) -> Plan {
    let name = |short: &str| topic_name(application_id, short).to_string();
    let topic = |short: &str, settings: BTreeMap<&'static str, String>| TopicPlan {
        name: name(short),
        partitions: sizes.partitions.unwrap_or(8),
        settings,
    };
    let stages = StageName::ALL;
    let mut topics = Vec::new();
    topics.extend(
        stages
            .iter()
            .filter_map(|stage| stage.input())
            .map(|input| topic(input, of_input())),
    );
    topics.extend(
        stages
            .iter()
            .map(|stage| topic(stage.changelog(), of_changelog())),
    );
    topics.extend(TABLES.map(|table| topic(table, of_output(table))));
    topics.extend([ERASURES, ACTS].map(|short| topic(short, of_table())));
    for topic in topics.iter_mut().filter(|topic| topic.is_of_one_task()) {
        topic.partitions = 1;
    }
    let group = |stage: &StageName| GroupPlan {
        group: name(stage.name()),
        topics: stage
            .input()
            .map_or_else(|| sources.to_vec(), |input| vec![name(input)]),
        with: stage.input().is_none().then(|| name(ERASURES)),
        reads_sources: stage.input().is_none(),
        changelog: name(stage.changelog()),
    };
    Plan {
        groups: stages.iter().map(group).collect(),
        topics,
        sources: sources.to_vec(),
        sizes,
    }
}

fn kept(policy: &str, numbers: &[(&'static str, u64)]) -> BTreeMap<&'static str, String> {
    let mut settings: BTreeMap<&'static str, String> = numbers
        .iter()
        .map(|(name, value)| (*name, value.to_string()))
        .collect();
    settings.insert("cleanup.policy", policy.to_owned());
    settings.insert("max.message.bytes", RECORD_BYTES_MAX.to_string());
    settings
}

/// What everybody has read is deleted; a segment that is still written to is closed within the hour,
/// so that it leaves the disk too.
fn of_input() -> BTreeMap<&'static str, String> {
    let kept_ms = [("retention.ms", INTERNAL_KEPT_MS), ("segment.ms", HOUR_MS)];
    kept("delete", &kept_ms)
}

/// A restore reads all of it: what was replaced has to go within hours.
fn of_changelog() -> BTreeMap<&'static str, String> {
    kept(
        "compact",
        &[
            ("min.compaction.lag.ms", HOUR_MS),
            ("max.compaction.lag.ms", 6 * HOUR_MS),
            ("segment.ms", HOUR_MS),
            ("delete.retention.ms", TOMBSTONE_KEPT_MS),
        ],
    )
}

fn of_output(table: &str) -> BTreeMap<&'static str, String> {
    let stream = STREAMS.iter().find(|(stream, _)| *stream == table);
    stream.map_or_else(of_table, |(_, kept_ms)| {
        kept("delete", &[("retention.ms", *kept_ms)])
    })
}

/// What was taken back has to go within days, whoever it names: without a bound, compaction may wait
/// for ever.
fn of_table() -> BTreeMap<&'static str, String> {
    let kept_ms = [
        ("max.compaction.lag.ms", DAY_MS),
        ("segment.ms", DAY_MS),
        ("delete.retention.ms", TOMBSTONE_KEPT_MS),
        ("retention.ms", OUTPUT_KEPT_MS),
    ];
    kept("compact,delete", &kept_ms)
}

impl Plan {
    /// All topics, ours and others'.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        let ours = self.topics.iter().map(|topic| &topic.name);
        ours.chain(&self.sources)
    }

    /// Replicas of each partition, where there are so many brokers.
    #[must_use]
    pub fn replication(&self, brokers: u32) -> u32 {
        self.sizes
            .replication
            .unwrap_or_else(|| brokers.clamp(1, 3))
    }
}

/// Replicas that have to have a record before it counts as written: one may be away.
pub(super) fn in_sync_min(replication: u32) -> u32 {
    if replication >= 3 { replication - 1 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_output_is_kept_for_ever_and_no_state_is_ever_dropped() {
        let plan = plan("app", &["calls".to_owned()], Sizes::default());
        assert_eq!(plan.topics.len(), 4 + 5 + 9 + 2);
        for topic in &plan.topics {
            let policy = &*topic.settings["cleanup.policy"];
            if topic.name.starts_with("app.changelog.") {
                assert_eq!(policy, "compact");
            } else {
                assert!(policy.ends_with("delete"), "{topic:?}");
                assert!(topic.settings.contains_key("retention.ms"), "{topic:?}");
            }
            assert_eq!(
                policy == "delete",
                !topic.settings.contains_key("delete.retention.ms")
            );
        }
        let groups: Vec<_> = plan
            .groups
            .iter()
            .map(|group| (&*group.group, &group.topics[0]))
            .collect();
        assert_eq!(groups[0], ("app.door", &"calls".to_owned()));
        assert_eq!(groups[3], ("app.customers", &"app.by_customer".to_owned()));
        assert_eq!(groups[4], ("app.monitor", &"app.by_journey".to_owned()));
        let of_one = plan.topics.iter().filter(|topic| topic.partitions == 1);
        let of_one: Vec<&str> = of_one.map(|topic| topic.name.as_str()).collect();
        let expected = ["by_journey", "changelog.monitor", "erasures", "acts"];
        assert_eq!(of_one, expected.map(|name| format!("app.{name}")));
    }

    #[test]
    fn one_of_three_replicas_may_be_away() {
        let plan = plan("app", &[], Sizes::default());
        let replicas: Vec<u32> = (1..5).map(|brokers| plan.replication(brokers)).collect();
        assert_eq!(replicas, [1, 2, 3, 3]);
        assert_eq!([1, 2, 3].map(in_sync_min), [1, 1, 2]);
    }
}

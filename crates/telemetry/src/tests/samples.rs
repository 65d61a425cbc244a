//! A process in which everything has happened.

use crate::{Labels, Metrics, Slots};
use model::{Channel, Class, Millis, Text};
use std::collections::BTreeMap;
use std::sync::Arc;
use worker::service::{
    AlertCounts, Business, Follower, Paired, ResyncCause, SourceStats, Stats, TaskPhase, TaskStats,
    TopicPartition,
};

/// 2026-03-02T10:00:00Z.
pub const NOW: Millis = Millis(1_772_445_600_000);

pub fn now() -> Millis {
    NOW
}

pub fn labels() -> Labels {
    let words = |words: &[&str]| words.iter().map(|word| Text::from(*word)).collect();
    Labels {
        sources: words(&["ivr", "mail"]),
        readings: words(&["j+7 assisted any", "24h \"all\" \\same"]),
        policies: words(&["third-in-seven-days"]),
    }
}

pub fn task(phase: TaskPhase) -> TaskStats {
    TaskStats {
        phase,
        now: NOW,
        ..TaskStats::default()
    }
}

/// The door: two tasks, one of them behind.
pub fn door() -> Stats {
    let mut stats = Stats {
        commits: 10,
        aborts: 2,
        commit_us_buckets: [1, 2, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 3],
        commit_us_sum: 40_500_000,
        changelog_bytes: 4_096,
        clocks_sent: 7,
        rebalances: 1,
        is_member: true,
        ..Stats::default()
    };
    stats.counts.read = 100;
    stats.counts.decoded = 90;
    stats.counts.ignored.insert("unknown_signal", 4);
    stats.counts.rejected.insert("bad_time", 6);
    stats.counts.too_late = 5;
    stats.resyncs.insert(ResyncCause::Assigned, 2);
    stats.sent.insert("by_contact".into(), 85);
    let source = |heard_s: i64, silent| SourceStats {
        heard_at: Some(NOW.plus(-heard_s * 1_000)),
        silent: Some(silent),
    };
    stats.sources.insert("ivr".into(), source(5, false));
    stats.sources.insert("stranger".into(), source(70, true));
    stats.sources.insert("another".into(), source(900, false));
    let clocks = |ivr_s: i64| -> BTreeMap<Text, Millis> {
        let at = |s: i64| NOW.plus(-s * 1_000);
        [("ivr".into(), at(ivr_s)), ("stranger".into(), at(1))].into()
    };
    let first = TaskStats {
        offset: Some(40),
        end: Some(52),
        waiting_since: Some(NOW.plus(-2_500)),
        clocks: clocks(30),
        ..task(TaskPhase::Running)
    };
    let second = TaskStats {
        offset: Some(60),
        end: Some(60),
        clocks: clocks(90),
        now: NOW.plus(-90_000),
        ..task(TaskPhase::Running)
    };
    stats.tasks.insert(TopicPartition::new("calls", 0), first);
    stats.tasks.insert(TopicPartition::new("calls", 1), second);
    stats
}

pub fn contacts() -> Stats {
    let mut stats = Stats::default();
    stats.counts.new = 70;
    stats.counts.duplicates = 15;
    stats.counts.conflicting = 3;
    let restoring = TaskStats {
        restored_records: 1_234,
        now: Millis::MIN,
        ..task(TaskPhase::Restoring)
    };
    let stopped = TaskStats {
        why_stopped: "records 5 to 9 of r.by_contact/1 are gone".into(),
        ..task(TaskPhase::Stopped)
    };
    stats
        .tasks
        .insert(TopicPartition::new("r.by_contact", 0), restoring);
    stats
        .tasks
        .insert(TopicPartition::new("r.by_contact", 1), stopped);
    stats
}

pub fn customers() -> Stats {
    let mut business = Business::default();
    let paired = |told, withdrawn| Paired { told, withdrawn };
    business
        .contacts
        .insert((Channel::Phone, true), paired(40, 3));
    business
        .contacts
        .insert((Channel::Phone, false), paired(7, 5));
    let follower = |class, reading, reason: &str| Follower {
        class,
        reading,
        channel: Channel::Phone,
        reason: reason.into(),
    };
    let repeat = |reading| follower(Class::Repeat, reading, "billing");
    business.followers.insert(repeat(0), paired(9, 2));
    business.followers.insert(repeat(1), paired(4, 0));
    // Readings that nobody has configured share a label.
    business.followers.insert(repeat(7), paired(1, 0));
    business.followers.insert(repeat(8), paired(2, 1));
    let retry = follower(Class::Retry, 0, "unknown");
    business.followers.insert(retry, paired(6, 6));
    business.verdicts_revised.insert(0, 3);
    let counts = AlertCounts {
        raised: 5,
        revised: 2,
        withdrawn: 1,
    };
    business.alerts.insert("third-in-seven-days".into(), counts);
    business.capped[Channel::Web as usize] = 2;
    let running = TaskStats {
        keys: 11,
        state_bytes: 2_048,
        due: 4,
        untold: 0,
        ..task(TaskPhase::Running)
    };
    let tasks = [(TopicPartition::new("r.by_customer", 0), running)];
    Stats {
        business,
        evicted: 6,
        set_aside: 8,
        set_aside_keys: 1,
        tasks: tasks.into(),
        ..Stats::default()
    }
}

/// A process in which everything has happened.
pub fn all() -> Metrics {
    let slots = Slots::with_time(["door", "contacts", "handles", "customers"], now);
    slots.put("door", door());
    slots.put("contacts", contacts());
    slots.put("customers", customers());
    Metrics::new(Arc::new(slots), labels(), "0.1.0")
}

/// A process that has just started.
pub fn starting() -> Metrics {
    let slots = Slots::with_time(["door"], now);
    Metrics::new(Arc::new(slots), labels(), "0.1.0")
}

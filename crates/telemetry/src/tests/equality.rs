//! What is counted of the business equals the tables, at every moment, whoever restarts.

use model::{Channel, Class, Millis, Reason};
use settings::Loaded;
use simulator::workload::campaign::campaign;
use stage_door::{Clocks, Place};
use std::collections::BTreeMap;
use tables::Summary;
use worker::service::{Business, Follower, Paired, Reasons};
use worker::{Bucket, Counts, Live, Partitions, Told};

/// Histories end before this: 2026-01-01T00:00:00Z.
const RUN_START: Millis = Millis(1_767_225_600_000);

fn standing(pairs: impl Iterator<Item = Paired>) -> i64 {
    pairs.map(Paired::standing).sum()
}

fn path(reason: Option<&Reason>) -> &str {
    reason.map_or("", |reason| reason.path.as_str())
}

/// What the tables say by channel and reason, counted without the engine's counters.
fn followers_of(bucket: &Bucket, reasons: &Reasons) -> BTreeMap<Follower, i64> {
    let mut followers = BTreeMap::new();
    for row in &bucket.contacts {
        for result in &row.readings {
            let Some(class) = result.class else { continue };
            let follower = Follower {
                class,
                reading: result.reading,
                channel: row.contact.channel,
                reason: reasons.word(path(row.contact.reason.as_ref())),
            };
            *followers.entry(follower).or_default() += 1;
        }
    }
    followers
}

fn expect_equal(all: &Business, meant: &settings::Meant, reasons: &Reasons, told: &Told) {
    let readings = &meant.customers.readings;
    let bucket = told.settled();
    let mut summary = Summary::of(meant);
    summary.add(&bucket, readings.headline, Millis::LAST);
    for (place, channel) in Channel::ALL.iter().enumerate() {
        let own = all.contacts.iter().filter(|((of, _), _)| of == channel);
        let contacts = standing(own.map(|(_, paired)| *paired));
        assert_eq!(contacts, summary.contacts[place] as i64, "{channel:?}");
    }
    let known = all.contacts.iter().filter(|((_, known), _)| *known);
    let identified = standing(known.map(|(_, paired)| *paired));
    assert_eq!(identified, summary.identified as i64, "known customers");
    for (place, figures) in summary.readings.iter().enumerate() {
        for (class, expected) in [
            (Class::Repeat, figures.repeats),
            (Class::Retry, figures.retries),
        ] {
            let own = all.followers.iter().filter(|(follower, _)| {
                usize::from(follower.reading) == place && follower.class == class
            });
            let found = standing(own.map(|(_, paired)| *paired));
            assert_eq!(found, expected as i64, "{class:?} of reading {place}");
        }
    }
    let expected = followers_of(&bucket, reasons);
    let found = all.followers.iter().map(|(follower, paired)| {
        let follower = follower.clone();
        (follower, paired.standing())
    });
    let found: BTreeMap<_, _> = found.filter(|(_, standing)| *standing != 0).collect();
    assert_eq!(found, expected);
    for (policy, alerts) in &summary.alerts {
        let counts = all.alerts.get(policy).copied().unwrap_or_default();
        let stand = counts.raised - counts.withdrawn;
        assert_eq!(stand, *alerts, "alerts of {policy}");
    }
}

/// Plays a history; the process restarts after every so many records. Returns what all processes
/// counted.
fn play(seed: u64, restart_after: usize) -> Business {
    let history = campaign(seed);
    let meant = Loaded::from_text(&history.config, "campaign").unwrap();
    let meant = meant.meant().unwrap();
    let until = history.until_ms.map(Millis);
    let engine = meant.engine(|| vec![7; 32], Some(RUN_START), until);
    let engine = engine.unwrap();
    // Some of the reasons that occur, so that there are others too.
    let reasons = Reasons::new(["billing", "delivery/late"], 1);
    let partitions = Partitions {
        contacts: 2,
        handles: 2,
        customers: 3,
    };
    let mut live = Live::new(&engine, partitions);
    let mut clocks = Clocks::default();
    let mut counts = Counts::default();
    let mut ended = Business::default();
    let mut process = Business::default();
    for (nth, record) in history.events.iter().enumerate() {
        let place = Place {
            source: "",
            partition: 0,
            recorded_at: None,
            lateness: false,
        };
        let decoded = canonical::decode_json(record.json.as_bytes());
        let admitted = engine.admit(decoded, &place, &mut clocks, &mut counts);
        let Ok((key, input)) = admitted else { continue };
        counts.horizon = counts.horizon.max(worker::horizon(&input));
        live.offer(key, input);
        let now = until.map_or(counts.horizon, |until| until.min(counts.horizon));
        for output in live.advance(now) {
            process.hear(&reasons, &output);
        }
        if nth % 7 == 3 {
            live.restart().unwrap();
        }
        if nth % restart_after == restart_after - 1 {
            ended.add(&std::mem::take(&mut process));
            expect_equal(&ended, &meant, &reasons, &live.told);
        }
    }
    ended.add(&process);
    expect_equal(&ended, &meant, &reasons, &live.told);
    ended
}

#[test]
fn told_less_withdrawn_is_what_stands_in_the_tables() {
    let mut all = Business::default();
    for seed in 0..12 {
        all.add(&play(seed, 40));
    }
    // The histories have to hold what the test is about.
    let withdrawn = |class: Class| -> u64 {
        let own = all
            .followers
            .iter()
            .filter(|(follower, _)| follower.class == class);
        own.map(|(_, paired)| paired.withdrawn).sum()
    };
    assert!(withdrawn(Class::Repeat) > 20);
    assert!(withdrawn(Class::Retry) > 20);
    assert!(all.contacts.values().any(|paired| paired.withdrawn > 20));
    assert!(all.alerts.values().any(|counts| counts.withdrawn > 0));
    assert!(all.verdicts_revised.values().any(|revised| *revised > 0));
    let words = |word: &str| all.followers.keys().any(|follower| follower.reason == word);
    for word in ["billing", "other", "unknown"] {
        assert!(words(word), "no follower has the reason {word}");
    }
}

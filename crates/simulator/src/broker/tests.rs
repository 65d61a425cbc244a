//! What the broker does, one behaviour a test.

use super::{Broker, Epoch, Limits, Refused};
use model::{Millis, Text};
use worker::service::TopicPartition;

const KEPT_MS: i64 = 7 * 24 * 3_600_000;

fn broker() -> Broker {
    let mut broker = Broker::new(Limits::default(), Millis(0));
    broker.create("in", 2, false);
    broker.create("out", 1, false);
    broker.create("state", 1, true);
    broker
}

fn at(topic: &str) -> TopicPartition {
    TopicPartition::new(topic, 0)
}

fn id(name: &str) -> Text {
    name.into()
}

/// Puts a record under a key into a producer's transaction.
fn send(
    broker: &mut Broker,
    name: &str,
    epoch: Epoch,
    to: &str,
    key: &str,
) -> Result<i64, Refused> {
    broker.send(&id(name), epoch, &at(to), key.as_bytes(), Some(b"v"))
}

/// What readers of committed records see: offset and key.
fn seen(broker: &Broker, topic: &str) -> Vec<(i64, String)> {
    let records = broker.committed_records(topic).into_iter();
    records
        .map(|(_, record)| {
            let key = record.key.unwrap_or_default();
            (record.offset, String::from_utf8(key).unwrap())
        })
        .collect()
}

fn keys(broker: &Broker, topic: &str) -> Vec<String> {
    seen(broker, topic)
        .into_iter()
        .map(|(_, key)| key)
        .collect()
}

#[test]
fn records_have_offsets_keys_values_and_times() {
    let mut broker = broker();
    broker.pass(7);
    broker.append(&at("in"), Some(b"a"), Some(b"1"));
    broker.append(&at("in"), Some(b"b"), None);
    let records = broker.committed_records("in");
    assert_eq!(records.len(), 2);
    let (partition, second) = &records[1];
    assert_eq!((*partition, second.offset), (0, 1));
    assert_eq!(second.recorded_at, Some(Millis(7)));
    assert_eq!(
        (second.key.as_deref(), second.value.as_deref()),
        (Some(&b"b"[..]), None)
    );
}

#[test]
fn an_open_transaction_is_invisible_and_holds_back_what_is_behind() {
    let mut broker = broker();
    let epoch = broker.init_transactions(&id("p"));
    broker.append(&at("out"), Some(b"before"), None);
    send(&mut broker, "p", epoch, "out", "inside").unwrap();
    broker.append(&at("out"), Some(b"behind"), None);
    assert_eq!(keys(&broker, "out"), ["before"]);
    let log = broker.log(&at("out")).unwrap();
    assert_eq!((log.stable_end(), log.end()), (1, 3));
    broker.end(&id("p"), epoch, true).unwrap();
    assert_eq!(keys(&broker, "out"), ["before", "inside", "behind"]);
}

#[test]
fn control_records_occupy_offsets_and_aborted_records_are_never_seen() {
    let mut broker = broker();
    let epoch = broker.init_transactions(&id("p"));
    for (key, committed) in [("a", true), ("b", false), ("c", true)] {
        send(&mut broker, "p", epoch, "out", key).unwrap();
        broker.end(&id("p"), epoch, committed).unwrap();
    }
    assert_eq!(seen(&broker, "out"), [(0, "a".into()), (4, "c".into())]);
    let log = broker.log(&at("out")).unwrap();
    assert_eq!((log.end(), log.read(5, 9)), (6, (vec![], 6)));
}

#[test]
fn a_new_producer_fences_the_former_and_aborts_its_transaction() {
    let mut broker = broker();
    let former = broker.init_transactions(&id("p"));
    send(&mut broker, "p", former, "out", "old").unwrap();
    let next = broker.init_transactions(&id("p"));
    assert_eq!(broker.log(&at("out")).unwrap().stable_end(), 2);
    assert_eq!(
        send(&mut broker, "p", former, "out", "old"),
        Err(Refused::Fenced)
    );
    assert_eq!(broker.end(&id("p"), former, true), Err(Refused::Fenced));
    send(&mut broker, "p", next, "out", "new").unwrap();
    broker.end(&id("p"), next, true).unwrap();
    assert_eq!(keys(&broker, "out"), ["new"]);
}

#[test]
fn a_transaction_that_is_open_too_long_is_aborted_and_its_producer_fenced() {
    let mut broker = broker();
    let epoch = broker.init_transactions(&id("p"));
    send(&mut broker, "p", epoch, "out", "a").unwrap();
    broker.pass(9_999);
    assert_eq!(broker.log(&at("out")).unwrap().stable_end(), 0);
    broker.pass(1);
    assert_eq!(broker.log(&at("out")).unwrap().stable_end(), 2);
    assert_eq!(broker.end(&id("p"), epoch, true), Err(Refused::Fenced));
    assert!(keys(&broker, "out").is_empty());
}

#[test]
fn offsets_are_committed_with_their_transaction_only() {
    let mut broker = broker();
    let epoch = broker.init_transactions(&id("p"));
    let member = broker.join(&id("g"), &id("a"), &[id("in")]);
    let changes = broker.hear(&id("g"), member).unwrap();
    let names = (&id("g"), member, changes.generation);
    for (offset, committed, expected) in [(3, false, None), (5, true, Some(5))] {
        let offsets = [(at("in"), offset)];
        broker
            .send_offsets(&id("p"), epoch, names, &offsets)
            .unwrap();
        broker.end(&id("p"), epoch, committed).unwrap();
        assert_eq!(broker.committed_offset(&id("g"), &at("in")), expected);
    }
}

#[test]
fn a_former_generation_and_a_former_member_cannot_commit() {
    let mut broker = broker();
    let epoch = broker.init_transactions(&id("p"));
    let group = id("g");
    let first = broker.join(&group, &id("a"), &[id("in")]);
    let generation = broker.hear(&group, first).unwrap().generation;
    broker.join(&group, &id("b"), &[id("in")]);
    let offsets = [(at("in"), 1)];
    let commit = |broker: &mut Broker, generation| {
        let names = (&group, first, generation);
        broker.send_offsets(&id("p"), epoch, names, &offsets)
    };
    assert_eq!(
        commit(&mut broker, generation),
        Err(Refused::IllegalGeneration)
    );
    let generation = broker.hear(&group, first).unwrap().generation;
    assert_eq!(commit(&mut broker, generation), Ok(()));
    broker.leave(&group, first);
    assert_eq!(commit(&mut broker, generation), Err(Refused::UnknownMember));
}

#[test]
fn a_member_may_commit_a_partition_that_is_no_longer_its_own() {
    let mut broker = broker();
    let group = id("g");
    let epoch = broker.init_transactions(&id("p"));
    let first = broker.join(&group, &id("a"), &[id("in")]);
    broker.hear(&group, first).unwrap();
    let second = broker.join(&group, &id("b"), &[id("in")]);
    let revoked = broker.hear(&group, first).unwrap().revoked;
    assert_eq!(revoked.len(), 1);
    broker.release(&group, first, &revoked);
    assert_eq!(broker.hear(&group, second).unwrap().assigned, revoked);
    let generation = broker.hear(&group, first).unwrap().generation;
    let offsets = [(revoked[0].clone(), 1)];
    let sent = broker.send_offsets(&id("p"), epoch, (&group, first, generation), &offsets);
    assert_eq!(sent, Ok(()));
}

#[test]
fn a_partition_goes_over_only_when_its_owner_has_released_it() {
    let mut broker = broker();
    let group = id("g");
    let first = broker.join(&group, &id("a"), &[id("in")]);
    assert_eq!(broker.hear(&group, first).unwrap().assigned.len(), 2);
    let second = broker.join(&group, &id("b"), &[id("in")]);
    assert!(broker.hear(&group, second).unwrap().assigned.is_empty());
    let told = broker.hear(&group, first).unwrap();
    assert!(broker.hear(&group, second).unwrap().assigned.is_empty());
    broker.release(&group, first, &told.revoked);
    let given = broker.hear(&group, second).unwrap();
    assert_eq!(given.assigned, told.revoked);
    assert!(given.generation > told.generation);
}

#[test]
fn a_member_gives_back_before_it_is_given() {
    let mut broker = broker();
    let group = id("g");
    let topics = [id("in"), id("out")];
    let first = broker.join(&group, &id("a"), &[id("in")]);
    let before = broker.hear(&group, first).unwrap().assigned;
    // The share that a member is to own may change both ways before it is told.
    let second = broker.join(&group, &id("b"), &topics);
    broker.hear(&group, second).unwrap();
    let third = broker.join(&group, &id("c"), &topics);
    broker.leave(&group, second);
    let mut owned: Vec<_> = [before, broker.hear(&group, third).unwrap().assigned].concat();
    for member in [first, third, first, third] {
        let told = broker.hear(&group, member).unwrap();
        assert!(told.assigned.is_empty() || told.revoked.is_empty());
        owned.retain(|partition| !told.revoked.contains(partition));
        owned.extend(told.assigned);
        broker.release(&group, member, &told.revoked);
    }
    owned.sort();
    owned.dedup();
    assert_eq!(owned.len(), 3);
}

#[test]
fn a_member_that_is_not_heard_of_loses_its_partitions() {
    let mut broker = broker();
    let group = id("g");
    let first = broker.join(&group, &id("a"), &[id("in")]);
    broker.hear(&group, first).unwrap();
    let second = broker.join(&group, &id("b"), &[id("in")]);
    for _ in 0..3 {
        broker.pass(5_000);
        broker.heartbeat(&group, second);
    }
    assert_eq!(broker.hear(&group, second).unwrap().assigned.len(), 2);
    assert_eq!(broker.hear(&group, first), Err(Refused::UnknownMember));
}

#[test]
fn the_same_instance_again_takes_over_without_a_rebalance() {
    let mut broker = broker();
    let group = id("g");
    let former = broker.join(&group, &id("a"), &[id("in")]);
    let before = broker.hear(&group, former).unwrap();
    let next = broker.join(&group, &id("a"), &[id("in")]);
    let after = broker.hear(&group, next).unwrap();
    assert_eq!(
        (before.generation, before.assigned),
        (after.generation, after.assigned)
    );
    assert_eq!(broker.hear(&group, former), Err(Refused::UnknownMember));
}

#[test]
fn compaction_keeps_the_last_value_up_to_the_last_stable_offset() {
    let mut broker = broker();
    let epoch = broker.init_transactions(&id("p"));
    for key in ["a", "b", "a"] {
        broker.append(&at("state"), Some(key.as_bytes()), Some(b"v"));
    }
    send(&mut broker, "p", epoch, "state", "a").unwrap();
    broker.append(&at("state"), Some(b"b"), Some(b"v"));
    broker.compact(&at("state"));
    // The open value of a, and what stands behind it, replace nothing yet.
    assert_eq!(broker.log(&at("state")).unwrap().len(), 4);
    assert_eq!(seen(&broker, "state"), [(1, "b".into()), (2, "a".into())]);
    broker.end(&id("p"), epoch, true).unwrap();
    broker.compact(&at("state"));
    assert_eq!(seen(&broker, "state"), [(3, "a".into()), (4, "b".into())]);
    assert_eq!(broker.log(&at("state")).unwrap().end(), 6);
}

#[test]
fn compaction_keeps_a_tombstone_for_a_while() {
    let mut broker = broker();
    broker.append(&at("state"), Some(b"a"), Some(b"v"));
    broker.append(&at("state"), Some(b"a"), None);
    broker.compact(&at("state"));
    assert_eq!(seen(&broker, "state"), [(1, "a".into())]);
    broker.pass(KEPT_MS);
    broker.compact(&at("state"));
    assert_eq!(seen(&broker, "state"), [(1, "a".into())]);
    broker.pass(1);
    broker.compact(&at("state"));
    assert!(seen(&broker, "state").is_empty());
}

#[test]
fn a_late_commit_ends_what_is_open_unless_its_producer_was_replaced() {
    for replaced in [false, true] {
        let mut broker = broker();
        let epoch = broker.init_transactions(&id("p"));
        send(&mut broker, "p", epoch, "out", "a").unwrap();
        broker.commit_later(10, &id("p"), epoch);
        if replaced {
            broker.init_transactions(&id("p"));
        }
        broker.pass(10);
        assert_eq!(keys(&broker, "out").len(), usize::from(!replaced));
    }
}

#[test]
fn without_fencing_a_former_producer_and_member_commit() {
    let limits = Limits {
        fencing: false,
        ..Limits::default()
    };
    let mut broker = Broker::new(limits, Millis(0));
    broker.create("out", 1, false);
    let former = broker.init_transactions(&id("p"));
    broker.init_transactions(&id("p"));
    send(&mut broker, "p", former, "out", "old").unwrap();
    let sent = broker.send_offsets(&id("p"), former, (&id("g"), 9, 9), &[(at("out"), 1)]);
    assert_eq!((sent, broker.end(&id("p"), former, true)), (Ok(()), Ok(())));
    assert_eq!(keys(&broker, "out"), ["old"]);
}

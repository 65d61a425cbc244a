//! The life of a task: given, restored, started, taken back.

mod support;

use kafka::KafkaPort;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::{Copier, Names, assigned, next, until};
use testbed::{Broker, topics};
use worker::service::{Polled, Port, TopicPartition};

fn names(broker: &Broker) -> Names {
    let names = Names::new(&broker.bootstrap_servers());
    let settings = names.settings("a");
    let starts = [(names.of("in", 0), 0), (names.of("in", 1), 0)];
    kafka::admin::commit_offsets(&settings, &settings.group(), &starts).expect("it is new");
    names
}

/// Takes records of a task until one offset is there; checks that none is skipped or comes twice.
fn read_through(port: &mut KafkaPort, task: &TopicPartition, from: i64, to: i64) {
    let mut wanted = from;
    while wanted < to {
        match next(port) {
            Polled::Records(of, records) if of == *task => {
                for record in records {
                    assert_eq!(record.offset, wanted, "from {from}");
                    assert_eq!(record.key, Some(format!("k{}", wanted * 2).into_bytes()));
                    wanted += 1;
                }
            }
            Polled::CaughtUp(of, end) => {
                assert!(of != *task || end <= wanted, "caught up too early")
            }
            other => panic!("unexpected: {other:?}"),
        }
    }
}

#[test]
fn a_start_brings_what_stands_from_its_offset_on() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let names = names(broker);
    names.fill(0..20_000);
    let mut port = KafkaPort::new(names.settings("a")).unwrap();
    assert_eq!(assigned(&mut port), [names.of("in", 0), names.of("in", 1)]);
    // Given is not started, even with records that come in the meantime.
    names.fill(20_000..20_002);
    for _ in 0..20 {
        assert_eq!(
            port.poll(Duration::from_millis(20)).unwrap(),
            Polled::Nothing
        );
    }
    let task = names.of("in", 0);
    // Later, earlier, in the midst of what was fetched, at the ends: each start goes before what
    // was read or asked for until then.
    for from in [5000, 0, 9999, 1, 10_000, 4321, 4320, 7000, 0] {
        port.start(&task, Some(from));
        read_through(&mut port, &task, from, (from + 700).min(10_001));
        if from % 2 == 1 {
            port.start(&task, Some(from / 2));
        }
    }
    port.start(&task, Some(10_001));
    until("an end without any record", || {
        next(&mut port) == Polled::CaughtUp(task.clone(), 10_001)
    });
    names.fill(20_002..20_004);
    read_through(&mut port, &task, 10_001, 10_002);
    port.start(&task, None);
    read_through(&mut port, &task, 0, 10_002);
}

#[test]
fn a_task_whose_records_are_gone_says_so() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let names = Names::new(&broker.bootstrap_servers());
    names.fill(0..20);
    let mut port = KafkaPort::new(names.settings("a")).unwrap();
    let tasks = assigned(&mut port);
    let gap = |wanted, first| Polled::Gap {
        task: tasks[0].clone(),
        wanted,
        first,
        end: 10,
    };
    let began = Instant::now();
    port.start(&tasks[0], None);
    assert_eq!(next(&mut port), gap(None, 0));
    assert!(
        began.elapsed() > Duration::from_secs(2),
        "it is asked more than once"
    );
    port.start(&tasks[0], Some(11));
    assert_eq!(next(&mut port), gap(Some(11), 0));
    topics::delete_before(&names.servers, &names.topic("in"), 0, 4);
    port.start(&tasks[0], Some(3));
    assert_eq!(next(&mut port), gap(Some(3), 4));
    port.start(&tasks[0], Some(4));
    assert!(matches!(next(&mut port), Polled::Records(_, records) if records[0].offset == 4));
}

#[test]
fn a_gap_is_passed_once_an_operator_has_moved_the_groups_offset_behind_it() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let names = names(broker);
    names.fill(0..20);
    topics::delete_before(&names.servers, &names.topic("in"), 0, 4);
    let settings = names.settings("a");
    let moved_to = |offset| {
        let offsets = [(names.of("in", 0), offset)];
        kafka::admin::commit_offsets(&settings, &settings.group(), &offsets).expect("nobody is in");
        let mut port = KafkaPort::new(settings.clone()).unwrap();
        let tasks = assigned(&mut port);
        port.start(&tasks[0], Some(2));
        let next = next(&mut port);
        drop(port);
        // A static member that ends is one until its session is over.
        std::thread::sleep(settings.session_timeout + Duration::from_secs(1));
        next
    };
    // Not where the records are gone, nor backwards, where they would count twice.
    for offset in [3, 1] {
        assert!(
            matches!(
                moved_to(offset),
                Polled::Gap {
                    wanted: Some(2),
                    ..
                }
            ),
            "{offset}"
        );
    }
    assert!(matches!(moved_to(6), Polled::Records(_, records) if records[0].offset == 6));
}

/// A producer of somebody else, with a transaction that it leaves open.
fn hanging(names: &Names, id: &str, timeout_ms: u32, partition: i32) -> BaseProducer {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &names.servers)
        .set("transactional.id", id)
        .set("transaction.timeout.ms", timeout_ms.to_string())
        .create()
        .expect("the broker answers");
    producer
        .init_transactions(Duration::from_secs(30))
        .expect("the broker answers");
    producer.begin_transaction().expect("the broker answers");
    let topic = names.topic("changelog");
    let record = BaseRecord::to(&topic)
        .partition(partition)
        .key("open")
        .payload("x");
    producer
        .send(record)
        .map_err(|(error, _)| error)
        .expect("the broker answers");
    producer
        .flush(Duration::from_secs(10))
        .expect("the broker answers");
    producer
}

/// Takes a restore to its end: keys and the end.
fn restored(port: &mut KafkaPort, task: &TopicPartition) -> (Vec<String>, i64) {
    let mut keys = Vec::new();
    loop {
        match next(port) {
            Polled::Restoring(of, records) if of == *task => {
                keys.extend(records.into_iter().map(|record| {
                    String::from_utf8(record.key.expect("all have one")).expect("text")
                }));
            }
            Polled::Restored(of, end) if of == *task => return (keys, end),
            other => panic!("unexpected: {other:?}"),
        }
    }
}

#[test]
fn a_restore_reads_what_is_committed_behind_an_open_transaction() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let names = names(broker);
    let changelog = names.topic("changelog");
    topics::produce(&names.servers, &changelog, &[(0, "before", Some("1"))]);
    let _open = hanging(&names, &format!("{}.hanging", names.app), 4000, 0);
    topics::produce(
        &names.servers,
        &changelog,
        &[(0, "behind", Some("2")), (1, "other", None)],
    );

    let mut port = KafkaPort::new(names.settings("a")).unwrap();
    let tasks = assigned(&mut port);
    let began = Instant::now();
    port.restore(&tasks[1], &names.of("changelog", 1), 0);
    assert_eq!(
        restored(&mut port, &tasks[1]),
        (vec!["other".to_owned()], 1)
    );
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "nothing holds this one up"
    );
    port.restore(&tasks[0], &names.of("changelog", 0), 0);
    // Offsets 0, 1 (aborted), 2 and the marker of the abort.
    let (keys, end) = restored(&mut port, &tasks[0]);
    assert_eq!(
        (keys, end),
        (vec!["before".to_owned(), "behind".to_owned()], 4)
    );
    port.restore(&tasks[0], &names.of("changelog", 0), end);
    assert_eq!(restored(&mut port, &tasks[0]), (vec![], 4));
}

#[test]
fn a_restore_that_cannot_end_says_why() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let names = names(broker);
    let _open = hanging(&names, &format!("{}.hanging", names.app), 60_000, 0);
    let mut settings = names.settings("a");
    settings.restore_wait_max = Duration::from_secs(2);
    let mut port = KafkaPort::new(settings).unwrap();
    let tasks = assigned(&mut port);
    let why = |port: &mut KafkaPort| {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            match port.poll(Duration::from_millis(100)) {
                Ok(polled) => assert!(Instant::now() < deadline, "it ended after all: {polled:?}"),
                Err(error) => return error.to_string(),
            }
        }
    };
    port.restore(&tasks[0], &names.of("changelog", 0), 0);
    let said = why(&mut port);
    assert!(
        said.contains("a transaction holds back records from 0 up to 1"),
        "{said}"
    );
    port.restore(&tasks[1], &names.of("changelog", 1), 7);
    let said = why(&mut port);
    assert!(
        said.contains("it ends at 0, but was read up to 7 before"),
        "{said}"
    );
}

#[test]
fn what_a_predecessor_left_open_does_not_hold_up_a_restore() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let names = names(broker);
    // Of our own name, and with a time-out that would take a minute.
    let _open = hanging(&names, &names.settings("a").client_id(), 60_000, 0);
    topics::produce(
        &names.servers,
        &names.topic("changelog"),
        &[(0, "behind", Some("2"))],
    );
    let mut port = KafkaPort::new(names.settings("a")).unwrap();
    let tasks = assigned(&mut port);
    let began = Instant::now();
    port.restore(&tasks[0], &names.of("changelog", 0), 0);
    assert_eq!(restored(&mut port, &tasks[0]).0, ["behind"]);
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "the transaction was ended at once"
    );
}

#[test]
fn a_large_changelog_comes_in_pieces() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let names = names(broker);
    let keys: Vec<String> = (0..25_000).map(|number| format!("k{number}")).collect();
    let records: Vec<_> = keys.iter().map(|key| (0, &**key, Some("v"))).collect();
    topics::produce(&names.servers, &names.topic("changelog"), &records);
    let mut port = KafkaPort::new(names.settings("a")).unwrap();
    let tasks = assigned(&mut port);
    port.restore(&tasks[0], &names.of("changelog", 0), 0);
    // A later call replaces the first one, however far it has come.
    assert!(matches!(next(&mut port), Polled::Restoring(..)));
    port.restore(&tasks[0], &names.of("changelog", 0), 0);
    let (found, end) = restored(&mut port, &tasks[0]);
    assert_eq!((found.len(), end), (25_000, 25_000));
    assert_eq!(found, keys);
}

#[test]
fn a_partition_moves_without_losing_or_doubling_a_record() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let names = names(broker);
    let stop = AtomicBool::new(false);
    let stopped = AtomicBool::new(false);
    let run = |instance: &'static str, until: &AtomicBool| {
        let mut copier = Copier::new(&names, instance);
        let mut had = BTreeSet::new();
        while !until.load(Ordering::Relaxed) {
            // Several polls to a commit: a rebalance finds a transaction open.
            copier.take();
            copier.take();
            copier.step();
            had.extend(copier.tasks.iter().cloned());
        }
        (had.len(), copier.aborted, copier.unknown, copier.lost)
    };
    let mut count = 0;
    std::thread::scope(|scope| {
        let first = scope.spawn(|| run("a", &stop));
        let mut feed = |seconds: u64| {
            let until = Instant::now() + Duration::from_secs(seconds);
            while Instant::now() < until {
                names.fill(count..count + 200);
                count += 200;
            }
        };
        feed(3);
        let second = scope.spawn(|| run("b", &stopped));
        feed(8);
        // The second one leaves: its partition comes back after its session.
        stopped.store(true, Ordering::Relaxed);
        println!(
            "second (tasks, aborted, unknown, lost): {:?}",
            second.join().unwrap()
        );
        feed(8);
        until("all is copied", || {
            std::thread::sleep(Duration::from_millis(500));
            topics::read_committed(&names.servers, &names.topic("out")).len() >= count as usize
        });
        stop.store(true, Ordering::Relaxed);
        println!(
            "first (tasks, aborted, unknown, lost): {:?}",
            first.join().unwrap()
        );
    });
    names.check_copied(count);
}

/// How long a task to which something always comes is not said to have caught up, at most.
fn longest_behind(records_per_ms: u64) -> Duration {
    let broker = Broker::shared().expect("it was asked for before");
    let names = names(broker);
    let task = names.of("in", 0);
    let mut port = KafkaPort::new(names.settings("a")).expect("settings are right");
    assigned(&mut port);
    port.start(&task, Some(0));
    let is_over = AtomicBool::new(false);
    let mut longest = Duration::ZERO;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let writer = topics::Writer::new(&names.servers);
            let began_at = Instant::now();
            let mut sent = 0;
            while !is_over.load(Ordering::Relaxed) {
                let due = began_at.elapsed().as_millis() as u64 * records_per_ms;
                while sent < due {
                    writer.send(&task.topic, 0, "v");
                    sent += 1;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let began_at = Instant::now();
        let mut heard_at = began_at + Duration::from_secs(3);
        let mut busy_at = began_at;
        while began_at.elapsed() < Duration::from_secs(15) {
            match port
                .poll(Duration::from_millis(40))
                .expect("the port works")
            {
                // It is worked with for a while.
                Polled::Records(..) => {
                    std::thread::sleep(Duration::from_millis(20));
                    busy_at = Instant::now();
                }
                Polled::CaughtUp(of, _) if of == task => {
                    longest = longest.max(heard_at.elapsed());
                    heard_at = heard_at.max(Instant::now());
                }
                _ => {}
            }
        }
        assert!(busy_at.elapsed() < Duration::from_secs(1), "nothing came");
        longest = longest.max(heard_at.elapsed());
        is_over.store(true, Ordering::Relaxed);
    });
    longest
}

#[test]
fn a_task_that_keeps_up_is_caught_up_though_something_always_comes() {
    if Broker::shared().is_none() {
        return;
    }
    for records_per_ms in [1, 10] {
        let longest = longest_behind(records_per_ms);
        println!("{records_per_ms} records a millisecond: {longest:?}");
        // What was said of the end holds for 3 s.
        assert!(
            longest < Duration::from_secs(3),
            "{records_per_ms}: {longest:?}"
        );
    }
}

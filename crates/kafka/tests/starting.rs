//! A broker that is just starting answers that the cluster has no brokers: the clients forget all
//! that they knew, and have to find them again.

mod support;

use kafka::KafkaPort;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::proxy::Proxy;
use support::{Copier, Names, assigned, until};
use testbed::{Broker, topics};
use worker::service::{Polled, Port, TopicPartition};

/// Names of a new application, and the same as seen through a proxy.
fn names() -> Option<(Names, Names, Proxy)> {
    let broker = Broker::shared()?;
    let names = Names::new(&broker.bootstrap_servers());
    let settings = names.settings("a");
    let starts = [(names.of("in", 0), 0), (names.of("in", 1), 0)];
    kafka::admin::commit_offsets(&settings, &settings.group(), &starts).expect("it is new");
    let proxy = Proxy::before(&names.servers);
    let through = Names {
        servers: proxy.address(),
        ..names.clone()
    };
    Some((names, through, proxy))
}

/// The broker is away, and is there again before it knows that it is, until a client has so often
/// asked it for brokers.
fn starts_anew(proxy: &Proxy, client_id: &str, times: u32, mut step: impl FnMut()) {
    let mut go_on = |time: Duration| {
        let until = Instant::now() + time;
        while Instant::now() < until {
            step();
        }
    };
    proxy.hide_brokers(true);
    until("the client asks for brokers", || {
        proxy.refuse(true);
        go_on(Duration::from_secs(2));
        proxy.refuse(false);
        go_on(Duration::from_secs(4));
        proxy.hidden_from(client_id) >= times
    });
    proxy.hide_brokers(false);
}

#[test]
fn who_was_told_that_there_are_no_brokers_finds_them_again() {
    let Some((names, through, proxy)) = names() else {
        return;
    };
    names.fill(0..20);
    let settings = through.settings("a");
    let mut copier = Copier::with(&names, settings.clone());
    copier.may_give_up = true;
    until("the first records", || {
        copier.step();
        copier.done() >= 20
    });
    starts_anew(&proxy, &settings.client_id(), 2, || copier.step());
    names.fill(20..40);
    until("the others", || {
        copier.step();
        copier.done() >= 40
    });
    names.check_copied(40);
}

#[test]
fn what_is_told_arrives_again_after_there_were_no_brokers() {
    let Some((names, through, proxy)) = names() else {
        return;
    };
    let settings = through.settings("a");
    let mut port = KafkaPort::new(settings.clone()).unwrap();
    assigned(&mut port);
    let told = names.of("out", 0);
    let mut number = 0;
    let mut tell = |port: &mut KafkaPort| {
        number += 1;
        port.tell(&told, b"clock", number.to_string().as_bytes());
        std::thread::sleep(Duration::from_millis(100));
        number
    };
    let arrived = || {
        let rows = topics::read_committed(&names.servers, &names.topic("out"));
        rows.last()
            .map_or(0, |row| row.text().parse::<u32>().unwrap())
    };
    until("the first", || tell(&mut port) > 10 && arrived() > 0);
    starts_anew(&proxy, &format!("{}.tell", settings.client_id()), 1, || {
        tell(&mut port);
    });
    let since = tell(&mut port);
    until("those that are told now", || {
        tell(&mut port);
        arrived() > since
    });
}

/// librdkafka gives a partition up when it asked for what was deleted, and seeks in it no more.
#[test]
fn a_task_that_was_given_up_is_started_again() {
    let Some((names, through, proxy)) = names() else {
        return;
    };
    names.fill(0..200);
    let task = names.of("in", 0);
    let mut port = KafkaPort::new(through.settings("a")).expect("settings are right");
    assigned(&mut port);
    port.start(&task, Some(0));
    let mut next = 0;
    let mut read_to = |port: &mut KafkaPort, end: i64| {
        until("records", || {
            if let Ok(Polled::Records(_, records)) = port.poll(Duration::from_millis(50)) {
                next = records.last().map_or(next, |record| record.offset + 1);
            }
            next >= end
        });
    };
    read_to(&mut port, 100);
    proxy.refuse(true);
    names.fill(200..300);
    topics::delete_before(&names.servers, &task.topic, 0, 120);
    proxy.refuse(false);
    until("the gap is told", || {
        matches!(
            port.poll(Duration::from_millis(50)),
            Ok(Polled::Gap {
                wanted: Some(100),
                first: 120,
                end: 150,
                ..
            })
        )
    });
    port.start(&task, Some(125));
    read_to(&mut port, 150);
}

/// librdkafka looks up where a partition begins that it was given. Answers are slow, and each start
/// comes at another time of that: it is read on from where it was started, whatever the answer says.
#[test]
fn a_task_is_read_on_from_where_it_was_started_whenever_the_answer_comes() {
    let Some((names, through, proxy)) = names() else {
        return;
    };
    names.fill(0..200);
    let (task, is_over) = (names.of("in", 0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let writer = topics::Writer::new(&names.servers);
            while !is_over.load(Ordering::Relaxed) {
                writer.send(&task.topic, 0, "v");
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let mut from = 10;
        let rounds = (0..350).step_by(70).map(|wait_ms| {
            let wait = Duration::from_millis(wait_ms);
            let read = read_on(&through, &proxy, (&task, from), wait);
            from = *read.as_ref().unwrap_or(&from);
            read.err().map(|why| format!("after {wait:?}: {why}"))
        });
        let wrong: Vec<String> = rounds.flatten().collect();
        is_over.store(true, Ordering::Relaxed);
        assert!(wrong.is_empty(), "{wrong:?}");
    });
}

/// Starts a task so long after it was given, and reads on for longer than it takes librdkafka to ask
/// again. Returns the offset behind the last record, or says what is wrong.
fn read_on(
    through: &Names,
    proxy: &Proxy,
    (task, from): (&TopicPartition, i64),
    wait: Duration,
) -> Result<i64, String> {
    let mut port = KafkaPort::new(through.settings("a")).expect("settings are right");
    proxy.hold_ends(Duration::from_millis(350));
    assigned(&mut port);
    let given_at = Instant::now();
    while given_at.elapsed() < wait {
        let _ = port.poll(Duration::from_millis(20));
    }
    port.start(task, Some(from));
    let (started_at, mut next) = (Instant::now(), from);
    while next < from + 100 || started_at.elapsed() < Duration::from_secs(5) {
        match port.poll(Duration::from_millis(100)) {
            Ok(Polled::Records(_, records)) => {
                for record in records {
                    if record.offset != next {
                        return Err(format!("{next} and then {}", record.offset));
                    }
                    next += 1;
                }
            }
            Ok(Polled::CaughtUp(_, end)) if end > next => {
                return Err(format!("caught up to {end} at {next}"));
            }
            _ => {}
        }
        if started_at.elapsed() > Duration::from_secs(60) {
            return Err(format!("no record {next}"));
        }
    }
    proxy.hold_ends(Duration::ZERO);
    Ok(next)
}

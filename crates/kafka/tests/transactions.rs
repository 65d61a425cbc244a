//! Read, process, write: exactly once, whatever happens to the process, its predecessor or the
//! broker.

mod support;

use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, Producer};
use std::time::{Duration, Instant};
use support::{Copier, Names, assigned, until};
use testbed::{Broker, topics};
use worker::service::{Outcome, Port};

/// Commits a start offset of 0 for both partitions of the input, as `topics init` does.
fn names(broker: &Broker) -> Names {
    let names = Names::new(&broker.bootstrap_servers());
    let group = names.settings("a").group();
    kafka::admin::commit_offsets(
        &names.settings("a"),
        &group,
        &[(names.of("in", 0), 0), (names.of("in", 1), 0)],
    )
    .expect("offsets can be committed");
    names
}

#[test]
fn a_record_is_copied_once_through_aborts() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let names = names(broker);
    names.fill(0..200);
    let mut copier = Copier::new(&names, "a");
    until("half is copied", || {
        copier.step();
        copier.done() >= 200
    });
    names.fill(200..400);
    until("records are taken and taken back", || {
        copier.take();
        if copier.read != copier.committed {
            copier.abort();
        }
        copier.aborted >= 3
    });
    until("all is copied", || {
        copier.step();
        copier.done() >= 400
    });
    assert_eq!(copier.unknown, 0);
    names.check_copied(400);
}

#[test]
fn a_commit_takes_milliseconds() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let names = names(broker);
    names.fill(0..2);
    let mut copier = Copier::new(&names, "a");
    until("both partitions are there", || {
        copier.step();
        copier.done() >= 2
    });
    for interval_ms in [0, 50] {
        let mut took_us = Vec::new();
        for round in 0..100 {
            std::thread::sleep(Duration::from_millis(interval_ms));
            for number in 0..100 {
                let key = format!("{round}/{number}");
                copier.port.send(
                    &names.of("out", number % 2),
                    key.as_bytes(),
                    Some(&[0; 200]),
                );
            }
            let offsets: Vec<_> = copier.committed.clone().into_iter().collect();
            let began = Instant::now();
            let outcome = copier.port.commit(&offsets);
            took_us.push(began.elapsed().as_micros());
            assert!(matches!(outcome, Outcome::Committed(ends) if ends.len() == 2));
        }
        took_us.sort_unstable();
        let (half, most) = (took_us[50], took_us[98]);
        println!("commits {interval_ms} ms apart take: p50 {half} µs, p99 {most} µs");
    }
}

#[test]
fn the_offset_behind_what_was_sent_is_told() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let names = names(broker);
    let mut copier = Copier::new(&names, "a");
    assigned(&mut copier.port);
    for round in 0..3i64 {
        copier.port.send(&names.of("out", 1), b"k", Some(b"v"));
        // Each commit leaves a marker of its own in the partition.
        let end = (names.of("out", 1), 2 * round + 1);
        assert_eq!(copier.port.commit(&[]), Outcome::Committed(vec![end]));
    }
}

#[test]
fn a_predecessor_is_fenced_with_what_it_has_open() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let names = names(broker);
    names.fill(0..100);
    let mut old = Copier::new(&names, "a");
    until("the old one has records", || {
        old.take();
        old.read.values().sum::<i64>() >= 100
    });
    // The same name again: what the old one has open is gone, and it cannot commit it.
    let mut new = Copier::new(&names, "a");
    until("the new one has copied all", || {
        new.step();
        new.done() >= 100
    });
    let offsets: Vec<_> = old.read.clone().into_iter().collect();
    assert_eq!(old.port.commit(&offsets), Outcome::Unknown);
    names.check_copied(100);
    // It hears of its successor and does not fence it in turn.
    until("the old one is shut out", || {
        old.port.poll(Duration::from_millis(100)).is_err()
    });
    assert!(old.port.renew().is_err());
    names.fill(100..120);
    until("the new one goes on", || {
        new.step();
        new.done() >= 120
    });
    assert_eq!(new.unknown, 0);
    names.check_copied(120);
}

#[test]
fn what_nobody_knows_is_read_from_the_log() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let names = names(broker);
    let mut copier = Copier::new(&names, "a");
    let mut count = 0;
    for round in 1..4 {
        names.fill(count..count + 100);
        count += 100;
        until("records are taken", || {
            copier.take();
            copier.read != copier.committed
        });
        // A producer of our name, and gone again: ours is of no use any more.
        let other: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", &names.servers)
            .set("transactional.id", names.settings("a").client_id())
            .create()
            .expect("settings are right");
        other
            .init_transactions(Duration::from_secs(30))
            .expect("the broker answers");
        copier.commit();
        assert_eq!(copier.unknown, round);
        until("all is copied", || {
            copier.step();
            copier.done() >= i64::from(count)
        });
        names.check_copied(count);
    }
}

#[test]
fn a_stage_that_waits_is_told_that_it_has_caught_up() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let names = names(broker);
    names.fill(0..10);
    let mut copier = Copier::new(&names, "a");
    let said = |copier: &Copier| copier.caught_up.values().copied().collect::<Vec<_>>();
    until("both have caught up", || {
        copier.step();
        said(&copier) == [5, 5]
    });
    // Markers of transactions stand behind the last record: the end is behind them all the same.
    let mut writer = Copier::new(&names, "b");
    writer.port = kafka::KafkaPort::new(writer.names.settings("b").stage("other", &[])).unwrap();
    copier.caught_up.clear();
    until("a transaction is written to the input", || {
        let _ = writer.port.poll(Duration::ZERO);
        writer.port.send(&names.of("in", 0), b"k", Some(b"v"));
        matches!(writer.port.commit(&[]), Outcome::Committed(_)) || {
            let _ = writer.port.renew();
            false
        }
    });
    until("the marker is passed", || {
        copier.step();
        said(&copier) == [7, 5]
    });
    let ends = [0, 1].map(|partition| copier.port.end(&names.of("in", partition)));
    assert_eq!(ends, [Some(7), Some(5)]);
}

#[test]
fn an_unknown_outcome_is_read_and_not_guessed() {
    if !Broker::is_possible() {
        return;
    }
    let mut broker = Broker::start();
    let names = names(&broker);
    let mut copier = Copier::new(&names, "a");
    copier.may_give_up = true;
    let mut count = 0;
    for round in 0..4 {
        names.fill(count..count + 50);
        count += 50;
        until("records are taken", || {
            copier.take();
            copier.read != copier.committed
        });
        if round % 2 == 0 {
            // Longer than the transaction's time-out: the same code as a true successor gives.
            broker.pause();
            let pause = Duration::from_secs(if round == 0 { 0 } else { 7 });
            let servers = names.servers.clone();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    std::thread::sleep(pause + Duration::from_secs(1));
                    broker.resume();
                    // Its own cluster may take a while to believe that it is there again.
                    until("the broker is back", || topics::brokers(&servers) == 1);
                });
                copier.commit();
            });
        } else {
            broker.kill();
            std::thread::scope(|scope| {
                scope.spawn(|| broker.restart());
                copier.commit();
            });
        }
        until("all is copied", || {
            copier.step();
            copier.done() >= i64::from(count)
        });
        names.check_copied(count);
    }
    let Copier {
        unknown,
        aborted,
        lost,
        given_up,
        ..
    } = copier;
    println!("{unknown} unknown, {aborted} aborted, {lost} lost, {given_up} given up");
}

//! A broker that is just starting answers that the cluster has no brokers: the clients forget all
//! that they knew, and have to find them again.

mod support;

use kafka::KafkaPort;
use std::time::{Duration, Instant};
use support::proxy::Proxy;
use support::{Copier, Names, assigned, until};
use testbed::{Broker, topics};
use worker::service::Port;

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

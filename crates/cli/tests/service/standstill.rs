//! How long readers of the output stand still while something happens to a process, by partition:
//! of the tasks that it happened to, and of those that it did not.
//!
//! What is asserted is the promise (a planned restart or a crash: a minute, on however busy a machine);
//! what was measured is printed: `cargo test -p cli --test service standstill -- --nocapture`.

use crate::deployment::{Deployment, Process, signal};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use testbed::Broker;
use testbed::topics::{Reader, Writer, owners};

/// Contacts a second; each partition of the output has its part.
const CONTACTS_PER_S: u64 = 200;
/// No reader stands longer, whatever happens.
const STANDS_MAX: Duration = Duration::from_secs(60);
/// Outputs flow evenly again before the next thing happens.
const CALM: Duration = Duration::from_secs(6);
/// How long a process is frozen: longer than a transaction may be open, shorter than a session.
const FROZEN: Duration = Duration::from_secs(12);
/// Partitions of the output.
const PARTITIONS: u32 = 4;

/// Writes contacts evenly until it is told to end.
fn write(servers: &str, topic: &str, is_over: &AtomicBool) {
    let writer = Writer::new(servers);
    let began_at = Instant::now();
    let mut number = 0;
    while !is_over.load(Ordering::Relaxed) {
        while number < began_at.elapsed().as_millis() as u64 * CONTACTS_PER_S / 1_000 {
            let now = jiff::Timestamp::now().to_string();
            let contact = json!({
                "channel": "phone", "kind": "contact", "event_id": format!("E{number}"),
                "contact_id": format!("A{number}"), "occurred_at": now, "started_at": now,
                "ended_at": now, "outcome": "handled",
                "identifiers": [{"type": "customer_id", "value": format!("C{}", number % 5_000)}],
            });
            writer.send(topic, (number % 2) as u32, &contact.to_string());
            number += 1;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The longest time without a record in each partition, until the calm.
fn longest(arrivals: &Receiver<(u32, Instant)>, from: Instant) -> BTreeMap<u32, Duration> {
    let mut last: BTreeMap<u32, Instant> = (0..PARTITIONS).map(|of| (of, from)).collect();
    let mut longest: BTreeMap<u32, Duration> = BTreeMap::new();
    let until = Instant::now() + CALM;
    loop {
        if let Ok((of, at)) = arrivals.recv_timeout(Duration::from_millis(100)) {
            let last = last.entry(of).or_insert(at);
            let stood = at.saturating_duration_since(*last);
            *last = at.max(*last);
            let longest = longest.entry(of).or_default();
            *longest = stood.max(*longest);
        }
        let all_flow = last
            .values()
            .all(|at| at.elapsed() < Duration::from_secs(2));
        if Instant::now() > until && all_flow {
            return longest;
        }
        assert!(
            from.elapsed() < STANDS_MAX * 2,
            "outputs do not flow: {longest:?}"
        );
    }
}

/// Something that happens to a process that runs one stage.
fn befall(
    deployment: &Deployment,
    what: &str,
    of: &str,
    stage: &str,
    process: Process,
) -> Option<Process> {
    match what {
        "restarted" => {
            assert_eq!(process.stop(), Some(0));
            Some(deployment.start(of, stage))
        }
        "killed and started again" => {
            process.kill();
            Some(deployment.start(of, stage))
        }
        "killed and taken over" => {
            process.kill();
            None
        }
        "frozen for 12 s" => {
            signal(process.pid(), "STOP");
            std::thread::sleep(FROZEN);
            signal(process.pid(), "CONT");
            Some(process)
        }
        other => panic!("{other}"),
    }
}

/// The partitions of the process `x`, once it has some.
fn of_x(servers: &str) -> Vec<u32> {
    let asked_at = Instant::now();
    loop {
        let owned = owners(servers, "standstill.customers", "standstill.by_customer");
        let of_x = owned.into_iter().find(|(of, _)| of.ends_with(".x"));
        if let Some((_, partitions)) = of_x.filter(|(_, partitions)| !partitions.is_empty()) {
            return partitions;
        }
        assert!(asked_at.elapsed() < STANDS_MAX, "x gets no partition");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Tells the threads that write and read to end.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn nobody_stands_still_for_long() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let servers = broker.bootstrap_servers();
    let Some(deployment) = Deployment::new("standstill", "") else {
        return;
    };
    let mut processes: BTreeMap<&str, (&str, Process)> = BTreeMap::new();
    for (of, stage) in [
        ("d", "door"),
        ("c", "contacts"),
        ("h", "handles"),
        ("x", "customers"),
        ("y", "customers"),
    ] {
        processes.insert(of, (stage, deployment.start(of, stage)));
    }
    let is_over = AtomicBool::new(false);
    let source = deployment.topic("phone");
    let (sender, arrivals) = channel();
    std::thread::scope(|scope| {
        scope.spawn(|| write(&servers, &source, &is_over));
        scope.spawn(|| {
            let reader = Reader::at_end(&servers, "standstill.contacts");
            while !is_over.load(Ordering::Relaxed) {
                if let Some(of) = reader.next(Duration::from_millis(100)) {
                    let _ = sender.send((of, Instant::now()));
                }
            }
        });
        // However it ends, the others do.
        let _end = End(&is_over);
        longest(&arrivals, Instant::now());
        for (of, what) in [
            ("x", "restarted"),
            ("x", "killed and started again"),
            ("x", "killed and taken over"),
            ("x", "frozen for 12 s"),
            ("d", "restarted"),
            ("d", "killed and started again"),
            ("d", "frozen for 12 s"),
        ] {
            let of_x = of_x(&servers);
            let (stage, process) = processes.remove(of).expect("it runs");
            let began_at = Instant::now();
            let process = befall(&deployment, what, of, stage, process);
            let stood = longest(&arrivals, began_at);
            let process = process.unwrap_or_else(|| deployment.start(of, stage));
            processes.insert(of, (stage, process));
            let most = |touched: bool| {
                let is_of = |place: &u32| of != "x" || of_x.contains(place);
                let all = stood.iter().filter(|(place, _)| is_of(place) == touched);
                all.map(|(_, stood)| *stood).max().unwrap_or_default()
            };
            eprintln!(
                "{stage} {what}: touched {:.1} s, untouched {:.1} s",
                most(true).as_secs_f64(),
                most(false).as_secs_f64()
            );
            assert!(
                most(true) < STANDS_MAX && most(false) < STANDS_MAX,
                "{stood:?}"
            );
        }
    });
    for (_, (_, process)) in processes {
        assert_eq!(process.stop(), Some(0));
    }
}

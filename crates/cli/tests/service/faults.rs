//! Processes that are killed, frozen, restarted and joined by others, and a broker that is killed and
//! restarted, while events come in: what stands
//! in the topics in the end is what a replay says, record by record.
//!
//! `RICOCHET_FAULT_RUNS=100 cargo test -p cli --test service faults` makes a hundred runs, each of
//! another seed; `RICOCHET_FAULT_SEED=7` begins with that one.

use crate::deployment::{Deployment, Process, head, signal};
use crate::settles::{UNTIL, events};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::time::Duration;
use testbed::Broker;

/// Parts in which the events come in; after each something happens.
const PARTS: usize = 8;
/// Longer than a transaction may be open, and shorter than the group waits for a member.
const FROZEN_MEDIUM: Duration = Duration::from_secs(12);
/// Longer than the group waits for a member.
const FROZEN_LONG: Duration = Duration::from_secs(18);

/// What happens to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Nothing,
    Killed,
    Restarted,
    FrozenShort,
    FrozenMedium,
    FrozenLong,
    Joined,
    Left,
    StageMoved,
    BrokerKilled,
    BrokerRestarted,
}

const FAULTS: [Fault; 11] = [
    Fault::Nothing,
    Fault::Killed,
    Fault::Restarted,
    Fault::FrozenShort,
    Fault::FrozenMedium,
    Fault::FrozenLong,
    Fault::Joined,
    Fault::Left,
    Fault::StageMoved,
    Fault::BrokerKilled,
    Fault::BrokerRestarted,
];

/// The processes that run, by instance.
struct Service<'a> {
    broker: &'a mut Broker,
    deployment: &'a Deployment,
    processes: BTreeMap<String, Process>,
    random: StdRng,
    made: usize,
}

impl Service<'_> {
    fn start(&mut self, instance: &str, stage: &str) {
        let process = self.deployment.start(instance, stage);
        self.processes.insert(instance.to_owned(), process);
    }

    fn join(&mut self, stage: &str) -> String {
        self.made += 1;
        let instance = format!("p{}", self.made);
        self.start(&instance, stage);
        instance
    }

    /// Some process that runs all stages.
    fn some(&mut self) -> String {
        let whole: Vec<&String> = self
            .processes
            .keys()
            .filter(|name| *name != "moved")
            .collect();
        whole[self.random.random_range(0..whole.len())].clone()
    }

    fn freeze(&mut self, time: Duration) {
        let name = self.some();
        let pid = self.processes[&name].pid();
        signal(pid, "STOP");
        std::thread::sleep(time);
        signal(pid, "CONT");
    }

    fn befall(&mut self, fault: Fault) {
        match fault {
            Fault::Nothing => {}
            Fault::Killed => {
                let name = self.some();
                self.processes.remove(&name).unwrap().kill();
                self.start(&name, "all");
            }
            Fault::Restarted => {
                let name = self.some();
                let status = self.processes.remove(&name).unwrap().stop();
                assert_eq!(status, Some(0), "{name}");
                self.start(&name, "all");
            }
            Fault::FrozenShort => self.freeze(Duration::from_secs(2)),
            Fault::FrozenMedium => self.freeze(FROZEN_MEDIUM),
            Fault::FrozenLong => self.freeze(FROZEN_LONG),
            Fault::Joined => {
                if self.processes.len() < 3 {
                    self.join("all");
                }
            }
            Fault::Left => {
                if self.processes.len() > 1 {
                    let name = self.some();
                    if self
                        .processes
                        .keys()
                        .any(|other| *other != name && other != "moved")
                    {
                        self.processes.remove(&name).unwrap().stop();
                    }
                }
            }
            Fault::StageMoved => {
                if self.processes.remove("moved").is_none() {
                    self.start("moved", "customers");
                }
            }
            Fault::BrokerKilled => {
                self.broker.kill();
                let away_ms = self.random.random_range(0..6_000);
                std::thread::sleep(Duration::from_millis(away_ms));
                self.broker.restart();
            }
            Fault::BrokerRestarted => self.broker.restart(),
        }
    }
}

/// One run; says what happened.
fn run(seed: u64) -> Option<Vec<Fault>> {
    if !Broker::is_possible() {
        return None;
    }
    let mut broker = Broker::start();
    let id = format!("faults-{seed}");
    let deployment = Deployment::on(&broker.bootstrap_servers(), &id, &head(""), None);
    let mut random = StdRng::seed_from_u64(seed);
    let mut faults: Vec<Fault> = (0..PARTS)
        .map(|_| FAULTS[random.random_range(0..FAULTS.len())])
        .collect();
    // Every run has a crash.
    let place = random.random_range(0..PARTS);
    faults[place] = Fault::Killed;
    let mut events = events(seed);
    let mut service = Service {
        broker: &mut broker,
        deployment: &deployment,
        processes: BTreeMap::new(),
        random,
        made: 0,
    };
    service.join("all");
    service.join("all");
    let part = events.len().div_ceil(PARTS);
    for (fault, events) in faults.iter().zip(events.chunks(part)) {
        deployment.send(events);
        let wait_ms = service.random.random_range(0..2_500);
        std::thread::sleep(Duration::from_millis(wait_ms));
        service.befall(*fault);
    }
    let ends = deployment.end_time(&events, UNTIL);
    events.extend(ends);
    eprintln!("seed {seed}: {faults:?}");
    deployment.expect(&deployment.replayed(&events, UNTIL));
    deployment.expect_figures();
    for (name, process) in service.processes {
        assert_eq!(process.stop(), Some(0), "{name}");
    }
    Some(faults)
}

#[test]
fn whatever_befalls_the_processes_the_topics_say_what_a_replay_says() {
    let number = |name: &str, default: u64| {
        let typed = std::env::var(name).ok();
        typed.map_or(default, |typed| typed.parse().unwrap())
    };
    let first = number("RICOCHET_FAULT_SEED", 1);
    let mut happened: BTreeMap<Fault, u64> = BTreeMap::new();
    for seed in first..first + number("RICOCHET_FAULT_RUNS", 2) {
        let Some(faults) = run(seed) else {
            return;
        };
        for fault in faults {
            *happened.entry(fault).or_default() += 1;
        }
    }
    eprintln!("what happened: {happened:?}");
}

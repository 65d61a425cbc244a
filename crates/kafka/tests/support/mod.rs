//! A worker as small as can be: it copies its input to an output topic, exactly once.

#![allow(dead_code, reason = "every test program uses its own part of it")]

pub mod proxy;

use kafka::{KafkaPort, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use testbed::topics;
use worker::service::{Outcome, Polled, Port, PortError, TopicPartition};

/// Names of one test, so that all of them share one broker.
#[derive(Clone)]
pub struct Names {
    pub servers: String,
    pub app: String,
}

impl Names {
    /// Makes an input, an output and a changelog of two partitions each.
    pub fn new(servers: &str) -> Names {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let app = format!("app{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let names = Names {
            servers: servers.to_owned(),
            app,
        };
        for topic in ["in", "out", "changelog"] {
            topics::create(servers, &names.topic(topic), 2, &[]);
        }
        names
    }

    pub fn topic(&self, name: &str) -> String {
        format!("{}.{name}", self.app)
    }

    pub fn of(&self, name: &str, partition: u32) -> TopicPartition {
        TopicPartition::new(&self.topic(name), partition)
    }

    pub fn settings(&self, instance: &str) -> Settings {
        let mut settings = Settings::new(&self.servers, &self.app, instance);
        settings.session_timeout = Duration::from_secs(6);
        settings.transaction_timeout = Duration::from_secs(5);
        settings.stage("copy", &[self.topic("in")])
    }

    /// Puts records `k0=v0 ...` into both partitions of the input, by turns.
    pub fn fill(&self, numbers: std::ops::Range<u32>) {
        let texts: Vec<(u32, String, String)> = numbers
            .map(|number| (number % 2, format!("k{number}"), format!("v{number}")))
            .collect();
        let records: Vec<(u32, &str, Option<&str>)> = texts
            .iter()
            .map(|(partition, key, value)| (*partition, &**key, Some(&**value)))
            .collect();
        topics::produce(&self.servers, &self.topic("in"), &records);
    }

    /// The output has each record of the input exactly once, in the order of its partition.
    pub fn check_copied(&self, count: u32) {
        let short = |rows: Vec<topics::Row>| -> Vec<(u32, String, String)> {
            rows.iter()
                .map(|row| (row.partition, row.key.clone(), row.text()))
                .collect()
        };
        let wanted = short(topics::read_committed(&self.servers, &self.topic("in")));
        let found = short(topics::read_committed(&self.servers, &self.topic("out")));
        assert_eq!(wanted.len(), count as usize, "the input is whole");
        assert_eq!(found, wanted, "the output is the input");
    }
}

/// Polls until something comes that is no `Nothing`.
pub fn next(port: &mut KafkaPort) -> Polled {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        match port
            .poll(Duration::from_millis(200))
            .expect("the port works")
        {
            Polled::Nothing => assert!(Instant::now() < deadline, "nothing came in a minute"),
            polled => return polled,
        }
    }
}

/// Polls until the group has given partitions.
pub fn assigned(port: &mut KafkaPort) -> Vec<TopicPartition> {
    match next(port) {
        Polled::Assigned(tasks) => tasks,
        other => panic!("expected an assignment, came {other:?}"),
    }
}

/// A worker that copies.
pub struct Copier {
    pub names: Names,
    pub port: KafkaPort,
    /// The offset behind the last record taken, by task.
    pub read: BTreeMap<TopicPartition, i64>,
    /// The same as of the last commit.
    pub committed: BTreeMap<TopicPartition, i64>,
    pub tasks: BTreeSet<TopicPartition>,
    pub unknown: u32,
    pub aborted: u32,
    pub lost: u32,
    /// How often a port was given up, where that may happen: a group that answers late takes a member
    /// that joins a second time for a successor of itself.
    pub given_up: u32,
    pub may_give_up: bool,
    settings: Settings,
    pub caught_up: BTreeMap<TopicPartition, i64>,
}

impl Copier {
    pub fn new(names: &Names, instance: &str) -> Copier {
        Copier::with(names, names.settings(instance))
    }

    pub fn with(names: &Names, settings: Settings) -> Copier {
        Copier {
            names: names.clone(),
            port: KafkaPort::new(settings.clone()).expect("settings are right"),
            settings,
            given_up: 0,
            may_give_up: false,
            read: BTreeMap::new(),
            committed: BTreeMap::new(),
            tasks: BTreeSet::new(),
            unknown: 0,
            aborted: 0,
            lost: 0,
            caught_up: BTreeMap::new(),
        }
    }

    /// Polls once and sends on what came, without a commit.
    pub fn take(&mut self) {
        let polled = match self.port.poll(Duration::from_millis(20)) {
            Ok(polled) => polled,
            Err(error) => return self.give_up(&error),
        };
        match polled {
            Polled::Assigned(tasks) => {
                for task in &tasks {
                    self.port.start(task, None);
                }
                self.tasks.extend(tasks);
            }
            Polled::Records(task, records) => {
                assert!(self.tasks.contains(&task), "records of a task of ours");
                let to = self.names.of("out", task.partition);
                for record in &records {
                    let key = record.key.as_deref().unwrap_or_default();
                    self.port.send(&to, key, record.value.as_deref());
                }
                let last = records.last().expect("records are never empty").offset;
                self.read.insert(task, last + 1);
            }
            Polled::Revoked(tasks) => {
                self.commit();
                self.port.release(&tasks);
                self.forget(&tasks);
            }
            Polled::Lost(tasks) => {
                self.lost += 1;
                self.abort();
                self.port.release(&tasks);
                self.forget(&tasks);
            }
            Polled::CaughtUp(task, end) => {
                self.caught_up.insert(task, end);
            }
            Polled::Nothing => {}
            other => panic!("unexpected: {other:?}"),
        }
    }

    fn forget(&mut self, tasks: &[TopicPartition]) {
        for task in tasks {
            self.tasks.remove(task);
            self.read.remove(task);
            self.committed.remove(task);
        }
    }

    pub fn commit(&mut self) {
        let open: Vec<(TopicPartition, i64)> = self
            .read
            .iter()
            .filter(|(task, read)| self.committed.get(*task) != Some(*read))
            .map(|(task, read)| (task.clone(), *read))
            .collect();
        if open.is_empty() {
            return;
        }
        let outcome = self.port.commit(&open);
        self.after(outcome, &open);
    }

    pub fn abort(&mut self) {
        let outcome = self.port.abort();
        self.after(outcome, &[]);
    }

    fn after(&mut self, outcome: Outcome, open: &[(TopicPartition, i64)]) {
        match outcome {
            Outcome::Committed(_) => {
                self.committed.extend(open.iter().cloned());
                return;
            }
            Outcome::Aborted => self.aborted += 1,
            Outcome::Unknown => {
                self.unknown += 1;
                let deadline = Instant::now() + Duration::from_secs(60);
                loop {
                    assert!(Instant::now() < deadline, "no producer in a minute");
                    match self.port.renew() {
                        Ok(true) => break,
                        Ok(false) => {}
                        Err(error) => return self.give_up(&error),
                    }
                }
            }
        }
        // The group's offsets are the truth, whatever became of the transaction.
        self.read.clear();
        self.committed.clear();
        for task in &self.tasks {
            self.port.start(task, None);
        }
    }

    fn give_up(&mut self, error: &PortError) {
        assert!(self.may_give_up, "{error}");
        self.given_up += 1;
        self.read.clear();
        self.committed.clear();
        self.tasks.clear();
        self.port = KafkaPort::new(self.settings.clone()).expect("settings are right");
    }

    pub fn step(&mut self) {
        self.take();
        self.commit();
    }

    /// How many records it has copied for good.
    pub fn done(&self) -> i64 {
        self.committed.values().sum()
    }
}

/// Steps until this is so.
pub fn until(what: &str, mut step: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(90);
    while !step() {
        assert!(
            Instant::now() < deadline,
            "not within a minute and a half: {what}"
        );
    }
}

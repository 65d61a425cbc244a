//! The ways in which a story is run. All must end the same.

use crate::notation::Story;
use crate::rows::{self, Tables};
use canonical::decode_json;
use model::{ContactInput, Millis, Text};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use settings::{Loaded, Meant};
use simulator::oracle::{self, InputLine, Options};
use stage_door::{Clocks, Place, Pseudonymise, Secret};
use std::path::Path;
use worker::{Bucket, Counts, Engine, History, Live, Partitions, Refused};

/// Figures that only a run over the whole history counts, or that count deliveries.
const NOT_LIVE: &[&str] = &[
    "read",
    "decoded",
    "ignored",
    "rejected",
    "duplicates",
    "new",
    "conflicting",
    "incomplete",
    "customers",
    "contacts",
    "coverage",
    "contacts_capped",
];

/// A record that the door let in.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// The line of the story, from 0.
    pub line: usize,
    pub key: Text,
    pub input: ContactInput,
    /// The latest time that the record speaks of.
    pub horizon: i64,
}

/// A story with the engine that it runs on.
pub(crate) struct Run {
    pub story: Story,
    pub meant: Meant,
    pub engine: Engine,
    pub inputs: Vec<Input>,
    /// Lines that the door refused, with why.
    pub refused: Vec<(usize, Refused)>,
    counts: Counts,
}

impl Run {
    /// Reads a story and lets its records in, with identifiers as they are.
    pub(crate) fn of(text: &str) -> Run {
        Run::with(text, Pseudonymise::Plain)
    }

    /// The same, with identifiers hashed.
    pub(crate) fn hashed(text: &str) -> Run {
        Run::with(
            text,
            Pseudonymise::Keyed(Secret {
                key: vec![7; 32],
                version: 1,
            }),
        )
    }

    fn with(text: &str, pseudonymise: Pseudonymise) -> Run {
        let story = Story::read(text);
        let loaded = Loaded::from_text(&story.config, "story");
        let loaded = loaded.unwrap_or_else(|error| panic!("{error}"));
        let meant = loaded
            .meant()
            .unwrap_or_else(|problems| panic!("{problems}"));
        let door = stage_door::Settings {
            pseudonymise,
            run_start: story.begins.map(Millis),
            until: story.ends.map(Millis),
            ..meant.door(Vec::new)
        };
        let (contacts, handles) = (meant.contacts.clone(), meant.handles.clone());
        let engine = Engine::new(door, contacts, handles, meant.customers.clone());
        let engine = engine.unwrap_or_else(|error| panic!("{error}"));
        let (inputs, refused) = (Vec::new(), Vec::new());
        let mut run = Run {
            story,
            meant,
            engine,
            inputs,
            refused,
            counts: Counts::default(),
        };
        run.admit();
        run
    }

    fn admit(&mut self) {
        let lateness = self.story.is_live;
        let place = Place {
            source: "",
            partition: 0,
            recorded_at: None,
            lateness,
        };
        let mut clocks = Clocks::default();
        for (line, record) in self.story.lines.iter().enumerate() {
            let Some(record) = &record.record else {
                continue;
            };
            let decoded = decode_json(record.as_bytes());
            match self
                .engine
                .admit(decoded, &place, &mut clocks, &mut self.counts)
            {
                Ok((key, input)) => {
                    let horizon = horizon(record);
                    self.inputs.push(Input {
                        line,
                        key,
                        input,
                        horizon,
                    });
                }
                Err(refused) => self.refused.push((line, refused)),
            }
        }
    }

    /// The end of time.
    pub(crate) fn until(&self) -> i64 {
        let horizon = self.inputs.iter().map(|input| input.horizon).max();
        self.story.until(horizon.unwrap_or(0))
    }

    /// What the oracle says.
    pub(crate) fn oracle(&self) -> Tables {
        let is_too_late = |line: &usize| self.refused.contains(&(*line, Refused::TooLate));
        let lines = self.story.lines.iter().enumerate();
        let records = lines.filter_map(|(line, record)| Some((line, record.record.clone()?)));
        let input = |(line, text)| InputLine {
            file: "story".into(),
            line: line as u64 + 1,
            text,
        };
        let inputs: Vec<InputLine> = records
            .filter(|(line, _)| !is_too_late(line))
            .map(input)
            .collect();
        let options = Options {
            until: Some(self.until()),
            run_start: self.story.begins,
        };
        let settled = oracle::settle(&self.story.config, &inputs, options);
        rows::of_oracle(settled.unwrap_or_else(|error| panic!("{error}")))
    }

    /// The whole history at once.
    pub(crate) fn history(&self, order: &[usize]) -> Tables {
        let history = History::new(&self.engine, Path::new("."), usize::MAX);
        let mut feed = history.feed();
        feed.counts = self.counts.clone();
        let again = order.len() - self.inputs.len();
        feed.counts.read += again as u64;
        feed.counts.decoded += again as u64;
        for at in order {
            let Input { key, input, .. } = &self.inputs[*at];
            feed.take(key, input).unwrap();
        }
        feed.finish().unwrap();
        let until = Some(Millis(self.until()));
        let settled = history.settle(until, &|_| ()).unwrap();
        let mut all = Bucket::default();
        for nth in 0..settled.buckets() {
            let bucket = settled.take(nth).unwrap();
            all.contacts.extend(bucket.contacts);
            all.sessions.extend(bucket.sessions);
            all.alerts.extend(bucket.alerts);
            all.journeys.extend(bucket.journeys);
            all.broken.extend(bucket.broken);
            all.markers.extend(bucket.markers);
        }
        assert!(settled.counts.equations_hold(), "{:?}", settled.counts);
        let mut tables = rows::of_engine(&all, &settled.counts, &self.meant, self.until());
        if again > 0 || !self.refused.is_empty() {
            // The oracle was not given what came twice or too late.
            for name in ["read", "decoded", "duplicates"] {
                tables.summary.remove(name);
            }
        }
        tables
    }

    /// Record by record, in an order, with everything read and told in between.
    pub(crate) fn live(&self, order: &[usize], partitions: Partitions, restart: bool) -> Tables {
        let mut live = Live::new(&self.engine, partitions);
        let mut now = i64::MIN;
        for at in order {
            let Input {
                key,
                input,
                horizon,
                ..
            } = &self.inputs[*at];
            live.offer(key.clone(), input.clone());
            now = now.max(*horizon);
            live.advance(Millis(now));
            if restart {
                live.restart().unwrap();
            }
        }
        live.advance(Millis(self.until()));
        self.told(&live)
    }

    /// Everything is read before anything is told.
    pub(crate) fn live_at_once(&self, order: &[usize], partitions: Partitions) -> Tables {
        let mut live = Live::new(&self.engine, partitions);
        for at in order {
            let Input { key, input, .. } = &self.inputs[*at];
            live.offer(key.clone(), input.clone());
        }
        live.advance(Millis(self.until()));
        self.told(&live)
    }

    /// Line by line as the story stands, with time passing where it says so.
    pub(crate) fn one_by_one(&self) -> Tables {
        let mut live = Live::new(&self.engine, Partitions::ONE);
        for (nth, line) in self.story.lines.iter().enumerate() {
            for Input { key, input, .. } in self.inputs.iter().filter(|input| input.line == nth) {
                live.offer(key.clone(), input.clone());
            }
            live.advance(Millis(line.at.unwrap_or(i64::MIN)));
        }
        live.advance(Millis(self.until()));
        self.told(&live)
    }

    /// In a schedule drawn from a seed: any order, any task at any time, some restarts.
    pub(crate) fn scheduled(&self, seed: u64) -> Tables {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let tasks = [1, 2, 3, 5].map(|tasks| tasks + dice.random_range(0..2));
        let partitions = Partitions {
            contacts: tasks[0],
            handles: tasks[1],
            customers: tasks[2],
        };
        let mut order: Vec<usize> = (0..self.inputs.len()).collect();
        let again = order.clone().into_iter().filter(|_| dice.random_bool(0.3));
        order.extend(again.collect::<Vec<_>>());
        order.shuffle(&mut dice);
        let mut live = Live::new(&self.engine, partitions);
        let mut now = Millis(i64::MIN);
        for at in order {
            let Input {
                key,
                input,
                horizon,
                ..
            } = &self.inputs[at];
            live.offer(key.clone(), input.clone());
            now = now.max(Millis(*horizon));
            for _ in 0..dice.random_range(0..6) {
                let records = dice.random_range(1..4);
                match dice.random_range(0..6) {
                    0 => live.step_contacts(dice.random_range(0..partitions.contacts), records),
                    1 => live.step_handles(dice.random_range(0..partitions.handles), records),
                    2 => drop(
                        live.step_customers(dice.random_range(0..partitions.customers), records),
                    ),
                    3 => live.advance_contacts(now),
                    4 => drop(live.advance_customers(now)),
                    _ => live.restart().unwrap(),
                }
            }
        }
        live.advance(Millis(self.until()));
        self.told(&live)
    }

    fn told(&self, live: &Live) -> Tables {
        assert!(live.waiting().iter().flatten().all(|waiting| *waiting == 0));
        let bucket = live.told.settled();
        let mut tables = rows::of_engine(&bucket, &Counts::default(), &self.meant, self.until());
        for name in NOT_LIVE {
            tables.summary.remove(*name);
        }
        tables
    }

    /// All ways, by name.
    pub(crate) fn all(&self) -> Vec<(String, Tables)> {
        let one = Partitions::ONE;
        let some = Partitions {
            contacts: 2,
            handles: 3,
            customers: 5,
        };
        let as_told: Vec<usize> = (0..self.inputs.len()).collect();
        let backwards: Vec<usize> = as_told.iter().rev().copied().collect();
        let doubled: Vec<usize> = as_told.iter().flat_map(|at| [*at, *at]).collect();
        let repeated: Vec<usize> = as_told.iter().chain(&as_told).copied().collect();
        let mut ways = vec![
            ("the whole history".to_string(), self.history(&as_told)),
            ("the whole history, doubled".into(), self.history(&doubled)),
            (
                "the whole history, backwards".into(),
                self.history(&backwards),
            ),
            ("live".into(), self.live(&as_told, one, false)),
            ("live, partitioned".into(), self.live(&as_told, some, false)),
            (
                "restarted after every line".into(),
                self.live(&as_told, some, true),
            ),
            ("every line twice".into(), self.live(&doubled, one, false)),
            (
                "all lines, and again".into(),
                self.live(&repeated, some, false),
            ),
            (
                "all lines at once".into(),
                self.live_at_once(&as_told, some),
            ),
            ("backwards".into(), self.live(&backwards, some, false)),
            (
                "backwards, restarted after every line".into(),
                self.live(&backwards, one, true),
            ),
        ];
        ways.extend((0..8).map(|seed| (format!("schedule {seed}"), self.scheduled(seed))));
        ways
    }
}

/// The latest time that a record speaks of.
fn horizon(record: &str) -> i64 {
    let record: Value = serde_json::from_str(record).unwrap_or_default();
    let time = |name: &str| match &record[name] {
        Value::Number(number) => number.as_i64(),
        text => rows::millis(text),
    };
    ["occurred_at", "started_at", "ended_at"]
        .into_iter()
        .filter_map(time)
        .max()
        .unwrap_or(i64::MIN)
}

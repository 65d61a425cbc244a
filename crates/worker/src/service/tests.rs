//! A stage that crashes on some of its keys: nobody else stands still, nothing is lost unsaid.

use crate::service::erasing::Erases;
use crate::service::keyed::Keyed;
use crate::service::outlet::{DeadLetter, Encode, Outlet, Routed};
use crate::service::pace::Pace;
use crate::service::port::{Outcome, Polled, Port, PortError, Purge, Record, TopicPartition};
use crate::service::runner::Loop;
use crate::service::sources::{SourceSettings, Sources};
use crate::service::stages::Application;
use crate::service::stats::TaskPhase;
use crate::service::topics::StageName;
use crate::service::wire;
use calendar::Calendar;
use figures::{FigureRow, SampleRow};
use model::{
    Absorbed, Alert, Brings, ContactResult, Deadlines, Journey, Millis, Now, Session, Signal,
    SourceSilent, Stage, Text,
};
use stage_door::SecondHash;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// Counts what it hears under a key, and crashes on what a key's name says.
#[derive(Clone)]
struct Brittle;

impl Stage for Brittle {
    type State = u64;
    type Input = u64;
    type Output = u64;

    fn apply(&self, key: &str, state: &mut u64, input: u64) -> Absorbed {
        *state += input;
        assert!(key != "crashes when applied" || input != 2);
        Absorbed::New
    }

    fn settle(&self, key: &str, state: &mut u64, _now: &Now, out: &mut Vec<u64>) {
        assert!(key != "crashes when settled");
        out.push(*state);
    }

    fn deadlines(&self, _state: &u64, _out: &mut Deadlines) {}
}

impl Erases for Brittle {
    type Tally = ();
}

impl Routed for Brittle {
    fn route<P: Port>(key: &str, output: u64, outlet: &mut Outlet<'_, P>) {
        let place = TopicPartition::new("out", 0);
        let value = output.to_string();
        outlet
            .port
            .send(&place, key.as_bytes(), Some(value.as_bytes()));
    }
}

struct Plain;

impl Encode for Plain {
    fn contact(&mut self, _: &ContactResult, _: &mut Vec<u8>) {}
    fn verdicts(&mut self, _: &ContactResult, _: &mut Vec<u8>) {}
    fn session(&mut self, _: &Session, _: &mut Vec<u8>) {}
    fn alert(&mut self, _: &Alert, _: &mut Vec<u8>) {}
    fn journey(&mut self, _: &Journey, _: &mut Vec<u8>) {}
    fn broken_journey(&mut self, _: &Journey, _: &mut Vec<u8>) {}
    fn journey_degraded(&mut self, _: &stage_monitor::JourneyDegraded, _: &mut Vec<u8>) {}
    fn source_silent(&mut self, _: &SourceSilent, _: &mut Vec<u8>) {}
    fn marker(&mut self, _: &Signal, _: &mut Vec<u8>) {}
    fn figure(&mut self, _: &FigureRow, _: &mut Vec<u8>) -> Text {
        Text::default()
    }
    fn sample(&mut self, _: &SampleRow, _: &mut Vec<u8>) -> Text {
        Text::default()
    }

    fn dead_letter(&mut self, letter: &DeadLetter, into: &mut Vec<u8>) {
        into.clear();
        into.extend_from_slice(letter.reason.as_bytes());
    }
}

/// A log of one partition, which never fails.
#[derive(Default)]
struct OneLog {
    input: Vec<Record>,
    polled: VecDeque<Polled>,
    open: Vec<(Text, String, String)>,
    committed: Vec<(Text, String, String)>,
    aborts: u64,
    time: i64,
    /// Says that this task is read to its end whenever nothing else is to be said, an hour later.
    quiet: Option<TopicPartition>,
    offsets: Vec<(i64, i64)>,
    /// The changelog, and what the open transaction adds to it.
    changelog: Vec<Record>,
    changelog_open: Vec<Record>,
    /// Whether each of the next commits is refused.
    refuses: VecDeque<bool>,
    /// The first restore takes so long, in milliseconds, and compaction leaves nothing meanwhile.
    restore_ms: i64,
}

/// No source is named.
fn sources() -> Sources {
    Sources {
        of_topic: BTreeMap::new(),
        named: BTreeMap::new(),
        rest: SourceSettings {
            lateness_ms: 0,
            silence_max_ms: 1_000,
            brings: Brings::ALL,
        },
        calendar: Calendar::new("UTC", &[], &[]).unwrap(),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Port for OneLog {
    fn poll(&mut self, _wait: Duration) -> Result<Polled, PortError> {
        self.time += 10;
        if let (Some(quiet), true) = (&self.quiet, self.polled.is_empty()) {
            self.time += 3_600_000;
            return Ok(Polled::CaughtUp(quiet.clone(), 0));
        }
        Ok(self.polled.pop_front().unwrap_or(Polled::Nothing))
    }

    fn restore(&mut self, task: &TopicPartition, _changelog: &TopicPartition, _from: i64) {
        let mut records = self.changelog.clone();
        let restore_ms = std::mem::take(&mut self.restore_ms);
        self.time += restore_ms;
        if restore_ms > 0 {
            records = std::mem::take(&mut self.changelog);
        }
        let end = records.len() as i64;
        self.polled
            .push_back(Polled::Restoring(task.clone(), records));
        self.polled.push_back(Polled::Restored(task.clone(), end));
    }

    fn start(&mut self, task: &TopicPartition, from: Option<i64>) {
        self.polled.clear();
        let behind = self.input.get(from.unwrap_or(0) as usize..);
        let records = behind.unwrap_or_default().to_vec();
        if !records.is_empty() {
            self.polled
                .push_back(Polled::Records(task.clone(), records));
        }
    }

    fn release(&mut self, _tasks: &[TopicPartition]) {}

    fn send(&mut self, to: &TopicPartition, key: &[u8], value: Option<&[u8]>) {
        if to.topic.contains("changelog") {
            self.changelog_open.push(Record {
                offset: 0,
                recorded_at: None,
                key: Some(key.to_vec()),
                value: value.map(<[u8]>::to_vec),
            });
        }
        let value = text(value.unwrap_or_default());
        self.open.push((to.topic.clone(), text(key), value));
    }

    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) -> Outcome {
        if self.refuses.pop_front() == Some(true) {
            return self.abort();
        }
        self.changelog.append(&mut self.changelog_open);
        let offsets = offsets.iter().map(|(_, offset)| (self.time, *offset));
        self.offsets.extend(offsets);
        self.committed.append(&mut self.open);
        Outcome::Committed(Vec::new())
    }

    fn abort(&mut self) -> Outcome {
        self.open.clear();
        self.changelog_open.clear();
        self.aborts += 1;
        Outcome::Aborted
    }

    fn renew(&mut self) -> Result<bool, PortError> {
        Ok(true)
    }

    fn tell(&mut self, _to: &TopicPartition, _key: &[u8], _value: &[u8]) {}

    fn purge(&mut self, _before: &[(TopicPartition, i64)]) -> Purge {
        Purge::Done
    }

    fn partitions(&mut self, _topic: &str) -> Result<u32, PortError> {
        Ok(1)
    }

    fn time(&self) -> Millis {
        Millis(self.time)
    }
}

/// A stage of one task, which is given to it.
fn of_one_task<'a, S>(by: &'a S, mut port: OneLog, pace: Pace) -> Loop<OneLog, Keyed<'a, S>>
where
    S: Erases + Routed<State = u64, Input = u64>,
{
    let task = TopicPartition::new("a.by_handle", 0);
    port.polled.push_back(Polled::Assigned(vec![task]));
    let sources = Arc::new(sources());
    let application = Application {
        id: "a".into(),
        sources: Arc::clone(&sources),
        pace,
        remembered_ms: 0,
    };
    let stage = StageName::Handles;
    static SECOND: LazyLock<SecondHash> = LazyLock::new(|| SecondHash::new(&[0; 32]));
    let work = Keyed::new(by, stage, Vec::new(), sources, &SECOND, 0);
    Loop::new(&application, stage, port, work, Box::new(Plain)).unwrap()
}

#[test]
fn a_key_on_which_the_code_crashes_is_put_aside_and_nobody_else_notices() {
    let said = [
        ("sound", 1_u64),
        ("crashes when applied", 1),
        ("crashes when settled", 1),
        ("crashes when applied", 2),
        ("sound", 2),
    ];
    let apart = said.iter().enumerate().map(|(offset, (key, input))| {
        let mut value = Vec::new();
        wire::message(input, &mut value);
        record(offset as i64, key, value)
    });
    let places = ["a.by_handle/0/1", "a.by_handle/0/2", "a.by_handle/0/3"];
    put_aside(apart.collect(), places);
    let (mut message, mut bundle) = (Vec::new(), Vec::new());
    for (key, input) in &said {
        wire::message(input, &mut message);
        wire::bundle(key, &message, &mut bundle);
    }
    assert_eq!(wire::messages_of(&bundle), said.len());
    // The number of the message stands behind the offset.
    let places = [
        "a.by_handle/0/0/1",
        "a.by_handle/0/0/2",
        "a.by_handle/0/0/3",
    ];
    put_aside(vec![record(0, "", bundle)], places);
}

fn record(offset: i64, key: &str, value: Vec<u8>) -> Record {
    Record {
        offset,
        recorded_at: None,
        key: Some(key.as_bytes().to_vec()),
        value: Some(value),
    }
}

/// Three messages of two keys are put aside, whichever way they come.
fn put_aside(input: Vec<Record>, places: [&str; 3]) {
    let port = OneLog {
        input,
        ..OneLog::default()
    };
    let mut stage = of_one_task(&Brittle, port, Pace::default());
    // What a crash prints is of no interest here.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for _ in 0..60 {
        stage.step(Duration::ZERO).unwrap();
    }
    std::panic::set_hook(hook);
    let of_topic = |topic: &str| -> Vec<(&str, &str)> {
        let of_topic = stage.port.committed.iter().filter(|(to, ..)| to == topic);
        of_topic
            .map(|(_, key, value)| (key.as_str(), value.as_str()))
            .collect()
    };
    assert_eq!(of_topic("out"), [("sound", "3")]);
    assert_eq!(
        of_topic("a.dead_letters"),
        places.map(|place| (place, "set_aside"))
    );
    assert_eq!(stage.port.aborts, 2);
    let stats = stage.stats();
    assert_eq!((stats.set_aside, stats.set_aside_keys), (3, 2));
    assert_eq!(stats.counts.new, 2);
}

#[test]
fn a_task_to_which_nothing_happens_commits_its_position_once_a_day() {
    const DAY_MS: i64 = 24 * 3_600_000;
    let task = TopicPartition::new("a.by_handle", 0);
    let port = OneLog {
        quiet: Some(task),
        ..OneLog::default()
    };
    let mut stage = of_one_task(&Brittle, port, Pace::default());
    while stage.port.time < 10 * DAY_MS {
        stage.step(Duration::ZERO).unwrap();
    }
    let committed = &stage.port.offsets;
    assert!(
        committed[0].0 < DAY_MS,
        "what stands nowhere else is kept at once"
    );
    assert!((9..=11).contains(&committed.len()), "{committed:?}");
    let pairs = committed.windows(2);
    assert!(
        pairs
            .into_iter()
            .all(|pair| pair[1].0 - pair[0].0 <= DAY_MS + 2 * 3_600_100)
    );
    let meta = stage
        .port
        .committed
        .iter()
        .filter(|(_, key, _)| key.starts_with('m'));
    assert_eq!(meta.count(), committed.len(), "the changelog says the same");
}

/// Steps until the first commit of a record that was produced at an instant.
fn steps_until_commit(recorded_at: Millis) -> usize {
    let mut value = Vec::new();
    wire::message(&1_u64, &mut value);
    let record = Record {
        recorded_at: Some(recorded_at),
        ..record(0, "sound", value)
    };
    let port = OneLog {
        input: vec![record],
        ..OneLog::default()
    };
    let mut stage = of_one_task(&Brittle, port, Pace::default());
    let mut steps = 0;
    while stage.port.committed.is_empty() {
        stage.step(Duration::ZERO).unwrap();
        steps += 1;
        assert!(steps < 1_000, "nothing is committed");
    }
    steps
}

#[test]
fn a_stage_that_is_behind_commits_less_often() {
    // A step is 10 ms of this log's time.
    let (fresh, behind) = (
        steps_until_commit(Millis(0)),
        steps_until_commit(Millis(-3_600_000)),
    );
    assert!(fresh < 12, "{fresh} steps");
    assert!((50..62).contains(&behind), "{behind} steps");
}

/// A key was deleted, and its tombstone is gone before it was read: it does not come to life again.
#[test]
fn a_changelog_that_takes_days_to_be_read_is_read_again() {
    let (_, changelog) = taken_over(&Named("former"), Vec::new(), &[], 100);
    for (restore_ms, keys) in [(3_600_000, 5), (49 * 3_600_000, 0)] {
        let port = OneLog {
            changelog: changelog.clone(),
            restore_ms,
            ..OneLog::default()
        };
        let by = Named("former");
        let mut stage = of_one_task(&by, port, Pace::default());
        for _ in 0..20 {
            stage.step(Duration::ZERO).unwrap();
        }
        let stats = stage.stats();
        assert_eq!(
            stats.tasks.values().map(|task| task.keys).sum::<u64>(),
            keys
        );
        assert!(
            stats
                .tasks
                .values()
                .all(|task| task.phase == TaskPhase::Running)
        );
    }
}

/// Seven records with so many messages each come at once: says the offsets that are committed one
/// after the other, and how much is said in all.
fn pieces(messages: usize, messages_max: usize, refuses: &[bool]) -> (Vec<i64>, usize) {
    let input = (0..7).map(|number: i64| {
        let (mut message, mut value) = (Vec::new(), Vec::new());
        wire::message(&1_u64, &mut message);
        let key = format!("key {number}");
        if messages == 1 {
            return record(number, &key, message);
        }
        for place in 0..messages {
            wire::bundle(&format!("{key}.{place}"), &message, &mut value);
        }
        record(number, "", value)
    });
    let port = OneLog {
        input: input.collect(),
        refuses: refuses.iter().copied().collect(),
        ..OneLog::default()
    };
    let pace = Pace {
        commit_records_max: messages_max,
        ..Pace::default()
    };
    let mut stage = of_one_task(&Brittle, port, pace);
    for _ in 0..60 {
        stage.step(Duration::ZERO).unwrap();
    }
    let offsets = stage.port.offsets.iter().map(|(_, offset)| *offset);
    let said = stage.port.committed.iter().filter(|(to, ..)| to == "out");
    (offsets.collect(), said.count())
}

/// More comes at once than a transaction may hold: it is cut, and what is refused comes again.
#[test]
fn what_comes_at_once_is_committed_in_pieces() {
    for refuses in [&[][..], &[true], &[false, true], &[true, true, false, true]] {
        let by_twos = (vec![2, 4, 6, 7], 7);
        assert_eq!(pieces(1, 2, refuses), by_twos, "{refuses:?}");
    }
}

/// What a transaction may hold is counted in messages: of a record with many, no more are taken
/// than it takes.
#[test]
fn bundles_that_come_at_once_are_committed_in_pieces() {
    assert_eq!(pieces(3, 4, &[]), (vec![2, 4, 6, 7], 21));
    assert_eq!(pieces(3, 1, &[]), (vec![1, 2, 3, 4, 5, 6, 7], 21));
}

#[test]
fn a_bundle_that_is_cut_short_is_damaged() {
    let (mut message, mut bundle) = (Vec::new(), Vec::new());
    for (key, input) in [("one", 1_u64), ("two", 300)] {
        wire::message(&input, &mut message);
        wire::bundle(key, &message, &mut bundle);
    }
    let read = |bytes: &[u8]| -> Result<Vec<(Text, u64)>, wire::Damaged> {
        let record = record(0, "", bytes.to_vec());
        let wire::Heard::Bundle(mut bundle) = wire::hear::<u64>(&record)? else {
            panic!("it is a bundle");
        };
        let mut all = Vec::new();
        while let Some(one) = bundle.next()? {
            all.push(one);
        }
        Ok(all)
    };
    let all = vec![("one".into(), 1), ("two".into(), 300)];
    assert_eq!(read(&bundle), Ok(all));
    let whole_messages = [bundle.len(), 1 + (bundle.len() - 2) / 2];
    for len in 1..bundle.len() {
        let is_damaged = read(&bundle[..len]).is_err();
        assert_eq!(
            is_damaged,
            len != 1 && !whole_messages.contains(&len),
            "{len}"
        );
    }
}

/// Says what it has counted by the name that the configuration gives.
#[derive(Clone)]
struct Named(&'static str);

impl Stage for Named {
    type State = u64;
    type Input = u64;
    type Output = String;

    fn apply(&self, _key: &str, state: &mut u64, input: u64) -> Absorbed {
        *state += input;
        Absorbed::New
    }

    fn settle(&self, _key: &str, state: &mut u64, _now: &Now, out: &mut Vec<String>) {
        out.push(format!("{} {state}", self.0));
    }

    fn deadlines(&self, _state: &u64, _out: &mut Deadlines) {}

    fn terms(&self) -> Vec<Text> {
        vec![self.0.into()]
    }
}

impl Erases for Named {
    type Tally = ();
}

impl Routed for Named {
    fn route<P: Port>(key: &str, output: String, outlet: &mut Outlet<'_, P>) {
        let place = TopicPartition::new("out", 0);
        outlet
            .port
            .send(&place, key.as_bytes(), Some(output.as_bytes()));
    }
}

/// Takes a task of five keys over; some commits are refused, and it is killed after so many others.
/// Returns what was said, and the changelog.
fn taken_over(
    by: &Named,
    changelog: Vec<Record>,
    refuses: &[bool],
    commits_max: usize,
) -> (Vec<String>, Vec<Record>) {
    let message = |number: usize| {
        let mut value = Vec::new();
        wire::message(&(number as u64), &mut value);
        record(number as i64 - 1, &format!("key {number}"), value)
    };
    let port = OneLog {
        input: (1..=5).map(message).collect(),
        changelog,
        refuses: refuses.iter().copied().collect(),
        ..OneLog::default()
    };
    let pace = Pace {
        timers_per_step_max: 2,
        timers_per_commit_max: 2,
        ..Pace::default()
    };
    let mut stage = of_one_task(by, port, pace);
    for _ in 0..100 {
        if stage.port.offsets.len() >= commits_max {
            break;
        }
        stage.step(Duration::ZERO).unwrap();
    }
    let said = stage.port.committed.iter().filter(|(to, ..)| to == "out");
    let mut said: Vec<String> = said.map(|(_, _, value)| value.clone()).collect();
    said.sort();
    (said, stage.port.changelog.clone())
}

#[test]
fn whoever_goes_by_other_terms_settles_every_key_again_once() {
    let all = |name: &str| -> Vec<String> { (1..=5).map(|sum| format!("{name} {sum}")).collect() };
    let states = |log: &[Record]| {
        let is_state = |record: &&Record| record.key.as_ref().unwrap().starts_with(b"s");
        log.iter().filter(is_state).count()
    };
    let (said, former) = taken_over(&Named("former"), Vec::new(), &[], 100);
    assert_eq!((said, states(&former)), (all("former"), 5));
    let (said, _) = taken_over(&Named("former"), former.clone(), &[], 100);
    assert!(said.is_empty(), "nothing has changed: {said:?}");
    // Two keys a transaction, of which some are refused, even the one that would have been the last.
    for refuses in [
        &[][..],
        &[true],
        &[false, true],
        &[false, false, true],
        &[false, false, true, true],
    ] {
        let (said, changed) = taken_over(&Named("new"), former.clone(), refuses, 100);
        assert_eq!(said, all("new"), "{refuses:?}");
        assert_eq!(
            states(&changed),
            5,
            "what is as it was is not written again"
        );
        let (said, _) = taken_over(&Named("new"), changed.clone(), &[], 100);
        assert!(said.is_empty(), "{refuses:?}: {said:?}");
        let (said, _) = taken_over(&Named("former"), changed, &[], 100);
        assert_eq!(said, all("former"), "{refuses:?}");
    }
    // Killed in the midst of it: whoever comes next does not know which keys are left.
    let (said, half) = taken_over(&Named("new"), former, &[], 1);
    assert!((1..5).contains(&said.len()), "{said:?}");
    for next in ["new", "former"] {
        let by = Named(if next == "new" { "new" } else { "former" });
        let (said, _) = taken_over(&by, half.clone(), &[], 100);
        assert_eq!(said, all(next));
    }
}

//! Everything that goes on at the same time, one step at a time: processes, sources, the broker, and
//! what befalls them.

use super::plan::Plan;
use super::process::{Being, JsonDecode, JsonEncode, Process, Stage};
use super::sources::{Placed, RUN_START, Sources};
use crate::broker::{
    Broker, Fate, Flaws, Limits, Meanwhile, Moment, PortName, Rates, Schedule, SimPort,
};
use model::{Millis, Text};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;
use tables::Names;
use worker::service::{
    Application, ERASURES, PortError, Runner, Sources as DoorSources, StageName, Stats, TABLES,
    TaskPhase, TopicPartition, topic_name,
};
use worker::{Counts, Engine};

/// Prefix of all names.
pub(super) const APPLICATION: &str = "ricochet";
/// So many processes stand still inside each other's calls, at most.
const DEPTH_MAX: usize = 3;
/// How long a night is, and for how long nothing comes after it.
const NIGHT_MS: i64 = 8 * 3_600_000;
const IDLE_MS: i64 = 6_000;
/// So long brokers keep the offsets of a group that is away.
const OFFSETS_KEPT_MS: i64 = 7 * 24 * 3_600_000;
/// Records that a poll brings at least, at most, once nothing goes wrong any more.
const CALM_RECORDS_MAX: u64 = 50;
/// A process that could not work with the log tries again after so long.
const AGAIN_MS: i64 = 1_000;

/// What a run does not change.
pub(super) struct Setting<'a> {
    pub(super) engine: &'a Engine,
    pub(super) names: Rc<Names>,
    pub(super) sources: Arc<DoorSources>,
    pub(super) plan: Plan,
    pub(super) flaws: Flaws,
    pub(super) topics: Vec<(Text, u32)>,
}

/// All that goes on.
pub(super) struct World<'a> {
    me: Weak<World<'a>>,
    setting: Setting<'a>,
    application: Application,
    pub(super) broker: Rc<RefCell<Broker>>,
    pub(super) schedule: Rc<RefCell<Schedule>>,
    processes: RefCell<Vec<Rc<Process<'a>>>>,
    started: Cell<usize>,
    depth: Cell<usize>,
    placed: RefCell<VecDeque<Placed>>,
    later: RefCell<VecDeque<VecDeque<Placed>>>,
    is_calm: Cell<bool>,
    /// Until then the sources bring nothing.
    idle_until: Cell<Millis>,
    /// What processes that ended as they should had counted.
    counted: RefCell<Counts>,
    /// Tasks that cannot go on, and why.
    pub(super) stopped: RefCell<BTreeMap<String, String>>,
}

/// What befalls a process when one of its ports is called.
struct Hook<'a>(Weak<World<'a>>);

impl Meanwhile for Hook<'_> {
    fn at(&self, process: usize, moment: Moment) -> Fate {
        let Some(world) = self.0.upgrade() else {
            return Fate::Crashes;
        };
        world.at(process, moment)
    }
}

impl<'a> World<'a> {
    pub(super) fn new(
        seed: u64,
        setting: Setting<'a>,
        limits: Limits,
        sources: Sources,
    ) -> Rc<World<'a>> {
        let mut broker = Broker::new(limits, RUN_START);
        create_topics(&mut broker, &setting);
        let mut schedule = Schedule::new(seed);
        schedule.rates = setting.plan.rates;
        schedule.records_max = setting.plan.records_max;
        let application = Application {
            id: APPLICATION.into(),
            sources: Arc::clone(&setting.sources),
            pace: setting.plan.pace,
            // Silences of months stand between the parts of a run, and what was forgotten is
            // delivered again after them.
            remembered_ms: i64::MAX,
        };
        Rc::new_cyclic(|me| World {
            me: me.clone(),
            setting,
            application,
            broker: Rc::new(RefCell::new(broker)),
            schedule: Rc::new(RefCell::new(schedule)),
            processes: RefCell::new(vec![]),
            started: Cell::new(0),
            depth: Cell::new(0),
            placed: RefCell::new(sources.placed),
            later: RefCell::new(sources.later),
            is_calm: Cell::new(false),
            idle_until: Cell::new(Millis::MIN),
            counted: RefCell::new(Counts::default()),
            stopped: RefCell::new(BTreeMap::new()),
        })
    }

    /// The sources bring what comes next, and things go wrong again. Says whether there is more.
    pub(super) fn go_on(&self) -> bool {
        let Some(next) = self.later.borrow_mut().pop_front() else {
            return false;
        };
        *self.placed.borrow_mut() = next;
        self.is_calm.set(false);
        if self.below(2) == 0 {
            self.be_away();
        }
        true
    }

    /// Nobody runs for so long that the brokers forget what the groups have committed.
    fn be_away(&self) {
        let processes = self.processes.borrow().clone();
        processes.iter().for_each(|process| self.stop(process));
        self.broker.borrow_mut().leap(OFFSETS_KEPT_MS + 1);
        self.broker.borrow_mut().forget_offsets(OFFSETS_KEPT_MS);
        self.schedule.borrow_mut().saw("offsets forgotten");
    }

    /// Whether every stage has read what the stage before it said, and every erasure is confirmed.
    pub(super) fn is_through(&self) -> bool {
        let broker = self.broker.borrow();
        let is_read = |group: &Text, topic: Text, is_message: &dyn Fn(&[u8]) -> bool| {
            let partitions = broker.partitions(&topic).unwrap_or(0);
            (0..partitions).all(|partition| {
                let place = TopicPartition::new(&topic, partition);
                let from = broker.committed_offset(group, &place).unwrap_or(0);
                let log = broker.log(&place);
                log.is_none_or(|log| {
                    let keys = log.read(from, usize::MAX).0.into_iter();
                    log.stable_end() == log.end()
                        && !keys.filter_map(|one| one.key).any(|key| is_message(&key))
                })
            })
        };
        // Clocks are named by tasks, whose topics they begin with.
        let tasks = format!("{APPLICATION}.by_");
        let is_clock = |key: &[u8]| {
            key.starts_with(super::sources::PREFIX.as_bytes()) || key.starts_with(tasks.as_bytes())
        };
        let stages = StageName::ALL
            .into_iter()
            .filter(|stage| stage.input().is_some());
        let mut all = stages.map(|stage| {
            let group = topic_name(APPLICATION, stage.name());
            let input = topic_name(APPLICATION, stage.input().unwrap_or_default());
            is_read(&group, input, &|key| !is_clock(key))
        });
        let erasures = topic_name(APPLICATION, ERASURES);
        let door = topic_name(APPLICATION, StageName::Door.name());
        let is_asked = |key: &[u8]| key.starts_with(b"request/") || key.starts_with(b"answer/");
        let mut going: BTreeMap<Vec<u8>, bool> = BTreeMap::new();
        for (_, record) in broker.committed_records(&erasures) {
            let key = record.key.unwrap_or_default();
            if is_asked(&key) {
                going.insert(key, record.value.is_some());
            }
        }
        all.all(|is_read| is_read)
            && is_read(&door, erasures, &is_asked)
            && !going.values().any(|is_there| *is_there)
    }

    /// Nothing goes wrong any more, and who stands still goes on.
    pub(super) fn calm(&self) {
        self.is_calm.set(true);
        let mut schedule = self.schedule.borrow_mut();
        schedule.rates = Rates::default();
        // Who reads one record at a time is told clocks faster than it reads them.
        schedule.records_max = schedule.records_max.max(CALM_RECORDS_MAX);
        drop(schedule);
        for process in self.processes.borrow().iter() {
            process.paused_until.set(Millis::MIN);
        }
    }

    /// A long silence.
    pub(super) fn leap(&self, time_ms: i64) {
        self.broker.borrow_mut().leap(time_ms);
        for process in self.processes.borrow().iter() {
            let until = process.paused_until.get();
            if until != Millis::MIN {
                process.paused_until.set(until.plus(time_ms));
            }
        }
    }

    /// One step of one stage of one process, and what happens beside it.
    pub(super) fn step(&self) {
        self.pass();
        self.feed();
        self.night();
        self.compact();
        self.befall();
        let now = self.broker.borrow().now();
        let candidates: Vec<(Rc<Process<'a>>, usize)> = self
            .processes
            .borrow()
            .iter()
            .filter(|process| process.runs(now))
            .flat_map(|process| (0..4).map(|stage| (process.clone(), stage)))
            .filter(|(process, stage)| process.stages[*stage].try_borrow().is_ok())
            .collect();
        if candidates.is_empty() {
            self.broker.borrow_mut().pass(100);
            return;
        }
        let place = self.below(candidates.len() as u64) as usize;
        let (process, stage) = &candidates[place];
        if let Ok(mut stage) = process.stages[*stage].try_borrow_mut() {
            self.step_stage(process, &mut stage);
        }
    }

    fn below(&self, bound: u64) -> u64 {
        self.schedule.borrow_mut().below(bound)
    }

    fn happens(&self, rate: u64, what: &'static str) -> bool {
        !self.is_calm.get() && self.schedule.borrow_mut().happens(rate, what)
    }

    fn pass(&self) {
        let mut schedule = self.schedule.borrow_mut();
        let time_ms = match schedule.below(50) {
            0 => schedule.below(300),
            _ => schedule.below(16),
        };
        drop(schedule);
        let mut broker = self.broker.borrow_mut();
        let now = broker.now();
        for process in self.processes.borrow().iter() {
            if !process.runs(now) {
                continue;
            }
            // Beside its work, a member says that it is alive.
            for stage in StageName::ALL {
                let group = topic_name(APPLICATION, stage.name());
                if let Some(member) = broker.member_of(&group, &process.instance) {
                    broker.heartbeat(&group, member);
                }
            }
        }
        broker.pass(time_ms as i64);
    }

    fn feed(&self) {
        let mut placed = self.placed.borrow_mut();
        let is_night = self.broker.borrow().now() < self.idle_until.get();
        if is_night || placed.is_empty() || self.below(3) > 0 {
            return;
        }
        for _ in 0..=self.below(self.setting.plan.feed_max) {
            let Some(next) = placed.pop_front() else {
                break;
            };
            let now = self.broker.borrow().now();
            let recorded_at = next.is_dated.then_some(now);
            let value = next.json.as_ref().map(String::as_bytes);
            let mut broker = self.broker.borrow_mut();
            broker.append_at(&next.place, recorded_at, None, value);
        }
    }

    /// Hours in which no source says anything, while there is more to come.
    fn night(&self) {
        let plan = &self.setting.plan;
        let is_busy = !self.placed.borrow().is_empty() && self.depth.get() == 0;
        if is_busy && self.happens(plan.night, "idle night") {
            self.leap(NIGHT_MS);
            // Whoever is there says so.
            self.idle_until
                .set(self.broker.borrow().now().plus(IDLE_MS));
        }
    }

    fn compact(&self) {
        if self.happens(self.setting.plan.compact, "changelog compacted") {
            let mut broker = self.broker.borrow_mut();
            let compacted = broker.compacted();
            let place = self.below(compacted.len() as u64) as usize;
            broker.compact(&compacted[place]);
        }
    }

    /// What befalls processes between their calls.
    fn befall(&self) {
        let now = self.broker.borrow().now();
        self.processes
            .borrow_mut()
            .retain(|process| process.being.get() != Being::Gone);
        let processes = self.processes.borrow().clone();
        let running = processes.iter().filter(|one| one.runs(now)).count() as u64;
        let plan = &self.setting.plan;
        let is_alone = running == 0 && (self.is_calm.get() || self.below(20) == 0);
        if is_alone || (running < plan.processes_max && self.happens(plan.start, "process added")) {
            self.start();
            return;
        }
        if processes.is_empty() {
            return;
        }
        let process = &processes[self.below(processes.len() as u64) as usize];
        if self.happens(plan.stop, "process ended") {
            self.stop(process);
        } else if self.happens(plan.crash, "crash: between calls") {
            process.being.set(Being::Gone);
        } else if process.runs(now) && self.happens(plan.pause, "pause: between calls") {
            process.paused_until.set(now.plus(self.pause_ms()));
        }
    }

    /// A process comes: under a new name, or under one that was there before, whose process may
    /// be gone, or stand still.
    fn start(&self) {
        let number = self.started.get();
        self.started.set(number + 1);
        let now = self.broker.borrow().now();
        let instance = match self.below(4) {
            0 => format!("i{number}"),
            _ => format!("i{}", self.below(1 + number as u64)),
        };
        let mut processes = self.processes.borrow_mut();
        let is_running = |one: &Rc<Process<'_>>| one.instance == instance && one.runs(now);
        let is_replacing = processes.iter().any(|one| one.instance == instance);
        let instance = if processes.iter().any(is_running) {
            format!("i{number}")
        } else {
            if is_replacing {
                let what = "process replaced while it stood still";
                self.schedule.borrow_mut().saw(what);
            }
            instance
        };
        processes.push(Rc::new(Process::new(number, instance.as_str().into())));
    }

    /// A process ends as it should.
    fn stop(&self, process: &Process<'a>) {
        let is_busy = process
            .stages
            .iter()
            .any(|one| one.try_borrow_mut().is_err());
        let now = self.broker.borrow().now();
        if is_busy || !process.runs(now) {
            return;
        }
        process.being.set(Being::Leaving);
        for stage in &process.stages {
            let Some(mut runner) = stage.borrow_mut().runner.take() else {
                continue;
            };
            runner.finish();
            if process.being.get() == Being::Gone {
                break;
            }
            self.counted.borrow_mut().add(&runner.stats().counts);
            runner.port().leave();
        }
        process.being.set(Being::Gone);
    }

    fn pause_ms(&self) -> i64 {
        let mut schedule = self.schedule.borrow_mut();
        let (what, from_ms, to_ms) = match schedule.below(4) {
            0 | 1 => ("pause: short", 50, 5_000),
            2 => ("pause: longer than a transaction", 10_000, 14_500),
            _ => ("pause: longer than a session", 15_000, 40_000),
        };
        schedule.saw(what);
        schedule.between(from_ms, to_ms)
    }

    /// What befalls a process in a call of one of its ports.
    fn at(&self, number: usize, moment: Moment) -> Fate {
        let is_it = |one: &&Rc<Process<'_>>| one.number == number && one.being.get() != Being::Gone;
        let Some(process) = self.processes.borrow().iter().find(is_it).cloned() else {
            return Fate::Crashes;
        };
        let plan = &self.setting.plan;
        // There are many more polls than anything else.
        let rate = |rate: u64| match moment {
            Moment::Poll => rate.div_ceil(16),
            _ => rate,
        };
        if self.happens(rate(plan.rates.crash), crash_at(moment)) {
            process.being.set(Being::Gone);
            return Fate::Crashes;
        }
        if self.depth.get() < DEPTH_MAX && self.happens(rate(plan.rates.pause), pause_at(moment)) {
            let until = self.broker.borrow().now().plus(self.pause_ms());
            process.paused_until.set(until);
            self.depth.set(self.depth.get() + 1);
            while self.broker.borrow().now() < until && !self.is_calm.get() {
                self.step();
            }
            self.depth.set(self.depth.get() - 1);
        }
        if process.being.get() == Being::Gone {
            return Fate::Crashes;
        }
        Fate::GoesOn
    }

    fn step_stage(&self, process: &Process<'a>, stage: &mut Stage<'a>) {
        let now = self.broker.borrow().now();
        if stage.runner.is_none() {
            if now < stage.again_at {
                return;
            }
            match self.runner(process, stage.name) {
                Ok(runner) => stage.runner = Some(runner),
                Err(_) => stage.again_at = now.plus(AGAIN_MS),
            }
        }
        let Some(runner) = &mut stage.runner else {
            return;
        };
        match runner.step(Duration::from_millis(20)) {
            Ok(stepped) => stage.is_open = stepped.is_open,
            Err(error) => {
                stage.runner = None;
                stage.again_at = now.plus(AGAIN_MS);
                if error.0.contains("instance") {
                    self.schedule
                        .borrow_mut()
                        .saw("process gave way to its successor");
                    process.being.set(Being::Gone);
                }
            }
        }
    }

    fn runner(
        &self,
        process: &Process<'a>,
        stage: StageName,
    ) -> Result<Runner<'a, SimPort<'a>, JsonDecode>, PortError> {
        let topics = match stage.input() {
            None => {
                let erasures = topic_name(APPLICATION, ERASURES);
                self.application
                    .topics()
                    .into_iter()
                    .chain([erasures])
                    .collect()
            }
            Some(input) => vec![topic_name(APPLICATION, input)],
        };
        let group = topic_name(APPLICATION, stage.name());
        let name = PortName {
            process: process.number,
            transactional_id: format!("{group}.{}", process.instance).into(),
            group,
            instance: process.instance.clone(),
            topics,
        };
        let hook: Rc<dyn Meanwhile + 'a> = Rc::new(Hook(self.me.clone()));
        let (broker, schedule) = (self.broker.clone(), self.schedule.clone());
        let port = SimPort::new(name, broker, schedule, Some(hook), self.setting.flaws);
        let encode = Box::new(JsonEncode(self.setting.names.clone()));
        let (engine, application) = (self.setting.engine, &self.application);
        match stage {
            StageName::Door => {
                let decode = JsonDecode(self.schedule.clone());
                Runner::door(engine, application, port, encode, decode)
            }
            StageName::Contacts => Runner::contacts(engine, application, port, encode),
            StageName::Handles => Runner::handles(engine, application, port, encode),
            StageName::Customers => Runner::customers(engine, application, port, encode),
        }
    }

    /// Whether every record of the sources was read, and that is committed.
    pub(super) fn is_read(&self) -> bool {
        let broker = self.broker.borrow();
        let group = topic_name(APPLICATION, StageName::Door.name());
        let is_read = |place: TopicPartition| {
            let end = broker.log(&place).map_or(0, crate::broker::Log::end);
            broker.committed_offset(&group, &place) == Some(end)
        };
        self.placed.borrow().is_empty() && places(&self.setting.topics).into_iter().all(is_read)
    }

    /// Why not everything is decided up to an instant; `None` if it is.
    pub(super) fn waits_for(&self, end: Millis) -> Option<String> {
        let now = self.broker.borrow().now();
        // Then absences are held back, whatever has settled.
        let is_silent = self.is_any_source_silent();
        // Whoever was shut out and does not know it yet has the same tasks as another process.
        let mut done = BTreeSet::new();
        let mut behind = Vec::new();
        for process in self.processes.borrow().iter().filter(|one| one.runs(now)) {
            for stage in &process.stages {
                let mut stage = stage.borrow_mut();
                let (name, is_open) = (stage.name, stage.is_open);
                let Some(runner) = &mut stage.runner else {
                    continue;
                };
                for (task, stats) in &runner.stats().tasks {
                    if stats.furthest > stats.now {
                        self.schedule.borrow_mut().saw("time ran apart");
                    }
                    if stats.phase == TaskPhase::Stopped {
                        let why = stats.why_stopped.clone();
                        self.stopped.borrow_mut().insert(task.to_string(), why);
                    }
                    let is_done = stats.phase == TaskPhase::Running
                        && stats.now >= end
                        && (is_silent || stats.proved >= end)
                        && stats.due == 0
                        && stats.untold == 0
                        && !is_open;
                    if name == StageName::Customers && is_done {
                        done.insert(task.clone());
                    } else if !is_done {
                        let (phase, now) = (stats.phase, stats.now.0);
                        let due = stats.due + stats.untold;
                        behind.push(format!(
                            "{task} {phase:?} due {due} open {is_open} at {now}",
                        ));
                    }
                }
            }
        }
        let left = self.setting.plan.stage_partitions[2] as usize - done.len();
        (left > 0).then(|| format!("{left} partitions; {}", behind.join(", ")))
    }

    /// Whether any task still reads its changelog: no restore takes weeks.
    pub(super) fn restores(&self) -> bool {
        let now = self.broker.borrow().now();
        self.any_stats(
            |process| process.runs(now),
            |stats| {
                let mut tasks = stats.tasks.values();
                tasks.any(|task| task.phase == TaskPhase::Restoring)
            },
        )
    }

    fn is_any_source_silent(&self) -> bool {
        self.any_stats(
            |_| true,
            |stats| {
                let mut sources = stats.sources.values();
                sources.any(|source| source.silent == Some(true))
            },
        )
    }

    /// Whether what a stage of one of these processes counts is like this.
    fn any_stats(&self, of: impl Fn(&Process<'a>) -> bool, is: impl Fn(&Stats) -> bool) -> bool {
        let processes = self.processes.borrow();
        let mut processes = processes.iter().filter(|process| of(process));
        processes.any(|process| {
            process.stages.iter().any(|stage| {
                let mut stage = stage.borrow_mut();
                let runner = stage.runner.as_mut();
                runner.is_some_and(|runner| is(runner.stats()))
            })
        })
    }

    /// Whether any stage still keeps the state of a key.
    pub(super) fn keeps_keys(&self) -> bool {
        let keyed = |stage: &RefCell<Stage<'a>>| {
            let mut stage = stage.borrow_mut();
            let keeps = stage.name != StageName::Door;
            let runner = stage.runner.as_mut().filter(|_| keeps);
            runner.map_or(0, |runner| {
                runner.stats().tasks.values().map(|task| task.keys).sum()
            })
        };
        let processes = self.processes.borrow();
        let stages = processes.iter().flat_map(|process| &process.stages);
        stages.map(keyed).sum::<u64>() > 0
    }

    /// Keys that were let go of, as far as whoever did it is still there.
    pub(super) fn let_go(&self) -> u64 {
        let processes = self.processes.borrow();
        let stages = processes.iter().flat_map(|process| &process.stages);
        let of_stage = |stage: &RefCell<Stage<'a>>| {
            let mut stage = stage.borrow_mut();
            stage
                .runner
                .as_mut()
                .map_or(0, |runner| runner.stats().evicted)
        };
        stages.map(of_stage).sum()
    }

    /// What all processes have counted.
    pub(super) fn counts(&self) -> Counts {
        let mut counts = self.counted.borrow().clone();
        for process in self.processes.borrow().iter() {
            for stage in &process.stages {
                if let Some(runner) = &mut stage.borrow_mut().runner {
                    counts.add(&runner.stats().counts);
                }
            }
        }
        counts
    }
}

fn places(topics: &[(Text, u32)]) -> Vec<TopicPartition> {
    topics
        .iter()
        .flat_map(|(topic, partitions)| {
            (0..*partitions).map(|partition| TopicPartition::new(topic, partition))
        })
        .collect()
}

/// What `topics init` does.
fn create_topics(broker: &mut Broker, setting: &Setting<'_>) {
    for (topic, partitions) in &setting.topics {
        broker.create(topic, *partitions, false);
    }
    let door = topic_name(APPLICATION, StageName::Door.name());
    for place in places(&setting.topics) {
        broker.commit_offset(&door, &place, 0);
    }
    let changelog = topic_name(APPLICATION, StageName::Door.changelog());
    broker.create(&changelog, setting.plan.door_partitions, true);
    let erasures = topic_name(APPLICATION, ERASURES);
    broker.create(&erasures, 1, true);
    broker.commit_offset(&door, &TopicPartition::new(&erasures, 0), 0);
    let stages = [
        StageName::Contacts,
        StageName::Handles,
        StageName::Customers,
    ];
    for (stage, partitions) in stages.into_iter().zip(setting.plan.stage_partitions) {
        let changelog = topic_name(APPLICATION, stage.changelog());
        broker.create(&changelog, partitions, true);
        let input = topic_name(APPLICATION, stage.input().unwrap_or_default());
        broker.create(&input, partitions, false);
        let group = topic_name(APPLICATION, stage.name());
        for place in places(&[(input, partitions)]) {
            broker.commit_offset(&group, &place, 0);
        }
    }
    for table in TABLES {
        let table = topic_name(APPLICATION, table);
        broker.create(&table, setting.plan.output_partitions, false);
    }
}

fn crash_at(moment: Moment) -> &'static str {
    match moment {
        Moment::Poll => "crash: before a poll",
        Moment::Send => "crash: before the first record of a transaction",
        Moment::Commit => "crash: before a commit",
        Moment::OffsetsSent => "crash: between offsets and commit",
        Moment::Committed => "crash: after a commit",
        Moment::Release => "crash: before a release",
        Moment::Renew => "crash: before a renewal",
    }
}

fn pause_at(moment: Moment) -> &'static str {
    match moment {
        Moment::Poll => "pause: before a poll",
        Moment::Send => "pause: before the first record of a transaction",
        Moment::Commit => "pause: before a commit",
        Moment::OffsetsSent => "pause: between offsets and commit",
        Moment::Committed => "pause: after a commit",
        Moment::Release => "pause: before a release",
        Moment::Renew => "pause: before a renewal",
    }
}

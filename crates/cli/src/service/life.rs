//! The life of a stage in this process: connect, work, and begin again after whatever went wrong.

use crate::service::decode::{Registry, Topics};
use crate::service::encode::Records;
use crate::service::topics::{self, port_settings};
use anyhow::{Result, bail};
use kafka::KafkaPort;
use settings::Meant;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use telemetry::Slots;
use worker::Engine;
use worker::service::{
    Application, Pace, Reasons, Runner, SourceSettings, Sources, StageName, Stats, TaskPhase,
    TaskStats,
};

/// A poll waits at most this long.
const POLL_WAIT: Duration = Duration::from_millis(100);
/// Figures are taken this often.
const FIGURES_EVERY: Duration = Duration::from_millis(500);
/// What went wrong is tried again after this long, and then ever more rarely.
const AGAIN_AFTER_MIN: Duration = Duration::from_millis(500);
/// But never more rarely than this.
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(10);
/// Levels of reasons that metrics count apart.
const REASON_LEVELS: usize = 1;
/// What one stage found of the topics holds for the others this long.
const LOOKED_HOLDS: Duration = Duration::from_secs(10);
/// A stage that has worked for this long has recovered.
const RECOVERED_AFTER: Duration = Duration::from_secs(60);

/// What all stages of the process share.
pub struct Life<'a> {
    pub meant: &'a Meant,
    pub engine: &'a Engine,
    pub registry: Option<&'a Registry>,
    pub slots: &'a Slots,
    pub stop: &'a AtomicBool,
    /// When topics and groups were last found to be as they should be.
    pub looked_at: Mutex<Option<Instant>>,
}

impl Life<'_> {
    /// Lives until the process is asked to end.
    pub fn live(&self, stage: StageName) {
        let mut again_after = AGAIN_AFTER_MIN;
        let mut stats = Stats::default();
        while !self.is_over() {
            let began_at = Instant::now();
            let Err(error) = self.work(stage, &mut stats) else {
                return;
            };
            if began_at.elapsed() > RECOVERED_AFTER {
                again_after = AGAIN_AFTER_MIN;
            }
            tracing::error!(stage = stage.name(), "{error:#}: beginning again");
            // Whatever it was, the topics may not be as they were.
            *self.looked() = None;
            stats.tasks.clear();
            self.slots.put(stage.name(), stats.clone());
            self.slots.failed(stage.name(), &format!("{error:#}"));
            self.rest(again_after);
            again_after = (again_after * 2).min(AGAIN_AFTER_MAX);
        }
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn rest(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.is_over() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Works until the process is asked to end.
    fn work(&self, stage: StageName, stats: &mut Stats) -> Result<()> {
        self.look_at_topics()?;
        let mut runner = self.runner(stage)?;
        runner.go_on_counting(stats.clone());
        let tables = &self.engine.door.settings().tables;
        let of_codes = tables.reasons.iter().map(|row| row.reason.as_str());
        let of_queues = tables.queues.iter().map(|row| row.reason.as_str());
        runner.count_apart(Reasons::new(of_codes.chain(of_queues), REASON_LEVELS));
        tracing::info!(stage = stage.name(), "connected");
        let mut taken_at: Option<Instant> = None;
        let mut trouble = None;
        loop {
            if self.is_over() {
                runner.finish();
                return Ok(());
            }
            runner.step(POLL_WAIT)?;
            if taken_at.is_none_or(|at| at.elapsed() >= FIGURES_EVERY) {
                taken_at = Some(Instant::now());
                let former = std::mem::replace(stats, runner.stats().clone());
                tell_troubles(stage, &former, stats);
                self.slots.put(stage.name(), stats.clone());
                if stage == StageName::Door {
                    self.tell_of_registry(&mut trouble);
                }
            }
        }
    }

    fn looked(&self) -> MutexGuard<'_, Option<Instant>> {
        self.looked_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks whether topics and groups are as they should be: one stage for all.
    fn look_at_topics(&self) -> Result<()> {
        let mut looked_at = self.looked();
        if looked_at.is_some_and(|at| at.elapsed() < LOOKED_HOLDS) {
            return Ok(());
        }
        let errors = topics::errors(self.meant)?;
        if let Some(first) = errors.first() {
            let more = errors.len() - 1;
            bail!("{first} ({more} more: see `ricochet topics --config F verify`)");
        }
        *looked_at = Some(Instant::now());
        Ok(())
    }

    fn runner(&self, stage: StageName) -> Result<Runner<'_, KafkaPort, Topics<'_>>> {
        let kafka = &self.meant.kafka;
        let application = Application {
            id: kafka.application_id.as_str().into(),
            sources: Arc::new(self.sources()),
            pace: Pace::default(),
            remembered_ms: self.remembered_ms(),
        };
        let port = KafkaPort::new(port_settings(self.meant, stage)?)?;
        let encode = Box::new(Records::new(self.meant, self.registry)?);
        Ok(match stage {
            StageName::Door => {
                let decode = Topics::new(self.meant, self.registry);
                Runner::door(self.engine, &application, port, encode, decode)?
            }
            StageName::Contacts => Runner::contacts(self.engine, &application, port, encode)?,
            StageName::Handles => Runner::handles(self.engine, &application, port, encode)?,
            StageName::Customers => Runner::customers(self.engine, &application, port, encode)?,
        })
    }

    /// What was forgotten may be delivered again for the greatest acceptance, and may then act on
    /// what the reach reaches.
    fn remembered_ms(&self) -> i64 {
        let door = self.engine.door.settings();
        let named = door.sources.values().map(|source| source.acceptance_ms);
        let acceptance_ms = named.max().unwrap_or(0);
        let acceptance_ms = acceptance_ms.max(door.source_default.acceptance_ms);
        acceptance_ms.saturating_add(self.meant.handles.reach_ms)
    }

    /// Says that records wait for the registry, in the log once for each cause.
    fn tell_of_registry(&self, former: &mut Option<Arc<str>>) {
        let trouble = self.registry.and_then(Registry::trouble);
        if let Some(why) = &trouble {
            let stage = StageName::Door.name();
            self.slots.failed(stage, &format!("schema registry: {why}"));
            if trouble != *former {
                tracing::warn!(stage, "records wait for the schema registry: {why}");
            }
        }
        *former = trouble;
    }

    fn sources(&self) -> Sources {
        let sources = &self.meant.sources;
        let settings = |source: &settings::Source| SourceSettings {
            lateness_ms: source.lateness_ms,
            silence_max_ms: source.silence_max_ms,
            brings: source.brings,
        };
        let topics = self.meant.kafka.topics.iter();
        let named = sources.named.iter();
        Sources {
            of_topic: topics
                .map(|topic| (topic.name.as_str().into(), topic.source.clone()))
                .collect(),
            named: named
                .map(|source| (source.name.clone(), settings(source)))
                .collect(),
            rest: settings(&sources.rest),
            calendar: self.meant.customers.calendar.clone(),
        }
    }
}

/// Says in the log what somebody has to look at: tasks that stopped, records that were put aside.
fn tell_troubles(stage: StageName, former: &Stats, stats: &Stats) {
    let stage = stage.name();
    let stopped = |task: &TaskStats| task.phase == TaskPhase::Stopped;
    for (place, task) in stats.tasks.iter().filter(|(_, task)| stopped(task)) {
        if !former.tasks.get(place).is_some_and(stopped) {
            tracing::error!(stage, task = %place, "stopped: {}", task.why_stopped);
        }
    }
    if stats.set_aside > former.set_aside {
        let records = stats.set_aside - former.set_aside;
        tracing::error!(
            stage,
            records,
            "set aside: the code crashed on them; they are in the dead letters"
        );
    }
}

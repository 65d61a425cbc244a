//! Whether the stages of this process work, and if not, why.

use crate::slots::{Slot, Slots};
use std::collections::BTreeMap;
use worker::service::{Stats, TaskPhase};

/// Whether the process works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// All stages are ready.
    pub ready: bool,
    /// Each stage.
    pub stages: BTreeMap<&'static str, StageReadiness>,
}

/// Whether a stage works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageReadiness {
    /// All its tasks run, or it stands by.
    pub ready: bool,
    /// What it is doing, in words: `restoring 2 of 8 tasks`.
    pub state: String,
}

impl Readiness {
    /// As `/health/ready` says it.
    #[must_use]
    pub fn json(&self) -> String {
        let state = |(stage, readiness): (&&str, &StageReadiness)| {
            (
                (*stage).to_owned(),
                serde_json::Value::from(readiness.state.as_str()),
            )
        };
        let stages: serde_json::Map<_, _> = self.stages.iter().map(state).collect();
        serde_json::json!({ "ready": self.ready, "stages": stages }).to_string()
    }
}

impl Slots {
    /// Whether the stages of this process work, and if not, why.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let slots = self.slots();
        let stages: BTreeMap<&'static str, StageReadiness> = slots
            .iter()
            .map(|(stage, slot)| (*stage, of_slot(slot)))
            .collect();
        Readiness {
            ready: stages.values().all(|stage| stage.ready),
            stages,
        }
    }
}

fn of_slot(slot: &Slot) -> StageReadiness {
    let (ready, state) = match (&slot.trouble, &slot.latest) {
        (Some(why), _) => (false, format!("waiting: {why}")),
        (None, None) => (false, "starting".to_owned()),
        (None, Some(stats)) => of_stats(stats),
    };
    StageReadiness { ready, state }
}

fn of_stats(stats: &Stats) -> (bool, String) {
    let all = stats.tasks.len();
    let in_phase = |phase| stats.tasks.values().filter(move |task| task.phase == phase);
    let tasks = if all == 1 { "task" } else { "tasks" };
    let stopped = in_phase(TaskPhase::Stopped).count();
    let restoring = in_phase(TaskPhase::Restoring).count();
    if let Some(first) = in_phase(TaskPhase::Stopped).next() {
        let why = &first.why_stopped;
        return (false, format!("stopped {stopped} of {all} {tasks}: {why}"));
    }
    if restoring > 0 {
        return (false, format!("restoring {restoring} of {all} {tasks}"));
    }
    match (all, stats.is_member) {
        (0, false) => (false, "waiting for its partitions".to_owned()),
        // As many processes as there are partitions work, the rest stand by.
        (0, true) => (true, "standing by without a task".to_owned()),
        (all, _) => (true, format!("running {all} {tasks}")),
    }
}

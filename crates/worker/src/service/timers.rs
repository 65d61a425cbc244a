//! The timers of a task: which keys have to be looked at, and when.

use model::{Millis, Now, Text, Wait};
use std::collections::BTreeMap;

/// A timer of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Timer {
    /// What it waits for.
    pub(crate) wait: Wait,
    /// How far that has to come.
    pub(crate) at: Millis,
    /// Whose it is.
    pub(crate) key: Text,
}

/// The timers of a task, in a queue for each thing that is waited for. Derived from the states; a
/// key whose deadline has moved on since is put back when its turn comes.
#[derive(Default)]
pub(crate) struct Timers(BTreeMap<Wait, BTreeMap<Millis, Vec<Text>>>);

impl Timers {
    pub(crate) fn push(&mut self, timer: Timer) {
        let Timer { wait, at, key } = timer;
        let queue = self.0.entry(wait).or_default();
        queue.entry(at).or_default().push(key);
    }

    /// Takes a timer out that is due.
    pub(crate) fn pop(&mut self, now: &Now) -> Option<Timer> {
        for (wait, queue) in &mut self.0 {
            let reached = now.reached(*wait);
            let Some(mut first) = queue.first_entry().filter(|first| *first.key() <= reached)
            else {
                continue;
            };
            let (wait, at) = (*wait, *first.key());
            let key = first.get_mut().pop();
            if first.get().is_empty() {
                first.remove();
            }
            return key.map(|key| Timer { wait, at, key });
        }
        None
    }

    /// How many timers are due.
    pub(crate) fn due(&self, now: &Now) -> usize {
        let queues = self.0.iter();
        let due = queues.flat_map(|(wait, queue)| queue.range(..=now.reached(*wait)));
        due.map(|(_, keys)| keys.len()).sum()
    }

    /// Whether any is.
    pub(crate) fn is_due(&self, now: &Now) -> bool {
        let mut queues = self.0.iter();
        queues.any(|(wait, queue)| {
            let first = queue.first_key_value();
            first.is_some_and(|(at, _)| *at <= now.reached(*wait))
        })
    }
}

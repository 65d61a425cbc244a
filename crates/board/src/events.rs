//! What is told to whoever looks, as it happens. The last events are kept, so that whoever was away for
//! a moment misses none; whoever does not read is let go.

use crate::views::At;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

/// Events that are kept for who comes back.
const KEPT_MAX: usize = 1_000;
/// Events that may wait for a client. One that is further behind is let go, and comes back.
const WAITING_MAX: usize = 256;

/// An event.
#[derive(Debug)]
pub(crate) struct Event {
    /// Counts them, from 1.
    pub(crate) number: u64,
    /// What it is.
    pub(crate) name: &'static str,
    /// JSON.
    pub(crate) data: String,
}

/// The events of a process.
#[derive(Debug)]
pub(crate) struct Events {
    /// Tells processes apart: numbers begin anew with each.
    since: i64,
    kept: Mutex<VecDeque<Arc<Event>>>,
    sender: broadcast::Sender<Arc<Event>>,
}

/// What a client gets first, and then.
pub(crate) struct Listening {
    /// What it missed; `None`: too much, or it comes from another process: it should look anew.
    pub(crate) missed: Option<Vec<Arc<Event>>>,
    pub(crate) receiver: broadcast::Receiver<Arc<Event>>,
}

impl Events {
    pub(crate) fn new(since: At) -> Events {
        Events {
            since: since.0,
            kept: Mutex::default(),
            sender: broadcast::Sender::new(WAITING_MAX),
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Event>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tell(&self, name: &'static str, data: &impl Serialize) {
        let Ok(data) = serde_json::to_string(data) else {
            return;
        };
        let mut kept = self.lock();
        let number = kept.back().map_or(1, |last| last.number + 1);
        let event = Arc::new(Event { number, name, data });
        kept.push_back(Arc::clone(&event));
        if kept.len() > KEPT_MAX {
            kept.pop_front();
        }
        // Nobody may be listening. Sent under the lock, so that no listener misses one or gets it twice.
        let _ = self.sender.send(event);
    }

    /// An event's id, as `Last-Event-ID` brings it back.
    pub(crate) fn id(&self, number: u64) -> String {
        format!("{:x}-{number}", self.since)
    }

    /// Listens from behind the event with an id, or from now on.
    pub(crate) fn listen(&self, last: Option<&str>) -> Listening {
        let kept = self.lock();
        let receiver = self.sender.subscribe();
        let newest = kept.back().map_or(0, |last| last.number);
        let oldest = kept.front().map_or(1, |first| first.number);
        let number = match last {
            None => Some(newest),
            Some(last) => last
                .split_once('-')
                .filter(|(since, _)| *since == format!("{:x}", self.since))
                .and_then(|(_, number)| number.parse().ok()),
        };
        let known = number.filter(|number| (oldest.saturating_sub(1)..=newest).contains(number));
        let missed = known.map(|number: u64| {
            let missed = kept.iter().filter(|event| event.number > number);
            missed.cloned().collect()
        });
        Listening { missed, receiver }
    }
}

#[cfg(test)]
mod tests {
    use super::{Events, KEPT_MAX};
    use crate::views::At;

    #[test]
    fn who_was_away_for_a_moment_misses_nothing_and_who_was_away_for_long_looks_anew() {
        let events = Events::new(At(0x2a));
        events.tell("changed", &1);
        let first = events.id(1);
        assert_eq!(first, "2a-1");
        events.tell("changed", &2);
        let missed = |last: Option<&str>| {
            let missed = events.listen(last).missed;
            missed.map(|missed| missed.iter().map(|event| event.number).collect::<Vec<_>>())
        };
        assert_eq!(missed(None), Some(vec![]));
        assert_eq!(missed(Some("2a-1")), Some(vec![2]));
        assert_eq!(missed(Some("2a-0")), Some(vec![1, 2]));
        assert_eq!(missed(Some("2a-3")), None, "an event that was never told");
        assert_eq!(missed(Some("2b-1")), None, "another process");
        assert_eq!(missed(Some("<script>")), None);
        for number in 0..KEPT_MAX {
            events.tell("changed", &number);
        }
        assert_eq!(missed(Some("2a-1")), None);
        assert_eq!(
            missed(Some("2a-2")).map(|missed| missed.len()),
            Some(KEPT_MAX)
        );
    }
}

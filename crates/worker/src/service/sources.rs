//! The sources as clocks: how far each has come, whether it is silent, and so how far time has come.
//!
//! A door's task says how far the sources have come in its partition, and up to which real time it
//! has heard them. Real time is written into the stream there and nowhere else: whoever reads it
//! later comes to the same clocks.

use crate::service::wire::Silence;
use calendar::Calendar;
use model::{AlertStatus, Brings, Clock, Millis, Now, SourceSilent, Text};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_128;

/// A source as it is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceSettings {
    /// How long a final verdict waits for it, in milliseconds.
    pub lateness_ms: i64,
    /// Silence on working days beyond which it counts as silent, in milliseconds.
    pub silence_max_ms: i64,
    /// What can come from it.
    pub brings: Brings,
}

/// All sources as they are configured.
#[derive(Clone, Debug)]
pub struct Sources {
    /// By topic that the door reads, the source of records that name none.
    pub of_topic: BTreeMap<Text, Text>,
    /// Sources with settings of their own.
    pub named: BTreeMap<Text, SourceSettings>,
    /// Settings of every other source.
    pub rest: SourceSettings,
    /// The days on which a silent source is missed.
    pub calendar: Calendar,
}

impl Sources {
    /// What holds for a source.
    #[must_use]
    pub fn get(&self, source: &str) -> &SourceSettings {
        self.named.get(source).unwrap_or(&self.rest)
    }

    /// Whether the configuration names the source. Of one that only records name, nobody knows that
    /// it has to speak: it is never silent.
    #[must_use]
    pub fn is_named(&self, source: &str) -> bool {
        self.named.contains_key(source) || self.of_topic.values().any(|known| known == source)
    }
}

/// How far a source has come in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SourceClock {
    /// The greatest `occurred_at` read, moved on by idle time. [`Millis::MIN`]: it is expected and
    /// the partition was never read to its end. [`Millis::MAX`]: the partition was, and never held
    /// anything of it: nobody waits for it.
    pub(crate) seen: Millis,
    /// The greatest `occurred_at` read, which decides what is too late.
    pub(crate) occurred_at: Millis,
    /// The real time at which its last record came: when it was produced, at most when it was read.
    /// So idle time is the same whoever counts it, however often the door is restarted.
    pub(crate) heard_at: Millis,
}

impl SourceClock {
    /// A source that is expected, and of which nothing was read.
    pub(crate) const EXPECTED: SourceClock = SourceClock {
        seen: Millis::MIN,
        occurred_at: Millis::MIN,
        heard_at: Millis::MIN,
    };

    fn was_read(&self) -> bool {
        self.seen != Millis::MIN && self.seen != Millis::MAX
    }

    /// A record of it was read.
    pub(crate) fn hear(&mut self, occurred_at: Millis, heard_at: Millis) {
        let former = if self.was_read() {
            self.seen
        } else {
            Millis::MIN
        };
        self.seen = former.max(occurred_at);
        self.occurred_at = self.occurred_at.max(occurred_at);
        self.heard_at = self.heard_at.max(heard_at);
    }

    /// The partition is read to its end at a real time: a source that is quiet moves on.
    pub(crate) fn idle(&mut self, time: Millis, quiet_after_ms: i64) {
        if !self.was_read() {
            self.seen = Millis::MAX;
            return;
        }
        // What an earlier release has written does not say when it was heard.
        if self.heard_at == Millis::MIN {
            self.heard_at = time;
        }
        let quiet_ms = time.since(self.heard_at);
        if quiet_ms >= quiet_after_ms {
            self.seen = self.seen.max(self.occurred_at.plus(quiet_ms));
        }
    }

    /// Where it stood at a real time, with what is known now.
    fn as_of(&self, time: Millis) -> Millis {
        let idle_ms = time.since(self.heard_at).max(0);
        self.seen.min(self.occurred_at.plus(idle_ms))
    }
}

/// What a task says of time, to the tasks behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TaskClock {
    /// Of two clocks of a task the greater one is the newer: the real time up to which a task of
    /// the door has heard its sources, the offset up to which another task has read. Those of a
    /// door that catches up have the same.
    pub(crate) order: i64,
    pub(crate) said: Said,
}

/// What a task says of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Said {
    /// The door: source by source.
    Sources(BTreeMap<Text, SourceClock>),
    /// A stage: by what can come.
    Now(Box<Now>),
}

impl TaskClock {
    /// A clock as an earlier release has written it, of one instant for everything.
    pub(crate) fn of_instant(at: Millis) -> TaskClock {
        TaskClock {
            order: i64::MIN,
            said: Said::Now(Box::new(Now::all(at))),
        }
    }

    /// Whether the same task has said another clock after this one.
    pub(crate) fn is_before(&self, other: &TaskClock) -> bool {
        match self.order.cmp(&other.order) {
            Ordering::Less => true,
            Ordering::Greater => false,
            Ordering::Equal => {
                let (Said::Sources(sources), Said::Sources(others)) = (&self.said, &other.said)
                else {
                    return false;
                };
                // While records are read each source only goes on.
                let went_on = |(source, other): (&Text, &SourceClock)| {
                    sources.get(source).is_none_or(|clock| {
                        clock.heard_at < other.heard_at || clock.occurred_at < other.occurred_at
                    })
                };
                others.iter().any(went_on)
            }
        }
    }

    /// Something like it, for metrics: the least of what has settled.
    pub(crate) fn least(&self) -> Millis {
        match &self.said {
            Said::Sources(sources) => {
                let seen = sources.values().map(|clock| clock.seen);
                seen.min().unwrap_or(Millis::MAX)
            }
            Said::Now(now) => now.settled(Brings::ALL),
        }
    }
}

impl Silence {
    /// What is told of it: that it is raised, or withdrawn for a cause.
    pub(crate) fn alert(
        &self,
        tenant: &str,
        source: &Text,
        withdrawn: Option<&str>,
    ) -> SourceSilent {
        let name = format!("{tenant}\nSourceSilent\n{source}\n{}", self.since.0);
        SourceSilent {
            alert_id: format!("{:032x}", xxh3_128(name.as_bytes())).into(),
            source: source.clone(),
            status: match withdrawn {
                None => AlertStatus::Raised,
                Some(_) => AlertStatus::Withdrawn,
            },
            revision: 1 + u32::from(withdrawn.is_some()),
            cause: withdrawn.unwrap_or_default().into(),
            since: self.since,
            silent_at: self.silent_at,
            last_event_at: self.last_event_at,
            silence_max_ms: self.silence_max_ms,
        }
    }
}

/// A source that has to speak, as far as is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Heard {
    /// When it last spoke, in real time; [`Millis::MIN`] if that is not known.
    pub(crate) heard_at: Millis,
    /// That this is too long ago.
    pub(crate) silence: Option<Silence>,
}

/// All that the door's tasks say of one source.
struct Whole {
    /// Its clock in every partition that has ever had it.
    parts: Vec<SourceClock>,
    /// All of them have heard it up to this real time.
    heard_up_to: Millis,
}

impl Whole {
    /// When it last spoke, in real time; [`Millis::MIN`] if that is not known.
    fn heard_at(&self) -> Millis {
        let heard = self.parts.iter().map(|part| part.heard_at);
        heard.max().unwrap_or(Millis::MIN)
    }

    fn silence(&self, settings: &SourceSettings, calendar: &Calendar) -> Option<Silence> {
        let since = self.heard_at();
        let is_quiet = self.heard_up_to.since(since) > settings.silence_max_ms;
        if since == Millis::MIN || !is_quiet {
            return None;
        }
        let silent_at = calendar.after_working_ms(since, settings.silence_max_ms);
        let last = self.parts.iter().map(|part| part.occurred_at);
        (self.heard_up_to > silent_at).then(|| Silence {
            since,
            silent_at,
            last_event_at: last.max().unwrap_or(since),
            silence_max_ms: settings.silence_max_ms,
        })
    }

    fn clock(&self, settings: &SourceSettings, is_silent: bool) -> Clock {
        let seen = self.parts.iter().map(|part| part.seen);
        let seen = seen.min().unwrap_or(Millis::MAX);
        if seen == Millis::MAX || seen == Millis::MIN {
            return Clock::at(seen);
        }
        let settled = seen.minus(settings.lateness_ms);
        let heard_at = self.heard_at();
        let read = self.parts.iter().filter(|part| part.was_read());
        let stood = read.map(|part| part.as_of(heard_at)).min();
        let proved = match stood {
            Some(stood) if is_silent => stood.min(seen),
            Some(_) | None => seen,
        };
        Clock {
            seen,
            settled,
            proved,
        }
    }
}

/// What the clocks of the tasks before a stage come to: how far time has come, and which of the
/// sources that have to speak are silent. `None`: at first, until all tasks have been heard.
pub(crate) fn gather<'a>(
    before: &'a [Text],
    clocks: impl Fn(&str) -> Option<&'a TaskClock>,
    is_begun: bool,
    sources: &Sources,
) -> Option<(Now, BTreeMap<Text, Heard>)> {
    let mut now = Now::NEVER;
    let mut wholes: BTreeMap<&Text, Whole> = BTreeMap::new();
    for name in before {
        let Some(clock) = clocks(name) else {
            // A task that is new to an application that runs already joins when it is heard.
            if is_begun {
                continue;
            }
            return None;
        };
        match &clock.said {
            Said::Now(said) => now.least(said),
            Said::Sources(said) => {
                for (source, part) in said {
                    let whole = wholes.entry(source).or_insert_with(|| Whole {
                        parts: Vec::new(),
                        heard_up_to: Millis::MAX,
                    });
                    whole.parts.push(*part);
                    whole.heard_up_to = whole.heard_up_to.min(Millis(clock.order));
                }
            }
        }
    }
    let mut heard = BTreeMap::new();
    for (source, whole) in wholes {
        let settings = sources.get(source);
        let mut silence = None;
        if sources.is_named(source) {
            silence = whole.silence(settings, &sources.calendar);
            let said = Heard {
                heard_at: whole.heard_at(),
                silence: silence.clone(),
            };
            heard.insert(source.clone(), said);
        }
        now.hold(settings.brings, whole.clock(settings, silence.is_some()));
    }
    Some((now, heard))
}

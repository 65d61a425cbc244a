//! The sources: how late they are, how long they may be silent, what they can bring.

use super::Check;
use crate::keys::dotted;
use crate::nearest::did_you_mean;
use crate::{duration_text, typed};
use model::{Brings, Channel, ChannelSet, SignalName, Text};

/// A source, as meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name.
    pub name: Text,
    /// How long a final verdict waits for it, milliseconds.
    pub lateness_ms: i64,
    /// An event older than its partition's clock by more than this is too late, milliseconds.
    pub acceptance_ms: i64,
    /// Silence in working hours beyond which it counts as silent, milliseconds.
    pub silence_max_ms: i64,
    /// What can come from it.
    pub brings: Brings,
    /// Of equal update times the higher rank holds.
    pub rank: i32,
    /// Contacts this close to each other are legs of one, milliseconds; 0: never.
    pub join_legs_within_ms: i64,
}

/// All sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// Those with a table of their own, in the order in which they were typed.
    pub named: Vec<Source>,
    /// What holds for every other one: `[sources.default]`.
    pub rest: Source,
}

impl Sources {
    /// What holds for a source.
    #[must_use]
    pub fn get(&self, name: &str) -> &Source {
        self.named
            .iter()
            .find(|source| source.name == name)
            .unwrap_or(&self.rest)
    }

    /// Those with a table of their own, and the rest.
    pub fn all(&self) -> impl Iterator<Item = &Source> {
        self.named.iter().chain([&self.rest])
    }
}

/// Reads the sources. The one called `default` speaks for all that have no table of their own.
pub(super) fn sources(check: &mut Check<'_>) -> Sources {
    let typed = &check.typed.sources.0;
    let mut all: Vec<Source> = Vec::new();
    for (name, source) in typed {
        let key = dotted("sources", name);
        if name.trim() != name || name.is_empty() || name.chars().any(char::is_control) {
            check.wrong(&key, "allowed: a name without spaces around it".into());
        }
        let brings = brings(check, &key, source);
        if source.acceptance.0 < source.lateness.0 {
            check.note(format!(
                "{key}: acceptance {} is shorter than lateness {}: verdicts wait for events that \
                 are then too late",
                duration_text(source.acceptance.0),
                duration_text(source.lateness.0)
            ));
        }
        all.push(Source {
            name: name.as_str().into(),
            lateness_ms: source.lateness.0,
            acceptance_ms: source.acceptance.0,
            silence_max_ms: source.silence_max.0,
            brings,
            rank: source.rank,
            join_legs_within_ms: source.join_legs_within.0,
        });
    }
    let rest = all.iter().position(|source| source.name == "default");
    let rest = all.remove(rest.expect("the layers give every configuration a default source"));
    Sources { named: all, rest }
}

fn brings(check: &mut Check<'_>, key: &str, source: &typed::Source) -> Brings {
    let Some(names) = &source.brings else {
        return Brings::ALL;
    };
    let (mut channels, mut signals) = (Vec::new(), Vec::new());
    for (place, name) in names.iter().enumerate() {
        if let Some(channel) = Channel::from_name(name) {
            channels.push(channel);
        } else if let Some(signal) = SignalName::from_name(name) {
            signals.push(signal);
        } else {
            let known = Channel::ALL.iter().map(|channel| channel.name());
            let known = known.chain(SignalName::ALL.iter().map(|signal| signal.name()));
            let known: Vec<&str> = known.collect();
            let near = did_you_mean(name, known.iter().copied());
            let what = format!("found `{name}`; allowed: {}{near}", known.join(", "));
            check.wrong(&format!("{key}.brings[{}]", place + 1), what);
        }
    }
    if names.is_empty() {
        check.wrong(
            &format!("{key}.brings"),
            "found an empty list; leave it out for all".into(),
        );
    }
    Brings::of(ChannelSet::of(&channels), &signals)
}

//! How far the sources have come, as every step of every rule sees it.

use super::rule::{Decide, Rule};
use super::test_of::{Target, Test};
use model::{Brings, Channel, ChannelSet, Millis, Now, Reached, SignalName, Text, Wait};
use std::cell::OnceCell;
use std::sync::Arc;

/// How far one source has come.
#[derive(Clone, Debug)]
pub struct SourceClock {
    /// Its name.
    pub name: Text,
    /// Channels of the contacts that can come from it.
    pub channels: ChannelSet,
    /// Signals that can come from it.
    pub signals: Vec<SignalName>,
    /// All of it up to this instant was read, but for what comes late.
    pub seen: Millis,
    /// The same, and nothing comes any more.
    pub settled: Millis,
    /// It counts as silent from this instant on; `None`: it does not.
    pub silent_from: Option<Millis>,
}

impl SourceClock {
    /// A source that brings everything and has been read up to and including an instant, for good.
    #[must_use]
    pub fn read_to(name: &str, at: Millis) -> SourceClock {
        SourceClock {
            name: name.into(),
            channels: ChannelSet::of(Channel::ALL),
            signals: SignalName::ALL.to_vec(),
            seen: at,
            settled: at,
            silent_from: None,
        }
    }
}

/// How far the sources of one step have come.
#[derive(Clone, Debug)]
pub(super) struct StepTime {
    /// Everything up to this instant was read, as the rule's `decide` means it.
    pub passed: Millis,
    /// Silent sources that can bring it, with the instants from which they are.
    pub silent: Vec<(Text, Millis)>,
}

/// What each step of a set waits for, by rule, and how its rule decides.
pub(super) type Waits = Vec<(Decide, Vec<Brings>)>;

/// What each step of these rules waits for. It is asked for at every customer, so it is made once.
pub(super) fn waits(rules: &[Rule]) -> Waits {
    let of_rule = |rule: &Rule| {
        let steps = rule.steps.iter();
        let brings = steps.map(|step| brings(&step.pattern.tests));
        (rule.decide, brings.collect())
    };
    rules.iter().map(of_rule).collect()
}

/// How far the sources have come.
#[derive(Clone, Debug)]
pub struct Times {
    /// By rule and step. Most customers have entered few of the rules: the others are not looked at.
    of: Vec<OnceCell<Vec<StepTime>>>,
    /// What those are made of that are not there from the beginning.
    now: Option<(Arc<Waits>, Now)>,
}

impl Times {
    /// The times of rules. A step that no source can bring is never passed.
    pub(super) fn new(rules: &[Rule], clocks: &[SourceClock]) -> Times {
        let of_rule = |rule: &Rule| {
            let of_step = |tests: &Vec<Test>| step_time(tests, rule.decide, clocks);
            let tests = rule.steps.iter().map(|step| &step.pattern.tests);
            OnceCell::from(tests.map(of_step).collect::<Vec<StepTime>>())
        };
        Times {
            of: rules.iter().map(of_rule).collect(),
            now: None,
        }
    }

    /// The times of rules where the sources of a channel or signal are not known one by one: each
    /// step waits for all that can bring it, whatever source it asks for. A source is silent from
    /// where it is no longer proved on.
    pub(super) fn of_now(waits: &Arc<Waits>, now: &Now) -> Times {
        Times {
            of: vec![OnceCell::new(); waits.len()],
            now: Some((Arc::clone(waits), now.clone())),
        }
    }

    pub(super) fn step(&self, rule: usize, step: usize) -> &StepTime {
        let of_rule = self.of[rule].get_or_init(|| {
            let (waits, now) = self.now.as_ref().expect("what has no now is made at once");
            let (decide, steps) = &waits[rule];
            steps
                .iter()
                .map(|brings| time_of(*decide, *brings, now))
                .collect()
        });
        &of_rule[step]
    }
}

fn time_of(decide: Decide, brings: Brings, now: &Now) -> StepTime {
    let clock = now.clock(brings);
    let passed = match decide {
        Decide::Early => clock.seen,
        Decide::Settled => clock.settled,
    };
    let is_silent = clock.proved < clock.seen;
    StepTime {
        passed,
        silent: match is_silent {
            true => vec![(Text::default(), clock.proved)],
            false => Vec::new(),
        },
    }
}

/// What a step looks for.
fn brings(tests: &[Test]) -> Brings {
    let of_test = |test: &Test| match test.target {
        Target::Signal => {
            let signals = SignalName::ALL.iter().copied();
            let signals = signals.filter(|name| test.takes_signal(*name));
            signals
                .map(Brings::signal)
                .fold(Brings::NOTHING, Brings::and)
        }
        Target::Contact | Target::Inside => Brings::channels(test.channels),
    };
    tests.iter().map(of_test).fold(Brings::NOTHING, Brings::and)
}

/// What time has to come to for a step to be passed, or, where a source was silent, proved.
pub(super) fn wait(rule: &Rule, step: usize, is_held: bool) -> Wait {
    let reached = match (is_held, rule.decide) {
        (true, _) => Reached::Proved,
        (false, Decide::Early) => Reached::Seen,
        (false, Decide::Settled) => Reached::Settled,
    };
    Wait {
        brings: brings(&rule.steps[step].pattern.tests),
        reached,
    }
}

fn step_time(tests: &[Test], decide: Decide, clocks: &[SourceClock]) -> StepTime {
    let concerned = || {
        let brings = |clock: &&SourceClock| {
            tests
                .iter()
                .any(|test| can_bring(test, &clock.name, clock.channels, &clock.signals))
        };
        clocks.iter().filter(brings)
    };
    let passed = concerned().map(|clock| match decide {
        Decide::Early => clock.seen,
        Decide::Settled => clock.settled,
    });
    let silent = concerned().filter_map(|clock| Some((clock.name.clone(), clock.silent_from?)));
    StepTime {
        passed: passed.min().unwrap_or(Millis::MIN),
        silent: silent.collect(),
    }
}

/// Whether a source can bring what a test looks for.
pub(super) fn can_bring(
    test: &Test,
    source: &str,
    channels: ChannelSet,
    signals: &[SignalName],
) -> bool {
    let of_source = test
        .sources
        .as_ref()
        .is_none_or(|wanted| wanted.takes(source));
    let brought = match test.target {
        Target::Signal => signals.iter().any(|name| test.takes_signal(*name)),
        Target::Contact | Target::Inside => Channel::ALL
            .iter()
            .any(|channel| test.channels.contains(*channel) && channels.contains(*channel)),
    };
    of_source && brought
}

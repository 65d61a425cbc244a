//! What is wrong with the match keys of one step.

use super::super::finding::Weight;
use super::super::keys::{Compare, Keys, Match, NumberKey, Operator, TextKey, TruthKey};
use super::super::test_of::{Target, channels_of};
use super::Check;
use crate::nearest::did_you_mean;
use crate::policy::is_at_or_below;
use model::{
    Channel, ChannelSet, Direction, Initiation, Kind, Outcome, SignalName, StepStatus, Text,
};

/// Keys that signals have.
const OF_SIGNALS: &[TextKey] = &[
    TextKey::Channel,
    TextKey::Source,
    TextKey::Signal,
    TextKey::Purpose,
];

impl Check<'_> {
    pub(super) fn keys(&mut self, place: usize) {
        let pattern = &self.rule.steps[place].pattern;
        self.words(place, "", &pattern.common);
        for (at, own) in pattern.any.iter().enumerate() {
            self.words(place, &format!("any[{}].", at + 1), own);
        }
        let all: Vec<(String, Keys)> = match pattern.any.as_slice() {
            [] => vec![(String::new(), pattern.common.clone())],
            any => any
                .iter()
                .enumerate()
                .map(|(at, own)| (format!("any[{}].", at + 1), pattern.common.and(own)))
                .collect(),
        };
        let targets: Vec<Target> = pattern.tests.iter().map(|test| test.target).collect();
        let sets: Vec<ChannelSet> = pattern.tests.iter().map(|test| test.channels).collect();
        for (at, (prefix, keys)) in all.iter().enumerate() {
            match targets[at] {
                Target::Signal => self.of_signal(place, prefix, keys),
                Target::Contact | Target::Inside => {
                    self.of_contact(place, prefix, keys, sets[at]);
                }
            }
            let own_count = pattern.any.get(at).is_some_and(|own| own.count.is_some());
            if keys.count.is_some() && targets[at] != Target::Inside {
                let what = "counts what happens inside a contact: a step or a kind is needed";
                self.wrong(place, &format!("{prefix}count"), what);
            }
            if own_count && pattern.common.count.is_some() {
                let what = "stands both here and beside `any`; allowed: one of them";
                self.wrong(place, &format!("{prefix}count"), what);
            }
        }
    }

    /// Words that are in no list.
    fn words(&mut self, place: usize, prefix: &str, keys: &Keys) {
        let names = |all: Vec<&'static str>| Some(all);
        for (key, wanted) in &keys.texts {
            let allowed = match key {
                TextKey::Channel => {
                    self.channels(place, prefix, wanted);
                    None
                }
                TextKey::Direction => names(Direction::ALL.iter().map(|one| one.name()).collect()),
                TextKey::Initiation => {
                    names(Initiation::ALL.iter().map(|one| one.name()).collect())
                }
                TextKey::Outcome => names(Outcome::ALL.iter().map(|one| one.name()).collect()),
                TextKey::StepStatus => {
                    names(StepStatus::ALL.iter().map(|one| one.name()).collect())
                }
                TextKey::Signal => names(SignalName::ALL.iter().map(|one| one.name()).collect()),
                TextKey::Reason => {
                    self.reasons(place, prefix, wanted);
                    None
                }
                TextKey::Step => {
                    self.steps(place, prefix, wanted);
                    None
                }
                TextKey::Source
                | TextKey::Medium
                | TextKey::Kind
                | TextKey::Disposition
                | TextKey::Tier
                | TextKey::Party
                | TextKey::Page
                | TextKey::Purpose => None,
            };
            for value in &wanted.values {
                if let Some(allowed) = &allowed
                    && !allowed.contains(&value.as_str())
                {
                    let near = did_you_mean(value, allowed.iter().copied());
                    let what = format!("found `{value}`; allowed: {}{near}", allowed.join(", "));
                    self.wrong(place, &format!("{prefix}{}", key.name()), what);
                }
            }
        }
        for (key, compare) in &keys.numbers {
            self.number(place, prefix, *key, compare);
        }
    }

    fn channels(&mut self, place: usize, prefix: &str, wanted: &Match) {
        for value in &wanted.values {
            let is_scope = self.known.scopes.iter().any(|scope| scope.name == *value);
            if Channel::from_name(value).is_none() && !is_scope {
                let channels = Channel::ALL.iter().map(|channel| channel.name());
                let scopes = self.known.scopes.iter().map(|scope| scope.name.as_str());
                let allowed: Vec<&str> = channels.chain(scopes).collect();
                let near = did_you_mean(value, allowed.iter().copied());
                let what = format!("found `{value}`; allowed: {}{near}", allowed.join(", "));
                self.wrong(place, &format!("{prefix}channel"), what);
            }
        }
    }

    fn reasons(&mut self, place: usize, prefix: &str, wanted: &Match) {
        let Some(known) = self.known.reasons else {
            return;
        };
        for value in &wanted.values {
            if !known.iter().any(|path| is_at_or_below(path, value)) {
                let near = did_you_mean(value, known.iter().map(Text::as_str));
                let what = format!("no table has the reason `{value}`{near}");
                self.does_not_fit(place, &format!("{prefix}reason"), what);
            }
        }
    }

    fn steps(&mut self, place: usize, prefix: &str, wanted: &Match) {
        let Some(known) = self.known.steps else {
            return;
        };
        for value in wanted.values.iter().filter(|_| !wanted.not) {
            if !known.contains(value) {
                let near = did_you_mean(value, known.iter().map(Text::as_str));
                let what = format!("no table has the step `{value}`{near}");
                self.does_not_fit(place, &format!("{prefix}step"), what);
            }
        }
    }

    fn number(&mut self, place: usize, prefix: &str, key: NumberKey, compare: &Compare) {
        let least = match key {
            NumberKey::Wait | NumberKey::Duration => 0,
            NumberKey::Legs => 1,
            NumberKey::Score | NumberKey::Amount => return,
        };
        let (never, always) = match compare.operator {
            Operator::Above => (false, compare.value < least),
            Operator::AtLeast => (false, compare.value <= least),
            Operator::Below => (compare.value <= least, false),
            Operator::AtMost | Operator::Equal => (compare.value < least, false),
        };
        let key = format!("{prefix}{}", key.name());
        if never {
            self.wrong(place, &key, "can never be met: it is never that small");
        } else if always {
            let what = "is met whenever it is known".to_string();
            self.say(Weight::Warning, place, &key, what);
        }
    }

    fn of_signal(&mut self, place: usize, prefix: &str, keys: &Keys) {
        let texts = keys.texts.iter().map(|(key, _)| *key);
        let foreign = texts.filter(|key| !OF_SIGNALS.contains(key));
        let mut foreign: Vec<&str> = foreign.map(TextKey::name).collect();
        let numbers = keys.numbers.iter().map(|(key, _)| *key);
        let of_contacts = [NumberKey::Wait, NumberKey::Duration, NumberKey::Legs];
        let numbers = numbers.filter(|key| of_contacts.contains(key));
        foreign.extend(numbers.map(NumberKey::name));
        foreign.extend(keys.truths.iter().map(|(key, _)| key.name()));
        for key in foreign {
            let what = format!(
                "a signal has no `{key}`; allowed: channel, source, signal, purpose, score, amount, \
                 attributes"
            );
            self.wrong(place, &format!("{prefix}{key}"), what);
        }
    }

    fn of_contact(&mut self, place: usize, prefix: &str, keys: &Keys, channels: ChannelSet) {
        let at = |key: &str| format!("{prefix}{key}");
        if keys.text(TextKey::Purpose).is_some() {
            self.wrong(
                place,
                &at("purpose"),
                "only a signal has one: `signal` is missing",
            );
        }
        if keys
            .numbers
            .iter()
            .any(|(key, _)| *key == NumberKey::Amount)
        {
            self.wrong(
                place,
                &at("amount"),
                "only a signal has one: `signal` is missing",
            );
        }
        let own: Vec<Channel> = Channel::ALL
            .iter()
            .filter(|channel| channels.contains(**channel))
            .copied()
            .collect();
        if own.is_empty() {
            let named = keys
                .texts
                .iter()
                .filter(|(key, _)| *key == TextKey::Channel);
            let is_named = |wanted: &Match| {
                let scopes = self.known.scopes;
                Channel::ALL
                    .iter()
                    .any(|one| channels_of(wanted, scopes).contains(*one))
            };
            // A name that is none has been said already.
            if named.clone().all(|(_, wanted)| is_named(wanted)) || named.count() > 1 {
                self.wrong(
                    place,
                    &at("channel"),
                    "can never be met: no channel is left",
                );
            }
            return;
        }
        let of_visits = [TextKey::Step, TextKey::StepStatus];
        let asks_step = of_visits.iter().any(|key| keys.text(*key).is_some())
            || keys.truth(TruthKey::Completed).is_some();
        if asks_step && !own.contains(&Channel::Web) {
            self.wrong(
                place,
                &at("channel"),
                "can never be met: only channel web has steps",
            );
        }
        let begun = keys
            .text(TextKey::StepStatus)
            .is_none_or(|wanted| wanted.takes(StepStatus::Started.name()));
        if keys.truth(TruthKey::Completed).is_some() && !begun {
            let what = "can never be met: `completed` looks at steps that were started";
            self.wrong(place, &at("step_status"), what);
        }
        if let Some(wanted) = keys.text(TextKey::Kind) {
            self.kinds(place, &at("kind"), wanted, &own);
        }
    }

    fn kinds(&mut self, place: usize, key: &str, wanted: &Match, channels: &[Channel]) {
        let own = channels
            .iter()
            .flat_map(|channel| Kind::of_channel(*channel));
        let mut allowed: Vec<&str> = own.map(|kind| kind.name()).collect();
        // A mail is answered by a `sent` of its thread: what the contact then has is an answer.
        allowed.extend(["answered", "contact", "qualified"]);
        let mut seen: Vec<&str> = Vec::new();
        allowed.retain(|name| {
            let is_new = !seen.contains(name);
            seen.push(name);
            is_new
        });
        for value in &wanted.values {
            if !allowed.contains(&value.as_str()) {
                let near = did_you_mean(value, allowed.iter().copied());
                let what = format!("found `{value}`; allowed: {}{near}", allowed.join(", "));
                self.wrong(place, key, what);
            }
        }
    }
}

//! A step's keys as tests that cost little: closed lists as bits, the rest one by one.

use super::history::{Happening, Heard, Seen};
use super::keys::{Compare, Keys, Match, NumberKey, TextKey, TruthKey};
use crate::policy::is_at_or_below;
use model::{
    Channel, ChannelSet, Contact, Direction, EndKind, Initiation, Money, Outcome, Scope,
    SignalName, StepStatus, Text,
};

/// What a test looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A contact as a whole.
    Contact,
    /// Something that happens inside a contact.
    Inside,
    /// A signal.
    Signal,
}

/// The keys of one alternative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Test {
    pub target: Target,
    /// The channels that fit.
    pub channels: ChannelSet,
    /// A signal without a channel fits too.
    no_channel: bool,
    /// One bit for each value that fits; the highest for an unknown one.
    directions: u8,
    initiations: u8,
    outcomes: u8,
    statuses: u8,
    /// One bit for each signal.
    signals: u32,
    /// All else, one by one.
    rest: Vec<Condition>,
    /// At least that often inside one contact; 0: not counted.
    pub count: u32,
    pub completed: Option<bool>,
    open: Option<bool>,
    /// Which sources fit; `None`: all.
    pub sources: Option<Match>,
}

/// A key that is tested one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    Text(TextKey, Match),
    Attribute(Text, Match),
    Number(NumberKey, Compare),
    Truth(TruthKey, bool),
}

const UNKNOWN: u8 = 1 << 7;

/// The bits of the values that fit; `unknown` is where the value is not known.
fn bits<T: Copy>(wanted: &Match, all: &[T], name: impl Fn(T) -> &'static str) -> u8 {
    let mut bits = if wanted.not { UNKNOWN } else { 0 };
    for (place, value) in all.iter().enumerate() {
        let listed = wanted.values.iter().any(|text| text == name(*value));
        if listed != wanted.not {
            bits |= 1 << place;
        }
    }
    bits
}

/// The channels that a match names, by their names or those of scopes.
pub(super) fn channels_of(wanted: &Match, scopes: &[Scope]) -> ChannelSet {
    let named = |channel: &Channel| {
        wanted.values.iter().any(|text| {
            let own = Channel::from_name(text).map(|named| named == *channel);
            own.unwrap_or_else(|| {
                let mut of_scope = scopes.iter().filter(|scope| scope.name == *text);
                of_scope.any(|scope| scope.channels.contains(*channel))
            })
        })
    };
    let fitting: Vec<Channel> = Channel::ALL
        .iter()
        .filter(|channel| named(channel) != wanted.not)
        .copied()
        .collect();
    ChannelSet::of(&fitting)
}

impl Test {
    /// The tests of a pattern: one for each alternative, or one.
    pub(super) fn all_of(common: &Keys, any: &[Keys], scopes: &[Scope]) -> Vec<Test> {
        if any.is_empty() {
            return vec![Test::of(common, scopes)];
        }
        let each = any.iter().map(|own| Test::of(&common.and(own), scopes));
        each.collect()
    }

    fn of(keys: &Keys, scopes: &[Scope]) -> Test {
        let mut test = Test {
            target: target_of(keys),
            channels: ChannelSet::of(Channel::ALL),
            no_channel: true,
            directions: u8::MAX,
            initiations: u8::MAX,
            outcomes: u8::MAX,
            statuses: u8::MAX,
            signals: u32::MAX,
            rest: Vec::new(),
            count: keys.count.unwrap_or(0),
            completed: keys.truth(TruthKey::Completed),
            open: keys.truth(TruthKey::Open),
            sources: keys.text(TextKey::Source).cloned(),
        };
        for (key, wanted) in &keys.texts {
            test.add(*key, wanted, scopes);
        }
        for (name, wanted) in &keys.attributes {
            let wanted = wanted.clone();
            test.rest.push(Condition::Attribute(name.clone(), wanted));
        }
        for (key, wanted) in &keys.numbers {
            test.rest.push(Condition::Number(*key, wanted.clone()));
        }
        for (key, wanted) in &keys.truths {
            if matches!(key, TruthKey::Automatic | TruthKey::Follower) {
                test.rest.push(Condition::Truth(*key, *wanted));
            }
        }
        test
    }

    fn add(&mut self, key: TextKey, wanted: &Match, scopes: &[Scope]) {
        match key {
            TextKey::Channel => {
                let own = channels_of(wanted, scopes);
                let both = |channel: &&Channel| {
                    self.channels.contains(**channel) && own.contains(**channel)
                };
                let both: Vec<Channel> = Channel::ALL.iter().filter(both).copied().collect();
                self.channels = ChannelSet::of(&both);
                self.no_channel &= wanted.not;
            }
            TextKey::Direction => self.directions &= bits(wanted, Direction::ALL, Direction::name),
            TextKey::Initiation => {
                self.initiations &= bits(wanted, Initiation::ALL, Initiation::name);
            }
            TextKey::Outcome => self.outcomes &= bits(wanted, Outcome::ALL, Outcome::name),
            TextKey::StepStatus => self.statuses &= bits(wanted, StepStatus::ALL, StepStatus::name),
            TextKey::Signal => {
                for (place, name) in SignalName::ALL.iter().enumerate() {
                    let listed = wanted.values.iter().any(|text| text == name.name());
                    if listed == wanted.not {
                        self.signals &= !(1 << place);
                    }
                }
            }
            TextKey::Source
            | TextKey::Medium
            | TextKey::Kind
            | TextKey::Disposition
            | TextKey::Reason
            | TextKey::Tier
            | TextKey::Party
            | TextKey::Step
            | TextKey::Page
            | TextKey::Purpose => self.rest.push(Condition::Text(key, wanted.clone())),
        }
    }

    /// Whether a signal of this name could fit.
    pub(super) fn takes_signal(&self, name: SignalName) -> bool {
        self.target == Target::Signal && self.signals & (1 << (name as u32)) != 0
    }

    /// Whether the contact fits, as far as it is asked about.
    pub(super) fn fits_contact(&self, seen: &Seen<'_>) -> bool {
        let contact = seen.contact;
        let outcome = contact.outcome.map_or(UNKNOWN, |known| 1 << (known as u8));
        self.channels.contains(contact.channel)
            && self.directions & (1 << (contact.direction as u8)) != 0
            && self.initiations & (1 << (contact.initiation as u8)) != 0
            && self.outcomes & outcome != 0
            && (self.open != Some(false) || contact.end_kind != EndKind::Open)
    }

    /// Whether the contact as a whole fits.
    pub(super) fn fits_whole(&self, seen: &Seen<'_>) -> bool {
        self.target == Target::Contact
            && seen.opened
            && self.fits_contact(seen)
            && self
                .rest
                .iter()
                .all(|condition| condition.of_contact(seen, None))
    }

    /// Whether something inside a contact fits; `place` is its place in the contact.
    pub(super) fn fits_inside(&self, seen: &Seen<'_>, place: usize) -> bool {
        let happening = &seen.inside[place];
        let status = happening.status.map_or(UNKNOWN, |known| 1 << (known as u8));
        self.target == Target::Inside
            && self.statuses & status != 0
            && self.fits_contact(seen)
            && self
                .rest
                .iter()
                .all(|condition| condition.of_contact(seen, Some(happening)))
            && self
                .completed
                .is_none_or(|wanted| was_begun_and(wanted, happening))
    }

    /// Whether a signal fits.
    pub(super) fn fits_signal(&self, heard: &Heard<'_>) -> bool {
        let signal = heard.signal;
        let of_channel = match signal.channel {
            Some(channel) => self.channels.contains(channel),
            None => self.no_channel,
        };
        self.takes_signal(signal.name)
            && of_channel
            && self.rest.iter().all(|condition| condition.of_signal(heard))
    }
}

fn target_of(keys: &Keys) -> Target {
    if keys.text(TextKey::Signal).is_some() {
        Target::Signal
    } else if keys.looks_inside() {
        Target::Inside
    } else {
        Target::Contact
    }
}

/// Whether a step was started and (if wanted) completed later in its visit, or not.
fn was_begun_and(completed: bool, begun: &Happening<'_>) -> bool {
    begun.status == Some(StepStatus::Started) && begun.completed_later == completed
}

impl Match {
    /// Whether a text fits; an empty one is unknown.
    pub(super) fn takes(&self, text: &str) -> bool {
        let listed = !text.is_empty() && self.values.iter().any(|value| value == text);
        listed != self.not
    }

    fn takes_reason(&self, path: &str) -> bool {
        let listed = |value: &Text| !path.is_empty() && is_at_or_below(path, value);
        self.values.iter().any(listed) != self.not
    }
}

impl Condition {
    fn of_contact(&self, seen: &Seen<'_>, happening: Option<&Happening<'_>>) -> bool {
        let contact = seen.contact;
        match self {
            Condition::Text(TextKey::Reason, wanted) => {
                wanted.takes_reason(contact.reason.as_ref().map_or("", |reason| &reason.path))
            }
            Condition::Text(key, wanted) => wanted.takes(text_of(*key, contact, happening)),
            Condition::Attribute(name, wanted) => {
                let mut own = contact
                    .attributes
                    .iter()
                    .filter(|(stated, _)| stated == name);
                wanted.takes(own.next().map_or("", |(_, value)| value))
            }
            Condition::Number(key, compare) => {
                let number = match key {
                    NumberKey::Wait => contact.wait_ms,
                    NumberKey::Duration => Some(contact.ended_at.since(contact.started_at)),
                    NumberKey::Legs => Some(i64::from(contact.legs)),
                    NumberKey::Score => contact.satisfaction.map(|score| score.0),
                    NumberKey::Amount => None,
                };
                number.is_some_and(|number| compare.holds(number))
            }
            Condition::Truth(TruthKey::Automatic, wanted) => seen.automatic == *wanted,
            Condition::Truth(TruthKey::Follower, wanted) => seen.follower == *wanted,
            Condition::Truth(TruthKey::Open | TruthKey::Completed, _) => true,
        }
    }

    fn of_signal(&self, heard: &Heard<'_>) -> bool {
        let signal = heard.signal;
        match self {
            Condition::Text(TextKey::Source, wanted) => wanted.takes(&signal.source),
            Condition::Text(TextKey::Purpose, wanted) => wanted.takes(&signal.purpose),
            Condition::Text(..) | Condition::Truth(..) => false,
            Condition::Attribute(name, wanted) => {
                let mut own = signal
                    .attributes
                    .iter()
                    .filter(|(stated, _)| stated == name);
                let value = own.next().and_then(|(_, value)| value.as_ref());
                wanted.takes(value.map_or("", |value| value))
            }
            Condition::Number(key, compare) => {
                let number = match key {
                    NumberKey::Score => signal.score,
                    NumberKey::Amount => signal.amount,
                    NumberKey::Wait | NumberKey::Duration | NumberKey::Legs => None,
                };
                number.is_some_and(|Money(number)| compare.holds(number))
            }
        }
    }
}

/// The text of a key; empty if unknown.
fn text_of<'a>(
    key: TextKey,
    contact: &'a Contact,
    happening: Option<&'a Happening<'a>>,
) -> &'a str {
    match key {
        TextKey::Source => &contact.source,
        TextKey::Medium => &contact.medium,
        TextKey::Kind => happening
            .and_then(|inside| inside.kind)
            .map_or("", |kind| kind.name()),
        TextKey::Disposition => &contact.disposition,
        TextKey::Tier => &contact.tier,
        TextKey::Party => &contact.party,
        TextKey::Step => happening.map_or("", |inside| inside.step),
        TextKey::Page => happening.map_or(contact.page.as_str(), |inside| inside.page),
        // The closed lists are bits, a reason is a path, the others belong to signals.
        TextKey::Channel
        | TextKey::Direction
        | TextKey::Initiation
        | TextKey::Outcome
        | TextKey::Reason
        | TextKey::StepStatus
        | TextKey::Signal
        | TextKey::Purpose => "",
    }
}

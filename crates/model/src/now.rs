//! How far time has come. Time comes from what was read of the sources, and a source is waited for
//! only by what it can bring: so time is not one instant but one for each channel and each signal.

use crate::{Channel, ChannelSet, Millis, SignalName};
use serde::{Deserialize, Serialize};

/// Number of channels and signals.
const KINDS: usize = Channel::ALL.len() + SignalName::ALL.len();

/// A set of channels and signals: what can come from a source, or what something waits for.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Brings(u32);

impl Brings {
    /// Every channel and every signal.
    pub const ALL: Brings = Brings((1 << KINDS) - 1);
    /// None of them.
    pub const NOTHING: Brings = Brings(0);

    /// Contacts of these channels, and these signals.
    #[must_use]
    pub fn of(channels: ChannelSet, signals: &[SignalName]) -> Brings {
        let signals = signals.iter().copied().map(Brings::signal);
        signals.fold(Brings::channels(channels), Brings::and)
    }

    /// Contacts of a channel.
    #[must_use]
    pub const fn channel(channel: Channel) -> Brings {
        Brings(1 << channel as u32)
    }

    /// Contacts of these channels.
    #[must_use]
    pub fn channels(channels: ChannelSet) -> Brings {
        let all = Channel::ALL.iter().copied();
        all.filter(|channel| channels.contains(*channel))
            .map(Brings::channel)
            .fold(Brings::NOTHING, Brings::and)
    }

    /// A signal.
    #[must_use]
    pub const fn signal(signal: SignalName) -> Brings {
        Brings(1 << (Channel::ALL.len() as u32 + signal as u32))
    }

    /// What is in either.
    #[must_use]
    pub const fn and(self, other: Brings) -> Brings {
        Brings(self.0 | other.0)
    }

    /// Whether something is in both.
    #[must_use]
    pub const fn meets(self, other: Brings) -> bool {
        self.0 & other.0 != 0
    }

    /// The channels in it.
    #[must_use]
    pub fn channel_set(self) -> ChannelSet {
        let all = Channel::ALL.iter().copied();
        let own: Vec<Channel> = all
            .filter(|channel| self.meets(Brings::channel(*channel)))
            .collect();
        ChannelSet::of(&own)
    }

    /// The signals in it.
    pub fn signals(self) -> impl Iterator<Item = SignalName> {
        let all = SignalName::ALL.iter().copied();
        all.filter(move |signal| self.meets(Brings::signal(*signal)))
    }

    /// Places of what is in it.
    fn places(self) -> impl Iterator<Item = usize> {
        let mut left = self.0 & Brings::ALL.0;
        std::iter::from_fn(move || {
            let place = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (place < u32::BITS).then_some(place as usize)
        })
    }
}

/// Which of the instants of a clock is asked for.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Reached {
    /// Everything up to here was read, but for what comes out of order.
    Seen,
    /// The same, less the lateness of the sources: what is decided here seldom has to be revised.
    #[default]
    Settled,
    /// As seen, but a source that is silent stands where it last spoke: that something did *not*
    /// happen may be said up to here only. It may go back when a source falls silent.
    Proved,
}

/// What a decision waits for: that the sources which can bring something have come so far.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Wait {
    /// For what.
    pub brings: Brings,
    /// How far.
    pub reached: Reached,
}

impl Wait {
    /// Until everything that can bring this has settled.
    #[must_use]
    pub const fn settled(brings: Brings) -> Wait {
        let reached = Reached::Settled;
        Wait { brings, reached }
    }
}

/// The three instants of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// See [`Reached::Seen`].
    pub seen: Millis,
    /// See [`Reached::Settled`].
    pub settled: Millis,
    /// See [`Reached::Proved`].
    pub proved: Millis,
}

impl Clock {
    /// A clock of which nothing is known: everybody waits for it.
    pub const UNKNOWN: Clock = Clock::at(Millis::MIN);
    /// A clock of something that never was: nobody waits for it.
    pub const NEVER: Clock = Clock::at(Millis::MAX);

    /// A clock that has come this far in every respect.
    #[must_use]
    pub const fn at(at: Millis) -> Clock {
        Clock {
            seen: at,
            settled: at,
            proved: at,
        }
    }

    /// What both have reached.
    #[must_use]
    pub fn least(self, other: Clock) -> Clock {
        Clock {
            seen: self.seen.min(other.seen),
            settled: self.settled.min(other.settled),
            proved: self.proved.min(other.proved),
        }
    }

    /// The later of two: time does not go back, but in what is proved the newer one counts.
    #[must_use]
    fn moved_to(self, newer: Clock) -> Clock {
        Clock {
            seen: self.seen.max(newer.seen),
            settled: self.settled.max(newer.settled),
            proved: newer.proved,
        }
    }
}

/// How far time has come, for everything that can come.
///
/// What is asked for is the least over a set: the decision waits for every source that can bring
/// any of it. An empty set stands for everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Now([Clock; KINDS]);

impl Now {
    /// No time is known.
    pub const UNKNOWN: Now = Now([Clock::UNKNOWN; KINDS]);
    /// There is nobody to wait for.
    pub const NEVER: Now = Now([Clock::NEVER; KINDS]);

    /// The same instant for everything: everything up to it was read, as at the end of a history.
    #[must_use]
    pub const fn all(at: Millis) -> Now {
        Now([Clock::at(at); KINDS])
    }

    /// The least clock of what may bring any of this.
    #[must_use]
    pub fn clock(&self, of: Brings) -> Clock {
        let of = if of == Brings::NOTHING {
            Brings::ALL
        } else {
            of
        };
        let clocks = of.places().map(|place| self.0[place]);
        clocks.fold(Clock::NEVER, Clock::least)
    }

    /// Everything of this up to here was read, but for what comes out of order.
    #[must_use]
    pub fn seen(&self, of: Brings) -> Millis {
        self.clock(of).seen
    }

    /// Everything of this up to here has settled: final verdicts wait for it.
    #[must_use]
    pub fn settled(&self, of: Brings) -> Millis {
        self.clock(of).settled
    }

    /// The furthest that anything has settled.
    #[must_use]
    pub fn furthest_settled(&self) -> Millis {
        let settled = self.0.iter().map(|clock| clock.settled);
        settled.max().unwrap_or(Millis::MIN)
    }

    /// That something of this did not happen may be said up to here.
    #[must_use]
    pub fn proved(&self, of: Brings) -> Millis {
        self.clock(of).proved
    }

    /// Whether a source that can bring any of this is silent, so that absences are held back.
    #[must_use]
    pub fn is_held_back(&self, of: Brings) -> bool {
        let clock = self.clock(of);
        clock.proved < clock.seen
    }

    /// How far time has come in what a decision waits for.
    #[must_use]
    pub fn reached(&self, wait: Wait) -> Millis {
        let clock = self.clock(wait.brings);
        match wait.reached {
            Reached::Seen => clock.seen,
            Reached::Settled => clock.settled,
            Reached::Proved => clock.proved,
        }
    }

    /// Lowers the clocks of all this to one more source's.
    pub fn hold(&mut self, brings: Brings, clock: Clock) {
        for place in brings.places() {
            self.0[place] = self.0[place].least(clock);
        }
    }

    /// What both have reached.
    pub fn least(&mut self, other: &Now) {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            *own = own.least(other);
        }
    }

    /// Moves on to what is known newly. What has no source of its own waits for all sources;
    /// without any, nothing is known newly. Time does not go back, whichever source joins.
    pub fn move_to(&mut self, newer: &Now) {
        let all = newer.clock(Brings::ALL);
        if all.seen == Millis::MAX {
            return;
        }
        for (own, newer) in self.0.iter_mut().zip(newer.0) {
            let newer = if newer.seen == Millis::MAX {
                all
            } else {
                newer
            };
            *own = own.moved_to(newer);
        }
    }

    /// The clocks, and what each of them is for: few, since most sources bring much.
    #[must_use]
    pub fn parts(&self) -> Vec<(Brings, Clock)> {
        let mut parts: Vec<(Brings, Clock)> = Vec::new();
        for (place, clock) in self.0.iter().enumerate() {
            let own = Brings(1 << place);
            match parts.iter_mut().find(|(_, known)| known == clock) {
                Some((brings, _)) => *brings = brings.and(own),
                None => parts.push((own, *clock)),
            }
        }
        parts
    }

    /// Time put together again from its [`Now::parts`]. What no part is for is unknown.
    #[must_use]
    pub fn from_parts(parts: &[(Brings, Clock)]) -> Now {
        let mut now = Now::UNKNOWN;
        for (brings, clock) in parts {
            for place in brings.places() {
                now.0[place] = *clock;
            }
        }
        now
    }
}

impl Default for Now {
    fn default() -> Now {
        Now::UNKNOWN
    }
}

impl Serialize for Now {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.parts().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Now {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Now, D::Error> {
        let parts = Vec::<(Brings, Clock)>::deserialize(from)?;
        Ok(Now::from_parts(&parts))
    }
}

/// When time alone may change what is said of a key: the first instant for each thing that is
/// waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadlines(Vec<(Wait, Millis)>);

impl Deadlines {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Something may change at an instant, once what it waits for has come so far.
    pub fn add(&mut self, wait: Wait, at: Millis) {
        match self.0.iter_mut().find(|(known, _)| *known == wait) {
            Some((_, known)) => *known = at.min(*known),
            None => self.0.push((wait, at)),
        }
    }

    /// What may change, and when.
    #[must_use]
    pub fn as_slice(&self) -> &[(Wait, Millis)] {
        &self.0
    }

    /// Puts off what is due by now to the next instant: it was looked at just now.
    pub fn put_off(&mut self, now: &Now) {
        for (wait, at) in &mut self.0 {
            *at = (*at).max(now.reached(*wait).plus(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Brings, Clock, Deadlines, Now, Reached, Wait};
    use crate::{Channel, ChannelSet, Millis, SignalName};

    const PHONE: Brings = Brings::channel(Channel::Phone);
    const EMAIL: Brings = Brings::channel(Channel::Email);
    const VIDEO: Brings = Brings::channel(Channel::Video);

    fn clock(seen: i64, lateness_ms: i64) -> Clock {
        let settled = Millis(seen).minus(lateness_ms);
        Clock {
            seen: Millis(seen),
            settled,
            proved: Millis(seen),
        }
    }

    /// Two sources: telephones, and mail that is hours late.
    fn two_sources() -> Now {
        let mut now = Now::NEVER;
        now.hold(PHONE, clock(1_000, 5));
        now.hold(EMAIL, clock(900, 500));
        now
    }

    #[test]
    fn a_set_says_what_is_in_it() {
        let phone = ChannelSet::of(&[Channel::Phone]);
        let some = Brings::of(phone, &[SignalName::Delivered, SignalName::Marker]);
        assert_eq!(some.channel_set(), phone);
        let signals: Vec<SignalName> = some.signals().collect();
        assert_eq!(signals, [SignalName::Delivered, SignalName::Marker]);
        assert!(some.meets(PHONE) && !some.meets(EMAIL));
        let all = Brings::of(ChannelSet::of(Channel::ALL), SignalName::ALL);
        assert_eq!(all, Brings::ALL);
        assert_eq!(Brings::ALL.places().count(), super::KINDS);
    }

    #[test]
    fn a_slow_source_holds_back_only_what_it_brings() {
        let mut now = Now::UNKNOWN;
        now.move_to(&two_sources());
        assert_eq!(now.seen(PHONE), Millis(1_000));
        assert_eq!(now.settled(PHONE), Millis(995));
        assert_eq!(now.settled(EMAIL), Millis(400));
        assert_eq!(now.settled(PHONE.and(EMAIL)), Millis(400));
        // What nobody brings waits for all.
        assert_eq!(now.settled(VIDEO), Millis(400));
        assert_eq!(now.settled(Brings::NOTHING), Millis(400));
    }

    #[test]
    fn a_source_that_joins_or_goes_does_not_turn_time_back() {
        let mut now = Now::UNKNOWN;
        now.move_to(&two_sources());
        let mut with_a_third = two_sources();
        with_a_third.hold(Brings::ALL, clock(100, 0));
        now.move_to(&with_a_third);
        assert_eq!(now.settled(PHONE), Millis(995));
        assert_eq!(now.settled(EMAIL), Millis(400));
        let mut alone = Now::NEVER;
        alone.hold(PHONE, clock(2_000, 5));
        now.move_to(&alone);
        assert_eq!(
            now.settled(EMAIL),
            Millis(1_995),
            "nobody brings mail any more"
        );
        now.move_to(&Now::NEVER);
        assert_eq!(now.settled(PHONE), Millis(1_995), "no source, no news");
    }

    #[test]
    fn absences_are_held_back_by_silence_and_verdicts_are_not() {
        let silent = Clock {
            seen: Millis(1_000),
            settled: Millis(995),
            proved: Millis(700),
        };
        let mut newer = two_sources();
        newer.hold(PHONE, silent);
        let mut now = Now::UNKNOWN;
        now.move_to(&two_sources());
        assert!(!now.is_held_back(PHONE));
        now.move_to(&newer);
        assert!(now.is_held_back(PHONE) && !now.is_held_back(EMAIL));
        assert_eq!(
            (now.settled(PHONE), now.proved(PHONE)),
            (Millis(995), Millis(700))
        );
        now.move_to(&two_sources());
        assert_eq!(now.proved(PHONE), Millis(1_000), "it has spoken again");
    }

    #[test]
    fn time_in_parts_is_the_same_time() {
        let mut now = Now::UNKNOWN;
        now.move_to(&two_sources());
        let parts = now.parts();
        assert_eq!(
            parts.len(),
            2,
            "mail's clock is also that of what nobody brings"
        );
        assert_eq!(Now::from_parts(&parts), now);
        assert_eq!(Now::all(Millis(7)).parts().len(), 1);
        assert_eq!(Now::from_parts(&[]), Now::UNKNOWN);
    }

    #[test]
    fn the_first_deadline_of_each_wait_counts() {
        let phone = Wait::settled(PHONE);
        let early = Wait {
            brings: PHONE,
            reached: Reached::Seen,
        };
        let mut deadlines = Deadlines::default();
        deadlines.add(phone, Millis(30));
        deadlines.add(early, Millis(20));
        deadlines.add(phone, Millis(10));
        assert_eq!(
            deadlines.as_slice(),
            [(phone, Millis(10)), (early, Millis(20))]
        );
        deadlines.put_off(&Now::all(Millis(15)));
        assert_eq!(
            deadlines.as_slice(),
            [(phone, Millis(16)), (early, Millis(20))]
        );
    }
}

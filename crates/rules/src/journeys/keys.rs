//! The match keys: what a step of a rule asks of a contact, of something inside it, or of a signal.

use model::Text;

/// A closed list of keys, each with its spelling.
macro_rules! keys {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every key, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The key as rule files write it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            /// The key that a word names.
            #[must_use]
            pub fn from_name(name: &str) -> Option<$name> {
                match name { $($text => Some($name::$variant),)+ _ => None }
            }
        }
    };
}

keys! {
    /// Keys whose values are words. Each takes a value, a list (any of), or `{ not = ... }`.
    TextKey {
        /// The channel, or the name of a scope.
        Channel = "channel",
        /// The system that speaks.
        Source = "source",
        /// What carries the channel.
        Medium = "medium",
        /// An event of this kind inside a contact.
        Kind = "kind",
        /// Who moved towards whom.
        Direction = "direction",
        /// What brought the contact about.
        Initiation = "initiation",
        /// What became of it.
        Outcome = "outcome",
        /// What the agent did.
        Disposition = "disposition",
        /// A path; matches itself and what lies below.
        Reason = "reason",
        /// The customer's tier.
        Tier = "tier",
        /// The party.
        Party = "party",
        /// A service step of a visit.
        Step = "step",
        /// How far that step went.
        StepStatus = "step_status",
        /// The page: of the step where the rule looks at one, else of the contact.
        Page = "page",
        /// The signal's name.
        Signal = "signal",
        /// What the signal is for.
        Purpose = "purpose",
    }
}

keys! {
    /// Keys that compare: `"> 15s"`, `">= 3"`.
    NumberKey {
        /// Time up to the first answer, or until the customer left.
        Wait = "wait",
        /// From start to end.
        Duration = "duration",
        /// Number of legs.
        Legs = "legs",
        /// Score of the survey.
        Score = "score",
        /// Amount of the signal, in units of the currency.
        Amount = "amount",
    }
}

keys! {
    /// Keys that are true or false.
    TruthKey {
        /// The contact was made by a machine.
        Automatic = "automatic",
        /// The contact has the role follower: by the role table, and it is no assistance.
        Follower = "follower",
        /// True: what the step looks at is not awaited to end. False: it has ended.
        Open = "open",
        /// Whether a started step was completed in its visit.
        Completed = "completed",
    }
}

keys! {
    /// What `same` and `differs` compare.
    Compared {
        /// The contact.
        Contact = "contact",
        /// The mail thread.
        Thread = "thread",
        /// The reason, cut to `reason_depth` levels.
        Reason = "reason",
        /// The channel.
        Channel = "channel",
        /// The source.
        Source = "source",
        /// The medium.
        Medium = "medium",
        /// The direction.
        Direction = "direction",
        /// The party.
        Party = "party",
        /// The page.
        Page = "page",
        /// The step's name.
        Step = "step",
        /// The signal's purpose.
        Purpose = "purpose",
    }
}

/// A value, a list, or anything but these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Matches what is none of the values; then also what is unknown.
    pub not: bool,
    /// The values, at least one.
    pub values: Vec<Text>,
}

/// How a number is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `=`
    Equal,
}

/// A comparison. An unknown number satisfies none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compare {
    /// How.
    pub operator: Operator,
    /// With what: milliseconds, whole numbers (`legs`), or millionths (`score`, `amount`).
    pub value: i64,
    /// The value as typed.
    pub typed: Text,
}

impl Compare {
    /// Whether a number satisfies it.
    #[must_use]
    pub fn holds(&self, number: i64) -> bool {
        match self.operator {
            Operator::Above => number > self.value,
            Operator::AtLeast => number >= self.value,
            Operator::Below => number < self.value,
            Operator::AtMost => number <= self.value,
            Operator::Equal => number == self.value,
        }
    }
}

/// What a step, or one of its alternatives, asks for; all of it has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Words, in order of [`TextKey`].
    pub texts: Vec<(TextKey, Match)>,
    /// Attributes by name, in order of name.
    pub attributes: Vec<(Text, Match)>,
    /// Comparisons, in order of [`NumberKey`].
    pub numbers: Vec<(NumberKey, Compare)>,
    /// Truths, in order of [`TruthKey`].
    pub truths: Vec<(TruthKey, bool)>,
    /// At least that often inside one contact.
    pub count: Option<u32>,
}

impl Keys {
    /// What is asked of a text key.
    #[must_use]
    pub fn text(&self, key: TextKey) -> Option<&Match> {
        let found = self.texts.iter().find(|(stated, _)| *stated == key);
        found.map(|(_, wanted)| wanted)
    }

    /// What is asked of a truth.
    #[must_use]
    pub fn truth(&self, key: TruthKey) -> Option<bool> {
        let found = self.truths.iter().find(|(stated, _)| *stated == key);
        found.map(|(_, wanted)| *wanted)
    }

    /// Whether nothing at all is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Keys::default()
    }

    /// Whether a step of a visit, or an event inside a contact, is asked for.
    #[must_use]
    pub fn looks_inside(&self) -> bool {
        let inside = [TextKey::Kind, TextKey::Step, TextKey::StepStatus];
        inside.iter().any(|key| self.text(*key).is_some())
            || self.truth(TruthKey::Completed).is_some()
    }

    /// All that `self` and `other` ask for.
    #[must_use]
    pub fn and(&self, other: &Keys) -> Keys {
        let mut both = self.clone();
        both.texts.extend(other.texts.iter().cloned());
        both.attributes.extend(other.attributes.iter().cloned());
        both.numbers.extend(other.numbers.iter().cloned());
        both.truths.extend(other.truths.iter().copied());
        both.count = both.count.or(other.count);
        both
    }
}

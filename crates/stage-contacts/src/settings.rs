use model::{Channel, SignalName, Text};

/// What the tenant configures of this stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Silence after which a contact ends by itself, for each channel in order of
    /// [`Channel::ALL`], milliseconds. For email: after the last answer. Web uses `inactivity_ms`.
    pub silence_ms: [i64; 5],
    /// Silence after which a mail without an answer ends by itself, milliseconds.
    pub unanswered_silence_ms: i64,
    /// A contact shorter than this whose outcome had to be inferred is `short`, milliseconds, for
    /// each channel.
    pub short_below_ms: [i64; 5],
    /// A mail this long after an answer belongs to the mail answered, milliseconds.
    pub mail_grace_ms: i64,
    /// Silence that separates two visits of a device, milliseconds.
    pub inactivity_ms: i64,
    /// Steps, or step statuses, that make a visit count; `*` for every visit.
    pub count_steps: Vec<Text>,
    /// Types of identifiers that are unique, the first that a contact states decides.
    pub unique: Vec<Text>,
    /// Types of handles, in order; `device` comes last whatever its place.
    pub handles: Vec<Text>,
    /// Kinds of events that journey rules ask for, by name, sorted.
    pub kinds: Vec<Text>,
    /// Signals that journey rules ask for.
    pub signals: Vec<SignalName>,
    /// A key is let go of so long after the last thing that is known of it: acceptance + reach +
    /// longest open contact, milliseconds; `None`: never, as in a history of any order.
    pub keep_ms: Option<i64>,
}

impl Settings {
    /// Types of handles, in the order in which they speak for a contact.
    pub(crate) fn handles_in_order(&self) -> impl Iterator<Item = &Text> {
        let is_device = |kind: &&Text| *kind == "device";
        let strong = self.handles.iter().filter(move |kind| !is_device(kind));
        strong.chain(self.handles.iter().filter(is_device))
    }

    pub(crate) fn silence_ms(&self, channel: Channel) -> i64 {
        self.silence_ms[channel as usize]
    }

    pub(crate) fn short_below_ms(&self, channel: Channel) -> i64 {
        self.short_below_ms[channel as usize]
    }
}

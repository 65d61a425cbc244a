//! Events and signals as the channels' decoders give them and as the door sends them on.

use crate::words::words;
use crate::{Channel, Direction, Identifier, Initiation, Millis, Money, Outcome, StepStatus, Text};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// What one record of a channel says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Whose deployment it is for; empty: the configured tenant.
    pub tenant: Text,
    /// The channel.
    pub channel: Channel,
    /// The system that speaks; empty: the topic's default.
    pub source: Text,
    /// Known by (`channel`, `source`, `event_id`).
    pub event_id: Text,
    /// What happened.
    pub kind: Kind,
    /// When it happened.
    pub occurred_at: Millis,
    /// Version of what is said.
    pub updated_at: Millis,
    /// The leg, the mail, the visit; empty for web without a visit id.
    pub contact_id: Text,
    /// The first leg; empty: `contact_id`.
    pub root_contact_id: Text,
    /// The mail thread; empty if not stated.
    pub thread_id: Text,
    /// Other ids of the same contact: transfer, consult, reply.
    pub related_contact_ids: Vec<Text>,
    /// Who the customer is; at most one of a type behind the door.
    pub identifiers: Vec<Identifier>,
    /// What the record states, at most once for each field.
    pub fields: Vec<(Field, Value)>,
    /// Free attributes; `None` removes one.
    pub attributes: Vec<(Text, Option<Text>)>,
}

impl Event {
    /// What the event states for a field: `None` if it is silent, `Some(Null)` for "no value".
    #[must_use]
    pub fn stated(&self, field: Field) -> Option<&Value> {
        self.fields
            .iter()
            .find(|(stated, _)| *stated == field)
            .map(|(_, value)| value)
    }

    /// The text that the event states for a field, if it states one.
    #[must_use]
    pub fn text(&self, field: Field) -> Option<&Text> {
        match self.stated(field) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// The kind of an event: the closed lists of all channels, and what is not in them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A whole contact in one record.
    Contact,
    /// The agent's wrap-up.
    Qualified,
    /// A call reaches the platform.
    Offered,
    /// It waits.
    Queued,
    /// An agent takes it (phone, video).
    Answered,
    /// It moves to another leg.
    Transferred,
    /// The customer left this leg.
    Ended,
    /// A chat opens.
    Started,
    /// An agent takes the chat.
    Accepted,
    /// A chat line.
    Message,
    /// A mail comes in.
    Received,
    /// A mail goes out.
    Sent,
    /// A mail thread is closed.
    Closed,
    /// A video chat is booked.
    Scheduled,
    /// The customer is invited to a video chat.
    Invited,
    /// The customer joins it.
    Joined,
    /// The line dropped.
    Dropped,
    /// A page was viewed.
    PageView,
    /// A service step.
    Step,
    /// The customer logged in.
    Login,
    /// Activity of a kind that is not in the lists.
    Other(Text),
}

impl Kind {
    /// The kind that a word names in a channel; a word outside the channel's list is `Other`.
    #[must_use]
    pub fn from_name(channel: Channel, name: &str) -> Kind {
        let kind = match name {
            "contact" => return Kind::Contact,
            "qualified" => return Kind::Qualified,
            "offered" => Kind::Offered,
            "queued" => Kind::Queued,
            "answered" => Kind::Answered,
            "transferred" => Kind::Transferred,
            "ended" => Kind::Ended,
            "started" => Kind::Started,
            "accepted" => Kind::Accepted,
            "message" => Kind::Message,
            "received" => Kind::Received,
            "sent" => Kind::Sent,
            "closed" => Kind::Closed,
            "scheduled" => Kind::Scheduled,
            "invited" => Kind::Invited,
            "joined" => Kind::Joined,
            "dropped" => Kind::Dropped,
            "page_view" => Kind::PageView,
            "step" => Kind::Step,
            "login" => Kind::Login,
            other => Kind::Other(other.into()),
        };
        if Kind::of_channel(channel).contains(&kind) {
            kind
        } else {
            Kind::Other(name.into())
        }
    }

    /// The kinds of a channel, besides `contact` and `qualified`, which all have.
    #[must_use]
    pub fn of_channel(channel: Channel) -> &'static [Kind] {
        match channel {
            Channel::Phone => &[
                Kind::Offered,
                Kind::Queued,
                Kind::Answered,
                Kind::Transferred,
                Kind::Ended,
            ],
            Channel::Chat => &[
                Kind::Started,
                Kind::Queued,
                Kind::Accepted,
                Kind::Message,
                Kind::Transferred,
                Kind::Ended,
            ],
            Channel::Email => &[Kind::Received, Kind::Sent, Kind::Closed],
            Channel::Video => &[
                Kind::Scheduled,
                Kind::Invited,
                Kind::Joined,
                Kind::Answered,
                Kind::Dropped,
                Kind::Ended,
            ],
            Channel::Web => &[Kind::PageView, Kind::Step, Kind::Login],
        }
    }

    /// The word as records write it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Kind::Contact => "contact",
            Kind::Qualified => "qualified",
            Kind::Offered => "offered",
            Kind::Queued => "queued",
            Kind::Answered => "answered",
            Kind::Transferred => "transferred",
            Kind::Ended => "ended",
            Kind::Started => "started",
            Kind::Accepted => "accepted",
            Kind::Message => "message",
            Kind::Received => "received",
            Kind::Sent => "sent",
            Kind::Closed => "closed",
            Kind::Scheduled => "scheduled",
            Kind::Invited => "invited",
            Kind::Joined => "joined",
            Kind::Dropped => "dropped",
            Kind::PageView => "page_view",
            Kind::Step => "step",
            Kind::Login => "login",
            Kind::Other(name) => name,
        }
    }

    /// Whether the event only completes a contact that another event opens.
    #[must_use]
    pub fn only_completes(&self) -> bool {
        matches!(
            self,
            Kind::Qualified | Kind::Ended | Kind::Closed | Kind::Scheduled | Kind::Invited
        )
    }
}

words! {
    /// A field that events state; each is a register of its own.
    Field {
        /// [`Value::Direction`].
        Direction = "direction",
        /// [`Value::Initiation`].
        Initiation = "initiation",
        /// [`Value::Bool`]: made by a machine.
        Automatic = "automatic",
        /// Text: what carries the channel (sms, app, ...).
        Medium = "medium",
        /// Instant.
        StartedAt = "started_at",
        /// Instant: the customer left.
        EndedAt = "ended_at",
        /// [`Value::Outcome`].
        Outcome = "outcome",
        /// Milliseconds, at least 0.
        WaitMs = "wait_ms",
        /// Milliseconds, at least 0.
        HandleMs = "handle_ms",
        /// Text: path as the last visited service step says.
        ReasonPage = "reason.page",
        /// Text: path as the queue says.
        ReasonQueue = "reason.queue",
        /// Text: path as the customer declared.
        ReasonDeclared = "reason.declared",
        /// Text: path as the agent qualified.
        ReasonQualified = "reason.qualified",
        /// Text: the source's own code, which the door maps to a path.
        ReasonCode = "reason_code",
        /// Text: provenance of the reason that `reason_code` names, where it is stated; goes no
        /// further than the door.
        ReasonSource = "reason_source",
        /// Text.
        Queue = "queue",
        /// Text.
        Agent = "agent",
        /// Text.
        Team = "team",
        /// Text.
        Site = "site",
        /// Text: the customer's tier.
        Tier = "tier",
        /// [`Value::Bool`]: the brand may contact the customer.
        MayContact = "may_contact",
        /// Text: the party, where brands share a platform.
        Party = "party",
        /// Text: the URL, without query behind the door.
        Url = "url",
        /// Text: the page's name.
        Page = "page",
        /// Text: the service step.
        Step = "step",
        /// [`Value::StepStatus`].
        StepStatus = "step_status",
        /// Text: what the agent did.
        Disposition = "disposition",
        /// Instant: appointment or promised time.
        DueAt = "due_at",
        /// [`Value::Money`].
        ExtraCost = "extra_cost",
    }
}

/// What a field is said to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// Explicitly no value.
    Null,
    /// A text that is not empty.
    Text(Text),
    /// A whole number: milliseconds.
    Int(i64),
    /// An instant.
    Time(Millis),
    /// A truth.
    Bool(bool),
    /// An amount.
    Money(Money),
    /// A direction.
    Direction(Direction),
    /// An initiation.
    Initiation(Initiation),
    /// An outcome.
    Outcome(Outcome),
    /// How far a step went.
    StepStatus(StepStatus),
}

/// Which of two statements about a field holds: the greater one.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Version {
    /// When it was said.
    pub updated_at: Millis,
    /// Rank of its source.
    pub rank: i32,
    /// Hash of the whole event without its identifiers, see [`event_hash`].
    pub hash: u64,
    /// Hash of the identifiers: separates two versions that differ in nothing else.
    pub identity: u64,
}

words! {
    /// Something that matters to a journey and is no contact.
    SignalName {
        /// A confirmation or reminder was sent.
        Notified = "notified",
        /// It arrived.
        Delivered = "delivered",
        /// It did not arrive.
        Bounced = "bounced",
        /// The brand promised something.
        Promised = "promised",
        /// Customer satisfaction score.
        Csat = "csat",
        /// Net promoter score.
        Nps = "nps",
        /// Customer effort score.
        Ces = "ces",
        /// The customer ordered.
        Ordered = "ordered",
        /// The customer left the brand.
        Churned = "churned",
        /// The customer was compensated.
        Compensated = "compensated",
        /// A handle belongs to a unique id.
        Linked = "linked",
        /// It no longer does.
        Unlinked = "unlinked",
        /// The customer asked to be forgotten.
        Erase = "erase",
        /// A release, a script, a training: something to compare before and after.
        Marker = "marker",
    }
}

/// A signal as its record says it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Signal {
    /// Whose deployment it is for; empty: the configured tenant.
    pub tenant: Text,
    /// What it says.
    pub name: SignalName,
    /// Known by (`channel`, `source`, `event_id`).
    pub event_id: Text,
    /// When it happened.
    pub occurred_at: Millis,
    /// The system that speaks; empty: the topic's default.
    pub source: Text,
    /// Required where a contact is named.
    pub channel: Option<Channel>,
    /// The contact it speaks of; empty for none.
    pub contact_id: Text,
    /// Its first leg.
    pub root_contact_id: Text,
    /// Its mail thread.
    pub thread_id: Text,
    /// Whom it speaks of.
    pub identifiers: Vec<Identifier>,
    /// A promised time.
    pub due_at: Option<Millis>,
    /// What for: `payment`, `release`, ...
    pub purpose: Text,
    /// An amount of money.
    pub amount: Option<Money>,
    /// A score, in millionths.
    pub score: Option<Money>,
    /// The greatest score possible, in millionths.
    pub scale: Option<Money>,
    /// Free attributes.
    pub attributes: Vec<(Text, Option<Text>)>,
}

/// The hash that orders events of equal update time and rank: XXH3-64 over one line `name=value`
/// for each stated field, in bytewise order of names (`docs/semantics.md`, Versions). Identifiers
/// are left out, so that the order does not depend on the secret that hashes them.
#[must_use]
pub fn event_hash(event: &Event) -> u64 {
    let mut lines = Lines::default();
    lines.text("channel", event.channel.name());
    lines.text("event_id", &event.event_id);
    lines.text("kind", event.kind.name());
    lines.number("occurred_at", event.occurred_at.0);
    lines.text("source", &event.source);
    lines.text("tenant", &event.tenant);
    lines.number("updated_at", event.updated_at.0);
    lines.known("contact_id", &event.contact_id);
    lines.known("root_contact_id", &event.root_contact_id);
    lines.known("thread_id", &event.thread_id);
    lines.list("related_contact_ids", &event.related_contact_ids);
    for (field, value) in &event.fields {
        lines.value(field.name(), value);
    }
    lines.attributes(&event.attributes);
    lines.hash()
}

/// The same for a signal: its name stands under `signal`.
#[must_use]
pub fn signal_hash(signal: &Signal) -> u64 {
    let mut lines = Lines::default();
    lines.text("signal", signal.name.name());
    lines.text("event_id", &signal.event_id);
    lines.number("occurred_at", signal.occurred_at.0);
    lines.text("source", &signal.source);
    lines.text("tenant", &signal.tenant);
    if let Some(channel) = signal.channel {
        lines.text("channel", channel.name());
    }
    lines.known("contact_id", &signal.contact_id);
    lines.known("root_contact_id", &signal.root_contact_id);
    lines.known("thread_id", &signal.thread_id);
    lines.known("purpose", &signal.purpose);
    if let Some(due_at) = signal.due_at {
        lines.number("due_at", due_at.0);
    }
    let amounts = [
        ("amount", signal.amount),
        ("score", signal.score),
        ("scale", signal.scale),
    ];
    for (name, amount) in amounts {
        if let Some(amount) = amount {
            lines.number(name, amount.0);
        }
    }
    lines.attributes(&signal.attributes);
    lines.hash()
}

/// Appends a number in decimal digits; several times as fast as formatting it, and every event has
/// some.
fn push_decimal(buffer: &mut String, number: i64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    let mut left = number.unsigned_abs();
    loop {
        start -= 1;
        digits[start] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if number < 0 {
        buffer.push('-');
    }
    buffer.extend(digits[start..].iter().map(|digit| char::from(*digit)));
}

/// The lines of a hash: a buffer and where each line begins and ends in it.
struct Lines {
    buffer: String,
    starts: Vec<(u32, u32)>,
}

impl Default for Lines {
    /// With room for most events.
    fn default() -> Self {
        Lines {
            buffer: String::with_capacity(512),
            starts: Vec::with_capacity(32),
        }
    }
}

impl Lines {
    fn line(&mut self, write: impl FnOnce(&mut String)) {
        let start = self.buffer.len() as u32;
        write(&mut self.buffer);
        self.buffer.push('\n');
        self.starts.push((start, self.buffer.len() as u32));
    }

    fn text(&mut self, name: &str, text: &str) {
        self.line(|buffer| {
            buffer.push_str(name);
            buffer.push('=');
            buffer.push_str(text);
        });
    }

    fn known(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.text(name, text);
        }
    }

    fn number(&mut self, name: &str, number: i64) {
        self.line(|buffer| {
            buffer.push_str(name);
            buffer.push('=');
            push_decimal(buffer, number);
        });
    }

    fn list(&mut self, name: &str, texts: &[Text]) {
        if !texts.is_empty() {
            self.line(|buffer| {
                buffer.push_str(name);
                buffer.push('=');
                for (place, text) in texts.iter().enumerate() {
                    if place > 0 {
                        buffer.push(',');
                    }
                    buffer.push_str(text);
                }
            });
        }
    }

    fn value(&mut self, name: &str, value: &Value) {
        match value {
            Value::Null => self.text(name, "null"),
            Value::Text(text) => self.text(name, text),
            Value::Int(number) => self.number(name, *number),
            Value::Time(at) => self.number(name, at.0),
            Value::Bool(truth) => self.text(name, if *truth { "true" } else { "false" }),
            Value::Money(amount) => self.number(name, amount.0),
            Value::Direction(direction) => self.text(name, direction.name()),
            Value::Initiation(initiation) => self.text(name, initiation.name()),
            Value::Outcome(outcome) => self.text(name, outcome.name()),
            Value::StepStatus(status) => self.text(name, status.name()),
        }
    }

    fn attributes(&mut self, attributes: &[(Text, Option<Text>)]) {
        for (name, value) in attributes {
            self.line(|buffer| {
                buffer.push_str("attributes.");
                buffer.push_str(name);
                buffer.push('=');
                buffer.push_str(value.as_deref().unwrap_or("null"));
            });
        }
    }

    fn hash(mut self) -> u64 {
        let buffer = &self.buffer;
        let line = |(start, end): (u32, u32)| &buffer.as_bytes()[start as usize..end as usize];
        self.starts.sort_unstable_by(|a, b| line(*a).cmp(line(*b)));
        let mut sorted = Vec::with_capacity(buffer.len());
        for range in &self.starts {
            sorted.extend_from_slice(line(*range));
        }
        xxh3_64(&sorted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_usual() {
        for number in [0, 7, -7, 10, 1_772_359_200_000, i64::MAX, i64::MIN] {
            let mut text = String::new();
            push_decimal(&mut text, number);
            assert_eq!(text, number.to_string());
        }
    }

    #[test]
    fn the_hash_is_that_of_the_documented_text() {
        let event = Event {
            tenant: "acme".into(),
            channel: Channel::Phone,
            source: "acd".into(),
            event_id: "E1".into(),
            kind: Kind::Ended,
            occurred_at: Millis(1_772_359_200_000),
            updated_at: Millis(1_772_359_200_001),
            contact_id: "L1".into(),
            root_contact_id: Text::default(),
            thread_id: Text::default(),
            related_contact_ids: vec!["L2".into(), "L3".into()],
            identifiers: vec![],
            fields: vec![
                (Field::WaitMs, Value::Int(1_500)),
                (Field::Agent, Value::Text("a-1".into())),
                (Field::Queue, Value::Null),
            ],
            attributes: vec![("b".into(), None), ("a".into(), Some("x".into()))],
        };
        let text = "agent=a-1\nattributes.a=x\nattributes.b=null\nchannel=phone\ncontact_id=L1\n\
            event_id=E1\nkind=ended\noccurred_at=1772359200000\nqueue=null\n\
            related_contact_ids=L2,L3\nsource=acd\ntenant=acme\nupdated_at=1772359200001\n\
            wait_ms=1500\n";
        assert_eq!(event_hash(&event), xxh3_64(text.as_bytes()));
        let reversed = Event {
            fields: event.fields.iter().rev().cloned().collect(),
            ..event.clone()
        };
        assert_eq!(event_hash(&reversed), event_hash(&event));
    }
}

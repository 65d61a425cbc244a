//! Dimensions: what figures can be broken down by.

use crate::customer::Told;
use model::{Channel, Resolved, Text};

/// What a family may be made of, `attributes.NAME` apart.
pub const DIMENSIONS: &[&str] = &[
    "channel",
    "source",
    "medium",
    "direction",
    "initiation",
    "outcome",
    "reason",
    "queue",
    "agent",
    "team",
    "site",
    "tier",
    "party",
    "page",
    "step",
    "disposition",
    "identified_by",
    "rank",
    "entry_channel",
    "origin_channel",
];

/// The segment of the values beyond a family's limit. No value is written like this.
pub(crate) const OTHER: &str = "\u{1}";

/// Something that a contact has one value of; an empty one where it is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// One of [`DIMENSIONS`].
    Named(&'static str),
    /// An attribute.
    Attribute(Text),
}

impl Dimension {
    /// The dimension of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Dimension> {
        if let Some(attribute) = name.strip_prefix("attributes.") {
            return (!attribute.is_empty()).then(|| Dimension::Attribute(attribute.into()));
        }
        let known = DIMENSIONS.iter().find(|known| **known == name);
        known.map(|known| Dimension::Named(known))
    }
}

impl std::fmt::Display for Dimension {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Dimension::Named(name) => out.write_str(name),
            Dimension::Attribute(name) => write!(out, "attributes.{name}"),
        }
    }
}

/// Dimensions by which figures are broken down together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// One to three.
    pub dimensions: Vec<Dimension>,
    /// Combinations of values that are shown; beyond, they count as `other`.
    pub values_max: usize,
}

impl Family {
    /// A segment of the family as it stands in the tables.
    pub(crate) fn written(&self, segment: &str) -> Text {
        let mut text = Text::default();
        let mut values = segment.split(',');
        for (place, dimension) in self.dimensions.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            text.push_str(&dimension.to_string());
            text.push('=');
            let value = values.next().unwrap_or_default();
            text.push_str(if segment == OTHER { "other" } else { value });
        }
        text
    }
}

/// What only the contacts around a contact say of it, in the headline reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct InSession {
    /// Place in its session, from 1; 0 if it takes no part.
    pub rank: u32,
    /// Channel of the session's first contact; empty if it takes no part.
    pub entry_channel: Option<Channel>,
    /// Channel of the latest origin of the session up to it, else of the first contact.
    pub origin_channel: Option<Channel>,
}

/// The values of a family's dimensions of a contact, one after the other.
pub(crate) fn segment(family: &Family, result: &Told<'_>, session: &InSession) -> Text {
    let mut text = Text::default();
    for (place, dimension) in family.dimensions.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        match dimension {
            Dimension::Attribute(name) => {
                let attributes = &result.contact.attributes;
                let found = attributes.iter().find(|(of, _)| of == name);
                push_value(&mut text, found.map_or("", |(_, value)| value));
            }
            Dimension::Named("rank") => push_value(&mut text, rank_text(session.rank)),
            Dimension::Named("entry_channel") => {
                push_value(&mut text, session.entry_channel.map_or("", Channel::name))
            }
            Dimension::Named("origin_channel") => {
                push_value(&mut text, session.origin_channel.map_or("", Channel::name))
            }
            Dimension::Named(name) => push_value(&mut text, value(name, result)),
        }
    }
    text
}

/// The place in a session as a value: from ten on they are one.
pub(crate) fn rank_text(rank: u32) -> &'static str {
    const RANKS: [&str; 11] = ["", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10+"];
    RANKS[rank.min(10) as usize]
}

fn value<'a>(name: &str, result: &Told<'a>) -> &'a str {
    let contact = result.contact;
    match name {
        "channel" => contact.channel.name(),
        "source" => &contact.source,
        "medium" => &contact.medium,
        "direction" => contact.direction.name(),
        "initiation" => contact.initiation.name(),
        "outcome" => contact.outcome.map_or("", |outcome| outcome.name()),
        "reason" => contact.reason.as_ref().map_or("", |reason| &reason.path),
        "queue" => &contact.queue,
        "agent" => &contact.agent,
        "team" => &contact.team,
        "site" => &contact.site,
        "tier" => &contact.tier,
        "party" => &contact.party,
        "page" => &contact.page,
        "step" => contact.steps.last().map_or("", |step| &step.name),
        "disposition" => &contact.disposition,
        "identified_by" => match result.resolved {
            Resolved::Known { by, .. } => by,
            Resolved::Unknown | Resolved::Quarantined { .. } => "",
        },
        name => unreachable!("{name} is a dimension without a value"),
    }
}

/// A value with what separates values, and control characters, written as `%` and two digits of each
/// of their bytes.
fn push_value(text: &mut Text, value: &str) {
    for character in value.chars() {
        if character == ',' || character == '%' || character.is_control() {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                text.push_str(&format!("%{byte:02X}"));
            }
        } else {
            text.push(character);
        }
    }
}

//! The link to a contact on its own platform.

use model::ContactName;
use std::fmt::Write as _;

/// What may stand between braces.
const NAMES: &[(&str, Part)] = &[
    ("contact_id", Part::ContactId),
    ("root_contact_id", Part::RootContactId),
    ("channel", Part::Channel),
    ("source", Part::Source),
];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    ContactId,
    RootContactId,
    Channel,
    Source,
}

/// The template of a contact's link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactLink {
    template: String,
    parts: Vec<Part>,
}

impl ContactLink {
    /// Reads a template; the error says what is wrong.
    pub(crate) fn parse(template: &str) -> Result<ContactLink, String> {
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some((text, tail)) = rest.split_once('{') {
            let (name, tail) = tail
                .split_once('}')
                .ok_or("has a `{` without `}`".to_string())?;
            let known = NAMES.iter().find(|(known, _)| *known == name);
            let (_, part) = known.ok_or_else(|| {
                let names: Vec<String> = NAMES
                    .iter()
                    .map(|(name, _)| format!("{{{name}}}"))
                    .collect();
                format!("found `{{{name}}}`; allowed: {}", names.join(", "))
            })?;
            parts.push(Part::Text(text.to_owned()));
            parts.push(part.clone());
            rest = tail;
        }
        if rest.contains('}') || parts.iter().any(|part| is_text_with(part, '}')) {
            return Err("has a `}` without `{`".into());
        }
        if !parts
            .iter()
            .any(|part| matches!(part, Part::ContactId | Part::RootContactId))
        {
            return Err("names no contact; it needs {contact_id} or {root_contact_id}".into());
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(ContactLink {
            template: template.to_owned(),
            parts,
        })
    }

    /// The link to a contact; values are percent-encoded. Without a first leg of its own
    /// (`root_contact_id` empty) the contact is its own first leg.
    #[must_use]
    pub fn link(&self, contact: &ContactName, root_contact_id: &str) -> String {
        let root = if root_contact_id.is_empty() {
            &contact.contact_id
        } else {
            root_contact_id
        };
        let mut link = String::with_capacity(self.template.len() + 16);
        for part in &self.parts {
            match part {
                Part::Text(text) => link.push_str(text),
                Part::ContactId => encode(&mut link, &contact.contact_id),
                Part::RootContactId => encode(&mut link, root),
                Part::Channel => link.push_str(contact.channel.name()),
                Part::Source => encode(&mut link, &contact.source),
            }
        }
        link
    }

    /// The template as typed.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template
    }
}

fn is_text_with(part: &Part, sign: char) -> bool {
    matches!(part, Part::Text(text) if text.contains(sign))
}

/// Percent-encodes all but the unreserved signs of RFC 3986.
fn encode(out: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ContactLink;
    use model::{Channel, ContactName};

    #[test]
    fn values_are_percent_encoded() {
        let template = "https://crm.example/{source}/{channel}/{contact_id}?root={root_contact_id}";
        let link = ContactLink::parse(template).unwrap();
        let contact = ContactName {
            contact_id: "K 1/é".into(),
            channel: Channel::Phone,
            source: "acd-1".into(),
        };
        let expected = "https://crm.example/acd-1/phone/K%201%2F%C3%A9?root=K0";
        assert_eq!(link.link(&contact, "K0"), expected);
        assert!(link.link(&contact, "").ends_with("root=K%201%2F%C3%A9"));
        assert_eq!(link.template(), template);
    }

    #[test]
    fn wrong_templates_are_refused() {
        let wrong = |template| ContactLink::parse(template).unwrap_err();
        assert_eq!(
            wrong("https://x.example/{customer}"),
            "found `{customer}`; allowed: {contact_id}, {root_contact_id}, {channel}, {source}"
        );
        assert_eq!(
            wrong("https://x.example/{contact_id"),
            "has a `{` without `}`"
        );
        assert_eq!(
            wrong("https://x.example/contact_id}{contact_id}"),
            "has a `}` without `{`"
        );
        assert!(wrong("https://x.example/{channel}").contains("names no contact"));
    }
}

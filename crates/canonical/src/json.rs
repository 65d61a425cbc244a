//! The canonical record as JSON.

use crate::record::Record;
use crate::values::{
    ATTRIBUTES_MAX, IDENTIFIERS_MAX, Many, RELATED_CONTACT_IDS_MAX, Raw, attribute, identifier,
    related_contact_id,
};
use crate::{Decoded, Fault, FieldName, RECORD_BYTES_MAX};
use model::{Identifier, RejectedReason, Text};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::error::Category;
use std::borrow::Cow;
use std::fmt;

/// Reads one record: a JSON object in UTF-8. Of a name stated twice the last holds; names that are
/// not known are passed over.
#[must_use]
pub fn decode_json(bytes: &[u8]) -> Decoded {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Fault::new(RejectedReason::Empty, "").into();
    }
    if bytes.len() > RECORD_BYTES_MAX {
        let detail = format!(
            "expected at most {RECORD_BYTES_MAX} bytes, found {}",
            bytes.len()
        );
        return Fault::new(RejectedReason::TooLarge, detail).into();
    }
    // Checked once for the whole record, not for each text in it.
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Fault::new(RejectedReason::NotJson, "expected UTF-8").into();
    };
    if let Some(found) = no_object(text) {
        let detail = format!("expected one JSON object a line, found {found}");
        return Fault::new(RejectedReason::NotJson, detail).into();
    }
    let mut record = Record::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = reader
        .deserialize_any(Fill(&mut record))
        .and_then(|()| reader.end());
    match read {
        Ok(()) => record.finish(),
        // The library's own message may repeat what was found.
        Err(error) if error.classify() == Category::Eof => {
            let length = bytes.len();
            let detail = format!(
                "expected one JSON object a line, found one that is not closed after {length} bytes"
            );
            Fault::new(RejectedReason::Truncated, detail).into()
        }
        Err(error) => {
            let found = fault_in(text, &error);
            let (line, column) = (error.line(), error.column());
            let detail =
                format!("expected one JSON object a line, found {found} at {line}:{column}");
            Fault::new(RejectedReason::NotJson, detail).into()
        }
    }
}

/// What a text begins as that is no object.
fn no_object(text: &str) -> Option<&'static str> {
    Some(match text.trim_start().bytes().next()? {
        b'{' => return None,
        b'[' => "a list",
        b'"' => "a text",
        b'0'..=b'9' | b'-' => "a number",
        _ => "no JSON",
    })
}

/// What is wrong with an object, in words that repeat nothing of it.
fn fault_in(text: &str, error: &serde_json::Error) -> &'static str {
    if error.to_string().starts_with("number out of range") {
        return "a number out of range";
    }
    // The place is that of the sign with which it cannot go on; a minus may stand before it.
    let line = text.lines().nth(error.line().saturating_sub(1));
    let from = error.column().saturating_sub(2);
    let rest = line.and_then(|line| line.get(from..)).unwrap_or_default();
    let rest = rest.trim_start_matches([':', ',', '[', ' ', '-']);
    if rest.starts_with("NaN") || rest.starts_with("Infinity") {
        "a number that JSON does not have (NaN, Infinity)"
    } else {
        "a fault"
    }
}

/// Fills a record out of an object.
struct Fill<'r, 'de>(&'r mut Record<'de>);

impl<'de> Visitor<'de> for Fill<'_, 'de> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let record = self.0;
        while let Some(KnownName(name)) = map.next_key()? {
            match name {
                None | Some(FieldName::Cleared) => drop(map.next_value::<IgnoredAny>()?),
                Some(FieldName::Identifiers) => {
                    record.identifiers = map.next_value_seed(Identifiers)?
                }
                Some(FieldName::RelatedContactIds) => {
                    record.related_contact_ids = map.next_value_seed(RelatedContactIds)?;
                }
                Some(FieldName::Attributes) => {
                    record.attributes = map.next_value_seed(Attributes)?
                }
                Some(name) => record.set(name, map.next_value()?),
            }
        }
        Ok(())
    }
}

/// A name, if it is a known one.
struct KnownName(Option<FieldName>);

impl<'de> Deserialize<'de> for KnownName {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = KnownName;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a name")
            }

            fn visit_str<E>(self, name: &str) -> Result<KnownName, E> {
                Ok(KnownName(FieldName::from_name(name)))
            }
        }
        reader.deserialize_identifier(NameVisitor)
    }
}

/// Reads any value into a [`Raw`].
struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw<'de>, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Raw<'de>, E> {
        Ok(Raw::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Raw<'de>, E> {
        Ok(Raw::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Raw<'de>, E> {
        Ok(i64::try_from(number).map_or(Raw::Float(number as f64), Raw::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Raw<'de>, E> {
        Ok(Raw::Float(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Raw<'de>, E> {
        Ok(Raw::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw<'de>, E> {
        Ok(Raw::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw<'de>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Raw::Other("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Raw::Other("an object"))
    }
}

impl<'de> Deserialize<'de> for Raw<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(RawVisitor)
    }
}

/// A seed that reads a value of one shape and turns every other shape into what `wrong` says.
macro_rules! seed {
    ($name:ident -> $value:ty, null = $null:expr, wrong = $wrong:expr, $($visit:item)+) => {
        impl<'de> DeserializeSeed<'de> for $name {
            type Value = $value;

            fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<$value, D::Error> {
                reader.deserialize_any(self)
            }
        }

        impl<'de> Visitor<'de> for $name {
            type Value = $value;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<$value, E> {
                Ok($null)
            }

            fn visit_bool<E>(self, _: bool) -> Result<$value, E> {
                Ok($wrong("a boolean"))
            }

            fn visit_i64<E>(self, _: i64) -> Result<$value, E> {
                Ok($wrong("a number"))
            }

            fn visit_u64<E>(self, _: u64) -> Result<$value, E> {
                Ok($wrong("a number"))
            }

            fn visit_f64<E>(self, _: f64) -> Result<$value, E> {
                Ok($wrong("a number"))
            }

            fn visit_str<E>(self, _: &str) -> Result<$value, E> {
                Ok($wrong("a text"))
            }

            $($visit)+
        }
    };
}

fn wrong<T>(field: &str, expected: &str, found: &str) -> Many<T> {
    Many::Wrong(Box::new(Fault::wrong_type(field, expected, found)))
}

/// The list of identifiers.
struct Identifiers;

seed! {
    Identifiers -> Many<Identifier>,
    null = Many::Absent,
    wrong = |found| wrong("identifiers", "a list of objects", found),

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Many<Identifier>, A::Error> {
        let mut many = Many::List(Vec::with_capacity(2));
        while let Some(read) = list.next_element_seed(OneIdentifier)? {
            many.add(FieldName::Identifiers, IDENTIFIERS_MAX, read);
        }
        Ok(many)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Many<Identifier>, A::Error> {
        RawVisitor.visit_map(map)?;
        Ok(wrong("identifiers", "a list of objects", "an object"))
    }
}

/// An element of the list of identifiers.
struct OneIdentifier;

type ReadIdentifier = Result<Option<Identifier>, Fault>;

seed! {
    OneIdentifier -> ReadIdentifier,
    null = Err(Fault::wrong_type("identifiers", "a list of objects", "null in it")),
    wrong = |found| Err(Fault::wrong_type("identifiers", "a list of objects", found)),

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<ReadIdentifier, A::Error> {
        RawVisitor.visit_seq(list)?;
        Ok(Err(Fault::wrong_type("identifiers", "a list of objects", "a list in it")))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ReadIdentifier, A::Error> {
        let (mut kind, mut value, mut verified) = (Raw::Absent, Raw::Absent, Raw::Absent);
        while let Some(member) = map.next_key::<Member>()? {
            match member {
                Member::Type => kind = map.next_value()?,
                Member::Value => value = map.next_value()?,
                Member::Verified => verified = map.next_value()?,
                Member::Unknown => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(identifier(kind, value, verified))
    }
}

/// A member of an identifier.
#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case", field_identifier)]
enum Member {
    Type,
    Value,
    Verified,
    #[serde(other)]
    Unknown,
}

/// The list of related contact ids.
struct RelatedContactIds;

seed! {
    RelatedContactIds -> Many<Text>,
    null = Many::Absent,
    wrong = |found| wrong("related_contact_ids", "a list of texts", found),

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Many<Text>, A::Error> {
        let mut many = Many::List(Vec::new());
        while let Some(raw) = list.next_element()? {
            let read = related_contact_id(raw);
            many.add(FieldName::RelatedContactIds, RELATED_CONTACT_IDS_MAX, read);
        }
        Ok(many)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Many<Text>, A::Error> {
        RawVisitor.visit_map(map)?;
        Ok(wrong("related_contact_ids", "a list of texts", "an object"))
    }
}

/// The map of attributes.
struct Attributes;

seed! {
    Attributes -> Many<(Text, Option<Text>)>,
    null = Many::Absent,
    wrong = |found| wrong("attributes", "an object of texts", found),

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        RawVisitor.visit_seq(list)?;
        Ok(wrong("attributes", "an object of texts", "a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut many = Many::List(Vec::new());
        while let Some(name) = map.next_key::<AttributeName>()? {
            let read = attribute(map.next_value()?);
            add_attribute(&mut many, name.0, read);
        }
        Ok(many)
    }
}

/// The name of an attribute.
struct AttributeName(Text);

impl<'de> Deserialize<'de> for AttributeName {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = AttributeName;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a name")
            }

            fn visit_str<E>(self, name: &str) -> Result<AttributeName, E> {
                Ok(AttributeName(name.into()))
            }
        }
        reader.deserialize_str(NameVisitor)
    }
}

/// Adds an attribute; of a name stated twice the last holds.
pub(crate) fn add_attribute(
    many: &mut Many<(Text, Option<Text>)>,
    name: Text,
    read: Result<Option<Text>, Fault>,
) {
    if let (Many::List(list), Ok(value)) = (&mut *many, &read)
        && let Some((_, stated)) = list.iter_mut().find(|(stated, _)| *stated == name)
    {
        stated.clone_from(value);
        return;
    }
    many.add(
        FieldName::Attributes,
        ATTRIBUTES_MAX,
        read.map(|value| Some((name, value))),
    );
}

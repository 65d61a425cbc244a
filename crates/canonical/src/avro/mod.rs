//! The canonical record as Avro: one datum, read by the schema that its writer used.

mod cursor;
mod schema;

pub use schema::SchemaError;

use crate::json::add_attribute;
use crate::record::Record;
use crate::values::{
    IDENTIFIERS_MAX, Many, RELATED_CONTACT_IDS_MAX, Raw, attribute, identifier, related_contact_id,
};
use crate::{Decoded, Fault, FieldName, RECORD_BYTES_MAX};
use cursor::{Broken, Cursor};
use model::{Identifier, RejectedReason, Text};
use schema::Shape;

/// Reads data of one writer's schema. Make one for each schema and keep it.
#[derive(Clone, Debug)]
pub struct Reader {
    fields: Vec<(Option<FieldName>, Shape)>,
}

impl Reader {
    /// A reader of what was written with a schema (its JSON text). Fields that are not known are
    /// passed over.
    ///
    /// # Errors
    ///
    /// The text is no Avro schema of a record, or too deep to be one of a contact's.
    pub fn new(writer_schema: &str) -> Result<Reader, SchemaError> {
        Reader::with_references(writer_schema, &[])
    }

    /// A reader of what was written with a schema that names types of others, as a registry keeps
    /// them: each of `references` stands behind those that it needs itself.
    ///
    /// # Errors
    ///
    /// As for [`Reader::new`], or one of the references is no schema.
    pub fn with_references(
        writer_schema: &str,
        references: &[&str],
    ) -> Result<Reader, SchemaError> {
        let Shape::Record(fields) = schema::parse(writer_schema, references)? else {
            return Err(SchemaError("expected the schema of a record".to_owned()));
        };
        let known = |(name, shape): (Box<str>, Shape)| (FieldName::from_name(&name), shape);
        Ok(Reader {
            fields: fields.into_iter().map(known).collect(),
        })
    }

    /// Reads one datum, without any framing. A null is an absent field, but for those that
    /// `cleared` names.
    #[must_use]
    pub fn decode(&self, datum: &[u8]) -> Decoded {
        if datum.is_empty() {
            return Fault::new(RejectedReason::Empty, "").into();
        }
        if datum.len() > RECORD_BYTES_MAX {
            let detail = format!(
                "expected at most {RECORD_BYTES_MAX} bytes, found {}",
                datum.len()
            );
            return Fault::new(RejectedReason::TooLarge, detail).into();
        }
        let mut record = Record::default();
        let mut cursor = Cursor::new(datum);
        match self.fill(&mut record, &mut cursor) {
            Ok(()) if cursor.is_at_end() => record.finish(),
            Ok(()) => {
                let detail = format!("the record ends before byte {}", datum.len());
                Fault::new(RejectedReason::NotAvro, detail).into()
            }
            Err(Broken::Truncated) => {
                let detail = format!("ends after {} bytes inside of a value", datum.len());
                Fault::new(RejectedReason::Truncated, detail).into()
            }
            Err(Broken::Malformed(what)) => Fault::new(RejectedReason::NotAvro, what).into(),
        }
    }

    fn fill<'a>(&self, record: &mut Record<'a>, cursor: &mut Cursor<'a>) -> Result<(), Broken> {
        let mut cleared = Vec::new();
        for (name, shape) in &self.fields {
            match name {
                None => cursor.skip(shape)?,
                Some(FieldName::Identifiers) => record.identifiers = identifiers(cursor, shape)?,
                Some(FieldName::RelatedContactIds) => {
                    record.related_contact_ids = related_contact_ids(cursor, shape)?;
                }
                Some(FieldName::Attributes) => record.attributes = attributes(cursor, shape)?,
                Some(FieldName::Cleared) => cleared = names(cursor, shape)?,
                Some(name) => match cursor.raw(shape)? {
                    Raw::Null | Raw::Absent => {}
                    value => record.set(*name, value),
                },
            }
        }
        // What is named beside a value is cleared all the same: it was said on purpose.
        for name in cleared {
            record.set(name, Raw::Null);
        }
        Ok(())
    }
}

fn wrong<T>(field: FieldName, expected: &str, found: &str) -> Many<T> {
    Many::Wrong(Box::new(Fault::wrong_type(field.name(), expected, found)))
}

fn identifiers(cursor: &mut Cursor<'_>, shape: &Shape) -> Result<Many<Identifier>, Broken> {
    let element = match cursor.chosen(shape)? {
        Shape::Null => return Ok(Many::Absent),
        Shape::Array(element) => element,
        other => {
            cursor.skip(other)?;
            return Ok(wrong(
                FieldName::Identifiers,
                "an array of records",
                "another type",
            ));
        }
    };
    let mut many = Many::List(Vec::with_capacity(2));
    let mut blocks = cursor.blocks();
    while blocks.next(cursor)? {
        let read = match cursor.chosen(element)? {
            Shape::Record(members) => one_identifier(cursor, members)?,
            other => {
                cursor.skip(other)?;
                Err(Fault::wrong_type(
                    "identifiers",
                    "an array of records",
                    "another type",
                ))
            }
        };
        many.add(FieldName::Identifiers, IDENTIFIERS_MAX, read);
    }
    Ok(many)
}

fn one_identifier(
    cursor: &mut Cursor<'_>,
    members: &[(Box<str>, Shape)],
) -> Result<Result<Option<Identifier>, Fault>, Broken> {
    let (mut kind, mut value, mut verified) = (Raw::Absent, Raw::Absent, Raw::Absent);
    for (name, shape) in members {
        match &**name {
            "type" => kind = cursor.raw(shape)?,
            "value" => value = cursor.raw(shape)?,
            "verified" => verified = cursor.raw(shape)?,
            _ => cursor.skip(shape)?,
        }
    }
    Ok(identifier(kind, value, verified))
}

fn related_contact_ids(cursor: &mut Cursor<'_>, shape: &Shape) -> Result<Many<Text>, Broken> {
    let element = match cursor.chosen(shape)? {
        Shape::Null => return Ok(Many::Absent),
        Shape::Array(element) => element,
        other => {
            cursor.skip(other)?;
            return Ok(wrong(
                FieldName::RelatedContactIds,
                "an array of strings",
                "another type",
            ));
        }
    };
    let mut many = Many::List(Vec::new());
    let mut blocks = cursor.blocks();
    while blocks.next(cursor)? {
        let read = related_contact_id(cursor.raw(element)?);
        many.add(FieldName::RelatedContactIds, RELATED_CONTACT_IDS_MAX, read);
    }
    Ok(many)
}

fn attributes(
    cursor: &mut Cursor<'_>,
    shape: &Shape,
) -> Result<Many<(Text, Option<Text>)>, Broken> {
    let element = match cursor.chosen(shape)? {
        Shape::Null => return Ok(Many::Absent),
        Shape::Map(element) => element,
        other => {
            cursor.skip(other)?;
            return Ok(wrong(
                FieldName::Attributes,
                "a map of strings",
                "another type",
            ));
        }
    };
    let mut many = Many::List(Vec::new());
    let mut blocks = cursor.blocks();
    while blocks.next(cursor)? {
        let name = Text::from(cursor.text()?);
        let read = attribute(cursor.raw(element)?);
        add_attribute(&mut many, name, read);
    }
    Ok(many)
}

/// The known fields that `cleared` names.
fn names(cursor: &mut Cursor<'_>, shape: &Shape) -> Result<Vec<FieldName>, Broken> {
    let element = match cursor.chosen(shape)? {
        Shape::Array(element) => element,
        other => {
            cursor.skip(other)?;
            return Ok(Vec::new());
        }
    };
    let mut names = Vec::new();
    let mut blocks = cursor.blocks();
    while blocks.next(cursor)? {
        if let Raw::Text(name) = cursor.raw(element)?
            && let Some(name) = FieldName::from_name(&name)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    Ok(names)
}

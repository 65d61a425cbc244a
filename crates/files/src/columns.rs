//! Which column of a file becomes what of the canonical record.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::import::Meant;
use crate::text::push_json_text;

/// What a canonical field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldKind {
    Text,
    Texts,
    Number,
    Bool,
    Time,
}

/// The fields of the canonical record that are columns, events' and signals'.
/// No more than 64, since those that a row has are the bits of a word.
pub(crate) const CANONICAL_NAMES: [(&str, FieldKind); 42] = {
    use FieldKind::{Bool, Number, Text, Texts, Time};
    [
        ("tenant", Text),
        ("channel", Text),
        ("event_id", Text),
        ("source", Text),
        ("kind", Text),
        ("occurred_at", Time),
        ("updated_at", Time),
        ("contact_id", Text),
        ("root_contact_id", Text),
        ("thread_id", Text),
        ("related_contact_ids", Texts),
        ("direction", Text),
        ("initiation", Text),
        ("automatic", Bool),
        ("medium", Text),
        ("started_at", Time),
        ("ended_at", Time),
        ("outcome", Text),
        ("wait_ms", Number),
        ("handle_ms", Number),
        ("reason", Text),
        ("reason_source", Text),
        ("reason_code", Text),
        ("queue", Text),
        ("agent", Text),
        ("team", Text),
        ("site", Text),
        ("tier", Text),
        ("may_contact", Bool),
        ("party", Text),
        ("url", Text),
        ("page", Text),
        ("step", Text),
        ("step_status", Text),
        ("disposition", Text),
        ("due_at", Time),
        ("extra_cost", Number),
        ("signal", Text),
        ("purpose", Text),
        ("amount", Number),
        ("score", Number),
        ("scale", Number),
    ]
};

/// The identifier types that every tenant has.
pub(crate) const IDENTIFIER_TYPES: [&str; 5] =
    ["customer_id", "loyalty", "email", "phone", "device"];

/// Place of a field in the canonical record, for those that defaults are made of.
pub(crate) mod field {
    pub(crate) const CHANNEL: usize = 1;
    pub(crate) const EVENT_ID: usize = 2;
    pub(crate) const SOURCE: usize = 3;
    pub(crate) const KIND: usize = 4;
    pub(crate) const OCCURRED_AT: usize = 5;
    pub(crate) const CONTACT_ID: usize = 7;
    pub(crate) const STARTED_AT: usize = 15;
    pub(crate) const SIGNAL: usize = 37;
}

/// What becomes of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Field(usize, FieldKind),
    /// An identifier whose type is the column's name.
    Identifier,
    /// `attributes.NAME`.
    Attribute,
    /// All identifiers, as the canonical record has them.
    Identifiers,
    /// All attributes, as the canonical record has them.
    Attributes,
    /// The names of fields that are stated as null.
    Cleared,
    Unknown,
}

impl Target {
    pub(crate) fn of(name: &str, identifier_types: &[String]) -> Target {
        let mut fields = CANONICAL_NAMES.iter().enumerate();
        if let Some((at, (_, kind))) = fields.find(|(_, (field, _))| *field == name) {
            return Target::Field(at, *kind);
        }
        match name {
            "identifiers" => Target::Identifiers,
            "attributes" => Target::Attributes,
            "cleared" => Target::Cleared,
            _ if IDENTIFIER_TYPES.contains(&name) => Target::Identifier,
            _ if identifier_types.iter().any(|kind| kind == name) => Target::Identifier,
            _ if name
                .strip_prefix("attributes.")
                .is_some_and(|name| !name.is_empty()) =>
            {
                Target::Attribute
            }
            _ => Target::Unknown,
        }
    }
}

/// One column of a file.
#[derive(Clone, Debug)]
pub(crate) struct ColumnPlan {
    pub(crate) target: Target,
    /// Its name in the file.
    pub(crate) name: String,
    /// What stands before its value in JSON.
    pub(crate) label: Vec<u8>,
    /// Value in the file → canonical value.
    pub(crate) values: HashMap<String, String>,
}

/// How the rows of a file become canonical records.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) columns: Vec<ColumnPlan>,
    /// Columns that say nothing here.
    pub(crate) dropped: Vec<String>,
    /// Of times without offset.
    pub(crate) zone: TimeZone,
    pub(crate) time_format: Option<String>,
    pub(crate) channel: Option<String>,
    pub(crate) source: Option<String>,
    /// What a record of no kind is.
    pub(crate) kind: Option<String>,
    /// Whether ids and times that are missing are made of others.
    pub(crate) completes: bool,
    /// No column holds an id, so that all columns together must tell rows apart.
    pub(crate) hashes_all: bool,
}

/// What a file's reader is told about all files.
#[derive(Clone, Copy)]
pub(crate) struct PlanOptions<'a> {
    pub(crate) identifier_types: &'a [String],
    pub(crate) import: Option<&'a Meant>,
    pub(crate) zone: &'a TimeZone,
    /// Rows of CSV and Parquet are contacts unless they say otherwise.
    pub(crate) are_contacts: bool,
}

impl Plan {
    pub(crate) fn new<'n>(names: impl Iterator<Item = &'n str>, options: PlanOptions<'_>) -> Plan {
        let PlanOptions {
            import,
            zone,
            are_contacts,
            ..
        } = options;
        let typed = import.map(|import| &import.typed);
        let completes = are_contacts || import.is_some();
        let (mut columns, mut dropped) = (Vec::new(), Vec::new());
        for name in names {
            let column = ColumnPlan::new(name, options);
            if column.target == Target::Unknown {
                dropped.push(name.to_owned());
            }
            columns.push(column);
        }
        let is_id = |column: &ColumnPlan| match column.target {
            Target::Field(at, _) => at == field::EVENT_ID || at == field::CONTACT_ID,
            _ => false,
        };
        Plan {
            hashes_all: completes && !columns.iter().any(is_id),
            columns,
            dropped,
            zone: typed
                .and_then(|import| import.time_zone.as_ref())
                .unwrap_or(zone)
                .clone(),
            time_format: typed.and_then(|import| import.time_format.clone()),
            channel: typed.and_then(|import| import.channel.clone()),
            source: typed.and_then(|import| import.source.clone()),
            kind: typed
                .and_then(|import| import.kind.clone())
                .or_else(|| completes.then(|| "contact".to_owned())),
            completes,
        }
    }

    /// Whether the column must be read at all.
    pub(crate) fn needs(&self, column: usize) -> bool {
        self.hashes_all || self.columns[column].target != Target::Unknown
    }
}

impl ColumnPlan {
    pub(crate) fn new(name: &str, options: PlanOptions<'_>) -> ColumnPlan {
        let own_name = name;
        let name = match options.import.and_then(|import| import.columns.get(name)) {
            Some(canonical) => canonical,
            None => name,
        };
        let target = Target::of(name, options.identifier_types);
        let mut label = Vec::new();
        match target {
            Target::Identifier => {
                label.extend_from_slice(b"{\"type\":");
                push_json_text(&mut label, name);
                label.extend_from_slice(b",\"value\":");
            }
            Target::Attribute => {
                push_json_text(&mut label, name.strip_prefix("attributes.").unwrap_or(name));
                label.push(b':');
            }
            _ => {
                push_json_text(&mut label, name);
                label.push(b':');
            }
        }
        let values = options.import.and_then(|import| import.values.get(name));
        ColumnPlan {
            target,
            name: own_name.to_owned(),
            label,
            values: values.cloned().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_where_defaults_look_for_them() {
        let at = |name: &str| match Target::of(name, &[]) {
            Target::Field(at, _) => at,
            other => panic!("{name} is {other:?}"),
        };
        assert_eq!(at("channel"), field::CHANNEL);
        assert_eq!(at("event_id"), field::EVENT_ID);
        assert_eq!(at("source"), field::SOURCE);
        assert_eq!(at("kind"), field::KIND);
        assert_eq!(at("occurred_at"), field::OCCURRED_AT);
        assert_eq!(at("contact_id"), field::CONTACT_ID);
        assert_eq!(at("started_at"), field::STARTED_AT);
        assert_eq!(at("signal"), field::SIGNAL);
    }
}

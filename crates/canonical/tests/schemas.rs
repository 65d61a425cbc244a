//! The published schemas agree with the code, and with each other over time.

#![allow(clippy::unwrap_used)]

use apache_avro::Schema;
use apache_avro::schema_compatibility::SchemaCompatibility;
use apache_avro::types::Value as Avro;
use apache_avro::writer::datum::GenericDatumWriter;
use canonical::{Decoded, FieldName, Reader, decode_json};
use std::fs;
use std::path::PathBuf;

const NAMES: [&str; 6] = ["phone", "chat", "email", "video", "web", "signal"];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schemas/input")
}

fn text(file: &str) -> String {
    fs::read_to_string(folder().join(file)).expect(file)
}

fn current(name: &str) -> Schema {
    Schema::parse_str(&text(&format!("{name}.avsc"))).expect(name)
}

/// Whether a schema has a field.
fn belongs(name: &str, field: FieldName) -> bool {
    use FieldName::*;
    match field {
        Tenant | Channel | Source | EventId | OccurredAt | ContactId | RootContactId
        | Identifiers | DueAt | Attributes => true,
        Signal | Purpose | Amount | Score | Scale => name == "signal",
        ThreadId => name == "email" || name == "signal",
        Url | Step | StepStatus => name == "web",
        Kind | UpdatedAt | RelatedContactIds | Direction | Initiation | Automatic | Medium
        | StartedAt | EndedAt | Outcome | WaitMs | HandleMs | Reason | ReasonSource
        | ReasonCode | Queue | Agent | Team | Site | Tier | MayContact | Party | Page
        | Disposition | ExtraCost | Cleared => name != "signal",
    }
}

#[test]
fn names_and_order_are_those_of_the_code_and_every_field_is_documented() {
    for name in NAMES {
        let Schema::Record(record) = current(name) else {
            panic!("{name} is no record")
        };
        let expected: Vec<&str> = FieldName::ALL
            .iter()
            .filter(|field| belongs(name, **field))
            .map(|field| field.name())
            .collect();
        let found: Vec<&str> = record
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        assert_eq!(found, expected, "{name}");
        for field in &record.fields {
            let doc = field.doc.as_deref().unwrap_or_default();
            assert!(doc.len() > 10, "{name}.{} has no doc", field.name);
            let is_required = field.default.is_none();
            assert_eq!(
                is_required,
                doc.contains("Required") && !doc.contains("Required with")
            );
        }
    }
}

#[test]
fn the_current_schema_reads_what_every_version_wrote() {
    let mut versions = Vec::new();
    for entry in fs::read_dir(folder().join("history")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let name = file.split('.').next().unwrap().to_owned();
        let past = Schema::parse_str(&text(&format!("history/{file}"))).expect(&file);
        SchemaCompatibility::can_read(&past, &current(&name)).expect(&file);
        Reader::new(&text(&format!("history/{file}"))).expect(&file);
        versions.push(name);
    }
    for name in NAMES {
        assert!(
            versions.iter().any(|version| version == name),
            "no version of {name} is kept"
        );
    }
}

#[test]
fn the_last_version_kept_is_the_current_one() {
    for name in NAMES {
        let last = (1..).map_while(|version| {
            fs::read_to_string(folder().join(format!("history/{name}.v{version}.avsc"))).ok()
        });
        let last = last.last().expect(name);
        assert_eq!(
            last,
            text(&format!("{name}.avsc")),
            "{name}: keep this as a new version"
        );
    }
}

#[test]
fn a_schema_may_name_types_that_others_define() {
    let whole = text("phone.avsc");
    let definition = r#"{"type": "record", "name": "Identifier", "namespace": "acme", "fields": [
        {"name": "type", "type": "string"}, {"name": "value", "type": "acme.Value"},
        {"name": "verified", "type": "boolean"}]}"#;
    let value = r#"{"type": "enum", "name": "Value", "namespace": "acme", "symbols": ["A", "B"]}"#;
    let mut parts: serde_json::Value = serde_json::from_str(&whole).unwrap();
    let fields = parts["fields"].as_array_mut().unwrap();
    let identifiers = fields
        .iter_mut()
        .find(|field| field["name"] == "identifiers");
    identifiers.unwrap()["type"]["items"] = "acme.Identifier".into();
    let parts = parts.to_string();

    let error = Reader::new(&parts).unwrap_err().to_string();
    assert!(error.contains("acme.Identifier"), "{error}");
    // What is needed by another stands before it.
    assert!(Reader::with_references(&parts, &[definition, value]).is_err());
    let reader = Reader::with_references(&parts, &[value, definition]).unwrap();

    let mut datum = b"\x00\x0aphone\x00\x04E1\x0eoffered\x80\xb4\xb9\x8d\x95g\x00\x04L1".to_vec();
    // No root contact, no related ones; one identifier: email, symbol 1, verified.
    datum.extend(b"\x00\x00\x02\x0aemail\x02\x01\x00");
    datum.resize(datum.len() + 25, 0);
    let Decoded::Event(event) = reader.decode(&datum) else {
        panic!("{:?}", reader.decode(&datum))
    };
    let identifier = &event.identifiers[0];
    assert_eq!((&*identifier.kind, &*identifier.value), ("email", "B"));
    assert!(identifier.verified);
}

/// A JSON record as an Avro value of a schema; a null names its field in `cleared`.
fn to_avro(schema: &Schema, json: &serde_json::Map<String, serde_json::Value>) -> Avro {
    let Schema::Record(record) = schema else {
        panic!("no record")
    };
    let field = |field: &apache_avro::schema::RecordField| {
        let name = field.name.as_str();
        let value = if name == "cleared" {
            let cleared = json.iter().filter(|(_, value)| value.is_null());
            Avro::Array(
                cleared
                    .map(|(name, _)| Avro::String(name.clone()))
                    .collect(),
            )
        } else {
            match json.get(name) {
                None | Some(serde_json::Value::Null) => match &field.default {
                    None => panic!("{name} is required"),
                    Some(default) => to_value(&field.schema, default),
                },
                Some(value) => to_value(&field.schema, value),
            }
        };
        (name.to_owned(), value)
    };
    Avro::Record(record.fields.iter().map(field).collect())
}

fn to_value(schema: &Schema, json: &serde_json::Value) -> Avro {
    match (schema, json) {
        (Schema::Union(union), json) => {
            let branch = u32::from(!json.is_null());
            let inner = to_value(&union.variants()[branch as usize], json);
            Avro::Union(branch, Box::new(inner))
        }
        (Schema::Null, _) => Avro::Null,
        (Schema::Boolean, json) => Avro::Boolean(json.as_bool().unwrap()),
        (Schema::Long, json) => Avro::Long(json.as_i64().unwrap()),
        (Schema::TimestampMillis, json) => Avro::TimestampMillis(json.as_i64().unwrap()),
        (Schema::Double, json) => Avro::Double(json.as_f64().unwrap()),
        (Schema::String, json) => Avro::String(json.as_str().unwrap().to_owned()),
        (Schema::Array(array), json) => {
            let items = json.as_array().unwrap().iter();
            Avro::Array(items.map(|item| to_value(&array.items, item)).collect())
        }
        (Schema::Map(map), json) => Avro::Map(
            json.as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.clone(), to_value(&map.types, value)))
                .collect(),
        ),
        (Schema::Record(_), json) => to_avro(schema, json.as_object().unwrap()),
        (other, _) => panic!("not in our schemas: {other:?}"),
    }
}

/// Records with every field of their channel, and with few.
fn examples() -> Vec<(&'static str, String)> {
    let whole = r#""tenant":"acme","source":"acd","event_id":"E1","occurred_at":1772359200000,
        "updated_at":1772359260000,"root_contact_id":"L0","related_contact_ids":["L7","L8"],
        "identifiers":[{"type":"phone","value":"+33199000001","verified":true},{"type":"device","value":"d-1"}],
        "direction":"inbound","initiation":"transfer","automatic":false,"medium":"app",
        "started_at":1772359200000,"ended_at":1772359300000,"outcome":"handled","wait_ms":1500,
        "handle_ms":90000,"reason":"billing/payment","reason_source":"declared","reason_code":"B1",
        "queue":"Q","agent":"a-1","team":"blue","site":null,"tier":"gold","may_contact":true,
        "party":"shop","page":"Help","disposition":"handover","due_at":1772359900000,
        "extra_cost":-1.25,"attributes":{"app_version":"7.1","campaign":null}"#;
    let mut examples = Vec::new();
    for name in ["phone", "chat", "email", "video", "web"] {
        let more = match name {
            "email" => r#""thread_id":"T1","#,
            "web" => {
                r#""url":"https://shop.example/help/a?b","step":"help","step_status":"failed","#
            }
            _ => "",
        };
        examples.push((
            name,
            format!(r#"{{"channel":"{name}","kind":"contact","contact_id":"L1",{more}{whole}}}"#),
        ));
        let few = r#""kind":"qualified","event_id":"E2","occurred_at":1772359200000"#;
        examples.push((
            name,
            format!(r#"{{"channel":"{name}","contact_id":"L1",{few},"reason":null}}"#),
        ));
    }
    examples.push((
        "signal",
        r#"{"tenant":"acme","channel":"email","source":"crm","event_id":"S1","signal":"csat",
        "occurred_at":1772359200000,"contact_id":"L1","root_contact_id":"L0","thread_id":"T1",
        "identifiers":[{"type":"customer_id","value":"C1","verified":true}],"due_at":1772359900000,
        "purpose":"survey","amount":12.5,"score":4.5,"scale":5.0,"attributes":{"wave":"3"}}"#
            .to_owned(),
    ));
    examples
}

/// A map has no order, neither here nor there.
fn in_order(mut decoded: Decoded) -> Decoded {
    match &mut decoded {
        Decoded::Event(event) => event.attributes.sort(),
        Decoded::Signal(signal) => signal.attributes.sort(),
        Decoded::Ignored { .. } | Decoded::Rejected { .. } => {}
    }
    decoded
}

#[test]
fn what_the_reference_library_writes_is_read_as_the_same_record_in_json() {
    for (name, json) in examples() {
        let schema = current(name);
        let object: serde_json::Map<_, _> = serde_json::from_str(&json).unwrap();
        let value = to_avro(&schema, &object);
        let datum = GenericDatumWriter::builder(&schema)
            .build()
            .unwrap()
            .write_value_to_vec(value)
            .unwrap();
        let reader = Reader::new(&text(&format!("{name}.avsc"))).unwrap();
        let expected = decode_json(json.as_bytes());
        let is_record = matches!(expected, Decoded::Event(_) | Decoded::Signal(_));
        assert!(is_record, "{name}: {expected:?}");
        assert_eq!(
            in_order(reader.decode(&datum)),
            in_order(expected),
            "{name}"
        );
    }
}

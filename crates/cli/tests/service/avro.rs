//! Avro as other programs write and read it: behind the id of a schema that a registry has. Nothing
//! here is of the product but the schemas that it publishes.

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as Datum;
use apache_avro::writer::datum::GenericDatumWriter;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The schemas of what comes in, by channel; `signal` for signals.
const INPUT: [(&str, &str); 6] = [
    (
        "phone",
        include_str!("../../../../schemas/input/phone.avsc"),
    ),
    ("chat", include_str!("../../../../schemas/input/chat.avsc")),
    (
        "email",
        include_str!("../../../../schemas/input/email.avsc"),
    ),
    (
        "video",
        include_str!("../../../../schemas/input/video.avsc"),
    ),
    ("web", include_str!("../../../../schemas/input/web.avsc")),
    (
        "signal",
        include_str!("../../../../schemas/input/signal.avsc"),
    ),
];
/// Fields of records that hold an instant.
const TIMES: [&str; 5] = [
    "occurred_at",
    "updated_at",
    "started_at",
    "ended_at",
    "due_at",
];

/// A registry, and the schemas that were registered with it and found there.
pub struct Avro {
    url: String,
    input: BTreeMap<&'static str, (u32, Schema)>,
    known: RefCell<BTreeMap<u32, Schema>>,
}

impl Avro {
    /// Registers the schemas of what comes in.
    pub fn new(url: &str) -> Avro {
        let mut avro = Avro {
            url: url.to_owned(),
            input: BTreeMap::new(),
            known: RefCell::default(),
        };
        for (name, text) in INPUT {
            let body = json!({ "schema": text }).to_string();
            let path = format!("/subjects/input-{name}/versions");
            let answer = avro.ask("POST", &path, &body);
            let id = answer["id"].as_u64().unwrap_or_else(|| panic!("{answer}"));
            let schema = Schema::parse_str(text).unwrap();
            avro.input.insert(name, (id as u32, schema));
        }
        avro
    }

    /// The registry's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks the registry over plain HTTP; again for a while if it does not answer in JSON: one that
    /// has just been started, or is busy, may say something else.
    fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        let asked_at = Instant::now();
        loop {
            let answer = self.ask_once(method, path, body);
            let said = answer
                .split_once("\r\n\r\n")
                .and_then(|(_, body)| serde_json::from_str(body).ok());
            match said {
                Some(said) => return said,
                None if asked_at.elapsed() > Duration::from_secs(30) => panic!("{answer}"),
                None => std::thread::sleep(Duration::from_millis(200)),
            }
        }
    }

    /// The whole answer, or why there is none.
    fn ask_once(&self, method: &str, path: &str, body: &str) -> String {
        let rest = self.url.strip_prefix("http://").unwrap();
        let (host, base) = rest.split_once('/').unwrap_or((rest, ""));
        let base = if base.is_empty() {
            String::new()
        } else {
            format!("/{base}")
        };
        let request = format!(
            "{method} {base}{path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut answer = String::new();
        let asked = TcpStream::connect(host).and_then(|mut stream| {
            stream.write_all(request.as_bytes())?;
            stream.read_to_string(&mut answer)
        });
        match asked {
            Ok(_) => answer,
            Err(error) => format!("{error}; {answer}"),
        }
    }

    /// A record of JSON as a producer with a registry writes it. What is no record stays as it is.
    pub fn encode(&self, record: &str) -> Vec<u8> {
        let Ok(mut record) = serde_json::from_str::<Value>(record) else {
            return record.as_bytes().to_vec();
        };
        let name = if record["signal"].is_string() {
            "signal"
        } else {
            record["channel"].as_str().unwrap_or_default()
        };
        let Some((id, schema)) = self.input.get(name) else {
            return record.to_string().into_bytes();
        };
        for field in TIMES {
            if let Some(Value::String(text)) = record.get(field) {
                let at: jiff::Timestamp = text.parse().unwrap();
                record[field] = at.as_millisecond().into();
            }
        }
        let datum = datum(record).resolve(schema).unwrap();
        let mut bytes = vec![0];
        bytes.extend(id.to_be_bytes());
        let writer = GenericDatumWriter::builder(schema).build().unwrap();
        bytes.extend(writer.write_value_to_vec(datum).unwrap());
        bytes
    }

    /// A record of a table, as a consumer with a registry reads it.
    pub fn decode(&self, bytes: &[u8]) -> Value {
        assert_eq!(bytes[0], 0, "the framing's first byte");
        let id = u32::from_be_bytes(bytes[1..5].try_into().unwrap());
        if !self.known.borrow().contains_key(&id) {
            let answer = self.ask("GET", &format!("/schemas/ids/{id}"), "");
            let schema = Schema::parse_str(answer["schema"].as_str().unwrap()).unwrap();
            self.known.borrow_mut().insert(id, schema);
        }
        let known = self.known.borrow();
        let reader = GenericDatumReader::builder(&known[&id]).build().unwrap();
        value(reader.read_value(&mut &bytes[5..]).unwrap())
    }
}

fn datum(json: Value) -> Datum {
    match json {
        Value::Null => Datum::Null,
        Value::Bool(truth) => Datum::Boolean(truth),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Datum::Long(whole),
            None => Datum::Double(number.as_f64().unwrap()),
        },
        Value::String(text) => Datum::String(text),
        Value::Array(items) => Datum::Array(items.into_iter().map(datum).collect()),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Datum::Map(fields.map(|(name, value)| (name, datum(value))).collect())
        }
    }
}

fn value(datum: Datum) -> Value {
    match datum {
        Datum::Null => Value::Null,
        Datum::Union(_, datum) => value(*datum),
        Datum::String(text) => text.into(),
        Datum::Int(number) => number.into(),
        Datum::Long(number) => number.into(),
        Datum::Double(number) => json!(number),
        Datum::Boolean(truth) => truth.into(),
        Datum::TimestampMillis(at_ms) => {
            let at = jiff::Timestamp::from_millisecond(at_ms).unwrap();
            json!(format!("{at:.3}"))
        }
        Datum::Array(items) => items.into_iter().map(value).collect(),
        Datum::Record(fields) => {
            let fields = fields.into_iter();
            Value::Object(fields.map(|(name, datum)| (name, value(datum))).collect())
        }
        Datum::Map(entries) => {
            let entries = entries.into_iter();
            let entries: Map<String, Value> =
                entries.map(|(name, datum)| (name, value(datum))).collect();
            Value::Object(entries)
        }
        other => panic!("a value of another kind: {other:?}"),
    }
}

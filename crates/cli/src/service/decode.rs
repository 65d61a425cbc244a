//! The records of the sources, each topic in its format.

use anyhow::{Context, Result, bail};
use apache_avro::reader::datum::GenericDatumReader;
use model::Text;
use registry::{Client, Lookup, Opened, Output, Schemas};
use settings::Meant;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tables::RECORD_SCHEMAS;
use worker::service::{Decode, Decoding, topic_name};

/// A schema is asked for again after this.
const WAITED_FOR: Duration = Duration::from_millis(200);

/// A topic's records are Avro, behind the id of their schema.
const AVRO: &str = "canonical-avro";

/// The Schema Registry, for all stages of the process.
pub struct Registry {
    client: Arc<Client>,
    schemas: Schemas,
    /// Schemas of outputs by their ids; `None`: it is none of Avro.
    written: Mutex<HashMap<u32, Option<Arc<apache_avro::Schema>>>>,
}

/// The registry of a configuration, if it has one. Nothing is asked yet.
pub fn registry(meant: &Meant) -> Result<Option<Registry>> {
    let kafka = &meant.kafka;
    let Some(url) = &kafka.registry_url else {
        if let Some(topic) = kafka.topics.iter().find(|topic| topic.format == AVRO) {
            bail!(
                "kafka.topics.\"{}\".format: {AVRO} needs kafka.registry_url, where its schemas \
                 are; allowed without one: canonical-json",
                topic.name
            );
        }
        return Ok(None);
    };
    let client = Arc::new(Client::new(url).context("kafka.registry_url")?);
    let schemas = Schemas::new(Arc::clone(&client));
    Ok(Some(Registry {
        client,
        schemas,
        written: Mutex::default(),
    }))
}

/// All output topics.
fn topics(application_id: &str) -> Vec<String> {
    let topic = |table| topic_name(application_id, table).to_string();
    RECORD_SCHEMAS
        .iter()
        .map(|(table, _)| topic(table))
        .collect()
}

/// The schemas of these topics, which are those of all tables in order.
fn with_schemas(topics: &[String]) -> Vec<Output<'_>> {
    let schemas = RECORD_SCHEMAS.iter().map(|(_, schema)| *schema);
    topics
        .iter()
        .zip(schemas)
        .map(|(topic, schema)| Output { topic, schema })
        .collect()
}

impl Registry {
    /// Registers the schemas of all tables, or finds that they are; gives, by table, the bytes that
    /// stand before its records.
    pub fn prefixes(&self, application_id: &str) -> Result<HashMap<&'static str, Vec<u8>>> {
        let topics = topics(application_id);
        let ids = registry::register(&self.client, &with_schemas(&topics))?;
        let tables = RECORD_SCHEMAS.iter().map(|(table, _)| *table);
        let prefixes = ids.into_iter().map(|id| registry::prefix(id).to_vec());
        Ok(tables.zip(prefixes).collect())
    }

    /// A record of an output as JSON; `None`: it cannot be read. Waits for the registry, until the
    /// process is asked to end.
    pub fn as_json(&self, value: &[u8], stop: &AtomicBool) -> Result<Option<Vec<u8>>> {
        let Ok((id, mut datum)) = registry::split(value) else {
            return Ok(None);
        };
        let Some(schema) = self.written(id, stop)? else {
            return Ok(None);
        };
        let reader = GenericDatumReader::builder(&schema).build();
        let read = reader.and_then(|reader| reader.read_value(&mut datum));
        let json = read.and_then(|read| apache_avro::from_value::<serde_json::Value>(&read));
        Ok(json.ok().and_then(|json| serde_json::to_vec(&json).ok()))
    }

    fn written(&self, id: u32, stop: &AtomicBool) -> Result<Option<Arc<apache_avro::Schema>>> {
        let lock = || self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(schema) = lock().get(&id) {
            return Ok(schema.clone());
        }
        loop {
            let schema = match self.schemas.wait(id, WAITED_FOR) {
                Lookup::Known(schema) => Some(schema),
                Lookup::Unknown(_) => None,
                Lookup::Fetching | Lookup::Unreachable(_) => {
                    if stop.load(Ordering::SeqCst) {
                        bail!("asked to end while the schema registry is waited for");
                    }
                    std::thread::sleep(WAITED_FOR);
                    continue;
                }
            };
            let parsed =
                schema.and_then(|schema| apache_avro::Schema::parse_str(&schema.written.text).ok());
            let parsed = parsed.map(Arc::new);
            lock().insert(id, parsed.clone());
            return Ok(parsed);
        }
    }

    /// Why records wait for the registry, if they do.
    pub fn trouble(&self) -> Option<Arc<str>> {
        self.schemas.trouble()
    }

    /// What would become of the schemas of all tables; writes nothing.
    pub fn verify(&self, application_id: &str) -> Result<Vec<registry::Standing>> {
        let topics = topics(application_id);
        Ok(registry::verify(&self.client, &with_schemas(&topics))?)
    }
}

/// How a topic's records are read.
#[derive(Clone, Copy)]
enum Form<'a> {
    Json,
    Avro(&'a Schemas),
}

/// The formats of all source topics.
pub struct Topics<'a>(BTreeMap<Text, Form<'a>>);

impl<'a> Topics<'a> {
    /// The formats of a configuration.
    pub fn new(meant: &Meant, registry: Option<&'a Registry>) -> Topics<'a> {
        let topics = meant.kafka.topics.iter().map(|topic| {
            let form = match registry {
                Some(registry) if topic.format == AVRO => Form::Avro(&registry.schemas),
                Some(_) | None => Form::Json,
            };
            (topic.name.as_str().into(), form)
        });
        Topics(topics.collect())
    }
}

impl Decode for Topics<'_> {
    fn decode(&mut self, topic: &str, value: &[u8]) -> Decoding {
        match self.0.get(topic).copied().unwrap_or(Form::Json) {
            Form::Json => Decoding::Said(canonical::decode_json(value)),
            Form::Avro(schemas) => match schemas.open(value) {
                Opened::Datum(schema, datum) => Decoding::Said(schema.reader.decode(datum)),
                Opened::Waiting(_) => Decoding::NotYet,
                Opened::Rejected(fault) => Decoding::Said(fault.into()),
            },
        }
    }
}

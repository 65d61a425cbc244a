//! The records of the sources, each topic in its format.

use anyhow::{Context, Result, bail};
use model::Text;
use registry::{Client, Opened, Output, Schemas};
use settings::Meant;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tables::RECORD_SCHEMAS;
use worker::service::{Decode, Decoding, topic_name};

/// A topic's records are Avro, behind the id of their schema.
const AVRO: &str = "canonical-avro";

/// The Schema Registry, for all stages of the process.
pub struct Registry {
    client: Arc<Client>,
    schemas: Schemas,
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
    Ok(Some(Registry { client, schemas }))
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

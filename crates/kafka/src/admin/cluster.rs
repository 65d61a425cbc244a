//! What there is: brokers, topics with their partitions and settings.

use super::AdminError;
use super::speaker::{Speaker, speaker, trouble};
use crate::settings::Settings;
use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, OwnedResourceSpecifier, ResourceSpecifier,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::Consumer;
use rdkafka::types::RDKafkaRespErr;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long the cluster may take to answer.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// A topic as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Topic {
    pub(super) partitions: u32,
    /// Replicas of the partition that has the fewest.
    pub(super) replication: u32,
    /// All partitions have a leader.
    pub(super) is_led: bool,
}

/// A cluster as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cluster {
    pub(super) brokers: Vec<i32>,
    pub(super) topics: BTreeMap<String, Topic>,
    /// Of the topics that were asked for, those that this user may not see.
    pub(super) hidden: BTreeSet<String>,
}

impl Cluster {
    /// Asks for everything there is, and whether what is not there of these topics is only hidden.
    pub(super) fn look<'a>(
        settings: &Settings,
        wanted: impl IntoIterator<Item = &'a String>,
    ) -> Result<Cluster, AdminError> {
        let client = speaker(settings, &format!("{}.admin", settings.application_id))?;
        let metadata = client
            .fetch_metadata(None, ANSWER_WITHIN)
            .map_err(|error| {
                AdminError::of(settings, "metadata", &error).because(|| trouble(&client))
            })?;
        let topic = |topic: &rdkafka::metadata::MetadataTopic| {
            let partitions = topic.partitions();
            let replicas = partitions
                .iter()
                .map(|partition| partition.replicas().len());
            let found = Topic {
                partitions: count(partitions.len()),
                replication: count(replicas.min().unwrap_or(0)),
                is_led: partitions.iter().all(|partition| partition.leader() >= 0),
            };
            (topic.name().to_owned(), found)
        };
        let exists = |topic: &&rdkafka::metadata::MetadataTopic| !topic.partitions().is_empty();
        let topics: BTreeMap<String, Topic> =
            metadata.topics().iter().filter(exists).map(topic).collect();
        let missing = wanted
            .into_iter()
            .filter(|name| !topics.contains_key(*name));
        let hidden = missing
            .filter_map(|name| match is_hidden(settings, &client, name) {
                Ok(hidden) => hidden.then(|| Ok(name.clone())),
                Err(error) => Some(Err(error)),
            })
            .collect::<Result<_, _>>()?;
        Ok(Cluster {
            hidden,
            topics,
            brokers: metadata
                .brokers()
                .iter()
                .map(|broker| broker.id())
                .collect(),
        })
    }

    /// The sources that are not there.
    pub(super) fn missing(&self, topics: &[String]) -> Vec<String> {
        let is_missing =
            |topic: &&String| !self.topics.contains_key(*topic) && !self.hidden.contains(*topic);
        topics.iter().filter(is_missing).cloned().collect()
    }

    /// The sources that may be there, and that we may not see.
    pub(super) fn hidden_of(&self, topics: &[String]) -> Vec<String> {
        let is_hidden = |topic: &&String| self.hidden.contains(*topic);
        topics.iter().filter(is_hidden).cloned().collect()
    }
}

/// A list of all topics leaves out what the user may not see; asked for by name, it is refused.
fn is_hidden(settings: &Settings, client: &Speaker, topic: &str) -> Result<bool, AdminError> {
    let metadata = client
        .fetch_metadata(Some(topic), ANSWER_WITHIN)
        .map_err(|error| AdminError::of(settings, "metadata", &error))?;
    let error = metadata.topics().first().and_then(|found| found.error());
    Ok(error == Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED))
}

pub(super) fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

pub(crate) fn admin(settings: &Settings) -> Result<AdminClient<DefaultClientContext>, AdminError> {
    let created = settings.client().create();
    created.map_err(|error| AdminError::of(settings, "a client cannot be made", &error))
}

pub(crate) fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(ANSWER_WITHIN))
        .operation_timeout(Some(ANSWER_WITHIN))
}

/// The settings of topics, by topic.
pub(super) fn settings_of(
    settings: &Settings,
    topics: &[String],
) -> Result<BTreeMap<String, BTreeMap<String, String>>, AdminError> {
    let specifiers: Vec<_> = topics
        .iter()
        .map(|topic| ResourceSpecifier::Topic(topic))
        .collect();
    let found = describe(settings, &specifiers)?;
    Ok(found
        .into_iter()
        .filter_map(|resource| match &resource.specifier {
            OwnedResourceSpecifier::Topic(name) => Some((name.clone(), entries(&resource))),
            OwnedResourceSpecifier::Group(_) | OwnedResourceSpecifier::Broker(_) => None,
        })
        .collect())
}

/// The settings of a broker.
pub(super) fn settings_of_broker(
    settings: &Settings,
    broker: i32,
) -> Result<BTreeMap<String, String>, AdminError> {
    let found = describe(settings, &[ResourceSpecifier::Broker(broker)])?;
    Ok(found.first().map(entries).unwrap_or_default())
}

fn entries(resource: &ConfigResource) -> BTreeMap<String, String> {
    let value = |entry: &rdkafka::admin::ConfigEntry| entry.value.clone().unwrap_or_default();
    resource
        .entries
        .iter()
        .map(|entry| (entry.name.clone(), value(entry)))
        .collect()
}

fn describe(
    settings: &Settings,
    specifiers: &[ResourceSpecifier<'_>],
) -> Result<Vec<ConfigResource>, AdminError> {
    const WHAT: &str = "settings cannot be looked up";
    if specifiers.is_empty() {
        return Ok(Vec::new());
    }
    let admin = admin(settings)?;
    let results = pollster::block_on(admin.describe_configs(specifiers, &options()))
        .map_err(|error| AdminError::of(settings, WHAT, &error))?;
    let refused = |code| AdminError::of_code(settings, WHAT, Some(code), &code.to_string());
    results
        .into_iter()
        .map(|result| result.map_err(refused))
        .collect()
}

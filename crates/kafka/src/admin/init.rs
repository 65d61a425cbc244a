//! Making what is missing, once.

use super::AdminError;
use super::cluster::{ANSWER_WITHIN, Cluster, admin, options};
use super::groups::{commit_offsets, committed};
use super::plan::{GroupPlan, Plan, TopicPlan, in_sync_min};
use super::speaker::{Speaker, speaker};
use crate::consumer::list_of;
use crate::settings::Settings;
use model::Millis;
use rdkafka::admin::{NewTopic, TopicReplication};
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::Offset;
use std::time::{Duration, Instant};
use worker::service::TopicPartition;

/// Where the sources are read from at the first start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The first record that is there.
    Earliest,
    /// The next record that is written.
    Latest,
    /// The first record that was written at this instant or later.
    Time(Millis),
}

/// What was made; empty if everything was there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Topics that were created, with their partitions and replicas.
    pub topics: Vec<(String, u32, u32)>,
    /// Start offsets that were committed, by group.
    pub offsets: Vec<(String, TopicPartition, i64)>,
}

/// Makes the topics that are missing, and commits the start offset of each partition of which the
/// group has none. Nothing that is there is changed: a second call does nothing.
///
/// # Errors
/// A source is missing; the cluster does not answer, or says no.
pub fn init(settings: &Settings, plan: &Plan, from: From) -> Result<Made, AdminError> {
    let cluster = Cluster::look(settings, plan.names())?;
    let no_right = cluster.hidden_of(&plan.sources);
    if !no_right.is_empty() {
        return Err(AdminError::NoRight(no_right));
    }
    let no_source = cluster.missing(&plan.sources);
    if !no_source.is_empty() {
        return Err(AdminError::NoSource(no_source));
    }
    let is_missing = |topic: &&TopicPlan| !cluster.topics.contains_key(&topic.name);
    let missing: Vec<&TopicPlan> = plan.topics.iter().filter(is_missing).collect();
    let replication = plan.replication(super::cluster::count(cluster.brokers.len()));
    let mut made = Made::default();
    if !missing.is_empty() {
        create(settings, &missing, replication)?;
        let described = |topic: &&TopicPlan| (topic.name.clone(), topic.partitions, replication);
        made.topics = missing.iter().map(described).collect();
    }
    let cluster = wait_for_leaders(settings, plan)?;
    for group in &plan.groups {
        let starts = missing_starts(settings, &cluster, group, from)?;
        if !starts.is_empty() {
            commit_offsets(settings, &group.group, &starts)?;
            let named = |(of, offset)| (group.group.clone(), of, offset);
            made.offsets.extend(starts.into_iter().map(named));
        }
    }
    Ok(made)
}

fn create(settings: &Settings, topics: &[&TopicPlan], replication: u32) -> Result<(), AdminError> {
    let in_sync = in_sync_min(replication).to_string();
    let new = |topic: &&TopicPlan| -> Vec<(&'static str, String)> {
        let mut all: Vec<_> = topic.settings.clone().into_iter().collect();
        all.push(("min.insync.replicas", in_sync.clone()));
        all
    };
    let of_topics: Vec<_> = topics.iter().map(|topic| (*topic, new(topic))).collect();
    let new: Vec<NewTopic<'_>> = of_topics
        .iter()
        .map(|(topic, of_topic)| {
            let replication = TopicReplication::Fixed(replication.cast_signed());
            let new = NewTopic::new(&topic.name, topic.partitions.cast_signed(), replication);
            of_topic
                .iter()
                .fold(new, |new, (name, value)| new.set(name, value))
        })
        .collect();
    let results = pollster::block_on(admin(settings)?.create_topics(&new, &options()))
        .map_err(|error| AdminError::of(settings, "topics cannot be created", &error))?;
    for result in results {
        match result {
            // Somebody else was quicker: what it made is checked by `verify`.
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => {
                let what = format!("topic {name} cannot be created");
                return Err(AdminError::of_code(
                    settings,
                    &what,
                    Some(code),
                    &code.to_string(),
                ));
            }
        }
    }
    Ok(())
}

/// A topic that was just created is not at once known to everybody.
fn wait_for_leaders(settings: &Settings, plan: &Plan) -> Result<Cluster, AdminError> {
    let deadline = Instant::now() + ANSWER_WITHIN;
    loop {
        let cluster = Cluster::look(settings, [])?;
        let is_led = |name: &String| cluster.topics.get(name).is_some_and(|topic| topic.is_led);
        let Some(not_led) = plan.names().find(|name| !is_led(name)) else {
            return Ok(cluster);
        };
        if Instant::now() > deadline {
            return Err(AdminError::Unreachable {
                bootstrap_servers: settings.bootstrap_servers.clone(),
                why: format!("topic {not_led} has partitions without a leader"),
            });
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The start offsets that a group does not have yet.
fn missing_starts(
    settings: &Settings,
    cluster: &Cluster,
    group: &GroupPlan,
    from: From,
) -> Result<Vec<(TopicPartition, i64)>, AdminError> {
    let partitions = partitions_of(cluster, group);
    let client = speaker(settings, &group.group)?;
    let known = committed(settings, &client, &group.group, &partitions)?;
    let missing: Vec<TopicPartition> = std::iter::zip(partitions, known)
        .filter_map(|(of, offset)| offset.is_none().then_some(of))
        .collect();
    if !group.reads_sources || missing.is_empty() {
        return Ok(missing.into_iter().map(|of| (of, 0)).collect());
    }
    missing
        .into_iter()
        .map(|of| {
            // A topic of ours begins at 0, and that of a moment ago has no leader to ask yet.
            let is_ours = group.with.as_deref() == Some(of.topic.as_str());
            let offset = if is_ours {
                0
            } else {
                start_offset(settings, &client, &of, from)?
            };
            Ok((of, offset))
        })
        .collect()
}

/// All partitions that a group reads.
pub(super) fn partitions_of(cluster: &Cluster, group: &GroupPlan) -> Vec<TopicPartition> {
    let of_topic = |topic: &String| -> Vec<TopicPartition> {
        let count = cluster
            .topics
            .get(topic)
            .map_or(0, |topic| topic.partitions);
        (0..count)
            .map(|partition| TopicPartition::new(topic, partition))
            .collect()
    };
    group
        .topics
        .iter()
        .chain(&group.with)
        .flat_map(of_topic)
        .collect()
}

/// What a broker says of a topic of which it does not know yet that it leads it.
fn is_passing(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::NotLeaderForPartition
                | RDKafkaErrorCode::LeaderNotAvailable
                | RDKafkaErrorCode::UnknownTopicOrPartition
        )
    )
}

fn start_offset(
    settings: &Settings,
    client: &Speaker,
    of: &TopicPartition,
    from: From,
) -> Result<i64, AdminError> {
    let failed = |error| AdminError::of(settings, &format!("offsets of {of}"), &error);
    let partition = of.partition.cast_signed();
    let deadline = Instant::now() + ANSWER_WITHIN;
    let (first, end) = loop {
        match client.fetch_watermarks(&of.topic, partition, ANSWER_WITHIN) {
            Ok(watermarks) => break watermarks,
            // A topic that was just created is led before every broker knows it.
            Err(error) if is_passing(&error) && Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(200));
            }
            Err(error) => return Err(failed(error)),
        }
    };
    let Millis(time) = match from {
        From::Earliest => return Ok(first),
        From::Latest => return Ok(end),
        From::Time(time) => time,
    };
    let times = list_of(std::slice::from_ref(of), Offset::Offset(time));
    let found = client
        .offsets_for_times(times, ANSWER_WITHIN)
        .map_err(failed)?;
    match found
        .elements()
        .first()
        .map(|element| (element.error(), element.offset()))
    {
        Some((Err(error), _)) => Err(failed(error)),
        Some((Ok(()), Offset::Offset(offset))) => Ok(offset),
        // All records are older.
        _ => Ok(end),
    }
}

//! Comparing what there is with what should be.

use super::AdminError;
use super::cluster::{ANSWER_WITHIN, Cluster, Topic, settings_of, settings_of_broker};
use super::groups::{committed, members};
use super::init::partitions_of;
use super::plan::{GroupPlan, Plan, TopicPlan, in_sync_min};
use super::speaker::{Speaker, speaker};
use crate::settings::Settings;
use rdkafka::consumer::Consumer;
use std::collections::BTreeMap;
use std::fmt;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Data would be lost or the service would stand still: it must not start. Otherwise a warning.
    pub is_error: bool,
    /// The topic, group or broker, and its setting.
    pub of: String,
    /// What was found.
    pub found: String,
    /// What is expected.
    pub expected: String,
    /// What it would lead to, or what to type.
    pub advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding {
            is_error,
            of,
            found,
            expected,
            advice,
        } = self;
        let kind = if *is_error { "error" } else { "warning" };
        write!(
            formatter,
            "{kind}: {of}: found {found}, expected {expected}; {advice}"
        )
    }
}

/// What is looked at, and what was found.
struct Check<'a> {
    settings: &'a Settings,
    plan: &'a Plan,
    cluster: Cluster,
    findings: Vec<Finding>,
}

/// Compares all topics, groups and brokers with the plan. Changes nothing.
///
/// # Errors
/// The cluster does not answer, or does not let us look.
pub fn verify(settings: &Settings, plan: &Plan) -> Result<Vec<Finding>, AdminError> {
    let cluster = Cluster::look(settings, plan.names())?;
    let there = |name: &&String| cluster.topics.contains_key(*name);
    let names: Vec<String> = plan.names().filter(there).cloned().collect();
    let of_topics = settings_of(settings, &names)?;
    let mut check = Check {
        settings,
        plan,
        cluster,
        findings: Vec::new(),
    };
    for source in check.cluster.missing(&plan.sources) {
        check.error(
            &format!("source {source}"),
            "no such topic",
            "a topic",
            "whoever writes to it has to make it, or the configuration names it wrongly",
        );
    }
    for hidden in check.cluster.hidden.clone() {
        check.error(
            &hidden,
            "no right to see it",
            "Describe, Read and DescribeConfigs, and on topics of ours all operations",
            "give the user of [kafka.config] these rights",
        );
    }
    for topic in &plan.topics {
        if check.cluster.hidden.contains(&topic.name) {
            continue;
        }
        match (
            check.cluster.topics.get(&topic.name).cloned(),
            of_topics.get(&topic.name),
        ) {
            (Some(found), Some(of_topic)) => check.topic(topic, &found, of_topic),
            _ => check.error(
                &topic.name,
                "no such topic",
                "a topic",
                "ricochet topics --config F init",
            ),
        }
    }
    for source in &plan.sources {
        if let Some(of_topic) = of_topics.get(source) {
            check.source(source, of_topic);
        }
    }
    for group in &plan.groups {
        check.group(group)?;
    }
    check.tables();
    check.brokers()?;
    Ok(check.findings)
}

impl Check<'_> {
    fn find(&mut self, is_error: bool, of: &str, found: &str, expected: &str, advice: &str) {
        self.findings.push(Finding {
            is_error,
            of: of.to_owned(),
            found: found.to_owned(),
            expected: expected.to_owned(),
            advice: advice.to_owned(),
        });
    }

    fn error(&mut self, of: &str, found: &str, expected: &str, advice: &str) {
        self.find(true, of, found, expected, advice);
    }

    fn warning(&mut self, of: &str, found: &str, expected: &str, advice: &str) {
        self.find(false, of, found, expected, advice);
    }

    /// The line that sets a topic's setting.
    fn line(&self, topic: &str, name: &str, value: &str) -> String {
        // Kafka wants a list in brackets there.
        let value = if value.contains(',') {
            format!("[{value}]")
        } else {
            value.to_owned()
        };
        format!(
            "kafka-configs.sh --bootstrap-server {} --alter --entity-type topics --entity-name \
             {topic} --add-config {name}={value}",
            self.settings.bootstrap_servers
        )
    }

    fn topic(&mut self, plan: &TopicPlan, found: &Topic, of_topic: &BTreeMap<String, String>) {
        for (name, expected) in &plan.settings {
            let value = of_topic.get(*name).map_or("", String::as_str);
            if !is_as_good(name, value, expected) {
                let of = format!("{}: {name}", plan.name);
                let line = self.line(&plan.name, name, expected);
                let is_error = loses(&plan.name, name, value);
                self.find(is_error, &of, value, expected, &line);
            }
        }
        self.replicas(plan, found, of_topic);
        let wanted = self.plan.sizes.partitions;
        if plan.is_of_one_task() && found.partitions != 1 {
            self.error(
                &format!("{}: partitions", plan.name),
                &found.partitions.to_string(),
                "1",
                "one task sees to all erasures: make the topic anew with one partition",
            );
        } else if wanted.is_some() && plan.partitions != found.partitions {
            self.warning(
                &format!("{}: partitions", plan.name),
                &found.partitions.to_string(),
                &plan.partitions.to_string(),
                "the number cannot be changed: a new application_id begins anew",
            );
        }
    }

    fn replicas(&mut self, plan: &TopicPlan, found: &Topic, of_topic: &BTreeMap<String, String>) {
        let brokers = super::cluster::count(self.cluster.brokers.len());
        let wanted = self.plan.replication(brokers);
        if found.replication < wanted {
            let of = format!("{}: replicas", plan.name);
            self.warning(
                &of,
                &found.replication.to_string(),
                &wanted.to_string(),
                "kafka-reassign-partitions.sh; a broker that is lost takes its records with it",
            );
        }
        let in_sync = of_topic
            .get("min.insync.replicas")
            .and_then(|value| value.parse().ok());
        let in_sync: u32 = in_sync.unwrap_or(1);
        let expected = in_sync_min(found.replication);
        let of = format!("{}: min.insync.replicas", plan.name);
        let line = self.line(&plan.name, "min.insync.replicas", &expected.to_string());
        if in_sync > found.replication {
            self.error(&of, &in_sync.to_string(), &expected.to_string(), &line);
        } else if in_sync < expected {
            self.warning(&of, &in_sync.to_string(), &expected.to_string(), &line);
        }
    }

    fn source(&mut self, source: &str, of_topic: &BTreeMap<String, String>) {
        let policy = of_topic.get("cleanup.policy").map_or("", String::as_str);
        if policy.contains("compact") {
            self.warning(
                &format!("source {source}: cleanup.policy"),
                policy,
                "delete",
                "of several events under one key only the last is kept: what is not read in time \
                 is lost",
            );
        }
    }

    fn group(&mut self, group: &GroupPlan) -> Result<(), AdminError> {
        if !group.reads_sources {
            self.partitions(group);
        }
        let partitions = partitions_of(&self.cluster, group);
        let client = speaker(self.settings, &group.group)?;
        let offsets = committed(self.settings, &client, &group.group, &partitions)?;
        // Brokers forget the offsets of a group that was away for long, all of them together. Where
        // the tasks stand is in their changelog.
        let is_new = offsets.iter().any(Option::is_some) || self.is_unwritten(group, &client)?;
        for (of, offset) in std::iter::zip(&partitions, offsets) {
            let of = format!("group {}: {of}", group.group);
            let (found, expected) = ("no offset", "the offset to start from");
            if offset.is_none() && is_new {
                self.error(&of, found, expected, "ricochet topics --config F init");
            } else if offset.is_none() {
                let advice = "the brokers have forgotten it; the changelog says where to go on";
                self.warning(&of, found, expected, advice);
            }
        }
        let ours = format!("{}.", group.group);
        for member in members(self.settings, &client, &group.group)? {
            if !member.starts_with(&ours) {
                self.error(
                    &format!("group {}: member", group.group),
                    &member,
                    &format!("{ours}<instance>"),
                    "it takes partitions, whose records nobody handles: end it, or give it another \
                     group",
                );
            }
        }
        Ok(())
    }

    /// Whether no task of a group was ever committed.
    fn is_unwritten(&self, group: &GroupPlan, client: &Speaker) -> Result<bool, AdminError> {
        let changelog = self.cluster.topics.get(&group.changelog);
        for partition in 0..changelog.map_or(0, |topic| topic.partitions) {
            let end = client
                .fetch_watermarks(&group.changelog, partition.cast_signed(), ANSWER_WITHIN)
                .map_err(|error| AdminError::of(self.settings, &group.changelog, &error))?
                .1;
            if end > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A task's state stands in the changelog's partition of the same number.
    fn partitions(&mut self, group: &GroupPlan) {
        let count = |topic: &String| self.cluster.topics.get(topic).map(|topic| topic.partitions);
        let (Some(input), Some(changelog)) = (count(&group.topics[0]), count(&group.changelog))
        else {
            return;
        };
        if input != changelog {
            self.error(
                &format!("{}: partitions", group.changelog),
                &changelog.to_string(),
                &format!("{input}, as {}", group.topics[0]),
                "keys would not find their states: a new application_id begins anew",
            );
        }
    }

    /// A key of a table stands in one partition for ever. All topics were made with one number of
    /// them; one that has another now was given more, and its keys would go elsewhere.
    fn tables(&mut self) {
        let Some(last) = self.plan.groups.last() else {
            return;
        };
        let count = |topic: &String| self.cluster.topics.get(topic).map(|topic| topic.partitions);
        let Some(expected) = count(&last.changelog) else {
            return;
        };
        let is_table = |topic: &&TopicPlan| {
            let policy = topic.settings.get("cleanup.policy");
            let is_table = policy.is_some_and(|policy| policy == "compact,delete");
            // What one task reads is looked at above.
            is_table && !topic.is_of_one_task()
        };
        let others: Vec<(String, u32)> = self
            .plan
            .topics
            .iter()
            .filter(is_table)
            .filter_map(|topic| Some((topic.name.clone(), count(&topic.name)?)))
            .filter(|(_, found)| *found != expected)
            .collect();
        for (topic, found) in others {
            self.error(
                &format!("{topic}: partitions"),
                &found.to_string(),
                &format!("{expected}, as {}", last.changelog),
                "keys would stand in two partitions: have it made anew with as many, or begin with \
                 a new application_id",
            );
        }
    }

    fn brokers(&mut self) -> Result<(), AdminError> {
        for broker in self.cluster.brokers.clone() {
            let of_broker = settings_of_broker(self.settings, broker)?;
            let value = |name: &str| of_broker.get(name).map_or("", String::as_str);
            let wanted_ms = self.settings.transaction_timeout.as_millis();
            let longest = value("transaction.max.timeout.ms");
            if longest
                .parse::<u128>()
                .is_ok_and(|longest_ms| longest_ms < wanted_ms)
            {
                self.error(
                    &format!("broker {broker}: transaction.max.timeout.ms"),
                    longest,
                    &format!("at least {wanted_ms}"),
                    "transactions would be refused",
                );
            }
            let verified = value("transaction.partition.verification.enable");
            if verified != "true" {
                let found = if verified.is_empty() {
                    "not known: older than 3.6"
                } else {
                    verified
                };
                self.warning(
                    &format!("broker {broker}: transaction.partition.verification.enable"),
                    found,
                    "true",
                    "a late message can leave a transaction open that holds readers back",
                );
            }
        }
        Ok(())
    }
}

/// Is a topic's setting what it should be, or better?
fn is_as_good(name: &str, found: &str, expected: &str) -> bool {
    let number = |text: &str| match text.parse::<i64>() {
        // Kafka's word for no limit.
        Ok(-1) => Some(i64::MAX),
        other => other.ok(),
    };
    match name {
        "cleanup.policy" => {
            let sorted = |text: &str| -> Vec<String> {
                let mut words: Vec<_> =
                    text.split(',').map(|word| word.trim().to_owned()).collect();
                words.sort();
                words
            };
            sorted(found) == sorted(expected)
        }
        "max.message.bytes" => number(found) >= number(expected),
        // A deletion has to be carried out some day: longer is not better than what was chosen.
        "retention.ms" => number(found) == number(expected),
        _ => found == expected,
    }
}

/// Would a setting that is not what it should be lose data, or stop the service?
fn loses(topic: &str, name: &str, found: &str) -> bool {
    let is_changelog = topic.contains(".changelog.");
    let is_internal = topic.contains(".by_");
    match name {
        "cleanup.policy" if is_changelog => found != "compact",
        "cleanup.policy" if is_internal => found.contains("compact"),
        "max.message.bytes" => true,
        // Less than a day between stages: one bad night would lose records.
        "retention.ms" if is_internal => found
            .parse::<i64>()
            .is_ok_and(|ms| (0..86_400_000).contains(&ms)),
        _ => false,
    }
}

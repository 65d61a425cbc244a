//! `ricochet topics`: the topics of the service, made and checked.

use crate::args::{Topics, TopicsAction};
use crate::intake::load;
use crate::report::say;
use crate::service::decode;
use anyhow::{Context, Result};
use kafka::admin::{self, Finding, Plan, Sizes};
use registry::Standing;
use settings::Meant;
use tables::RECORD_SCHEMAS;
use worker::service::{ERASURES, StageName, topic_name};

/// Something has to be mended before the service may start.
const WRONG: u8 = 2;

/// How a stage of this process speaks to the cluster.
pub fn port_settings(meant: &Meant, stage: StageName) -> Result<kafka::Settings> {
    let topics: Vec<String> = match stage.input() {
        Some(input) => vec![topic_name(&meant.kafka.application_id, input).to_string()],
        None => {
            let mut topics = sources(meant);
            topics.push(topic_name(&meant.kafka.application_id, ERASURES).to_string());
            topics
        }
    };
    Ok(settings(meant)?.stage(stage.name(), &topics))
}

fn sources(meant: &Meant) -> Vec<String> {
    let topics = meant.kafka.topics.iter();
    topics.map(|topic| topic.name.clone()).collect()
}

/// How this process speaks to the cluster.
pub fn settings(meant: &Meant) -> Result<kafka::Settings> {
    let typed = &meant.kafka;
    let instance = match &typed.instance {
        Some(instance) => instance.clone(),
        None => host_name()?,
    };
    let mut settings =
        kafka::Settings::new(&typed.bootstrap_servers, &typed.application_id, &instance);
    settings.librdkafka.clone_from(&typed.config);
    settings.check().context("kafka.config")?;
    Ok(settings)
}

/// The host's name.
fn host_name() -> Result<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname");
    let name = name.or_else(|error| std::env::var("HOSTNAME").map_err(|_| error));
    let name = name.context("kafka.instance: this host's name could not be read; give one")?;
    Ok(name.trim().to_owned())
}

/// What the service needs of the cluster.
pub fn plan(meant: &Meant, partitions: Option<u32>) -> Plan {
    let sizes = Sizes {
        partitions,
        replication: None,
    };
    admin::plan(&meant.kafka.application_id, &sources(meant), sizes)
}

/// Says a line.
fn tell(line: &str) -> Result<()> {
    say(&format!("{line}\n"))
}

/// Makes or checks the topics.
pub fn topics(arguments: &Topics) -> Result<u8> {
    let meant = load(&arguments.config)?;
    match &arguments.action {
        TopicsAction::Init { from, partitions } => init(&meant, from, *partitions),
        TopicsAction::Verify => verify(&meant),
    }
}

fn init(meant: &Meant, from: &str, partitions: u32) -> Result<u8> {
    let from = match from {
        "earliest" => admin::From::Earliest,
        "latest" => admin::From::Latest,
        time => admin::From::Time(canonical::parse_time(time).with_context(|| {
            format!(
                "--from: found `{time}`; allowed: earliest, latest, or a time such as \
                 2026-03-01T00:00:00Z"
            )
        })?),
    };
    let made = admin::init(&settings(meant)?, &plan(meant, Some(partitions)), from)?;
    if let Some(registry) = decode::registry(meant)? {
        let ids = registry.prefixes(&meant.kafka.application_id)?;
        tell(&format!(
            "registry: the schemas of {} tables are there",
            ids.len()
        ))?;
    }
    for (topic, partitions, replicas) in &made.topics {
        tell(&format!(
            "created {topic}: {partitions} partitions, {replicas} replicas"
        ))?;
    }
    for (group, place, offset) in &made.offsets {
        tell(&format!("group {group} starts {place} at offset {offset}"))?;
    }
    if made.topics.is_empty() && made.offsets.is_empty() {
        tell("nothing to do: all topics and start offsets are there")?;
    }
    Ok(0)
}

fn verify(meant: &Meant) -> Result<u8> {
    let findings = admin::verify(&settings(meant)?, &plan(meant, None))?;
    if let Some(registry) = decode::registry(meant)? {
        let standings = registry.verify(&meant.kafka.application_id)?;
        for ((table, _), standing) in RECORD_SCHEMAS.iter().zip(standings) {
            let topic = topic_name(&meant.kafka.application_id, table);
            match standing {
                Standing::Registered(id) => tell(&format!("schema of {topic}: id {id}"))?,
                Standing::Welcome => tell(&format!("schema of {topic}: not there yet, and fits"))?,
            }
        }
    }
    for finding in &findings {
        tell(&finding.to_string())?;
    }
    let errors = findings.iter().filter(|finding| finding.is_error).count();
    if errors > 0 {
        tell(&format!("the service must not start: {errors} errors"))?;
        return Ok(WRONG);
    }
    tell("all topics and groups are as the service needs them")?;
    Ok(0)
}

/// What keeps the service from starting.
pub fn errors(meant: &Meant) -> Result<Vec<Finding>> {
    let mut findings = admin::verify(&settings(meant)?, &plan(meant, None))?;
    findings.retain(|finding| finding.is_error);
    Ok(findings)
}

//! All records wait in the topic when the service starts: how much it takes in.

use crate::deployment::{Deployment, PARTITIONS, SOURCE, Service};
use crate::figures::Figures;
use crate::metrics::Metrics;
use crate::process;
use anyhow::{Context, Result};
use benches::table::grouped;
use jiff::Timestamp;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use simulator::workload::yardstick::{YardstickOptions, yardstick};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// What stands in the topic.
pub struct Written {
    /// Records.
    pub records: u64,
    /// The event time of the last one.
    pub last_at: Timestamp,
}

/// Writes the yardstick into the source topic, each record under its customer's id.
pub fn write(deployment: &Deployment, contacts: u64) -> Result<Written> {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", deployment.servers())
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        .create()?;
    let mut job = yardstick(YardstickOptions {
        contacts,
        customers: contacts.div_ceil(4),
        ..YardstickOptions::default()
    });
    let (mut records, mut line) = (0, String::with_capacity(512));
    let mut last_at = String::new();
    while job.write_next(&mut line) {
        let key = text_behind(&line, "\"customer_id\",\"value\":\"").context("a customer")?;
        send(&producer, key, &line);
        let at = text_behind(&line, "\"occurred_at\":\"").context("a time")?;
        at.clone_into(&mut last_at);
        records += 1;
        line.clear();
    }
    producer.flush(Duration::from_secs(60))?;
    let last_at = last_at.parse()?;
    Ok(Written { records, last_at })
}

/// Hands a record to a producer, when it has room.
pub fn send(producer: &BaseProducer, key: &str, value: &str) {
    while producer
        .send(BaseRecord::to(SOURCE).key(key).payload(value))
        .is_err()
    {
        producer.poll(Duration::from_millis(10));
    }
}

fn text_behind<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    let (_, behind) = line.split_once(start)?;
    Some(behind.split_once('"')?.0)
}

/// The reference: the same topic, only read, decoded and counted, on one thread beside librdkafka's.
/// Returns records a CPU-second.
pub fn reference(deployment: &Deployment, written: &Written) -> Result<f64> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", deployment.servers())
        .set("group.id", "reference")
        .set("enable.auto.commit", "false")
        .create()?;
    let mut all = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        all.add_partition_offset(SOURCE, partition.cast_signed(), Offset::Beginning)?;
    }
    let own = std::process::id();
    let before = process::cpu(own);
    consumer.assign(&all)?;
    let mut counted = 0;
    while counted < written.records {
        let Some(message) = consumer.poll(Duration::from_secs(1)) else {
            continue;
        };
        black_box(canonical::decode_json(
            message?.payload().unwrap_or_default(),
        ));
        counted += 1;
    }
    let cpu = process::cpu(own).saturating_sub(before);
    Ok(counted as f64 / cpu.as_secs_f64().max(0.01))
}

/// What the service had used at an instant.
struct Mark {
    at: Instant,
    cpu: Duration,
    broker_cpu: Duration,
}

impl Mark {
    fn now(deployment: &Deployment, service: &Service) -> Mark {
        Mark {
            at: Instant::now(),
            cpu: process::cpu(service.pid()),
            broker_cpu: process::cpu(deployment.broker.pid()),
        }
    }
}

/// Starts the service on the full topic, and waits until nothing waits any more.
pub fn measure(
    deployment: &Deployment,
    written: &Written,
    reference: f64,
    figures: &mut Figures,
) -> Result<Service> {
    let broker_before = process::cpu(deployment.broker.pid());
    let mut service = deployment.run("a")?;
    let (until_ready, _) = service.wait_for_tasks()?;
    // Until figures say that nothing waits, a second or two pass in which nothing is done: the end
    // is where the counters last moved. While a stage is busy its figures stand still, but not its
    // processor time.
    let mut end = Mark::now(deployment, &service);
    let mut before = 0.0;
    let mut cpu_before = Duration::ZERO;
    let mut quiet = 0;
    service.wait("it lags", Duration::from_millis(100), |service| {
        let metrics = service.metrics()?;
        let is_quiet = metrics.sum("ricochet_records_read_total") >= written.records as f64
            && metrics.sum("ricochet_lag_records") == 0.0;
        let done = progress(&metrics);
        if done > before {
            (before, end) = (done, Mark::now(deployment, service));
        }
        let cpu = process::cpu(service.pid());
        let is_busy = cpu.saturating_sub(cpu_before) > Duration::from_millis(50);
        cpu_before = cpu;
        quiet = if is_quiet && !is_busy { quiet + 1 } else { 0 };
        Ok(quiet >= 15)
    })?;
    let wall = end.at.duration_since(service.began_at);
    let metrics = service.metrics()?;
    let records = written.records as f64;
    let a_cpu_second = records / end.cpu.as_secs_f64();
    let broker_cpu = end.broker_cpu.saturating_sub(broker_before);
    figures.head("saturation: all records wait when the service starts");
    figures.add("records", grouped(written.records));
    figures.add(
        "records a CPU-second of the service",
        grouped(a_cpu_second as u64),
    );
    figures.add(
        "only read, decode and count, a CPU-second",
        grouped(reference as u64),
    );
    figures.add(
        "reference / service",
        format!("{:.1}×", reference / a_cpu_second),
    );
    figures.add("wall", format!("{:.1} s", wall.as_secs_f64()));
    figures.add(
        "of it until all tasks ran",
        format!("{:.1} s", until_ready.as_secs_f64()),
    );
    let per_second = records / wall.saturating_sub(until_ready).as_secs_f64();
    figures.add("records a second, from then on", grouped(per_second as u64));
    figures.add(
        "CPU of the service",
        format!("{:.1} s", end.cpu.as_secs_f64()),
    );
    figures.add(
        "CPU of the broker",
        format!("{:.1} s", broker_cpu.as_secs_f64()),
    );
    let mib = process::memory_max_mib(service.pid());
    figures.add("most memory", format!("{} MiB", grouped(mib)));
    of_metrics(&metrics, records, wall, figures);
    threads(service.pid(), &BTreeMap::new(), figures);
    Ok(service)
}

/// Processor time of a process by thread, since an earlier look at it.
pub fn threads(pid: u32, before: &BTreeMap<String, Duration>, figures: &mut Figures) {
    let now = process::cpu_by_thread(pid).into_iter();
    let mut threads: Vec<(String, Duration)> = now
        .map(|(name, cpu)| {
            let earlier = before.get(&name).copied().unwrap_or_default();
            (name, cpu.saturating_sub(earlier))
        })
        .collect();
    threads.sort_by_key(|(_, cpu)| std::cmp::Reverse(*cpu));
    for (name, cpu) in threads.iter().filter(|(_, cpu)| cpu.as_millis() >= 100) {
        let figure = format!("{:.1} s", cpu.as_secs_f64());
        figures.add(&format!("CPU of threads {name}"), figure);
    }
}

/// A number that rises as long as records are being worked on. Clocks are sent for ever.
fn progress(metrics: &Metrics) -> f64 {
    let sent = metrics.by("ricochet_records_sent_total", "topic");
    let rows = sent.iter().filter(|(topic, _)| !is_inner(topic));
    metrics.sum("ricochet_records_read_total") + rows.map(|(_, count)| count).sum::<f64>()
}

fn is_inner(topic: &str) -> bool {
    topic.starts_with("by_") || topic.starts_with("changelog")
}

/// Commits of each stage between two looks at the metrics.
pub fn commits(after: &Metrics, before: &Metrics, wall: Duration, figures: &mut Figures) {
    let between = |name: &str| -> BTreeMap<String, f64> {
        let before = before.by(name, "stage");
        let after = after.by(name, "stage").into_iter();
        let rest = |stage: &str| before.get(stage).copied().unwrap_or(0.0);
        after
            .map(|(stage, value)| (stage.clone(), value - rest(&stage)))
            .collect()
    };
    let took = between("ricochet_commit_duration_seconds_sum");
    for (stage, count) in between("ricochet_commit_duration_seconds_count") {
        let mean_ms = took.get(&stage).copied().unwrap_or(0.0) * 1_000.0 / count.max(1.0);
        let a_second = count / wall.as_secs_f64();
        let figure = format!("{a_second:.1} a second, {mean_ms:.1} ms each");
        figures.add(&format!("commits of {stage}"), figure);
    }
}

fn of_metrics(metrics: &Metrics, records: f64, wall: Duration, figures: &mut Figures) {
    let seconds = wall.as_secs_f64();
    let bytes = metrics.by("ricochet_changelog_bytes_total", "stage");
    let all: f64 = bytes.values().sum();
    figures.add("changelog bytes a record", format!("{:.0}", all / records));
    for (stage, bytes) in bytes {
        figures.add(&format!("  {stage}"), format!("{:.0}", bytes / records));
    }
    commits(metrics, &Metrics::default(), wall, figures);
    let clocks = metrics.sum("ricochet_clocks_sent_total");
    figures.add("clocks sent", format!("{:.1} a second", clocks / seconds));
    for (topic, count) in metrics.by("ricochet_records_sent_total", "topic") {
        let each = count / records;
        let figure = format!("{} ({each:.2} a record)", grouped(count as u64));
        figures.add(&format!("sent: {topic}"), figure);
    }
    for stage in ["door", "contacts", "handles", "customers"] {
        let keys = metrics.sum_where("ricochet_state_keys", "stage", stage);
        let bytes = metrics.sum_where("ricochet_state_bytes", "stage", stage);
        let figure = format!("{} keys, {:.1} MB", grouped(keys as u64), bytes / 1e6);
        figures.add(&format!("state: {stage}"), figure);
    }
}

//! A process ends and another takes over, from nothing but the topics.

use crate::deployment::{APPLICATION, Deployment, PARTITIONS, Service};
use crate::figures::Figures;
use crate::process;
use anyhow::Result;
use benches::table::grouped;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::time::{Duration, Instant};

/// Ends the service in an orderly way and starts it under another name; kills that one and starts it
/// again under the same name.
pub fn measure(deployment: &Deployment, first: Service, figures: &mut Figures) -> Result<()> {
    let ends = changelog_ends(deployment)?;
    let asked_at = Instant::now();
    first.stop()?;
    let ended_after = asked_at.elapsed();
    figures.head("restore: from the end of one process until all tasks run in the next");
    figures.add(
        "ended within, when asked to",
        format!("{} ms", ended_after.as_millis()),
    );
    figures.add("records in the changelogs", grouped(ends));
    let second = begin(
        deployment,
        "b",
        figures,
        "another name, after an orderly end",
    )?;
    drop(second);
    begin(deployment, "b", figures, "the same name, after kill -9")?;
    Ok(())
}

fn begin(
    deployment: &Deployment,
    instance: &str,
    figures: &mut Figures,
    name: &str,
) -> Result<Service> {
    let mut service = deployment.run(instance)?;
    let (wall, cpu) = service.wait_for_tasks()?;
    let metrics = service.metrics()?;
    let keys = metrics.sum("ricochet_state_keys");
    let bytes = metrics.sum("ricochet_state_bytes");
    figures.add(
        name,
        format!(
            "{:.1} s, {:.1} CPU-s; {} keys, {:.0} MB; {:.1} CPU-s a million keys",
            wall.as_secs_f64(),
            cpu.as_secs_f64(),
            grouped(keys as u64),
            bytes / 1e6,
            cpu.as_secs_f64() * 1e6 / keys.max(1.0)
        ),
    );
    let mib = process::memory_max_mib(service.pid());
    figures.add("  its most memory", format!("{} MiB", grouped(mib)));
    Ok(service)
}

/// Records in the changelogs, marks of transactions included.
fn changelog_ends(deployment: &Deployment) -> Result<u64> {
    let reader: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", deployment.servers())
        .create()?;
    let mut records = 0;
    for stage in ["door", "contacts", "handles", "customers"] {
        let topic = format!("{APPLICATION}.changelog.{stage}");
        for partition in 0..PARTITIONS.cast_signed() {
            let wait = Duration::from_secs(30);
            let (start, end) = reader.fetch_watermarks(&topic, partition, wait)?;
            records += end.saturating_sub(start).unsigned_abs();
        }
    }
    Ok(records)
}

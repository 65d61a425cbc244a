//! `ricochet run` and `ricochet topics`: the engine as a service on Apache Kafka.
//!
//! Each stage of the process has a thread of its own with a consumer, a producer and its tasks. What
//! goes wrong outside (a broker that is away, another process that took over) ends neither the
//! thread nor the process: the stage is made anew, and says in the log and in its readiness why.

mod decode;
mod encode;
mod erase;
mod life;
mod topics;

pub use erase::erase;
pub use topics::topics;

use crate::args::{LogFormat, Run, RunStage};
use crate::intake::load;
use anyhow::{Context, Result, bail};
use model::Text;
use settings::{Identifiers, Meant};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use telemetry::http::Server;
use telemetry::{Format, Labels, Metrics, Slots};
use worker::service::StageName;

/// The whole process ends this long after it was asked to, whatever still hangs.
const END_WITHIN: Duration = Duration::from_secs(25);

/// Runs the stages until the process is asked to end.
pub fn run(arguments: &Run) -> Result<u8> {
    let meant = load(&arguments.config)?;
    let stages = stages(arguments.stage);
    refuse(&meant)?;
    topics::settings(&meant)?;
    let format = match arguments.log_format {
        LogFormat::Text => Format::Text,
        LogFormat::Json => Format::Json,
    };
    telemetry::logs(format, &arguments.log).context("--log")?;
    for note in &meant.notes {
        tracing::warn!("{note}");
    }
    if stages.is_empty() {
        tracing::warn!("--stage: this one has nothing to do in this release; waiting for the end");
    }
    let draw = || unreachable!("a service without a secret was refused");
    let engine = meant.lasting_engine(draw)?;
    let registry = decode::registry(&meant)?;
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || asked.store(true, Ordering::SeqCst))
        .context("signals could not be listened to")?;
    let slots = Arc::new(Slots::new(stages.iter().map(|stage| stage.name())));
    let http = serve(&meant, &slots)?;
    let life = life::Life {
        meant: &meant,
        engine: &engine,
        registry: registry.as_ref(),
        slots: &slots,
        stop: &stop,
        looked_at: Mutex::default(),
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = stages
            .iter()
            .map(|stage| {
                let life = &life;
                std::thread::Builder::new()
                    .name(stage.name().into())
                    .spawn_scoped(scope, move || life.live(*stage))
            })
            .collect::<Result<_, _>>()
            .context("a thread could not be started")?;
        while !stop.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(50));
        }
        tracing::info!("asked to end: committing what is open");
        let asked_at = Instant::now();
        while threads.iter().any(|thread| !thread.is_finished()) {
            if asked_at.elapsed() > END_WITHIN {
                // What is open is aborted by the broker, and done again by whoever takes over.
                tracing::warn!("a stage did not end in time: its open transaction is left");
                std::process::exit(0);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok::<(), anyhow::Error>(())
    })?;
    if let Some(http) = http {
        http.stop();
    }
    tracing::info!("ended");
    Ok(0)
}

/// Lets operators see metrics and health, where that is configured.
fn serve(meant: &Meant, slots: &Arc<Slots>) -> Result<Option<Server>> {
    let Some(http) = &meant.http else {
        return Ok(None);
    };
    let metrics = Metrics::new(Arc::clone(slots), labels(meant), env!("CARGO_PKG_VERSION"));
    let server = telemetry::http::serve(http.listen, http.token_file.as_deref(), metrics, slots)?;
    tracing::info!("metrics and health on http://{}", server.address());
    Ok(Some(server))
}

/// The words of the configuration that metrics may say.
fn labels(meant: &Meant) -> Labels {
    let mut sources: Vec<Text> = meant
        .sources
        .all()
        .map(|source| source.name.clone())
        .collect();
    sources.extend(meant.kafka.topics.iter().map(|topic| topic.source.clone()));
    sources.sort_unstable();
    sources.dedup();
    let readings = meant.customers.readings.list.iter();
    let policies = meant.customers.policies.iter().map(|policy| &policy.name);
    let rules = meant.customers.rules.current().map(|rule| &rule.name);
    Labels {
        sources,
        readings: readings.map(|reading| reading.name.clone()).collect(),
        policies: policies.chain(rules).cloned().collect(),
    }
}

/// The stages that a process runs. The monitor and the board have nothing to do in this release.
fn stages(asked: RunStage) -> Vec<StageName> {
    match asked {
        RunStage::All => StageName::ALL.to_vec(),
        RunStage::Door => vec![StageName::Door],
        RunStage::Contacts => vec![StageName::Contacts],
        RunStage::Handles => vec![StageName::Handles],
        RunStage::Customers => vec![StageName::Customers],
        RunStage::Monitor | RunStage::Board => Vec::new(),
    }
}

/// What a service cannot work with.
fn refuse(meant: &Meant) -> Result<()> {
    match &meant.identifiers {
        Identifiers::Plain => bail!(
            "identity.pseudonymise: found false; a service replaces every identifier by a hash: \
             leave it out, and give identity.secret_file"
        ),
        Identifiers::Drawn => bail!(
            "identity.secret_file: missing; a service needs the same secret at every start, in a \
             file of lines `version:hex`, at least 32 bytes each: `openssl rand -hex 32` makes one"
        ),
        Identifiers::FromFile { .. } => {}
    }
    if meant.kafka.topics.is_empty() {
        bail!("kafka.topics: no source topic is configured; add [kafka.topics.\"NAME\"]");
    }
    Ok(())
}

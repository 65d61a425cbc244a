//! The service on a real broker, from end to end:
//! `service --ricochet FILE [--contacts N] [--rate N] [--seconds N] [--midnight N] [--config FILE]`.
//!
//! A broker, a schema registry, the service and what measures them share this machine. `ricochet`
//! is run as an operator runs it and seen as an operator sees it: by its metrics, its topics, and
//! what the system says of the process. Nothing is asserted about time.

mod deployment;
mod figures;
mod latency;
mod metrics;
mod midnight;
mod process;
mod restore;
mod saturation;

use anyhow::{Context, Result, bail};
use deployment::Deployment;
use figures::Figures;
use simulator::workload::yardstick::yardstick_config;
use std::path::PathBuf;
use testbed::Broker;

/// The allocator of `ricochet` itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "usage: service --ricochet FILE [--contacts N] [--rate N] [--seconds N] \
                     [--midnight N] [--config FILE]";

/// The yardstick's latest events are over by then.
const BEHIND_MS: i64 = 20 * 60_000;

struct Arguments {
    ricochet: PathBuf,
    contacts: u64,
    rate: u64,
    seconds: u64,
    midnight: u64,
    config: Option<PathBuf>,
}

fn arguments() -> Result<Arguments> {
    let mut arguments = Arguments {
        ricochet: PathBuf::new(),
        contacts: 200_000,
        rate: 10_000,
        seconds: 30,
        midnight: 100_000,
        config: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().context(USAGE)?;
        let number = value.parse::<u64>().ok().filter(|number| *number > 0);
        match word.as_str() {
            "--ricochet" => arguments.ricochet = value.into(),
            "--config" => arguments.config = Some(value.into()),
            "--contacts" => arguments.contacts = number.context(USAGE)?,
            "--rate" => arguments.rate = number.context(USAGE)?,
            "--midnight" => arguments.midnight = number.context(USAGE)?,
            "--seconds" => arguments.seconds = number.context(USAGE)?,
            _ => bail!(USAGE),
        }
    }
    Ok(arguments)
}

fn main() -> Result<()> {
    let arguments = arguments()?;
    if !Broker::is_possible() {
        return Ok(());
    }
    let mut figures = Figures::default();
    let cores = std::thread::available_parallelism()?;
    say("starting a broker and a schema registry");
    let config = match &arguments.config {
        Some(path) => std::fs::read_to_string(path).context("--config")?,
        None => yardstick_config().to_owned(),
    };
    let deployment = Deployment::start(&arguments.ricochet, config)?;
    figures.head("machine");
    figures.add(
        "cores, for broker, registry, service and this",
        cores.to_string(),
    );
    figures.add("outputs", deployment.outputs());
    say(&format!(
        "writing the events of {} contacts",
        arguments.contacts
    ));
    let written = saturation::write(&deployment, arguments.contacts)?;
    say("only reading, decoding and counting them");
    let reference = saturation::reference(&deployment, &written)?;
    say("saturation");
    let mut service = saturation::measure(&deployment, &written, reference, &mut figures)?;
    say("latency");
    let pace = latency::Pace {
        rate: arguments.rate,
        seconds: arguments.seconds,
        customers: arguments.contacts.div_ceil(4),
        from_ms: written.last_at.as_millisecond() + BEHIND_MS,
        first_number: 0,
    };
    let read = latency::measure(
        &deployment,
        &mut service,
        written.records,
        pace,
        &mut figures,
    )?;
    say("midnight");
    let (now_ms, due) = (pace.until_ms(), arguments.midnight);
    midnight::measure(
        &deployment,
        &mut service,
        (read, now_ms),
        (due, pace),
        &mut figures,
    )?;
    say("restore");
    restore::measure(&deployment, service, &mut figures)?;
    figures.print();
    Ok(())
}

fn say(line: &str) {
    eprintln!("· {line}");
}

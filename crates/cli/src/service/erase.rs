//! `ricochet erase`: asks the running service to forget somebody, and waits until it has.

use crate::OUTSIDE;
use crate::args::Erase;
use crate::intake::load;
use crate::report::say;
use crate::service::{refuse, topics};
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressDrawTarget};
use kafka::admin::{Asking, ask};
use model::{Identifier, Millis, Text};
use serde_json::Value;
use settings::Meant;
use stage_door::{Clocks, Door};
use std::collections::BTreeSet;
use std::io::{IsTerminal, Read};
use std::time::Duration;
use worker::service::{ERASURES, Erasure, topic_name};

/// No identifier is longer, in bytes.
const IDENTIFIER_BYTES_MAX: u64 = 4_096;

/// What stands in the record that confirms an erasure.
struct Confirmation {
    at_ms: i64,
    with_them: u64,
    /// Of contacts, of handles, of customers.
    tasks: [u64; 3],
    is_deleted: bool,
}

impl Confirmation {
    fn read(value: &[u8]) -> Option<Confirmation> {
        let value: Value = serde_json::from_slice(value).ok()?;
        let tasks = |stage: &str| value["tasks"][stage].as_u64();
        Some(Confirmation {
            at_ms: value["at_ms"].as_i64()?,
            with_them: value["with_them"].as_u64()?,
            tasks: [tasks("contacts")?, tasks("handles")?, tasks("customers")?],
            is_deleted: value["deleted_between_stages"].as_bool()?,
        })
    }
}

/// Asks for an erasure and waits for its confirmation.
pub fn erase(arguments: &Erase) -> Result<u8> {
    let meant = load(&arguments.config)?;
    refuse(&meant)?;
    let draw = || unreachable!("a service without a secret was refused");
    let engine = meant.engine(draw, None, None)?;
    let identifier = identifier(&engine.door, &arguments.kind)?;
    let now = Millis(jiff::Timestamp::now().as_millisecond());
    let erasure = Erasure::of(&engine.door, BTreeSet::from([identifier]), now);
    let topic = topic_name(&meant.kafka.application_id, ERASURES);
    let asking = Asking {
        topic: &topic,
        key: &erasure.key,
        value: &erasure.value,
        within: Duration::from_secs(arguments.wait),
    };
    let progress = Progress::new();
    let mut answers = 0;
    let is_it = |key: &str, value: Option<&[u8]>| -> Option<Confirmation> {
        answers += u64::from(key.starts_with("answer/") && value.is_some());
        progress.tell(answers);
        let is_ours = erasure.confirmed.iter().any(|ours| ours == key);
        let confirmed = Confirmation::read(value.filter(|_| is_ours)?)?;
        (confirmed.at_ms >= now.0).then_some(confirmed)
    };
    let confirmed = ask(&topics::settings(&meant)?, &asking, is_it)?;
    progress.0.finish_and_clear();
    let Some(confirmed) = confirmed else {
        eprintln!(
            "ricochet: no confirmation within {} s. The request stands and will be carried out once \
             the service runs; ask again with the same command to wait for it",
            arguments.wait
        );
        return Ok(OUTSIDE);
    };
    tell(&meant, &confirmed)
}

fn tell(meant: &Meant, confirmed: &Confirmation) -> Result<u8> {
    let [contacts, handles, customers] = &confirmed.tasks;
    let handles_with_it = match confirmed.with_them {
        0 => String::new(),
        1 => ", with 1 handle or device of this customer alone".to_owned(),
        many => format!(", with {many} handles and devices of this customer alone"),
    };
    let at = jiff::Timestamp::from_millisecond(confirmed.at_ms).unwrap_or_default();
    say(&format!(
        "erased{handles_with_it}: what was said up to {at} is forgotten by {contacts} tasks of \
         contacts, {handles} of handles and {customers} of customers\n"
    ))?;
    if !confirmed.is_deleted {
        eprintln!(
            "ricochet: note: the records between stages could not be deleted (the right `Delete` on \
             {}.by_*); they go after 7 days",
            meant.kafka.application_id
        );
    }
    Ok(0)
}

/// The identifier on standard input, as it leaves the door. No message repeats it.
fn identifier(door: &Door, kind: &str) -> Result<Text> {
    let settings = door.settings();
    let types = settings.unique.iter().chain(&settings.handles);
    let types: Vec<&str> = types.map(Text::as_str).collect();
    if !types.contains(&kind) && kind != "device" {
        bail!("--type: found `{kind}`; allowed: {}", types.join(", "));
    }
    if std::io::stdin().is_terminal() {
        eprintln!("ricochet: the identifier, then Enter and Ctrl-D:");
    }
    let mut text = String::new();
    std::io::stdin()
        .take(IDENTIFIER_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .context("standard input: the identifier could not be read")?;
    let text = text.trim();
    if text.is_empty() {
        bail!("standard input: expected the identifier, found nothing");
    }
    if text.lines().count() > 1 || text.len() as u64 > IDENTIFIER_BYTES_MAX {
        bail!("standard input: expected one identifier on one line");
    }
    let raw = Identifier {
        kind: kind.into(),
        value: text.into(),
        verified: false,
    };
    match door.identifier(&raw, &mut Clocks::default()) {
        Some(identifier) => Ok(identifier.text()),
        None => bail!(
            "standard input: the identifier means nobody: it is empty, or blocked by [identity] block"
        ),
    }
}

/// How many tasks have answered, on a terminal only.
struct Progress(ProgressBar);

impl Progress {
    fn new() -> Progress {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.enable_steady_tick(Duration::from_millis(200));
        bar.set_message("waiting for the service");
        Progress(bar)
    }

    fn tell(&self, answers: u64) {
        self.0.set_message(format!("{answers} tasks have answered"));
    }
}

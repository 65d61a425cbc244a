//! The fault campaign: the service on the simulated broker, under everything that goes wrong, against
//! the oracle record by record.
//!
//! A seed draws a history, a configuration, and a schedule of crashes, pauses, rebalances, aborts and
//! unknown outcomes. After everything was read and decided, a reader of committed records has to see
//! what the oracle computes from the same records: nothing lost, nothing twice.

mod figures;
mod plan;
mod process;
mod results;
mod sources;
mod world;

#[cfg(test)]
mod tests;

use crate::broker::{Broker, Flaws, Limits};
use crate::campaign::Difference;
use crate::workload::dice::Dice;
use model::Millis;
use plan::Plan;
use results::Results;
use settings::Loaded;
use sources::{Expected, Sources};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use tables::Names;
use worker::service::{
    BY_CONTACT, SourceSettings, Sources as DoorSources, messages_of, topic_name,
};
use world::{Setting, World};

/// What a campaign leaves out, to see that it would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// The broker refuses no former producer and no former member.
    Fencing,
    /// Offsets are committed beside the transaction, and so whatever the group says.
    TransactionalOffsets,
    /// A restore reads up to the last stable offset, and does not wait for open transactions.
    FullRestores,
    /// An unknown outcome is taken for an abort, and what is committed is not read.
    Resyncs,
    /// What may still change is let go of.
    Retention,
}

impl Without {
    /// All of them.
    pub const ALL: [Without; 5] = [
        Without::Fencing,
        Without::TransactionalOffsets,
        Without::FullRestores,
        Without::Resyncs,
        Without::Retention,
    ];

    /// Its word on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Without::Fencing => "fencing",
            Without::TransactionalOffsets => "transactional-offsets",
            Without::FullRestores => "full-restores",
            Without::Resyncs => "resyncs",
            Without::Retention => "retention",
        }
    }
}

/// What a seed showed.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How often what happened.
    pub occurred: BTreeMap<&'static str, u64>,
    /// Rows that were compared.
    pub rows: u64,
    /// Every difference from the oracle.
    pub differences: Vec<Difference>,
    /// Everything else that is not as it has to be.
    pub broken: Vec<String>,
}

impl Outcome {
    /// Whether everything is as it has to be.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.differences.is_empty() && self.broken.is_empty()
    }
}

/// Of 1,000 seeds, in how many each of these has to occur, or the campaign proves too little.
pub const MINIMUM_PER_THOUSAND: &[(&str, u64)] = &[
    ("commit aborted", 900),
    ("commit of a former generation", 300),
    ("commit of a former member", 100),
    ("unknown: committed", 600),
    ("unknown: not committed", 600),
    ("unknown: committed late or never", 600),
    ("fenced", 350),
    ("transaction timed out", 500),
    ("session timed out", 500),
    ("restore behind an open transaction", 300),
    ("tell lost", 900),
    ("tell doubled", 900),
    ("tell late", 900),
    ("decoded later", 700),
    ("process added", 600),
    ("process ended", 350),
    ("process replaced while it stood still", 400),
    ("process gave way to its successor", 300),
    ("changelog compacted", 400),
    ("crash: between calls", 500),
    ("crash: before a commit", 350),
    ("crash: between offsets and commit", 350),
    ("crash: after a commit", 300),
    ("crash: before a release", 20),
    ("crash: before a renewal", 150),
    ("pause: longer than a transaction", 500),
    ("pause: longer than a session", 500),
    ("pause: before a commit", 400),
    ("pause: between offsets and commit", 400),
    ("pause: after a commit", 400),
    ("pause: before a release", 20),
    ("counted exactly", 50),
    ("erased, and delivered again", 200),
    ("offsets forgotten", 60),
    ("idle night", 400),
    ("time ran apart", 300),
    ("source fell silent", 350),
    ("absence held back", 200),
    ("absence told", 200),
    ("source spoke again", 200),
    ("long history", 70),
    ("keys let go", 70),
];

/// How long a contact stays open at most: a mail without an answer.
const LONGEST_OPEN_MS: i64 = 30 * 24 * 3_600_000;
/// The built-in rules that miss something. While a source is silent they are held back, and what was
/// told of them before stays as it is; the oracle, for which everything was read, does not know of
/// silence.
const ABSENCES: &[&str] = &[
    "payment-without-confirmation",
    "mail-unanswered",
    "mail-chased",
    "gave-up",
    "sent-to-web-and-lost",
    "appointment-missed",
    "promise-broken",
];

/// Steps until nothing goes wrong any more, whether or not everything was read.
const STORM_STEPS_MAX: u64 = 40_000;
/// Steps after which it is given up that everything will be decided.
const CALM_STEPS_MAX: u64 = 400_000;
/// Between two looks at whether everything is read or decided.
const LOOK_EVERY: u64 = 50;
/// In the end, steps between two silences. One of them goes by in any case: what was read last has
/// then been followed by silence in every partition, and absences are proved.
const LEAP_EVERY: u64 = 4_000;
/// So long nothing happens once everything was read: longer than what is waited for.
const SILENCE_MS: i64 = 200 * 24 * 3_600_000;

/// Runs a seed's history under faults and compares what readers see with the oracle.
///
/// # Errors
/// A history that cannot be run at all, which is a bug of the generator.
pub fn run_seed(seed: u64, without: Option<Without>) -> Result<Outcome, String> {
    let mut dice = Dice::new(seed, 21);
    let mut plan = Plan::draw(&mut dice);
    if without == Some(Without::Retention) {
        plan = plan.lasting(&mut dice);
    }
    let sources = Sources::draw(seed, &plan, &mut dice);
    let expected = sources.expected()?;
    let loaded = Loaded::from_text(&sources.config, "campaign");
    let meant = loaded.map_err(|error| error.to_string())?.meant();
    let mut meant = meant.map_err(|problems| problems.to_string())?;
    if without == Some(Without::Retention) {
        meant.changes_ms -= meant.handles.reach_ms + LONGEST_OPEN_MS;
        meant.retention_ms = meant.changes_ms;
    }
    let engine = if plan.is_lasting {
        meant.lasting_engine(|| vec![7; 32])
    } else {
        // Its records come in any order, however old.
        meant.engine(|| vec![7; 32], None, None)
    };
    let mut engine = engine.map_err(|error| error.to_string())?;
    engine.customers = engine.customers.counting(Arc::new(meant.figures()));
    // In the end everybody says nothing for long. Where that is silence, absences are held back.
    let falls_silent = seed % 5 < 3;
    let of_source = |source: &settings::Source| source_settings(source, falls_silent);
    let named = |source: &settings::Source| (source.name.clone(), of_source(source));
    let topics = sources.topics.iter();
    let setting = Setting {
        engine: &engine,
        names: Rc::new(Names::of(&meant)),
        sources: Arc::new(DoorSources {
            of_topic: topics
                .map(|(topic, _)| (topic.clone(), "default".into()))
                .collect(),
            named: meant.sources.named.iter().map(named).collect(),
            rest: of_source(&meant.sources.rest),
            calendar: meant.customers.calendar.clone(),
        }),
        plan: plan.clone(),
        flaws: Flaws {
            offsets_outside: without == Some(Without::TransactionalOffsets),
            restore_to_stable: without == Some(Without::FullRestores),
            unknown_as_aborted: without == Some(Without::Resyncs),
        },
        topics: sources.topics.clone(),
    };
    let limits = Limits {
        fencing: without != Some(Without::Fencing),
        transaction_timeout_ms: plan.transaction_timeout_ms,
        ..Limits::default()
    };
    let end = sources.end;
    let world = World::new(seed, setting, limits, sources);
    let settled = drive(&world, end, &plan);
    Ok(judge(&world, &expected, &plan, settled))
}

fn source_settings(source: &settings::Source, falls_silent: bool) -> SourceSettings {
    SourceSettings {
        lateness_ms: source.lateness_ms,
        silence_max_ms: match falls_silent {
            true => source.silence_max_ms,
            false => i64::MAX,
        },
        brings: source.brings,
    }
}

/// Lets everything go wrong until everything is read, then everything be decided.
///
/// # Errors
/// Not everything was decided in the end.
fn drive(world: &World<'_>, end: Millis, plan: &Plan) -> Result<(), String> {
    chapter(world, end, plan)?;
    while world.go_on() {
        chapter(world, end, plan)?;
    }
    Ok(())
}

/// The same, of what the sources bring now.
fn chapter(world: &World<'_>, end: Millis, plan: &Plan) -> Result<(), String> {
    let mut steps = 0;
    while steps % LOOK_EVERY > 0 || !world.is_read() {
        world.step();
        steps += 1;
        if steps == STORM_STEPS_MAX {
            world.calm();
        }
        if steps > STORM_STEPS_MAX + CALM_STEPS_MAX {
            return Err("not everything was read".into());
        }
    }
    world.leap(SILENCE_MS);
    (0..plan.steps_after).for_each(|_| world.step());
    world.calm();
    let mut waited = LEAP_EVERY * 3 / 4;
    for steps in 0..CALM_STEPS_MAX {
        let is_looked = steps >= LEAP_EVERY / 2 && steps % LOOK_EVERY == 0 && world.is_through();
        if is_looked && world.waits_for(end).is_none() && !(plan.is_lasting && world.keeps_keys()) {
            return Ok(());
        }
        // A door that was restarted in the silence counts it from its start.
        waited += 1;
        if waited >= LEAP_EVERY && !world.restores() {
            world.leap(SILENCE_MS);
            waited = 0;
        }
        world.step();
    }
    let why = world.waits_for(end).unwrap_or_default();
    if plan.is_lasting && world.keeps_keys() {
        return Err("there are keys left, long after the last record".into());
    }
    let through = if world.is_through() {
        ""
    } else {
        "something is not read; "
    };
    Err(format!("not everything was decided: {through}{why}"))
}

fn judge(
    world: &World<'_>,
    expected: &Expected,
    plan: &Plan,
    settled: Result<(), String>,
) -> Outcome {
    let broker = world.broker.borrow();
    let mut results = Results::read(&broker);
    results.tables.adopt_summary(&expected.tables);
    let mut expected_tables = expected.tables.clone();
    results.compare_samples(&mut expected_tables, plan);
    let [raised, withdrawn] = results.silences;
    let (mut held_back, mut told) = (0, 0);
    if raised > 0 {
        held_back = expected_tables.excuse(&mut results.tables, ABSENCES);
    } else {
        told = expected_tables.count_rules(ABSENCES);
    }
    let mut outcome = Outcome {
        rows: results.tables.len() + results.dead_letters.len() as u64,
        differences: expected_tables.differences(&results.tables, true),
        broken: settled.err().into_iter().collect(),
        occurred: world.schedule.borrow().occurred.clone(),
    };
    let (transactions, sessions) = broker.timed_out;
    if plan.is_lasting {
        outcome.occurred.insert("long history", 1);
        outcome.occurred.insert("keys let go", world.let_go());
    }
    outcome
        .occurred
        .insert("transaction timed out", transactions);
    outcome.occurred.insert("session timed out", sessions);
    outcome.occurred.insert("absence held back", held_back);
    outcome.occurred.insert("absence told", told);
    outcome.occurred.insert("source fell silent", raised);
    outcome.occurred.insert("source spoke again", withdrawn);
    outcome.broken.append(&mut results.broken);
    let stopped = world.stopped.borrow();
    let stopped = stopped
        .iter()
        .map(|(task, why)| format!("{task} stopped: {why}"));
    outcome.broken.extend(stopped);
    let misused = outcome.occurred.iter();
    let misused = misused.filter(|(what, _)| what.starts_with("misuse"));
    outcome
        .broken
        .extend(misused.map(|(what, times)| format!("{what}, {times} times")));
    compare_dead_letters(expected, &results, &mut outcome.broken);
    compare_messages(expected, &broker, &mut outcome.broken);
    if plan.erasures > 0 {
        outcome.occurred.insert("erased, and delivered again", 1);
    }
    if plan.is_countable {
        outcome.occurred.insert("counted exactly", 1);
        compare_counts(expected, plan, world, &mut outcome.broken);
    }
    outcome
}

fn compare_dead_letters(expected: &Expected, results: &Results, broken: &mut Vec<String>) {
    let found = &results.dead_letters;
    let places = expected.dead_letters.keys();
    let places = places.chain(
        found
            .keys()
            .filter(|place| !expected.dead_letters.contains_key(*place)),
    );
    for place in places {
        let wanted = expected.dead_letters.get(place).copied();
        let got = found.get(place).map(String::as_str);
        if wanted != got {
            broken.push(format!(
                "dead letter {place}: the oracle says {wanted:?}, found {got:?}"
            ));
        }
    }
}

/// Whatever was counted and forgotten: every record that was let in has gone on, new or known, and
/// once.
fn compare_messages(expected: &Expected, broker: &Broker, broken: &mut Vec<String>) {
    let topic = topic_name(world::APPLICATION, BY_CONTACT);
    let records = broker.committed_records(&topic);
    let deleted = broker.logs().filter(|(place, _)| place.topic == topic);
    let deleted = deleted.flat_map(|(_, log)| log.deleted());
    let values = records
        .iter()
        .filter_map(|(_, record)| record.value.as_deref());
    let values = values.chain(deleted.map(Vec::as_slice));
    let messages = values.map(messages_of).sum::<usize>() as u64;
    let figure = expected.summary.get("decoded");
    let decoded = figure.and_then(serde_json::Value::as_u64).unwrap_or(0);
    if messages != decoded {
        broken.push(format!(
            "{decoded} records were let in, and {messages} have gone on"
        ));
    }
}

/// Where nothing that was counted is lost, all processes together have counted what the oracle does.
fn compare_counts(expected: &Expected, plan: &Plan, world: &World<'_>, broken: &mut Vec<String>) {
    let counts = world.counts();
    let empty = expected
        .dead_letters
        .values()
        .filter(|why| **why == "empty");
    let empty = empty.count() as u64;
    let figure = |name: &str| {
        expected
            .summary
            .get(name)
            .and_then(serde_json::Value::as_u64)
    };
    let pairs = [
        ("read", Some(counts.read - empty)),
        ("decoded", Some(counts.decoded)),
        ("new", Some(counts.new)),
        ("duplicates", Some(counts.duplicates)),
        ("conflicting", Some(counts.conflicting)),
    ];
    // What is said after an erasure contradicts only what was left.
    let is_told = |name: &str| plan.erasures == 0 || !matches!(name, "duplicates" | "conflicting");
    for (name, counted) in pairs.into_iter().filter(|(name, _)| is_told(name)) {
        if figure(name) != counted {
            broken.push(format!(
                "{name}: the oracle says {:?}, all processes together counted {counted:?}",
                figure(name)
            ));
        }
    }
    if !counts.equations_hold() {
        broken.push(format!(
            "an equation of bad input does not hold: {counts:?}"
        ));
    }
}

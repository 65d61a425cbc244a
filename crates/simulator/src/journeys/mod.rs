//! Random journey rules on random customers: the matcher against the brute force of the oracle.

mod customer;
mod engine;
mod typed;

use std::collections::BTreeMap;

use crate::oracle::journeys as brute;
use crate::oracle::{World, config};
use crate::seeds::Judged;
use crate::workload::dice::Dice;

/// The configuration of all cases: a clock change lies in the days in which customers come.
const CONFIG: &str = "tenant = \"acme\"\ntime_zone = \"Europe/Paris\"\nreason_depth = 2\n\
                      week = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]\n\
                      holidays = [\"2026-10-26\"]\n";
/// Working week and holiday of [`CONFIG`], for the engine.
const HOLIDAY: &str = "2026-10-26";
/// Levels of a reason that [`CONFIG`] compares.
const REASON_DEPTH: usize = 2;

/// What occurs at least once in so many of a thousand seeds, or the comparison shows too little.
pub const MINIMUM_PER_THOUSAND: &[(&str, u64)] = &[
    ("broken", 500),
    ("broken with an absence", 150),
    ("fulfilled by what turned up", 150),
    ("fulfilled by time", 300),
    ("open until an instant", 200),
    ("open for an unknown time", 200),
    ("held back", 20),
    ("counted entry", 50),
    ("contact looked at again", 30),
    ("until another step", 50),
    ("several anchors", 50),
    ("an absence as anchor", 30),
    ("the built-in library", 150),
    ("a long list", 20),
];

/// Runs one seed: random rules, or the library, on random customers at random times.
///
/// # Errors
/// The oracle does not understand its configuration: a mistake of this program.
pub fn run_seed(seed: u64) -> Result<Judged, String> {
    let mut dice = Dice::new(seed, 0x6a6f);
    let world = World {
        config: config::read(CONFIG)?,
        end_of_time: 0,
        incomplete: 0,
    };
    let scopes = scopes();
    let mut judged = Judged::default();
    let is_library = dice.percent(25);
    let text = if is_library {
        judged.occurred.insert("the built-in library", 1);
        rules::journeys::BUILT_IN.to_string()
    } else {
        let mut text = String::new();
        for _ in 0..dice.between(1, 4) {
            text.push_str(&typed::rule(&mut dice));
        }
        text
    };
    let set = engine::rules(&text)?;
    let own = brute::read(&[&text])?;
    for _ in 0..4 {
        let customer = customer::customer(&mut dice, is_library);
        let clocks = customer::clocks(&mut dice);
        let mut expected = brute::entries(&own, &customer, &scopes, &clocks, &world);
        let mut found = engine::entries(&set, &customer, &clocks);
        expected.sort();
        found.sort();
        judged.rows += expected.len() as u64;
        count(
            &mut judged.occurred,
            &expected,
            &own,
            customer.contacts.len(),
        );
        let missing = expected.iter().filter(|entry| !found.contains(entry));
        let extra = found.iter().filter(|entry| !expected.contains(entry));
        let missing = missing.map(|entry| format!("oracle only: {entry:?}"));
        let extra = extra.map(|entry| format!("engine only: {entry:?}"));
        let wrong: Vec<String> = missing.chain(extra).collect();
        if !wrong.is_empty() && judged.story.is_empty() {
            judged.story = text.lines().map(str::to_string).collect();
            judged.story.push(format!("{clocks:?}"));
            let contacts = customer.contacts.iter().map(|one| format!("{one:?}"));
            judged.story.extend(contacts);
            let signals = customer.signals.iter().map(|one| format!("{one:?}"));
            judged.story.extend(signals);
        }
        judged.wrong.extend(wrong);
    }
    Ok(judged)
}

/// Scopes, by whose names channels are given.
fn scopes() -> BTreeMap<String, Vec<String>> {
    let scope = |name: &str, channels: &[&str]| {
        let channels = channels.iter().map(|channel| (*channel).to_string());
        (name.to_string(), channels.collect())
    };
    BTreeMap::from([
        scope("assisted", &config::CHANNELS[..4]),
        scope("all", &config::CHANNELS),
        scope("written", &["chat", "email"]),
    ])
}

/// What occurred.
fn count(
    occurred: &mut BTreeMap<&'static str, u64>,
    entries: &[brute::Entry],
    rules: &[brute::Rule],
    contacts: usize,
) {
    let mut add = |what: &'static str, is_so: bool| {
        *occurred.entry(what).or_default() += u64::from(is_so);
    };
    add("a long list", contacts > 60);
    for entry in entries {
        let rule = rules.iter().find(|rule| rule.name == entry.rule);
        let Some(rule) = rule else { continue };
        let steps = || rule.steps.iter().zip(&entry.steps);
        let state = entry.state.as_str();
        let is_broken = state.starts_with("broken");
        let by = state
            .rsplit(" by ")
            .next()
            .and_then(|place| place.parse::<usize>().ok());
        let by_absence = by.is_some_and(|place| rule.steps.get(place).is_some_and(|step| step.not));
        let is_fulfilled = state.starts_with("fulfilled");
        add("broken", is_broken && rule.steps.len() > 1);
        add(
            "broken with an absence",
            is_broken && steps().any(|(step, _)| step.not),
        );
        add("fulfilled by what turned up", is_fulfilled && by_absence);
        add("fulfilled by time", is_fulfilled && !by_absence);
        add("open until an instant", state.starts_with("open until"));
        add("open for an unknown time", state == "open");
        add("held back", state.starts_with("held back"));
        add("counted entry", rule.steps[0].count.is_some());
        let again = |(step, label): (&brute::Step, &String)| {
            step.same.iter().any(|what| what == "contact") && *label == entry.steps[0]
        };
        add("contact looked at again", steps().any(again));
        add(
            "until another step",
            steps().any(|(step, _)| step.until.is_some()),
        );
        add(
            "several anchors",
            steps().any(|(step, _)| step.of.len() > 1),
        );
        let on_absence = |step: &brute::Step| step.of.iter().any(|of| rule.steps[*of].not);
        add(
            "an absence as anchor",
            steps().any(|(step, _)| on_absence(step)),
        );
    }
}

//! What the rules and policies of a configuration would have said on a history.
//!
//! Only what they need is computed: no tables, no figures, no reading that no policy looks at; and no
//! alert is kept but ten of each, those with the least ids, which are hashes: so they are picked as if
//! by chance, and by the same chance every time.

use super::{MEMORY_BYTES, refused};
use crate::args::{Check, ProgressWhen};
use crate::entry::Entries;
use crate::intake::{Inputs, IntoHistory};
use crate::interrupt;
use crate::report::{self, grouped, percent, say};
use anyhow::{Result, bail};
use model::{Alert, Channel, Journey, Millis, Now, Text};
use rules::nearest::did_you_mean;
use settings::Meant;
use stage_customers::{Customers, Settings, State};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;
use worker::History;

/// Alerts that are shown of each rule and policy.
const EXAMPLES: usize = 10;
/// Other rules and policies that are named beside one that they overlap with.
const OTHERS_NAMED: usize = 3;

/// What one rule or policy said.
#[derive(Default)]
struct Said {
    alerts: u64,
    /// Of these, those of customers of whom another one spoke in the same stretch of time.
    overlapping: u64,
    /// By whom.
    others: BTreeMap<Text, u64>,
    /// By id.
    examples: BTreeMap<Text, Vec<String>>,
}

impl Said {
    /// Whether something with this id would be among the examples.
    fn wants(&self, id: &Text) -> bool {
        self.examples.len() < EXAMPLES
            || self
                .examples
                .last_key_value()
                .is_some_and(|(last, _)| id < last)
    }

    fn show(&mut self, id: &Text, lines: Vec<String>) {
        self.examples.insert(id.clone(), lines);
        if self.examples.len() > EXAMPLES {
            self.examples.pop_last();
        }
    }
}

/// What all of them said.
#[derive(Default)]
struct All {
    said: BTreeMap<Text, Said>,
    first_at: Option<Millis>,
}

/// Something that was raised: by whom, its id, and the stretch of the customer's time that it is about.
struct Raised<'a> {
    name: &'a Text,
    id: &'a Text,
    from: Millis,
    to: Millis,
    alert: Option<&'a Alert>,
}

impl<'a> Raised<'a> {
    fn of_alert(alert: &'a Alert) -> Raised<'a> {
        Raised {
            name: &alert.policy,
            id: &alert.alert_id,
            from: alert.event_at.minus(alert.gap_ms),
            to: alert.event_at,
            alert: Some(alert),
        }
    }

    fn of_journey(journey: &'a Journey) -> Raised<'a> {
        Raised {
            name: &journey.rule,
            id: &journey.entry_id,
            from: journey.entered_at,
            to: journey.decided_at,
            alert: None,
        }
    }
}

/// By name, the stretches of what was raised, in order of their beginnings, each with the latest end
/// up to it: so that a customer of thousands of alerts is looked through in a moment.
struct Stretches<'a>(BTreeMap<&'a Text, Vec<(Millis, Millis)>>);

impl<'a> Stretches<'a> {
    fn of(raised: &[Raised<'a>]) -> Stretches<'a> {
        let mut all: BTreeMap<&Text, Vec<(Millis, Millis)>> = BTreeMap::new();
        for one in raised {
            all.entry(one.name).or_default().push((one.from, one.to));
        }
        for stretches in all.values_mut() {
            stretches.sort_unstable();
            let mut latest = Millis::MIN;
            for (_, to) in stretches {
                latest = latest.max(*to);
                *to = latest;
            }
        }
        Stretches(all)
    }

    /// Who else spoke of the same stretch of time.
    fn others(&self, one: &Raised<'_>) -> impl Iterator<Item = &'a Text> {
        let meets = |stretches: &[(Millis, Millis)]| {
            let begun = stretches.partition_point(|(from, _)| *from <= one.to);
            begun > 0 && stretches[begun - 1].1 >= one.from
        };
        let others = self.0.iter().filter(|(name, _)| **name != one.name);
        others
            .filter(move |(_, stretches)| meets(stretches))
            .map(|(name, _)| *name)
    }
}

/// Settings with the readings that policies look at, and one if they look at none.
fn needed(settings: &Settings) -> Settings {
    let mut settings = settings.clone();
    let all = std::mem::take(&mut settings.readings.list);
    let mut kept: Vec<usize> = settings
        .policies
        .iter()
        .map(|policy| policy.reading)
        .collect();
    if kept.is_empty() {
        kept.push(settings.readings.headline);
    }
    kept.sort_unstable();
    kept.dedup();
    let place = |reading: usize| kept.iter().position(|kept| *kept == reading);
    for policy in &mut settings.policies {
        policy.reading = place(policy.reading).expect("what a policy looks at is kept");
    }
    settings.readings.headline = place(settings.readings.headline).unwrap_or(0);
    settings.readings.list = kept.iter().map(|reading| all[*reading].clone()).collect();
    settings
}

/// Refuses names that nothing has.
pub(super) fn known(meant: &Meant, only: &[String]) -> Result<()> {
    let rules = meant
        .customers
        .rules
        .current()
        .map(|rule| rule.name.as_str());
    let policies = meant
        .customers
        .policies
        .iter()
        .map(|policy| policy.name.as_str());
    let names: Vec<&str> = rules.chain(policies).collect();
    for name in only {
        if !names.contains(&name.as_str()) {
            let near = did_you_mean(name, names.iter().copied());
            let names = names.join(", ");
            bail!("--only {name}: no rule or policy is called so; allowed: {names}{near}");
        }
    }
    Ok(())
}

/// Runs the rules and policies over a history and says what they would have told.
pub fn run(check: &Check, paths: &[PathBuf]) -> Result<()> {
    let started = Instant::now();
    let mut inputs = Inputs::open(&check.config, paths, None)?;
    inputs.engine.customers = Customers::new(needed(&inputs.meant.customers));
    let inputs = inputs;
    let folder = interrupt::scratch()?;
    let history = History::new(&inputs.engine, folder.path(), MEMORY_BYTES);
    let (read, shown) = inputs.read(ProgressWhen::Auto, || IntoHistory(history.feed()))?;
    let asked = Asked {
        meant: &inputs.meant,
        only: &check.only,
        stage: &inputs.engine.customers,
        all: Mutex::default(),
    };
    let show = |progress: worker::Progress| shown.stage(progress.stage, progress.done, progress.of);
    let visit = |key: &str, state: &State, now: &Now| asked.hear(key, state, now);
    let (counts, now) = history.each_customer(None, &show, &visit)?;
    shown.finish();
    let Asked { all, .. } = asked;
    let all = all.into_inner().expect("no thread panics with it");
    let days = report::days(all.first_at, now).max(1.0);
    tell!(
        "\nAgainst {days:.0} days of history, {} contacts, in {:.1} s",
        grouped(counts.contacts_seen),
        started.elapsed().as_secs_f64()
    );
    tell(&inputs.meant, &check.only, all.said, days)?;
    refused(&inputs, &read)
}

/// What is asked of every customer.
struct Asked<'a> {
    meant: &'a Meant,
    only: &'a [String],
    stage: &'a Customers,
    all: Mutex<All>,
}

/// Whether something is told of in full: what is named, or, where nothing is, what the tenant wrote.
fn is_tried(meant: &Meant, only: &[String], name: &str) -> bool {
    if !only.is_empty() {
        return only.iter().any(|tried| tried == name);
    }
    let mut rules = meant.customers.rules.current();
    !rules.any(|rule| rule.built_in && rule.name == name)
}

impl Asked<'_> {
    fn hear(&self, key: &str, state: &State, now: &Now) {
        let (alerts, journeys) = self.stage.raised(key, state, now);
        let raised = alerts.iter().map(Raised::of_alert);
        let raised: Vec<_> = raised
            .chain(journeys.iter().map(Raised::of_journey))
            .collect();
        let (first_at, stretches) = (state.first_at(), Stretches::of(&raised));
        let mut all = self.all.lock().expect("no thread panics with it");
        all.first_at = match (all.first_at, first_at) {
            (Some(first), Some(other)) => Some(first.min(other)),
            (first, other) => first.or(other),
        };
        for one in &raised {
            if !all.said.contains_key(one.name) {
                all.said.insert(one.name.clone(), Said::default());
            }
            let said = all.said.get_mut(one.name).expect("it was just put in");
            said.alerts += 1;
            let mut is_alone = true;
            for other in stretches.others(one) {
                is_alone = false;
                *said.others.entry(other.clone()).or_default() += 1;
            }
            said.overlapping += u64::from(!is_alone);
            if is_tried(self.meant, self.only, one.name) && said.wants(one.id) {
                said.show(one.id, self.story(one, key, state, now));
            }
        }
    }

    /// An alert as a story.
    fn story(&self, one: &Raised<'_>, key: &str, state: &State, now: &Now) -> Vec<String> {
        if let Some(alert) = one.alert {
            return vec![example(self.meant, alert)];
        }
        let traces = self.stage.traces(key, state, now, |id| id == one.id);
        let is_broken = |state: &_| matches!(state, rules::journeys::State::Broken { .. });
        let mut traces = traces.iter().filter(|trace| is_broken(&trace.state));
        let mut lines = vec![key.to_owned()];
        if let Some(entry) = traces.next() {
            let of_entry = Entries::of(self.meant).lines(entry);
            lines.extend(of_entry.into_iter().skip(1));
        }
        lines
    }
}

fn tell(meant: &Meant, only: &[String], mut all: BTreeMap<Text, Said>, days: f64) -> Result<()> {
    let policies = meant.customers.policies.iter();
    let policies = policies.map(|policy| (&policy.name, policy.version, "alerts"));
    let rules = meant.customers.rules.current();
    let rules = rules.map(|rule| (&rule.name, rule.version, "broken journeys"));
    for (name, version, what) in policies.chain(rules) {
        if !only.is_empty() && !is_tried(meant, only, name) {
            continue;
        }
        let said = all.remove(name).unwrap_or_default();
        let a_day = said.alerts as f64 / days;
        tell!(
            "  {name} (version {version}): {} {what}, {a_day:.1} a day{}",
            grouped(said.alerts),
            overlap(&said)
        );
        for lines in said.examples.values() {
            for line in lines {
                tell!("    {line}");
            }
        }
    }
    if only.is_empty() {
        tell!("`--only NAME` shows examples of one of the built-in rules.");
    }
    Ok(())
}

/// How many of the customers were spoken of anyway, and by what.
fn overlap(said: &Said) -> String {
    if said.overlapping == 0 {
        return String::new();
    }
    let share = percent(Some(said.overlapping as f64 / said.alerts as f64));
    let mut others: Vec<(&Text, &u64)> = said.others.iter().collect();
    others.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
    let named = others.iter().take(OTHERS_NAMED);
    let named: Vec<String> = named
        .map(|(name, count)| format!("{name} {}", grouped(**count)))
        .collect();
    format!(
        "; {share} of them overlap with others: {}",
        named.join(", ")
    )
}

fn example(meant: &Meant, alert: &Alert) -> String {
    let zone = meant.customers.calendar.zone();
    let at = crate::story::local(zone, alert.event_at);
    let channel = Channel::name(alert.contact.channel);
    let gap = settings::duration_text(alert.gap_ms / 60_000 * 60_000);
    format!(
        "{at}  {channel} {} of {}: contact number {} in the window, {gap} after {}; {}",
        alert.contact.contact_id,
        alert.customer,
        alert.count,
        alert.prior_contact_id,
        alert.channels.join(" → "),
    )
}

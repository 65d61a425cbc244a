//! Tells broken journeys while they happen: the first of each rule, then not more than can be read.

use super::teller::{Budget, Counts};
use super::view::View;
use super::words;
use crate::screen::{ACT, CALM, Screen};
use model::{AlertStatus, Journey, Millis, Text};
use stage_customers::Output;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Result, Write};

/// Journeys that are told in a minute of the reader's, beside the alerts.
const TOLD_PER_MINUTE: f64 = 2.0;
/// Rules that are named with their numbers each hour.
const RULES_NAMED: usize = 3;
/// Room for the time at the left.
const INDENT: usize = 7;

/// Tells broken journeys.
pub struct Journeys {
    budget: Budget,
    /// Ids of those that stand.
    standing: BTreeSet<Text>,
    /// Those that were told in full, with the time.
    shown: BTreeMap<Text, Millis>,
    /// Standing journeys of the day, by rule.
    by_rule: BTreeMap<Text, u64>,
    rules_told: BTreeSet<Text>,
    counts: Counts,
}

impl Journeys {
    /// Nothing was told yet. `speed`: seconds of the day for each second of the reader's. Journeys
    /// that stand already are not told again.
    pub fn new(speed: f64, now: Millis, standing: &BTreeMap<Text, Journey>) -> Journeys {
        let standing = standing.values();
        let standing = standing.filter(|journey| journey.status != AlertStatus::Withdrawn);
        Journeys {
            budget: Budget::new(speed, TOLD_PER_MINUTE, now),
            standing: standing.map(|journey| journey.entry_id.clone()).collect(),
            shown: BTreeMap::new(),
            by_rule: BTreeMap::new(),
            rules_told: BTreeSet::new(),
            counts: Counts::default(),
        }
    }

    /// Tells what customers told just now.
    pub fn hear<W: Write>(
        &mut self,
        told: &[Output],
        now: Millis,
        view: View<'_>,
        screen: &mut Screen<W>,
    ) -> Result<()> {
        for output in told {
            if let Output::Journey(journey, _) = output {
                self.one(journey, now, view, screen)?;
            }
        }
        Ok(())
    }

    fn one<W: Write>(
        &mut self,
        journey: &Journey,
        now: Millis,
        view: View<'_>,
        screen: &mut Screen<W>,
    ) -> Result<()> {
        let id = &journey.entry_id;
        if journey.status == AlertStatus::Withdrawn {
            if self.standing.remove(id) {
                self.counts.withdrawn += 1;
                if let Some(count) = self.by_rule.get_mut(&journey.rule) {
                    *count = count.saturating_sub(1);
                }
            }
            return match self.shown.remove(id) {
                Some(told_at) => withdrawn(journey, told_at, now, view, screen),
                None => Ok(()),
            };
        }
        if !self.standing.insert(id.clone()) {
            return Ok(());
        }
        self.counts.raised += 1;
        *self.by_rule.entry(journey.rule.clone()).or_default() += 1;
        let is_first = self.rules_told.insert(journey.rule.clone());
        if is_first || self.budget.spend(now) {
            self.counts.told += 1;
            self.shown.insert(id.clone(), now);
            block(journey, now, view, screen)?;
        }
        Ok(())
    }

    /// What broke today: `12 today: 3 told here, 9 only counted; 1 withdrawn again; most: ...`.
    pub fn text(&self) -> String {
        let Counts {
            raised,
            told,
            withdrawn,
        } = self.counts;
        let mut most: Vec<(&Text, &u64)> = self.by_rule.iter().collect();
        most.retain(|(_, count)| **count > 0);
        most.sort_by_key(|(rule, count)| (std::cmp::Reverse(**count), (*rule).clone()));
        let most = most.iter().take(RULES_NAMED);
        let most: Vec<String> = most
            .map(|(rule, count)| format!("{rule} {count}"))
            .collect();
        let most = match most.is_empty() {
            true => String::new(),
            false => format!("; most: {}", most.join(", ")),
        };
        format!(
            "{raised} broken today: {told} told here, {} only counted; {withdrawn} withdrawn \
             again{most}",
            raised - told
        )
    }
}

/// A journey in full: what broke, whose, and what each step was.
fn block<W: Write>(
    journey: &Journey,
    now: Millis,
    view: View<'_>,
    screen: &mut Screen<W>,
) -> Result<()> {
    let rules = &view.meant.customers.rules;
    let Some(rule) = rules.find(&journey.rule, journey.version) else {
        return Ok(());
    };
    screen.blank()?;
    let text = format!(
        "{}  {ACT}✗ {}{CALM} [{}]",
        words::clock(view.zone(), now),
        rule.title.en,
        rule.name
    );
    screen.line(&text, INDENT)?;
    let cost = journey.cost.map_or("cost not known".to_owned(), |cost| {
        format!("{} spent so far", words::money(cost, &view.meant.currency))
    });
    let customer = words::customer(&journey.customer);
    screen.line(&format!("{:INDENT$}{customer} · {cost}", ""), INDENT)?;
    let contacts = view.contacts_of(&journey.customer);
    for (step, id) in rule.steps.iter().zip(&journey.step_ids) {
        let found = contacts
            .iter()
            .find(|result| result.contact.contact_id == *id);
        let what = match (found, id.is_empty()) {
            (Some(result), _) => view.row(result),
            (None, true) if step.absent => "nothing came".to_owned(),
            (None, true) => "not needed".to_owned(),
            (None, false) => "a signal".to_owned(),
        };
        let text = format!("{:INDENT$}{:<12} {}", "", step.name, what.trim_end());
        screen.line(&text, INDENT + 2)?;
    }
    screen.blank()?;
    screen.flush()
}

fn withdrawn<W: Write>(
    journey: &Journey,
    told_at: Millis,
    now: Millis,
    view: View<'_>,
    screen: &mut Screen<W>,
) -> Result<()> {
    let text = format!(
        "{}  ↺ withdrawn: the journey of {} [{}] (cause: {})",
        words::clock(view.zone(), now),
        words::clock(view.zone(), told_at),
        journey.rule,
        journey.cause.replace('_', " "),
    );
    screen.line(&text, INDENT)
}

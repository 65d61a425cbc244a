//! What is told while a story happens.

use crate::rows::{self, Row};
use crate::times;
use crate::ways::Run;
use crate::words::{self, Words};
use model::Millis;
use stage_customers::Output;
use std::collections::BTreeMap;
use worker::{Live, Partitions};

/// Everything that was told, in order, each line with the time that had come.
pub(crate) fn sequence(run: &Run, restart: bool, twice: bool) -> String {
    words::finish(&heard(run, None, (restart, twice)))
}

/// What was told of one journey rule, in order, each line with the time that had come.
pub(crate) fn journeys(run: &Run, rule: &str, restart: bool, twice: bool) -> Vec<String> {
    heard(run, Some(rule), (restart, twice))
}

/// A broken journey that stands in the end.
pub(crate) fn settled_journey(run: &Run, row: &Row) -> String {
    let text = |column: &str| row[column].as_str().unwrap_or_default().to_string();
    let ids = row["step_ids"].as_array().into_iter().flatten();
    let ids: Vec<&str> = ids.map(|id| id.as_str().unwrap_or_default()).collect();
    let time = |column: &str| rows::millis(&row[column]).unwrap_or_default();
    let decided_at = times::words(time("decided_at"), &run.story.zone);
    let what = journey(run, &text("rule"), &text("customer"), &ids);
    format!("in the end\t{what}, decided {decided_at}")
}

/// Whose journey it is, and what its steps were.
fn journey(run: &Run, rule: &str, customer: &str, ids: &[&str]) -> String {
    let rules = run.meant.customers.rules.current();
    let steps = { rules }.find(|known| known.name == rule);
    let steps = steps.into_iter().flat_map(|rule| &rule.steps);
    let named = steps.zip(ids).map(|(step, id)| match *id {
        "" => format!("{} -", step.name),
        id => format!("{} {id}", step.name),
    });
    let named: Vec<String> = named.collect();
    format!("{}: {}", words::customer(customer), named.join(", "))
}

/// What is heard of everything but journeys, or of one journey rule alone.
fn heard(run: &Run, rule: Option<&str>, (restart, twice): (bool, bool)) -> Vec<String> {
    let mut live = Live::new(&run.engine, Partitions::ONE);
    let mut heard = Heard {
        run,
        rule,
        now: i64::MIN,
        last: BTreeMap::new(),
        lines: Vec::new(),
    };
    for (nth, line) in run.story.lines.iter().enumerate() {
        if let Some(at) = line.at {
            // Up to here nothing else has happened.
            heard.now = heard.now.max(at);
            heard.hear(live.advance(Millis(heard.now)));
        }
        for _ in 0..if twice { 2 } else { 1 } {
            if let Some(input) = run.inputs.iter().find(|input| input.line == nth) {
                live.offer(input.key.clone(), input.input.clone());
                heard.hear(live.drain());
                heard.now = heard.now.max(input.horizon);
                heard.hear(live.advance(Millis(heard.now)));
            }
        }
        if restart {
            live.restart().unwrap();
        }
    }
    heard.now = run.until();
    heard.hear(live.advance(Millis(heard.now)));
    heard.lines
}

struct Heard<'a> {
    run: &'a Run,
    rule: Option<&'a str>,
    now: i64,
    /// What was last told, by customer, contact and reading.
    last: BTreeMap<String, String>,
    lines: Vec<String>,
}

impl Heard<'_> {
    fn hear(&mut self, told: Vec<Output>) {
        if let Some(rule) = self.rule {
            return self.hear_journeys(rule, told);
        }
        let names = rows::names(&self.run.meant);
        let readings = rows::readings(&self.run.story, &self.run.meant);
        let words = Words {
            zone: &self.run.story.zone,
            show: &self.run.story.show,
        };
        for output in told {
            match output {
                Output::Contact(result, _) => {
                    let contact = rows::contact(&names, &result);
                    let of = words::customer(&result.customer);
                    for mut row in rows::verdicts(&names, &result) {
                        let name = words::reading_name(&row);
                        if !readings.contains(&name) {
                            continue;
                        }
                        let place = result.readings.iter().find(|reading| {
                            names.readings.list[usize::from(reading.reading)].name == name
                        });
                        let status = place.map_or("", |reading| reading.status.name());
                        row.insert("status".into(), "final".into());
                        let shown = words.contact(&contact);
                        let what = shown.split('\t').nth(3).unwrap_or_default().to_string();
                        let key = format!(
                            "{}:{} ({of})",
                            result.contact.channel.name(),
                            result.contact.contact_id
                        );
                        let reading = if readings.len() > 1 {
                            format!(" in {name}")
                        } else {
                            String::new()
                        };
                        let text = format!("{what}: {}, {status}", words.reading(&row));
                        self.say(
                            &format!("{}{reading} ({of})", result.contact.contact_id),
                            &key,
                            &text,
                            &result.cause,
                        );
                    }
                }
                Output::ContactGone { key, name, .. } => {
                    let of = words::customer(&key);
                    self.last.retain(|known, _| {
                        !known.ends_with(&format!(":{} ({of})", name.contact_id))
                    });
                    self.line(&format!("{} is {of}'s no more", name.contact_id));
                }
                Output::Alert(alert, _) => {
                    let row = rows::alert_row(&names, &alert);
                    let status = alert.status.name();
                    let cause = because(&alert.cause);
                    self.line(&format!("{} ({status}{cause})", words.alert(&row)));
                }
                Output::Session(_)
                | Output::SessionGone { .. }
                | Output::AlertGone { .. }
                | Output::Journey(..)
                | Output::JourneyGone { .. }
                | Output::Counted(_)
                | Output::Cut { .. } => {}
            }
        }
    }

    fn hear_journeys(&mut self, rule: &str, told: Vec<Output>) {
        for output in told {
            if let Output::Journey(told, _) = output
                && told.rule == rule
            {
                let ids: Vec<&str> = told.step_ids.iter().map(|id| id.as_str()).collect();
                let what = journey(self.run, rule, &told.customer, &ids);
                let (status, cause) = (told.status.name(), because(&told.cause));
                self.line(&format!("{what} ({status}{cause})"));
            }
        }
    }

    /// Says something of a contact if it was not the last that was said of it.
    fn say(&mut self, name: &str, key: &str, text: &str, cause: &str) {
        let key = format!("{name} {key}");
        if self.last.insert(key, text.to_string()).as_deref() != Some(text) {
            self.line(&format!("{name}\t{text}{}", because(cause)));
        }
    }

    fn line(&mut self, text: &str) {
        self.lines.push(format!(
            "{}\t{text}",
            times::words(self.now, &self.run.story.zone)
        ));
    }
}

fn because(cause: &str) -> String {
    match cause {
        "" => String::new(),
        cause => format!(" by {}", cause.replace('_', " ")),
    }
}

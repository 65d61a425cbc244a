//! What is told while a story happens.

use crate::rows;
use crate::times;
use crate::ways::Run;
use crate::words::{self, Words};
use model::Millis;
use stage_customers::Output;
use std::collections::BTreeMap;
use worker::{Live, Partitions};

/// Everything that was told, in order, each line with the time that had come.
pub(crate) fn sequence(run: &Run, restart: bool, twice: bool) -> String {
    let mut live = Live::new(&run.engine, Partitions::ONE);
    let mut heard = Heard {
        run,
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
    words::finish(&heard.lines)
}

struct Heard<'a> {
    run: &'a Run,
    now: i64,
    /// What was last told, by customer, contact and reading.
    last: BTreeMap<String, String>,
    lines: Vec<String>,
}

impl Heard<'_> {
    fn hear(&mut self, told: Vec<Output>) {
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
                | Output::Cut { .. } => {}
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

//! The records of a seed's history, as they lie in the source topics, and what they come to.

use super::figures;
use super::plan::Plan;
use crate::campaign::Tables;
use crate::oracle::{self, Chapter, DeadLetter, InputLine, Options};
use crate::workload::campaign::campaign;
use crate::workload::dice::Dice;
use crate::workload::lasting::lasting;
use crate::workload::{double, shuffle};
use model::{Millis, Text};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, VecDeque};
use worker::service::TopicPartition;

/// Histories end before this, what is due after them included; what is later is an impossible clock:
/// 2027-01-01T00:00:00Z.
pub(super) const RUN_START: Millis = Millis(1_798_761_600_000);
/// Before the names of the source topics, and so of the door's tasks.
pub(super) const PREFIX: &str = "source/";
const DAY_MS: i64 = 24 * 3_600_000;
/// By so long after the last record everything is decided: longer than any window and silence.
const DECIDED_AFTER_MS: i64 = 110 * DAY_MS;

/// A record on its way into a source topic.
pub(super) struct Placed {
    pub(super) place: TopicPartition,
    /// Without a value, if `None`.
    pub(super) json: Option<String>,
    /// Whether the log knows when it was produced.
    pub(super) is_dated: bool,
}

/// What the sources bring.
pub(super) struct Sources {
    pub(super) config: String,
    /// Names and numbers of partitions.
    pub(super) topics: Vec<(Text, u32)>,
    pub(super) placed: VecDeque<Placed>,
    /// What they bring once all that is read and decided: erasures, one by one, then all again.
    pub(super) later: VecDeque<VecDeque<Placed>>,
    /// Everything is decided, whoever's clock has come to this.
    pub(super) end: Millis,
}

/// What the oracle says of the same records.
pub(super) struct Expected {
    pub(super) tables: Tables,
    pub(super) summary: Map<String, Value>,
    /// By place, why.
    pub(super) dead_letters: BTreeMap<String, &'static str>,
}

impl Sources {
    pub(super) fn draw(seed: u64, plan: &Plan, dice: &mut Dice) -> Sources {
        let (config, records) = if plan.is_lasting {
            let history = lasting(seed);
            (history.config, history.records)
        } else {
            let history = campaign(seed);
            (patient(&history.config, dice), history.events)
        };
        let mut records = double(seed, &records, plan.doubled);
        if plan.shuffled {
            records = shuffle(seed, &records);
        }
        let last = records.iter().map(|record| record.arrives_at_ms).max();
        let topics: Vec<(Text, u32)> = ["calls", "pages", "mails"]
            .iter()
            .zip(&plan.source_partitions)
            .map(|(name, partitions)| (format!("{PREFIX}{name}").into(), *partitions))
            .collect();
        let mut placed = VecDeque::new();
        let mut late = VecDeque::new();
        let later = erasures(plan, &topics, &records, dice);
        for record in records {
            if plan.erasures > 0 && dice.percent(15) {
                // It comes for the first time once the erasures have been.
                late.push_back(record);
                continue;
            }
            if dice.percent(1) {
                placed.push_back(Placed {
                    place: place(&topics, dice),
                    json: dice.percent(50).then(String::new),
                    is_dated: true,
                });
            }
            placed.push_back(Placed {
                place: place(&topics, dice),
                json: Some(record.json),
                is_dated: dice.percent(90),
            });
        }
        let mut later: VecDeque<VecDeque<Placed>> = later;
        if plan.erasures > 0 {
            let again = placed.iter().map(|known| known.json.clone());
            let late = late.into_iter().map(|record| Some(record.json));
            let mut all: Vec<Option<String>> = again.chain(late).collect();
            dice.shuffle(&mut all);
            let all = all.into_iter().map(|json| Placed {
                place: place(&topics, dice),
                json,
                is_dated: true,
            });
            later.push_back(all.collect());
        }
        Sources {
            config,
            topics,
            placed,
            later,
            end: Millis(last.unwrap_or(RUN_START.0) + DECIDED_AFTER_MS),
        }
    }

    /// What the oracle says of these records.
    ///
    /// # Errors
    /// A configuration that it refuses.
    pub(super) fn expected(&self) -> Result<Expected, String> {
        let mut next: BTreeMap<TopicPartition, u64> = BTreeMap::new();
        let mut chapters = Vec::new();
        let mut dead_letters = BTreeMap::new();
        for all in std::iter::once(&self.placed).chain(&self.later) {
            let mut lines = Vec::new();
            for placed in all {
                let offset = next.entry(placed.place.clone()).or_default();
                match placed.json.as_deref() {
                    // The oracle passes over what says nothing; on a log it is rejected.
                    None | Some("") => {
                        dead_letters.insert(format!("{}/{offset}", placed.place), "empty");
                    }
                    Some(json) => lines.push(InputLine {
                        file: placed.place.to_string(),
                        line: *offset,
                        text: json.to_owned(),
                    }),
                }
                *offset += 1;
            }
            chapters.push(Chapter { lines });
        }
        let options = Options {
            until: Some(self.end.0),
            run_start: Some(RUN_START.0),
        };
        let settled = match chapters.as_slice() {
            [one] => oracle::settle(&self.config, &one.lines, options)?,
            all => oracle::settle_chapters(&self.config, all, options)?,
        };
        // A task shows every segment: which have most contacts only all of them know.
        let config = self.config.replace("values_max = ", "values_max = 1000");
        let (figures, samples) = oracle::figures_of(&config, &settled)?;
        let named =
            |DeadLetter { file, line, reason }: &DeadLetter| (format!("{file}/{line}"), *reason);
        dead_letters.extend(settled.dead_letters.iter().map(named));
        let summary = settled.summary.as_object().cloned().unwrap_or_default();
        let mut tables = Tables::of_oracle(settled);
        let figures = figures.into_iter().map(|row| row.into_iter().collect());
        let figures = figures.map(figures::without_shares).collect();
        tables.add_maps("figures", figures);
        tables.add_rows("samples", samples);
        Ok(Expected {
            tables,
            summary,
            dead_letters,
        })
    }
}

/// Records that ask for erasures of identifiers that the history names: each its own part.
fn erasures(
    plan: &Plan,
    topics: &[(Text, u32)],
    records: &[crate::workload::Record],
    dice: &mut Dice,
) -> VecDeque<VecDeque<Placed>> {
    let parsed: Vec<Value> = records
        .iter()
        .filter_map(|record| serde_json::from_str(&record.json).ok())
        .collect();
    let named: Vec<(&Value, &Value)> = parsed
        .iter()
        .filter_map(|record| Some((record, record["identifiers"].as_array()?)))
        .flat_map(|(record, all)| all.iter().map(move |one| (record, one)))
        .collect();
    let mut times: Vec<i64> = records.iter().map(|record| record.arrives_at_ms).collect();
    times.sort_unstable();
    let mut erasures = VecDeque::new();
    for number in 0..plan.erasures {
        if named.is_empty() {
            break;
        }
        let unique: Vec<&(&Value, &Value)> = named
            .iter()
            .filter(|(_, one)| one["type"] == "customer_id")
            .collect();
        let (_, one) = match unique.len() {
            0 => named[dice.index(named.len())],
            _ if dice.percent(40) => named[dice.index(named.len())],
            many => *unique[dice.index(many)],
        };
        // Up to some record's time, or up to the end of nearly all.
        let at = if dice.percent(50) {
            let place = records.len() - records.len().div_ceil(20);
            serde_json::json!(times[place])
        } else {
            named[dice.index(named.len())].0["occurred_at"].clone()
        };
        let mut identifiers = vec![one.clone()];
        if dice.percent(20) {
            identifiers.push(named[dice.index(named.len())].1.clone());
        }
        let json = serde_json::json!({
            "signal": "erase", "event_id": format!("erase-{number}"), "occurred_at": at,
            "identifiers": identifiers,
        });
        erasures.push_back(VecDeque::from([Placed {
            place: place(topics, dice),
            json: Some(json.to_string()),
            is_dated: true,
        }]));
    }
    erasures
}

fn place(topics: &[(Text, u32)], dice: &mut Dice) -> TopicPartition {
    let (topic, partitions) = &topics[dice.index(topics.len())];
    TopicPartition::new(topic, dice.below(u64::from(*partitions)) as u32)
}

/// What a source may be said to bring. It says when others wait for it, never what is true: what
/// comes from another source than was said is late, and revises.
const BRINGS: [&str; 4] = [
    "[\"phone\", \"chat\"]",
    "[\"email\", \"notified\", \"delivered\", \"bounced\"]",
    "[\"web\", \"ordered\"]",
    "[\"phone\", \"chat\", \"email\", \"video\", \"web\"]",
];

/// The configuration with sources so patient that nothing is too late: histories come in any order.
/// Some bring little, and some are hours late.
fn patient(config: &str, dice: &mut Dice) -> String {
    const ACCEPTANCE: &str = "acceptance = \"400d\"\n";
    let mut text = String::new();
    let mut sections = vec!["acd", "crm", "site", "default"];
    let mut more = |sections: &mut Vec<&str>, source: &str, text: &mut String| {
        sections.retain(|known| *known != source);
        text.push_str(ACCEPTANCE);
        if dice.percent(60) {
            text.push_str(&format!("brings = {}\n", dice.pick(&BRINGS)));
        }
        let silence_max = dice.pick(&["1min", "20min", "1d"]);
        text.push_str(&format!("silence_max = \"{silence_max}\"\n"));
    };
    for line in config.lines() {
        text.push_str(line);
        text.push('\n');
        if let Some(source) = line.strip_prefix("[sources.") {
            more(&mut sections, source.trim_end_matches(']'), &mut text);
        }
    }
    for source in sections.clone() {
        text.push_str(&format!("\n[sources.{source}]\n"));
        more(&mut sections, source, &mut text);
        if source != "default" {
            text.push_str("lateness = \"6h\"\n");
        }
    }
    text
}

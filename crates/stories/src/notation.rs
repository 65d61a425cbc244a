//! The notation of the stories, and the records that it stands for.
//!
//! ```text
//! the centre: America/Santiago                    its zone; Europe/Paris if nothing is said
//! readings: j+7 assisted any; 24h phone same      what is told; the headline if nothing is said
//! show: end, reason, cost                         more columns of the contacts
//! also: sessions, figures, roles                  more than contacts and alerts
//! config: mail_grace = "2h"                       a line of the configuration
//! ends: Fri 6 Mar 00:00                           nothing later is looked at (`--until`)
//! begins: Fri 6 Mar 00:00                         the run: nothing can have happened much later
//! arrival: live                                   what comes too late is not let in
//! Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, reason billing/payment
//! Mon 2 Mar 11:00  phone B offered, number 01 99 00 00 01
//! Mon 2 Mar 11:05  web - step help failed, device D1
//! Tue 3 Mar 09:00  later on: phone A corrected, customer C2
//! Tue 3 Mar 10:00  signal csat, of phone A, score 4
//! Fri 20 Mar 00:00 time passes
//! raw: {"channel": "fax"}
//! ```
//!
//! A line is a record: time, channel, contact id (`-`: none), what happened, facts. What happened is
//! a kind of event, or an outcome: then the line is the whole contact. Lines arrive in the order in
//! which they stand; one that stands after later ones is late. `corrected` says the latest record of
//! the contact again, with what is told now, at that time.

use crate::facts::{self, Context};
use crate::times;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

const KINDS: &[&str] = &[
    "contact",
    "qualified",
    "offered",
    "queued",
    "answered",
    "transferred",
    "ended",
    "started",
    "accepted",
    "message",
    "received",
    "sent",
    "closed",
    "scheduled",
    "invited",
    "joined",
    "dropped",
    "page_view",
    "step",
    "login",
    "whispered",
];

const OUTCOMES: &[&str] = &[
    "handled",
    "abandoned",
    "short",
    "contained",
    "unanswered",
    "failed",
];

/// A line of a story that something happens on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// The record; `None`: only time passes.
    pub record: Option<String>,
    /// The time at its beginning; `None` for a raw line.
    pub at: Option<i64>,
}

/// A story, read.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub zone: TimeZone,
    /// The configuration, as TOML.
    pub config: String,
    /// Readings that are told; empty: the headline alone.
    pub readings: Vec<String>,
    pub show: Vec<String>,
    pub also: Vec<String>,
    /// Nothing later is looked at.
    pub ends: Option<i64>,
    /// The run begins: nothing can have happened much later.
    pub begins: Option<i64>,
    /// Lateness acts.
    pub is_live: bool,
    pub lines: Vec<Line>,
}

impl Story {
    /// Reads a story; a mistake in it is a panic with the line.
    pub(crate) fn read(text: &str) -> Story {
        let mut reader = Reader::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            reader.line(line);
        }
        let zone_name = reader.zone_name;
        Story {
            config: format!(
                "tenant = \"acme\"\ntime_zone = \"{zone_name}\"\ncountry = \"FR\"\n{}",
                reader.config
            ),
            ..reader.story
        }
    }

    /// The records, each on its line.
    pub(crate) fn records(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(|line| line.record.as_deref())
    }

    /// The end of time: where the story lets time pass, if that is after everything told.
    pub(crate) fn until(&self, horizon: i64) -> i64 {
        let passes = self.lines.iter().filter(|line| line.record.is_none());
        let passed = passes.filter_map(|line| line.at).max();
        self.ends.unwrap_or(horizon.max(passed.unwrap_or(i64::MIN)))
    }
}

struct Reader {
    zone_name: String,
    config: String,
    story: Story,
    /// Every record so far.
    records: Vec<Map<String, Value>>,
}

impl Default for Reader {
    fn default() -> Self {
        let zone_name = "Europe/Paris".to_string();
        let story = Story {
            zone: TimeZone::get(&zone_name).unwrap(),
            config: String::new(),
            readings: Vec::new(),
            show: Vec::new(),
            also: Vec::new(),
            ends: None,
            begins: None,
            is_live: false,
            lines: Vec::new(),
        };
        Reader {
            zone_name,
            config: String::new(),
            story,
            records: Vec::new(),
        }
    }
}

impl Reader {
    fn line(&mut self, line: &str) {
        let setting = line
            .split_once(": ")
            .filter(|(name, _)| !name.contains("  "));
        match setting {
            Some(("the centre", zone)) => {
                self.zone_name = zone.to_string();
                self.story.zone = TimeZone::get(zone).unwrap();
            }
            Some(("readings", names)) => self.story.readings = list(names, ';'),
            Some(("show", names)) => self.story.show = list(names, ','),
            Some(("also", names)) => self.story.also = list(names, ','),
            Some(("config", toml)) => self.config.push_str(&format!("{toml}\n")),
            Some(("ends", time)) => self.story.ends = Some(self.time(time)),
            Some(("begins", time)) => self.story.begins = Some(self.time(time)),
            Some(("arrival", "live")) => self.story.is_live = true,
            Some(("raw", record)) => {
                let record = Some(record.to_string());
                self.story.lines.push(Line { record, at: None });
            }
            _ => self.happening(line),
        }
    }

    fn time(&self, text: &str) -> i64 {
        times::take(
            &mut text.split_whitespace().collect(),
            &self.story.zone,
            None,
        )
    }

    fn happening(&mut self, line: &str) {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let at = times::take(&mut words, &self.story.zone, None);
        let rest = words.join(" ");
        if rest == "time passes" {
            self.story.lines.push(Line {
                record: None,
                at: Some(at),
            });
            return;
        }
        let (is_later_on, rest) = match rest.strip_prefix("later on: ") {
            Some(rest) => (true, rest),
            None => (false, rest.as_str()),
        };
        let mut facts = rest.split(", ");
        let head: Vec<&str> = facts.next().unwrap_or_default().split(' ').collect();
        let mut record = match head[..] {
            ["signal", name] => self.signal(name, at),
            [channel, id, "corrected"] => self.corrected(channel, id, at),
            [channel, id, what, ref more @ ..] => self.event(channel, id, what, more, at),
            _ => panic!("`{line}`: a line says channel, contact id, what happened"),
        };
        if is_later_on && record.get("updated_at").is_none() {
            record.insert("updated_at".into(), json!(at));
        }
        let context = Context {
            zone: &self.story.zone,
            date: times::date(at, &self.story.zone),
        };
        for fact in facts {
            facts::add(&mut record, fact.trim(), &context);
        }
        let text = Value::Object(record.clone()).to_string();
        self.story.lines.push(Line {
            record: Some(text),
            at: Some(at),
        });
        self.records.push(record);
    }

    fn event_id(&self) -> String {
        format!("e{}", self.records.len() + 1)
    }

    fn event(
        &self,
        channel: &str,
        id: &str,
        what: &str,
        more: &[&str],
        at: i64,
    ) -> Map<String, Value> {
        let mut record = Map::new();
        record.insert("channel".into(), json!(channel));
        record.insert("event_id".into(), json!(self.event_id()));
        record.insert("occurred_at".into(), json!(at));
        if id != "-" {
            record.insert("contact_id".into(), json!(id));
        }
        if OUTCOMES.contains(&what) {
            record.insert("kind".into(), json!("contact"));
            record.insert("started_at".into(), json!(at));
            record.insert("outcome".into(), json!(what));
        } else {
            assert!(
                KINDS.contains(&what),
                "`{what}` is neither a kind nor an outcome"
            );
            record.insert("kind".into(), json!(what));
        }
        match (what, more) {
            (_, []) => {}
            ("step", [name]) => drop(record.insert("step".into(), json!(name))),
            ("step", [name, status]) => {
                record.insert("step".into(), json!(name));
                record.insert("step_status".into(), json!(status));
            }
            _ => panic!("`{what}` is followed by {more:?}"),
        }
        record
    }

    fn signal(&self, name: &str, at: i64) -> Map<String, Value> {
        let mut record = Map::new();
        record.insert("signal".into(), json!(name));
        record.insert("event_id".into(), json!(self.event_id()));
        record.insert("occurred_at".into(), json!(at));
        record
    }

    /// The latest record of the contact again, without what it stated.
    fn corrected(&self, channel: &str, id: &str, at: i64) -> Map<String, Value> {
        let is_of_it = |record: &&Map<String, Value>| {
            record.get("channel") == Some(&json!(channel))
                && record.get("contact_id") == Some(&json!(id))
        };
        let former = self.records.iter().rev().find(is_of_it);
        let former = former.unwrap_or_else(|| panic!("nothing was told of {channel} {id} before"));
        let kept = [
            "channel",
            "contact_id",
            "event_id",
            "kind",
            "occurred_at",
            "source",
        ];
        let kept = kept
            .iter()
            .chain(&["root_contact_id", "thread_id", "signal"]);
        let mut record: Map<String, Value> = kept
            .filter_map(|name| Some(((*name).to_string(), former.get(*name)?.clone())))
            .collect();
        record.insert("updated_at".into(), json!(at));
        record
    }
}

fn list(text: &str, separator: char) -> Vec<String> {
    text.split(separator)
        .map(|name| name.trim().to_string())
        .collect()
}

#[test]
fn a_line_is_a_canonical_record() {
    let story = Story::read(
        "Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, reason billing
         Tue 3 Mar 09:00  later on: phone A corrected, customer C2, no reason",
    );
    let records: Vec<&str> = story.records().collect();
    assert_eq!(
        records,
        [
            concat!(
                r#"{"channel":"phone","contact_id":"A","ended_at":1772442360000,"event_id":"e1","#,
                r#""identifiers":[{"type":"customer_id","value":"C1","verified":false}],"#,
                r#""kind":"contact","occurred_at":1772442000000,"outcome":"handled","#,
                r#""reason":"billing","started_at":1772442000000}"#
            ),
            concat!(
                r#"{"channel":"phone","contact_id":"A","event_id":"e1","#,
                r#""identifiers":[{"type":"customer_id","value":"C2","verified":false}],"#,
                r#""kind":"contact","occurred_at":1772442000000,"reason":null,"#,
                r#""updated_at":1772524800000}"#
            ),
        ]
    );
}

#[test]
#[should_panic(expected = "nothing is told as `custmer C1`")]
fn a_word_that_is_none_is_noticed() {
    Story::read("Mon 2 Mar 10:00  phone A handled, custmer C1");
}

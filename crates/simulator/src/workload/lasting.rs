//! Histories that last many times longer than anything is kept: what a service that runs for ever
//! has to get right. Records come in order of their arrival, late ones up to the very bound of
//! acceptance and logins up to the very bound of reach, so that nothing is too late.

use super::dice::Dice;
use super::record::Record;
use serde_json::{Map, Value, json};

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// 2024-09-01T00:00:00Z: the first record is about here.
const FROM_MS: i64 = 1_725_148_800_000;
const ACCEPTANCE_MS: i64 = 2 * DAY_MS;
const REACH_MS: i64 = 3 * DAY_MS;
/// A mail without an answer stays open for so long: an event of a thread never comes later.
const OPEN_MS: i64 = 30 * DAY_MS;

/// A seed's history.
pub struct Lasting {
    /// The configuration.
    pub config: String,
    /// The records, in order of arrival.
    pub records: Vec<Record>,
    /// When the last record arrives, in UTC milliseconds.
    pub to_ms: i64,
}

/// A history of most of a year, of a seed.
#[must_use]
pub fn lasting(seed: u64) -> Lasting {
    let mut dice = Dice::new(seed, 31);
    let days = dice.pick(&[200, 260, 300]);
    let config = config(&mut dice);
    let to_ms = FROM_MS + days * DAY_MS;
    let mut year = Year {
        dice,
        records: Vec::new(),
        last_id: 0,
        to_ms,
    };
    let stories: [fn(&mut Year, usize); 8] = [
        never_pauses,
        now_and_then,
        household,
        browses,
        writes,
        switchboard,
        calls_too_often,
        is_joined,
    ];
    let people = year.dice.between(5, 9) as usize;
    for person in 0..people {
        let story = match person {
            // The hardest is in every history.
            0 => never_pauses,
            _ => stories[year.dice.index(stories.len())],
        };
        story(&mut year, person);
    }
    year.records.sort_by_key(|record| record.arrives_at_ms);
    let last = year.records.last().map(|record| record.arrives_at_ms);
    Lasting {
        config,
        records: year.records,
        to_ms: last.unwrap_or(to_ms),
    }
}

fn config(dice: &mut Dice) -> String {
    let within = dice.pick(&["1h", "1d", "5d"]);
    let cool_down = dice.pick(&["0s", "1d", "10d", "40d"]);
    let headline = dice.pick(&["j+7 assisted any", "j+7 all same", "j+2 all any"]);
    let depth = dice.pick(&[1, 3]);
    let zone = dice.pick(&["Europe/Paris", "America/Santiago", "UTC"]);
    let join = dice.pick(&["0s", "1h"]);
    format!(
        "tenant = \"acme\"\ntime_zone = \"{zone}\"\ncountry = \"FR\"\nreach = \"3d\"\n\
         page_reason_within = \"{within}\"\nreason_depth = {depth}\nheadline = \"{headline}\"\n\
         policies = [\n\
         {{ name = \"third\", reading = \"j+7 assisted any\", cool_down = \"{cool_down}\" }},\n\
         {{ name = \"same\", count_min = 2, reading = \"j+7 all same\", cool_down = \"36h\" }},\n]\n\
         [windows]\n\"intraday\" = {{ calendar_days = 0 }}\n\"j+2\" = {{ calendar_days = 2 }}\n\
         \"j+7\" = {{ calendar_days = 7 }}\n\"168h\" = {{ rolling = \"168h\", from = \"start\" }}\n\
         [identity]\npseudonymise = false\ncontacts_per_day_max = 3\n\
         link_life = {{ default = \"45d\", device = \"10d\" }}\n\
         [visits]\ncount_steps = [\"help\", \"payment\"]\n\
         [costs.phone]\nfixed = 0.4\nper_minute = 0.85\n\
         [costs.chat]\nfixed = 0.25\nper_minute = 0.6\n\
         [costs.web]\nfixed = 0.001\nper_minute = 0\n\
         [sources.default]\nacceptance = \"2d\"\nlateness = \"1h\"\njoin_legs_within = \"{join}\"\n"
    )
}

struct Year {
    dice: Dice,
    records: Vec<Record>,
    last_id: u64,
    to_ms: i64,
}

type Fields = Map<String, Value>;

impl Year {
    fn id(&mut self) -> String {
        self.last_id += 1;
        let prefix = self.dice.pick(&["K", "a", "Z-", "0"]);
        format!("{prefix}{}", self.last_id)
    }

    /// An event and when it comes: mostly at once, now and then at the last moment.
    fn say(&mut self, channel: &str, kind: &str, at_ms: i64, more: Value) -> Fields {
        let mut fields = Fields::new();
        fields.insert("event_id".into(), self.id().into());
        fields.insert("channel".into(), channel.into());
        fields.insert("kind".into(), kind.into());
        fields.insert("occurred_at".into(), at_ms.into());
        if let Value::Object(more) = more {
            fields.extend(more);
        }
        let late_ms = match self.dice.below(20) {
            0 => ACCEPTANCE_MS,
            1 => self.dice.between(0, ACCEPTANCE_MS),
            2..=4 => self.dice.between(0, 3 * HOUR_MS),
            _ => self.dice.between(0, MINUTE_MS),
        };
        self.bring(&fields, at_ms, late_ms);
        fields
    }

    /// The record comes so late; where that is the very bound, another one tells the time first.
    fn bring(&mut self, fields: &Fields, at_ms: i64, late_ms: i64) {
        if late_ms == ACCEPTANCE_MS {
            let id = self.id();
            let customer = self.dice.between(1, 40);
            let witness = json!({"event_id": id, "channel": "chat", "kind": "contact",
                "occurred_at": at_ms + late_ms, "contact_id": id,
                "identifiers": [{"type": "customer_id", "value": format!("W{customer}")}]});
            self.write(&witness, at_ms + late_ms);
        }
        self.write(&Value::Object(fields.clone()), at_ms + late_ms);
        if self.dice.percent(4) {
            let again_ms = self.dice.pick(&[late_ms, ACCEPTANCE_MS]).max(late_ms);
            self.write(&Value::Object(fields.clone()), at_ms + again_ms);
        }
    }

    fn write(&mut self, record: &Value, arrives_at_ms: i64) {
        self.records.push(Record {
            json: record.to_string(),
            arrives_at_ms,
        });
    }

    /// The same event once more, with other content and a later version.
    fn correct(&mut self, fields: &Fields, more: Value) {
        let at_ms = fields["occurred_at"].as_i64().unwrap_or(0);
        let late_ms = self.dice.pick(&[HOUR_MS, DAY_MS, ACCEPTANCE_MS]);
        let mut corrected = fields.clone();
        corrected.insert("updated_at".into(), (at_ms + late_ms).into());
        if let Value::Object(more) = more {
            corrected.extend(more);
        }
        self.bring(&corrected, at_ms, late_ms);
    }

    fn reason(&mut self) -> &'static str {
        self.dice
            .pick(&["billing/payment", "billing/refund", "technical/line"])
    }

    /// A call, a chat or a video chat, of whoever is named, in one record or in several.
    fn talk(&mut self, identifiers: &Value, at_ms: i64) -> i64 {
        let channel = self
            .dice
            .weighted(&[(6, "phone"), (3, "chat"), (1, "video")]);
        let id = self.id();
        let length_ms = self.dice.pick(&[0, 5 * MINUTE_MS, HOUR_MS]);
        let end_ms = at_ms + length_ms;
        let mut more = json!({"contact_id": id, "identifiers": identifiers});
        if self.dice.percent(50) {
            more["reason"] = self.reason().into();
        }
        if self.dice.percent(70) {
            more["started_at"] = at_ms.into();
            more["ended_at"] = end_ms.into();
            more["outcome"] = self.dice.pick(&["handled", "handled", "abandoned"]).into();
            let said = self.say(channel, "contact", end_ms, more);
            if self.dice.percent(15) {
                let reason = self.reason();
                self.correct(&said, json!({"outcome": "handled", "reason": reason}));
            }
        } else {
            self.say(channel, "queued", at_ms, more);
            self.say(
                channel,
                "answered",
                at_ms + SECOND_MS,
                json!({"contact_id": id}),
            );
            if self.dice.percent(80) {
                self.say(
                    channel,
                    "ended",
                    end_ms.max(at_ms + 2_000),
                    json!({"contact_id": id}),
                );
            }
        }
        if self.dice.percent(15) {
            let reason = self.reason();
            let after_ms = self.dice.pick(&[HOUR_MS, 5 * DAY_MS, OPEN_MS]);
            let more = json!({"contact_id": id, "reason": reason});
            self.say(channel, "qualified", end_ms + after_ms, more);
        }
        end_ms
    }

    fn pages(&mut self, identifiers: &Value, at_ms: i64) -> i64 {
        let mut at_ms = at_ms;
        for _ in 0..self.dice.between(1, 4) {
            let step = self.dice.pick(&["help", "payment", "account"]);
            let mut more = json!({"identifiers": identifiers, "step": step, "page": step});
            if self.dice.percent(50) {
                more["reason"] = self.reason().into();
                more["reason_source"] = "page".into();
            }
            self.say("web", "page_view", at_ms, more);
            at_ms += self
                .dice
                .pick(&[MINUTE_MS, 30 * MINUTE_MS, 30 * MINUTE_MS + 1]);
        }
        at_ms
    }
}

fn customer(person: usize) -> Value {
    json!([{"type": "customer_id", "value": format!("C{person}")}])
}

fn with_handle(person: usize, kind: &str, value: &str) -> Value {
    json!([{"type": "customer_id", "value": format!("C{person}")}, {"type": kind, "value": value}])
}

/// Comes back every few days, for all the time: one session that runs for months.
fn never_pauses(year: &mut Year, person: usize) {
    let mut at_ms = FROM_MS + year.dice.between(0, DAY_MS);
    let device = format!("d{person}");
    while at_ms < year.to_ms {
        if year.dice.percent(20) {
            year.pages(&with_handle(person, "device", &device), at_ms);
        }
        year.talk(&customer(person), at_ms);
        let pause_ms = year.dice.pick(&[HOUR_MS, DAY_MS, 3 * DAY_MS, 5 * DAY_MS]);
        at_ms += pause_ms + year.dice.between(0, DAY_MS);
        // Even he is gone once in a long while.
        if year.dice.percent(2) {
            at_ms += year.dice.pick(&[8, 30, 90]) * DAY_MS;
        }
    }
}

/// Comes a few times, and again after months.
fn now_and_then(year: &mut Year, person: usize) {
    let mut at_ms = FROM_MS + year.dice.between(0, 60 * DAY_MS);
    while at_ms < year.to_ms {
        for _ in 0..year.dice.between(1, 4) {
            at_ms = year.talk(&customer(person), at_ms);
            at_ms += year.dice.pick(&[MINUTE_MS, DAY_MS, 7 * DAY_MS, 8 * DAY_MS]);
        }
        at_ms += year.dice.between(20, 120) * DAY_MS;
    }
}

/// A telephone that several share, seen with one and with another, linked and unlinked.
fn household(year: &mut Year, person: usize) {
    let phone = format!("+33 1 99 00 {:02} 01", person);
    let by_phone = json!([{"type": "phone", "value": phone}]);
    let mut at_ms = FROM_MS + year.dice.between(0, 20 * DAY_MS);
    while at_ms < year.to_ms {
        let other = person + usize::from(year.dice.percent(30)) * 100;
        match year.dice.below(10) {
            0..=4 => drop(year.talk(&by_phone, at_ms)),
            5 | 6 => drop(year.talk(&with_handle(other, "phone", &phone), at_ms)),
            7 => {
                // Only later it is known who called: at the bound of reach.
                year.talk(&by_phone, at_ms);
                let after_ms = year.dice.pick(&[DAY_MS, REACH_MS, REACH_MS + 1]);
                year.talk(&with_handle(other, "phone", &phone), at_ms + after_ms);
            }
            nth => {
                let id = year.id();
                let signal = if nth == 8 { "linked" } else { "unlinked" };
                let record = json!({"event_id": id, "signal": signal, "occurred_at": at_ms,
                    "identifiers": with_handle(other, "phone", &phone)});
                let late_ms = year.dice.pick(&[0, 0, ACCEPTANCE_MS]);
                if let Value::Object(fields) = record {
                    year.bring(&fields, at_ms, late_ms);
                }
            }
        }
        at_ms += year
            .dice
            .pick(&[HOUR_MS, 2 * DAY_MS, 9 * DAY_MS, 44 * DAY_MS, 46 * DAY_MS]);
    }
}

/// Browses without a name, and logs in now and then, at the last moment that counts.
fn browses(year: &mut Year, person: usize) {
    let device = format!("d{person}");
    let alone = json!([{"type": "device", "value": device}]);
    let mut at_ms = FROM_MS + year.dice.between(0, 10 * DAY_MS);
    while at_ms < year.to_ms {
        year.pages(&alone, at_ms);
        if year.dice.percent(25) {
            let after_ms = year.dice.pick(&[HOUR_MS, REACH_MS, REACH_MS + 1]);
            let who = person + usize::from(year.dice.percent(20)) * 100;
            year.pages(&with_handle(who, "device", &device), at_ms + after_ms);
        }
        if year.dice.percent(30) {
            year.talk(&customer(person), at_ms + 2 * HOUR_MS);
        }
        at_ms += year
            .dice
            .pick(&[5 * HOUR_MS, DAY_MS, 4 * DAY_MS, 11 * DAY_MS]);
    }
}

/// Writes mails: answered late, chased, or never answered.
fn writes(year: &mut Year, person: usize) {
    let who = with_handle(person, "email", &format!("c{person}@example.org"));
    let mail = json!([{"type": "email", "value": format!("c{person}@example.org")}]);
    let mut at_ms = FROM_MS + year.dice.between(0, 10 * DAY_MS);
    while at_ms < year.to_ms {
        let thread = year.id();
        let mut written_ms = at_ms;
        for _ in 0..year.dice.between(1, 3) {
            let (id, reason) = (year.id(), year.reason());
            let who = if year.dice.percent(60) { &mail } else { &who };
            let more = json!({"contact_id": id, "thread_id": thread, "identifiers": who,
                "reason": reason});
            year.say("email", "received", written_ms, more);
            if year.dice.percent(60) {
                written_ms += year
                    .dice
                    .pick(&[HOUR_MS, 3 * DAY_MS, 12 * DAY_MS, 29 * DAY_MS]);
                let id = year.id();
                let more = json!({"contact_id": id, "thread_id": thread, "agent": "A1"});
                year.say("email", "sent", written_ms, more);
            }
            written_ms += year.dice.pick(&[HOUR_MS, 2 * DAY_MS, 20 * DAY_MS]);
        }
        at_ms = written_ms + year.dice.pick(&[DAY_MS, 6 * DAY_MS, 70 * DAY_MS]);
    }
}

/// A number behind which there are many: quarantined on some days and for thirty days after.
fn switchboard(year: &mut Year, person: usize) {
    let phone = format!("+33 1 99 00 {:02} 02", person);
    let by_phone = json!([{"type": "phone", "value": phone}]);
    let mut at_ms = FROM_MS + year.dice.between(0, 10 * DAY_MS);
    while at_ms < year.to_ms {
        let calls = if year.dice.percent(20) { 5 } else { 1 };
        for nth in 0..calls {
            let who = if year.dice.percent(20) {
                with_handle(person + nth, "phone", &phone)
            } else {
                by_phone.clone()
            };
            year.talk(&who, at_ms + nth as i64 * HOUR_MS);
        }
        at_ms += year.dice.pick(&[2, 10, 29, 31, 40]) * DAY_MS;
    }
}

/// A unique id that is no customer on some days.
fn calls_too_often(year: &mut Year, person: usize) {
    let mut at_ms = FROM_MS + year.dice.between(0, 10 * DAY_MS);
    while at_ms < year.to_ms {
        let calls = if year.dice.percent(15) { 5 } else { 1 };
        for nth in 0..calls {
            year.talk(&customer(person), at_ms + nth * HOUR_MS);
        }
        at_ms += year.dice.pick(&[1, 3, 6, 12, 29, 31]) * DAY_MS;
    }
}

/// Calls that name each other, around midnight too.
fn is_joined(year: &mut Year, person: usize) {
    let mut at_ms = FROM_MS + year.dice.between(0, 10 * DAY_MS);
    while at_ms < year.to_ms {
        let (first, second) = (year.id(), year.id());
        let more = json!({"contact_id": first, "identifiers": customer(person),
            "started_at": at_ms, "ended_at": at_ms + HOUR_MS, "outcome": "handled"});
        year.say("phone", "contact", at_ms, more);
        let gap_ms = year.dice.pick(&[HOUR_MS, 2 * HOUR_MS, DAY_MS, 6 * DAY_MS]);
        let more = json!({"contact_id": second, "identifiers": customer(person),
            "related_contact_ids": [first], "started_at": at_ms + gap_ms,
            "ended_at": at_ms + gap_ms + HOUR_MS, "outcome": "abandoned"});
        year.say("phone", "contact", at_ms + gap_ms, more);
        at_ms += gap_ms
            + year
                .dice
                .pick(&[5 * HOUR_MS, 2 * DAY_MS, 7 * DAY_MS, 20 * DAY_MS]);
    }
}

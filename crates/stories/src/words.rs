//! Rows in plain words.

use crate::notation::Story;
use crate::rows::{self, Row, Tables};
use crate::times;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::fmt::Write as _;

/// The settled result of a story, in the readings and with the columns that it asks for.
pub(crate) fn tell(story: &Story, tables: &Tables, readings: &[String]) -> String {
    let words = Words {
        zone: &story.zone,
        show: &story.show,
    };
    let mut lines = Vec::new();
    for contact in &tables.contacts {
        let rows: Vec<&Row> = rows::of_contact(tables, contact).collect();
        let of = |name: &String| rows.iter().find(|row| reading_name(row) == *name);
        let told = |name| of(name).map_or("not looked at".into(), |row| words.reading(row));
        let head = words.contact(contact);
        if let [name] = readings {
            lines.push(format!("{head}\t| {}", told(name)));
        } else {
            lines.push(head);
            lines.extend(
                readings
                    .iter()
                    .map(|name| format!("    {name}: {}", told(name))),
            );
        }
    }
    if story.also.iter().any(|also| also == "sessions") {
        lines.extend(tables.sessions.iter().map(|session| words.session(session)));
    }
    lines.extend(tables.alerts.iter().map(|alert| words.alert(alert)));
    for also in &story.also {
        match also.as_str() {
            "sessions" => {}
            "markers" => lines.extend(tables.markers.iter().map(|marker| words.marker(marker))),
            "figures" => lines.extend(readings.iter().map(|name| figures(tables, name))),
            figure => lines.push(format!("{figure}: {}", plain(&tables.summary[figure]))),
        }
    }
    finish(&lines)
}

/// Numbers the visits, aligns the columns.
pub(crate) fn finish(lines: &[String]) -> String {
    let mut visits = Vec::new();
    let lines: Vec<String> = lines
        .iter()
        .map(|line| name_visits(line, &mut visits))
        .collect();
    // The last cell of a line is never filled up.
    let width = |nth: usize| {
        let cells = lines
            .iter()
            .map(|line| line.split('\t').collect::<Vec<_>>());
        let cells = cells.filter(|cells| cells.len() > nth + 1);
        cells.map(|cells| cells[nth].chars().count()).max()
    };
    let widths: Vec<usize> = (0..).map_while(width).collect();
    let mut text = String::new();
    for line in &lines {
        let mut aligned = String::new();
        for (nth, cell) in line.split('\t').enumerate() {
            let _ = write!(
                aligned,
                "{cell:width$}  ",
                width = widths.get(nth).unwrap_or(&0)
            );
        }
        let _ = writeln!(text, "{}", aligned.trim_end());
    }
    text
}

/// A visit's own id is a hash; it is called by a number in the order of the text.
fn name_visits(line: &str, visits: &mut Vec<String>) -> String {
    let is_id = |at: usize| {
        let id = line.get(at..at + 17)?;
        let hex = id.strip_prefix('v')?;
        let is_start = !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        (is_start && hex.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
    };
    let (mut text, mut at) = (String::new(), 0);
    while let Some(next) = line[at..].chars().next() {
        if let Some(id) = is_id(at) {
            let known = visits.iter().position(|visit| visit == id);
            let nth = known.unwrap_or_else(|| {
                visits.push(id.to_string());
                visits.len() - 1
            });
            let _ = write!(text, "visit-{}", nth + 1);
            at += id.len();
        } else {
            text.push(next);
            at += next.len_utf8();
        }
    }
    text
}

/// `window scope mode` of a row of verdicts.
pub(crate) fn reading_name(row: &Row) -> String {
    ["window", "scope", "reason_mode"]
        .map(|name| text(row, name))
        .join(" ")
}

fn text(row: &Row, name: &str) -> String {
    row.get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_string()
}

fn known(row: &Row, name: &str) -> Option<String> {
    Some(row.get(name)?.as_str()?.to_string())
}

/// A customer's name as a story writes it.
pub(crate) fn customer(name: &str) -> String {
    match name.split_once(':') {
        _ if name.is_empty() => "nobody known".into(),
        Some(("customer_id", id)) => id.into(),
        Some(("phone", number)) => format!("number {number}"),
        Some(("email", mail)) => format!("mail {mail}"),
        Some((kind, value)) => format!("{kind} {value}"),
        None => name.into(),
    }
}

fn nth(number: i64) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.is_empty() => "none".into(),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(fields) if fields.is_empty() => "none".into(),
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| **value != 0);
            fields
                .map(|(name, value)| format!("{name} {}", plain(value)))
                .collect::<Vec<_>>()
                .join(", ")
        }
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => {
            format!("{}", number.as_f64().unwrap_or_default())
        }
        Value::Number(_) | Value::Bool(_) => value.to_string(),
    }
}

fn figures(tables: &Tables, name: &str) -> String {
    let figures = &tables.summary["readings"][name];
    let of = |name: &str| plain(&figures[name]);
    format!(
        "{name}: {} followers, {} repeats, {} retries, {} of {} origins resolved, {} lost",
        of("identified"),
        of("repeats"),
        of("retries"),
        of("origins_resolved"),
        of("origins_matured"),
        of("lost"),
    )
}

/// How rows are told: in which zone, with which columns.
pub(crate) struct Words<'a> {
    pub zone: &'a TimeZone,
    pub show: &'a [String],
}

impl Words<'_> {
    fn time(&self, value: &Value) -> String {
        rows::millis(value).map_or("never".into(), |at| times::words(at, self.zone))
    }

    /// A contact: id, customer, start, channel and what became of it, then what the story shows.
    pub(crate) fn contact(&self, row: &Row) -> String {
        let mut what = text(row, "channel");
        if row["direction"] == "outbound" {
            what.push_str(" outbound");
        }
        if let Some(outcome) = known(row, "outcome") {
            let _ = write!(what, " {outcome}");
        }
        if row["end_kind"] == "open" {
            what.push_str(" open");
        }
        if let Some(because) = known(row, "not_counted_because") {
            let _ = write!(what, ", not counted: {}", because.replace('_', " "));
        }
        if row["capped"] == true {
            what.push_str(", capped");
        }
        for column in self.show {
            let _ = write!(what, ", {}", self.column(row, column));
        }
        let customer = customer(&text(row, "customer"));
        let start = self.time(&row["started_at"]);
        format!("{}\t{customer}\t{start}\t{what}", text(row, "contact_id"))
    }

    fn column(&self, row: &Row, column: &str) -> String {
        let length = |name: &str| row[name].as_i64().map_or("unknown".into(), times::length);
        match column {
            "end" => format!(
                "ends {} ({})",
                self.time(&row["ended_at"]),
                text(row, "end_kind")
            ),
            "wait" => format!("waited {}", length("wait_ms")),
            "handling" => format!("handling {}", length("handle_ms")),
            "reason" => match known(row, "reason") {
                Some(reason) => format!("reason {reason} ({})", text(row, "reason_source")),
                None => "no reason".into(),
            },
            "identity" => match known(row, "identified_by") {
                Some(by) => format!("by {by} ({})", text(row, "confidence")),
                None => "by nothing".into(),
            },
            "roles" => self.roles(row),
            column => format!("{} {}", column.replace('_', " "), plain(&row[column])),
        }
    }

    fn roles(&self, row: &Row) -> String {
        let mut roles = vec![format!("prior {}", text(row, "prior_role"))];
        for role in ["follower", "origin"] {
            if row[role] == true {
                roles.push(role.into());
            }
        }
        roles.join(" ")
    }

    /// A contact in a reading.
    pub(crate) fn reading(&self, row: &Row) -> String {
        let mut parts = Vec::new();
        parts.extend(known(row, "class"));
        if let Some(prior) = known(row, "prior_contact_id") {
            let count = row["count"].as_i64().unwrap_or_default();
            let gap = match row["gap_ms"].as_i64() {
                _ if row["overlap"] == true => format!("during {prior}"),
                Some(0) => format!("right after {prior}"),
                gap => format!("{} after {prior}", times::length(gap.unwrap_or_default())),
            };
            let changed = if row["channel_changed"] == true {
                " on another channel"
            } else {
                ""
            };
            parts.push(format!("{} in the window, {gap}{changed}", nth(count)));
        }
        match row["rank"].as_i64() {
            Some(rank) if rank > 1 => {
                parts.push(format!(
                    "{} of session {}",
                    nth(rank),
                    text(row, "session_id")
                ));
            }
            _ => {}
        }
        if row["origin"] == true {
            parts.push("origin".into());
        }
        parts.push(self.verdict(row));
        parts.join(", ")
    }

    fn verdict(&self, row: &Row) -> String {
        let verdict = text(row, "verdict");
        let next = known(row, "next_contact_id");
        let status = if row["status"] == "provisional" {
            " so far"
        } else {
            ""
        };
        match (verdict.as_str(), next) {
            ("pending", _) => format!("pending until {}", self.time(&row["due_at"])),
            ("repeated" | "retried", Some(next)) => format!("{verdict} by {next}{status}"),
            (_, Some(next)) => format!("{verdict}{status}, next {next}"),
            (_, None) => format!("{verdict}{status}"),
        }
    }

    fn session(&self, row: &Row) -> String {
        let number = |name: &str| plain(&row[name]);
        let mut parts = vec![
            format!("{} contacts", number("contacts")),
            format!("{} repeats", number("repeats")),
            format!("{} retries", number("retries")),
            format!("over {}", number("channels")),
        ];
        if row["reasons"] != Value::Array(Vec::new()) {
            parts.push(format!("about {}", number("reasons")));
        }
        if !row["cost"].is_null() {
            parts.push(format!("cost {}", number("cost")));
            parts.push(format!("avoidable {}", number("avoidable_cost")));
        }
        parts.extend(known(row, "last_outcome").map(|outcome| format!("{outcome} at last")));
        parts.push(if row["complete"] == true {
            "complete".into()
        } else {
            "running".into()
        });
        format!(
            "session {} of {}, {} to {}: {}",
            text(row, "session_id"),
            customer(&text(row, "customer")),
            self.time(&row["started_at"]),
            self.time(&row["ended_at"]),
            parts.join(", ")
        )
    }

    /// An alert.
    pub(crate) fn alert(&self, row: &Row) -> String {
        let mut parts = vec![
            format!(
                "{} in the window",
                nth(row["count"].as_i64().unwrap_or_default())
            ),
            format!(
                "{} of its session",
                nth(row["rank"].as_i64().unwrap_or_default())
            ),
            format!(
                "{} after {}",
                times::length(row["gap_ms"].as_i64().unwrap_or_default()),
                text(row, "prior_contact_id")
            ),
        ];
        parts.extend(known(row, "origin_contact_id").map(|origin| format!("origin {origin}")));
        parts.push(format!("over {}", plain(&row["channels"])));
        if row["reasons"] != Value::Array(Vec::new()) {
            parts.push(format!("about {}", plain(&row["reasons"])));
        }
        if !row["cost"].is_null() {
            parts.push(format!("cost {}", plain(&row["cost"])));
        }
        for column in self
            .show
            .iter()
            .filter(|column| ["tier", "link"].contains(&column.as_str()))
        {
            parts.push(format!("{column} {}", plain(&row[column.as_str()])));
        }
        format!(
            "alert {} on {}: {}",
            text(row, "name"),
            text(row, "contact_id"),
            parts.join(", ")
        )
    }

    fn marker(&self, row: &Row) -> String {
        let at = self.time(&row["at"]);
        format!(
            "marker at {at}: {} {}",
            plain(&row["kind"]),
            plain(&row["name"])
        )
    }
}

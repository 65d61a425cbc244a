//! What `replay` prints at its end: the figures that a manager wants to read.

use crate::intake::{DeadLetter, Inputs};
use crate::story::local;
use anyhow::{Context, Result};
use calendar::DAY_MS;
use jiff::tz::TimeZone;
use model::{Channel, Millis, Mode, Readings, Text};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use tables::{Reason, Summary};
use worker::Counts;

/// Reasons that are listed.
const REASONS_LISTED: usize = 10;

/// The report, as lines of text.
pub struct Report<'a> {
    /// The figures.
    pub summary: &'a Summary,
    /// Events of kinds that are in no list, by channel and kind.
    pub unknown_kinds: &'a BTreeMap<(Channel, Text), u64>,
    /// What was counted on the way.
    pub counts: &'a Counts,
    /// The readings, in the order of the summary.
    pub readings: &'a Readings,
    /// Length of the history in days.
    pub days: f64,
    /// The tenant's currency.
    pub currency: &'a str,
}

impl Report<'_> {
    /// The whole report.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.records(&mut text);
        self.contacts(&mut text);
        self.readings(&mut text);
        self.reasons(&mut text);
        self.policies(&mut text);
        self.journeys(&mut text);
        text
    }

    fn records(&self, text: &mut String) {
        let counts = self.counts;
        let ignored: u64 = counts.ignored.values().sum();
        let rejected: u64 = counts.rejected.values().sum();
        line(
            text,
            &format!(
                "Records    {} read = {} decoded + {} ignored + {} rejected",
                grouped(counts.read),
                grouped(counts.decoded),
                grouped(ignored),
                grouped(rejected)
            ),
        );
        line(
            text,
            &format!(
                "Events     {} decoded = {} new + {} duplicates + {} too late",
                grouped(counts.decoded),
                grouped(counts.new),
                grouped(counts.duplicates),
                grouped(counts.too_late)
            ),
        );
        for (reason, count) in &counts.rejected {
            line(
                text,
                &format!("           {} rejected: {reason}", grouped(*count)),
            );
        }
        for (why, count) in &counts.ignored {
            line(
                text,
                &format!("           {} ignored: {why}", grouped(*count)),
            );
        }
        for ((channel, kind), count) in self.unknown_kinds {
            let (count, channel) = (grouped(*count), channel.name());
            line(
                text,
                &format!(
                    "           {count} of an unknown kind, kept as plain activity: {channel} {kind}"
                ),
            );
        }
        if counts.incomplete > 0 {
            line(
                text,
                &format!(
                    "           {} wait for a contact that has not appeared",
                    grouped(counts.incomplete)
                ),
            );
        }
    }

    fn contacts(&self, text: &mut String) {
        let channels = Channel::ALL.iter().zip(self.summary.contacts);
        let known = channels.filter(|(_, count)| *count > 0);
        let by_channel: Vec<String> = known
            .map(|(channel, count)| format!("{} {}", channel.name(), grouped(count)))
            .collect();
        let total = self.summary.contacts_total();
        let by_channel = match by_channel.as_slice() {
            [] => String::new(),
            known => format!(" ({})", known.join(", ")),
        };
        line(text, &format!("Contacts   {}{by_channel}", grouped(total)));
        line(
            text,
            &format!(
                "Customers  {}; {} of the contacts have a known customer (coverage)",
                grouped(self.counts.customers),
                percent(self.summary.coverage())
            ),
        );
        if self.summary.identity_conflicts > 0 {
            line(
                text,
                &format!(
                    "           {} contacts came by a handle with several owners, and were kept apart",
                    grouped(self.summary.identity_conflicts)
                ),
            );
        }
        if self.counts.events_cut > 0 {
            line(
                text,
                &format!(
                    "           {} events of contacts with over {} were cut off, from their middle",
                    grouped(self.counts.events_cut),
                    grouped(stage_contacts::EVENTS_PER_CONTACT_MAX as u64)
                ),
            );
        }
        let capped: u64 = self.counts.contacts_capped.iter().sum();
        if capped > 0 {
            line(
                text,
                &format!(
                    "           {} contacts of customers beyond contacts_per_customer_max were cut off",
                    grouped(capped)
                ),
            );
        }
    }

    fn readings(&self, text: &mut String) {
        line(text, "");
        let width = self
            .readings
            .list
            .iter()
            .map(|reading| reading.name.chars().count())
            .max()
            .unwrap_or(0);
        let head = [
            ("repeats", 9),
            ("of contacts", 13),
            ("repeat rate", 13),
            ("retries", 9),
            ("FIR", 8),
            ("of matured", 12),
        ];
        let mut title = format!("{:<width$}", "Reading");
        for (column, width) in head {
            let _ = write!(title, "{column:>width$}");
        }
        line(text, title.trim_end());
        let rows = self.readings.list.iter().zip(&self.summary.readings);
        for (place, (reading, figures)) in rows.enumerate() {
            let name = reading.name.as_str();
            let mark = if place == self.readings.headline {
                "  ◂ headline"
            } else {
                ""
            };
            // Where no contact has a reason, none can have the same.
            let says = reading.mode == Mode::Any || figures.with_reason > 0;
            line(
                text,
                &format!(
                    "{name:<width$}{:>9}{:>13}{:>13}{:>9}{:>8}{:>12}{mark}",
                    grouped(figures.repeats),
                    grouped(figures.identified),
                    percent(figures.repeat_rate().filter(|_| says)),
                    grouped(figures.retries),
                    percent(figures.fir().filter(|_| says)),
                    grouped(figures.origins_matured),
                ),
            );
        }
    }

    fn reasons(&self, text: &mut String) {
        let mut reasons: Vec<(&Text, &Reason)> = self
            .summary
            .reasons
            .iter()
            .filter(|(_, reason)| reason.repeats > 0)
            .collect();
        reasons.sort_by(|(a_path, a), (b_path, b)| (b.repeats, a_path).cmp(&(a.repeats, b_path)));
        if reasons.is_empty() {
            return;
        }
        line(text, "");
        let headline = self.readings.list.get(self.readings.headline);
        let headline = headline.map_or("", |reading| reading.name.as_str());
        line(text, &format!("Reasons with the most repeats ({headline})"));
        for (path, reason) in reasons.into_iter().take(REASONS_LISTED) {
            let name = if path.is_empty() {
                "(unknown)"
            } else {
                path.as_str()
            };
            let rate = reason.repeats as f64 / reason.contacts.max(1) as f64;
            let cost = reason
                .avoidable_cost
                .map_or("no cost configured".to_owned(), |cost| {
                    format!(
                        "{} {} avoidable",
                        grouped(cost.units().round() as u64),
                        self.currency
                    )
                });
            line(
                text,
                &format!(
                    "  {name:<34} {:>9} {:<7} {:>8} of {:>9}  {cost}",
                    grouped(reason.repeats),
                    if reason.repeats == 1 {
                        "repeat"
                    } else {
                        "repeats"
                    },
                    percent(Some(rate)),
                    grouped(reason.contacts),
                ),
            );
        }
    }

    fn policies(&self, text: &mut String) {
        if self.summary.alerts.is_empty() {
            return;
        }
        line(text, "");
        line(text, "Alerts");
        for (policy, alerts) in &self.summary.alerts {
            let per_day = *alerts as f64 / self.days.max(1.0);
            line(
                text,
                &format!("  {policy:<40} {:>9}, {per_day:.1} a day", grouped(*alerts)),
            );
        }
    }

    /// Rules with nothing are left out: most of the library is idle where few channels are.
    fn journeys(&self, text: &mut String) {
        let broken = self.summary.journeys.iter();
        let broken: Vec<_> = broken.filter(|(_, journeys)| **journeys > 0).collect();
        if broken.is_empty() {
            return;
        }
        line(text, "");
        line(text, "Broken journeys");
        for (rule, journeys) in broken {
            let per_day = *journeys as f64 / self.days.max(1.0);
            let journeys = grouped(*journeys);
            line(
                text,
                &format!("  {rule:<40} {journeys:>9}, {per_day:.1} a day"),
            );
        }
    }
}

/// Writes data to standard output. Whoever reads it may have enough and close it, as `head` does:
/// then there is nothing more to do.
pub fn say(text: &str) -> Result<()> {
    if cfg!(test) {
        // The test harness keeps what is printed of tests that pass to itself.
        print!("{text}");
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        written => written.context("cannot write to standard output"),
    }
}

/// Length of a history in days of 24 hours; 0 without a contact.
pub fn days(first_at: Option<Millis>, now: Millis) -> f64 {
    first_at.map_or(0.0, |first| now.since(first) as f64 / DAY_MS as f64)
}

/// From when to when the history goes, as a line; nothing if there is no contact.
pub fn span(zone: &TimeZone, first_at: Option<Millis>, now: Millis) -> String {
    let Some(first_at) = first_at else {
        return String::new();
    };
    let (first, last) = (local(zone, first_at), local(zone, now));
    format!("History    from {first} to {last}\n")
}

/// Where the first record of each reason stands that was rejected, as lines.
pub fn first_places(inputs: &Inputs, dead: &[DeadLetter]) -> String {
    let mut firsts: BTreeMap<&str, &DeadLetter> = BTreeMap::new();
    for letter in dead {
        let place = |letter: &DeadLetter| (letter.file, letter.line);
        let first = firsts.entry(letter.reason).or_insert(letter);
        if place(letter) < place(first) {
            *first = letter;
        }
    }
    let mut text = String::new();
    for (reason, letter) in firsts {
        let path = inputs.files[letter.file].path.display();
        let at = format!("{path}:{}", letter.line);
        line(
            &mut text,
            &format!("Rejected   {reason}, first at {at}: {}", letter.detail),
        );
    }
    text
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// A number with its thousands apart: `12,345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share as a percentage with one decimal; `–` where there is nothing to share.
pub fn percent(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::{grouped, percent};

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let texts = [0, 999, 1_000, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(percent(Some(0.1234)), "12.3 %");
        assert_eq!(percent(None), "–");
    }
}

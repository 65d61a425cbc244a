//! The demo tells what a replay of the same records says, tells it so that it can be checked, and
//! tells nothing that names a person.

use model::Millis;
use settings::Loaded;
use simulator::workload::day::{self, DayOptions, TimedRecord};
use stage_door::{Clocks, Place};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::OnceLock;
use tables::Summary;
use worker::{Counts, History};

const SEED: u64 = 3;

/// The day that the demo plays.
fn records() -> Vec<TimedRecord> {
    day::day(DayOptions::demo(SEED)).collect()
}

/// What the demo writes when its output is no terminal.
fn told() -> &'static str {
    static TOLD: OnceLock<String> = OnceLock::new();
    TOLD.get_or_init(|| {
        let output = Command::new(env!("CARGO_BIN_EXE_ricochet"))
            .args(["demo", "--speed", "0", "--seed", &SEED.to_string()])
            .output()
            .expect("the demo runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "",
            "progress is for terminals"
        );
        String::from_utf8(output.stdout).expect("text")
    })
}

/// The line that begins with some words, its runs of spaces as one.
fn line(beginning: &str) -> Vec<String> {
    let mut lines = told()
        .lines()
        .skip_while(|line| !line.contains("and the day itself, settled"));
    let found = lines.find(|line| line.trim_start().starts_with(beginning));
    let found = found.unwrap_or_else(|| panic!("no line begins with {beginning}"));
    let rest = found
        .trim_start()
        .strip_prefix(beginning)
        .unwrap_or_default();
    rest.split_whitespace().map(str::to_owned).collect()
}

fn number(word: &str) -> u64 {
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    digits
        .parse()
        .unwrap_or_else(|_| panic!("{word} is a number"))
}

fn settled() -> (Summary, Counts, Vec<String>) {
    let loaded = Loaded::from_text(&day::day_config(), "day").expect("a configuration");
    let meant = loaded.meant().expect("a configuration");
    // Another secret than the demo's: no figure may depend on it.
    let engine = meant.engine(|| vec![9; 32], None, None).expect("an engine");
    let folder = tempfile::tempdir().expect("a folder");
    let history = History::new(&engine, folder.path(), 1 << 30);
    let mut feed = history.feed();
    let mut clocks = Clocks::default();
    for record in records() {
        let place = Place {
            source: "",
            partition: 0,
            recorded_at: Some(Millis(record.at_ms)),
            lateness: true,
        };
        let decoded = canonical::decode_json(record.json.as_bytes());
        let admitted = engine.admit(decoded, &place, &mut clocks, &mut feed.counts);
        if let Ok((key, input)) = admitted {
            feed.take(&key, &input).expect("it is taken");
        }
    }
    feed.finish().expect("it is taken");
    let settled = history.settle(None, &|_| {}).expect("it settles");
    let readings = &meant.customers.readings;
    let mut summary = Summary::of(&meant);
    for bucket in 0..settled.buckets() {
        let rows = settled.take(bucket).expect("rows");
        summary.add(&rows, readings.headline, settled.now);
    }
    let names = readings
        .list
        .iter()
        .map(|reading| reading.name.to_string())
        .collect();
    (summary, settled.counts, names)
}

#[test]
fn its_figures_are_those_of_a_replay() {
    let (summary, counts, readings) = settled();
    let rejected: u64 = counts.rejected.values().sum();
    let ignored: u64 = counts.ignored.values().sum();
    assert!(
        counts.equations_hold() && rejected > 0 && counts.duplicates > 0,
        "{counts:?}"
    );
    let numbers = |beginning: &str| -> Vec<u64> {
        let words = line(beginning);
        words
            .iter()
            .filter(|word| word.starts_with(char::is_numeric))
            .map(|w| number(w))
            .collect()
    };
    assert_eq!(
        numbers("Records"),
        [counts.read, counts.decoded, ignored, rejected]
    );
    let events = [
        counts.decoded,
        counts.new,
        counts.duplicates,
        counts.too_late,
    ];
    assert_eq!(numbers("Events"), events);
    let mut contacts = vec![summary.contacts_total()];
    contacts.extend(summary.contacts);
    let words = line("Contacts");
    let told: Vec<u64> = words
        .iter()
        .filter(|w| number_or(w))
        .map(|w| number(w))
        .collect();
    assert_eq!(told, contacts);
    assert_eq!(number(&line("Customers")[0]), counts.customers);
    for (name, figures) in readings.iter().zip(&summary.readings) {
        let words = line(name);
        let told: Vec<u64> = [0, 1, 4]
            .map(|place| number(&words[place]))
            .into_iter()
            .collect();
        assert_eq!(
            told,
            [figures.repeats, figures.identified, figures.retries],
            "{name}"
        );
        let fir = figures
            .fir()
            .map_or("–".to_owned(), |fir| format!("{:.1}", fir * 100.0));
        assert_eq!(words[5], fir, "{name}");
        assert!(
            words
                .iter()
                .skip(6)
                .any(|word| number_or(word) && number(word) == figures.origins_matured),
            "{name}: {words:?}"
        );
    }
    for (policy, alerts) in &summary.alerts {
        assert_eq!(number(&line(policy)[0]), *alerts, "{policy}");
        assert!(*alerts > 20, "{policy}: {alerts}");
    }
    let reasons: BTreeMap<_, _> = summary
        .reasons
        .iter()
        .filter(|(path, _)| !path.is_empty())
        .collect();
    let most = reasons
        .iter()
        .max_by_key(|(_, reason)| reason.repeats)
        .expect("a reason");
    assert_eq!(number(&line(most.0)[0]), most.1.repeats);
}

fn number_or(word: &str) -> bool {
    word.starts_with(|character: char| character.is_ascii_digit())
}

#[test]
fn the_day_is_one_that_a_supervisor_knows() {
    let (summary, _, readings) = settled();
    let headline = readings
        .iter()
        .position(|name| name == "j+7 assisted any")
        .expect("it is there");
    let rate = summary.readings[headline].repeat_rate().expect("a rate");
    assert!((0.15..0.25).contains(&rate), "repeat rate {rate}");
    let coverage = summary.coverage().expect("contacts");
    assert!((0.85..0.95).contains(&coverage), "coverage {coverage}");
    let days = DayOptions::demo(SEED).days_before + 1;
    let per_hour = summary.alerts.values().sum::<u64>() as f64 / days as f64 / 14.0;
    assert!((2.0..8.0).contains(&per_hour), "{per_hour} alerts an hour");
}

#[test]
fn alerts_stand_with_the_contacts_that_they_count() {
    const ORDINALS: [&str; 8] = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
    ];
    let lines: Vec<&str> = told().lines().collect();
    let mut alerts = 0;
    for (place, head) in lines.iter().enumerate() {
        let Some((_, said)) = head
            .split_once("▲ ")
            .filter(|_| head.starts_with(char::is_numeric))
        else {
            continue;
        };
        let word = said.split(' ').next().unwrap_or_default();
        let Some(count) = ORDINALS.iter().position(|ordinal| *ordinal == word) else {
            panic!("{head}: no count")
        };
        let block = lines[place + 1..]
            .iter()
            .take_while(|line| !line.is_empty());
        let numbered = block.map_while(|line| {
            let rest = line.trim_start();
            if rest.starts_with("also") {
                None
            } else {
                Some(rest)
            }
        });
        let last = numbered.filter(|rest| number_or(rest)).last();
        let last = last.and_then(|row| row.split(' ').next()).map_or(0, number);
        assert_eq!(last, count as u64, "{head}: the rows below do not add up");
        alerts += 1;
    }
    assert!(alerts >= 15, "{alerts} alerts were told");
    assert!(alerts <= 60, "{alerts} alerts are a flood");
    assert!(told().contains("↺ withdrawn") || told().contains("↺ moved"));
}

#[test]
fn the_bad_release_is_found_within_half_an_hour_with_page_version_and_marker() {
    let mut lines = told().lines().skip_while(|line| {
        !(line.contains("▼ Degrades") && line.contains("[payment-without-confirmation]"))
    });
    let head = lines.next().expect("it is found");
    let (clock, _) = head.split_once(' ').expect("a time");
    assert!(("14:00".."14:31").contains(&clock), "{head}");
    let block: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    let is_there = |what: &str| block.iter().any(|line| line.trim_start().starts_with(what));
    assert!(is_there("where      page=Paiement, app_version=5.13"), "{block:#?}");
    assert!(is_there("before it  14:00 release web 5.13"), "{block:#?}");
    assert!(lines.any(|line| line.contains("▽ As expected again")), "it was mended");
}

#[test]
fn it_names_nobody_and_fits_the_screen() {
    let mut values: BTreeSet<String> = BTreeSet::new();
    for record in records() {
        let event: serde_json::Value = serde_json::from_str(&record.json).expect("JSON");
        for identifier in event["identifiers"].as_array().into_iter().flatten() {
            let value = identifier["value"].as_str().expect("a text");
            values.insert(value.trim_start_matches("tel:").to_owned());
        }
    }
    values.remove("anonymous");
    assert!(values.len() > 10_000);
    let words = told().split(|c: char| !(c.is_alphanumeric() || "+@.-_".contains(c)));
    for word in words {
        assert!(!values.contains(word), "{word} is an identifier");
        assert!(!word.contains('@'), "{word}");
    }
    for line in told().lines() {
        assert!(line.chars().count() <= 100, "{line}");
        assert!(
            !line.contains('\u{1b}') && !line.contains('\u{1}'),
            "{line}"
        );
    }
}

#[test]
fn a_speed_that_cannot_be_is_wrong_use() {
    for speed in ["-1", "NaN", "inf"] {
        let argument = format!("--speed={speed}");
        let output = Command::new(env!("CARGO_BIN_EXE_ricochet"))
            .args(["demo", &argument])
            .output()
            .expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{speed}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("--speed"),
            "{speed}"
        );
    }
}

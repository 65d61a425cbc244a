//! Journey rules on real event data, where it is there: every broken entry, and what matched its last
//! step, as a query over the same file finds them.

use crate::case::Case;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Beside the project, never in it.
const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/patterns");
/// As `./dev test` and `benches/run` install it.
const PYTHON: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../.cache/bench/python/bin/python"
);

/// A data set by its name, with the configuration that the other tests read it with.
struct DataSet {
    name: &'static str,
    config: &'static str,
    rules: &'static str,
}

macro_rules! data_set {
    ($name:literal) => {
        DataSet {
            name: $name,
            config: include_str!(concat!("../configs/", $name, ".toml")),
            rules: include_str!(concat!("../patterns/", $name, ".toml")),
        }
    };
}

/// A broken entry: the rule, the contact that entered, the contact that was its last step.
type Entry = (String, String, String);

impl DataSet {
    fn path(&self) -> Option<PathBuf> {
        let path = Path::new(DATA).join(format!("{}.csv", self.name));
        if !path.exists() {
            eprintln!("skipped: {} is not there", path.display());
        }
        path.exists().then_some(path)
    }

    /// What a replay says of the rules, with no limit on how much one customer may do.
    fn replayed(&self, path: &Path) -> BTreeSet<Entry> {
        let of_line = |line: &str| match line.split_once(" = ") {
            Some(("contacts_per_day_max", _)) => "contacts_per_day_max = 0".to_owned(),
            Some(("contacts_per_customer_max", _)) => String::new(),
            Some(("tenant", _)) => format!("{line}\nrules = [\"rules.toml\"]"),
            _ => format!("{line}\n"),
        };
        let mut config: String = self
            .config
            .lines()
            .map(|line| of_line(line) + "\n")
            .collect();
        if !config.contains("contacts_per_day_max") {
            config = config.replace("[identity]\n", "[identity]\ncontacts_per_day_max = 0\n");
        }
        let case = Case::new(&config);
        case.put("rules.toml", self.rules);
        let text = std::fs::read_to_string(path).unwrap();
        // No call at all, says the description of the data.
        let lines = text.lines().filter(|line| !line.contains(",PHANTOM,"));
        case.put(
            "data.csv",
            lines.map(|line| format!("{line}\n")).collect::<String>(),
        );
        case.replay("data.csv", "out", "--tables journeys,dead_letters");
        let of_file = |rule: &str| {
            self.rules.contains(&format!("name = \"{rule}\"\nsteps"))
                || self.rules.contains(&format!("name = \"{rule}\"\ndecide"))
        };
        let rows = case.table("out", "journeys").into_iter();
        let mut entries = BTreeSet::new();
        for row in rows.filter(|row| of_file(&row["rule"])) {
            let steps: Vec<&str> = row["step_ids"].split('|').collect();
            let last = if steps.len() > 1 {
                steps[steps.len() - 1]
            } else {
                ""
            };
            let entry = (
                row["rule"].clone(),
                row["contact_id"].clone(),
                last.to_owned(),
            );
            assert!(entries.insert(entry), "an entry is told once: {row:?}");
        }
        entries
    }

    /// What the query beside the rules finds; nothing where there is no DuckDB for Python.
    fn queried(&self, path: &Path) -> Option<BTreeSet<Entry>> {
        if !Path::new(PYTHON).exists() {
            let is_required = std::env::var_os("RICOCHET_REQUIRE_DUCKDB").is_some();
            assert!(
                !is_required,
                "{PYTHON} is not there; ./dev test installs it"
            );
            eprintln!("skipped: {PYTHON} is not there");
            return None;
        }
        let query = Path::new(FOLDER).join(format!("{}.sql", self.name));
        let asked = Command::new(PYTHON)
            .arg(Path::new(FOLDER).join("ask.py"))
            .args([path, &query])
            .output()
            .unwrap();
        assert!(
            asked.status.success(),
            "{}",
            String::from_utf8_lossy(&asked.stderr)
        );
        let mut reader = csv::Reader::from_reader(asked.stdout.as_slice());
        let row = |row: csv::StringRecord| (row[0].into(), row[1].into(), row[2].into());
        Some(reader.records().map(|found| row(found.unwrap())).collect())
    }

    /// Replays and queries, compares, and returns how many entries of each rule broke.
    fn compared(&self) -> Option<Vec<(String, usize)>> {
        let path = self.path()?;
        let replayed = self.replayed(&path);
        if let Some(queried) = self.queried(&path) {
            assert!(!queried.is_empty(), "a comparison of nothing says nothing");
            let more: Vec<_> = replayed.difference(&queried).take(3).collect();
            let less: Vec<_> = queried.difference(&replayed).take(3).collect();
            let sizes = (replayed.len(), queried.len());
            assert!(
                more.is_empty() && less.is_empty(),
                "{sizes:?}: only replayed {more:?}, only queried {less:?}"
            );
        }
        let mut counts: Vec<(String, usize)> = Vec::new();
        for (rule, _, _) in replayed {
            match counts.last_mut().filter(|(known, _)| *known == rule) {
                Some((_, count)) => *count += 1,
                None => counts.push((rule, 1)),
            }
        }
        Some(counts)
    }
}

fn expect(set: &DataSet, expected: &[(&str, usize)]) {
    if let Some(counts) = set.compared() {
        let counts = counts.iter().map(|(rule, count)| (rule.as_str(), *count));
        assert_eq!(counts.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn who_calls_a_bank_again_within_the_hour() {
    expect(
        &data_set!("bank_calls"),
        &[
            ("abandoned", 1_839),
            ("abandoned-and-again", 885),
            ("answered", 11_725),
            ("answered-and-again", 1_599),
        ],
    );
}

#[test]
fn who_writes_back_after_a_missed_call() {
    expect(&data_set!("calls_and_texts"), &[("missed-and-written", 20)]);
}

#[test]
fn who_comes_back_to_a_help_desk_with_the_same() {
    expect(
        &data_set!("helpdesk_incidents"),
        &[("solved-and-back", 2_452)],
    );
}

#[test]
fn who_searched_for_a_journey_and_booked_none() {
    expect(
        &data_set!("web_and_app_visits"),
        &[("searched-and-booked-nothing", 897)],
    );
}

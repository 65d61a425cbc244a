//! The guide to the figures: its ten contacts counted by the engine, and its questions asked of what
//! a replay writes.

use crate::case::{Case, rows};
use jiff::civil::date;
use serde_json::json;
use simulator::workload::day::{DayOptions, day, day_config};
use std::path::Path;
use std::process::Command;

const GUIDE: &str = include_str!("../../../../docs/figures.md");
const QUESTIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/questions/ask.py");
/// As `./dev test` and `benches/run` install it.
const PYTHON: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../.cache/bench/python/bin/python"
);

/// Cells of the rows of the table after a mark in the guide, its head first.
fn table_of_guide(mark: &str) -> Vec<Vec<&'static str>> {
    let (_, after) = GUIDE.split_once(mark).expect("the mark is in the guide");
    let lines = after.lines().skip_while(|line| !line.starts_with('|'));
    let lines = lines.take_while(|line| line.starts_with('|'));
    let lines = lines.filter(|line| !line.starts_with("|---"));
    let cells = |line: &'static str| {
        let inner = line.trim_matches('|');
        inner.split('|').map(str::trim).collect()
    };
    lines.map(cells).collect()
}

#[test]
fn the_ten_contacts_of_the_guide_are_counted_as_it_says() {
    let case = Case::new(
        "tenant = \"acme\"\ntime_zone = \"Europe/Paris\"\ncountry = \"FR\"\n\
         readings = [\"j+7 assisted any\", \"j+7 all any\"]\n\
         [identity]\npseudonymise = false\n\
         [costs.phone]\nfixed = 0.40\nper_minute = 0.85\n\
         [costs.chat]\nfixed = 0.30\nper_minute = 0.50\n\
         [costs.email]\nfixed = 0.20\nper_minute = 0.60\n",
    );
    let contacts = table_of_guide("<!-- contacts -->");
    assert_eq!(contacts.len(), 11);
    let text = contacts.iter().map(|cells| cells.join(",") + "\n");
    case.put("contacts.csv", text.collect::<String>());
    case.replay("contacts.csv", "out", "--until 2026-01-31T23:00:00Z");
    let found = rows(&case.path("out/figures.csv"));

    let mut wrong = Vec::new();
    let expected = table_of_guide("<!-- figures -->");
    assert!(expected.len() > 25);
    for cells in &expected[1..] {
        let [figure, condition, numerator, denominator, _] = cells.as_slice() else {
            panic!("a row of the guide has five cells: {cells:?}")
        };
        let figure = figure.trim_matches('`');
        let conditions = condition.split_whitespace();
        let conditions: Vec<(&str, &str)> = conditions
            .map(|one| one.split_once('=').expect("column=value"))
            .collect();
        let value_of = |column: &str| {
            let found = conditions.iter().find(|(name, _)| *name == column);
            found.map(|(_, value)| *value)
        };
        let fits = |row: &&crate::case::Row| {
            let is_stated = |(column, value): &(&str, &str)| row[*column] == *value;
            // What is not said is the headline, and not broken down.
            let scope = value_of("scope").unwrap_or("assisted");
            row["figure"] == figure
                && conditions.iter().all(is_stated)
                && row["segment"] == value_of("segment").unwrap_or("")
                && (row["scope"].is_empty() || row["scope"] == scope)
        };
        let chosen: Vec<_> = found.iter().filter(fits).collect();
        let sum = |column: &str| {
            let numbers = chosen.iter().map(|row| row[column].parse::<f64>().ok());
            numbers.sum::<Option<f64>>().filter(|_| !chosen.is_empty())
        };
        let wanted = |cell: &str| (!cell.is_empty()).then(|| cell.parse::<f64>().unwrap());
        let same = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-6,
            (a, b) => a == b,
        };
        let says = (sum("numerator"), sum("denominator"));
        if !same(says.0, wanted(numerator)) || !same(says.1, wanted(denominator)) {
            wrong.push(format!(
                "{figure} {condition}: {says:?}, the guide {numerator} {denominator}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");

    let samples = rows(&case.path("out/samples.csv"));
    let of_repeats = samples
        .iter()
        .filter(|row| row["figure"] == "repeat_rate" && row["segment"].is_empty());
    let mut of_repeats: Vec<&str> = of_repeats.map(|row| row["contact_id"].as_str()).collect();
    of_repeats.sort_unstable();
    assert_eq!(of_repeats, ["A3", "A8", "A9"]);
    let summary = case.summary("out");
    assert_eq!(summary["figures"]["repeat_rate"]["value"], json!(0.375));
    assert_eq!(
        summary["figures"]["avoidable_cost"]["numerator"],
        json!(9.75)
    );
}

/// Whether DuckDB for Python is there; if it must be, its absence is a failure.
fn has_duckdb() -> bool {
    if Path::new(PYTHON).exists() {
        return true;
    }
    let is_required = std::env::var_os("RICOCHET_REQUIRE_DUCKDB").is_some();
    assert!(
        !is_required,
        "{PYTHON} is not there; ./dev test installs it"
    );
    eprintln!("skipped: {PYTHON} is not there");
    false
}

/// Six weeks of a small brand, with a release in the middle: three days, each with the fortnight
/// before it.
fn six_weeks() -> String {
    let mut text = String::new();
    for (date, seed) in [date(2025, 3, 17), date(2025, 4, 1), date(2025, 4, 16)]
        .into_iter()
        .zip(7..)
    {
        let options = DayOptions {
            seed,
            date,
            customers: 600,
            scale: 1.0,
            ..DayOptions::default()
        };
        for record in day(options) {
            text.push_str(&record.json);
            text.push('\n');
        }
    }
    let marker = json!({"signal": "marker", "event_id": "m1", "purpose": "release",
                        "occurred_at": "2025-03-20T10:00:00Z", "attributes": {"name": "web 5.2"}});
    text.push_str(&format!("{marker}\n"));
    text
}

#[test]
fn every_question_of_the_guide_has_an_answer_and_no_figure_contradicts_a_table() {
    if !has_duckdb() {
        return;
    }
    let case = Case::new(&day_config());
    case.put("days.jsonl", six_weeks());
    let ran = case.run("replay --config c.toml --input days.jsonl --output out --format parquet");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let out = case.path("out");
    let asked = Command::new(PYTHON)
        .arg(QUESTIONS)
        .arg(&out)
        .arg("--check")
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&asked.stderr);
    let said = String::from_utf8_lossy(&asked.stdout);
    assert!(asked.status.success(), "{err}");
    assert_eq!(said.trim(), "20 questions asked");

    // A check that cannot fail says nothing: with contacts left out it must.
    let damaged = Command::new(PYTHON)
        .arg("-c")
        .arg(
            "import duckdb, sys; o = sys.argv[1]; duckdb.sql(f\"copy (from \
             read_parquet('{o}/contacts.parquet') limit 100) to '{o}/few.parquet'\"); \
             import os; os.replace(f'{o}/few.parquet', f'{o}/contacts.parquet')",
        )
        .arg(&out)
        .status()
        .unwrap();
    assert!(damaged.success());
    let asked = Command::new(PYTHON)
        .arg(QUESTIONS)
        .arg(&out)
        .arg("--check")
        .output();
    let asked = asked.unwrap();
    assert_eq!(asked.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&asked.stderr).contains("figures contradict the tables"));
}

/// Names of the questions in the folder, and those that the guide says there are.
#[test]
fn there_are_twenty_questions_each_with_its_words() {
    let folder = Path::new(QUESTIONS).parent().unwrap();
    let files = std::fs::read_dir(folder).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let mut questions = 0;
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".sql") && name != "checks.sql" {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("-- "), "{name} says no question");
            assert!(
                text.lines().next().is_some_and(|line| line.len() > 20),
                "{name}"
            );
            questions += 1;
        }
    }
    assert_eq!(questions, 20);
}

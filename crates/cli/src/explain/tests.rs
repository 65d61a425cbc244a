//! The story of a contact says what the rows of the tables say of it.

// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used)]

use super::Found;
use super::heard::{Links, heard};
use crate::args::{ProgressWhen, Replay, TableFormat};
use crate::intake::Inputs;
use crate::story::{Heard, Story, lasting, local};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{ContactInput, ContactResult, Millis};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

type Row = BTreeMap<String, String>;

/// Beside the project, never in it.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
/// Contacts of each of the four data sets whose story is compared.
const STORIES: usize = 250;

fn rows(path: &Path) -> HashMap<String, Vec<Row>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let mut rows: HashMap<String, Vec<Row>> = HashMap::new();
    for record in reader.records().map(Result::unwrap) {
        let cells = header.iter().zip(&record);
        let row: Row = cells
            .map(|(name, cell)| (name.into(), cell.into()))
            .collect();
        rows.entry(row["contact_id"].clone()).or_default().push(row);
    }
    rows
}

/// What a story has to say of a reading, out of its row.
fn said(row: &Row, anchor: &str, zone: &TimeZone) -> String {
    let mut said = row["verdict"].clone();
    if !row["count"].is_empty() {
        let class = match row["class"].as_str() {
            "" => "no repeat",
            class => class,
        };
        said += &format!("; {class}, number {} in the window", row["count"]);
    }
    if !row["prior_contact_id"].is_empty() {
        let gap = lasting(row["gap_ms"].parse().unwrap());
        said += &format!(", {gap} after the {anchor} of {}", row["prior_contact_id"]);
    }
    if !row["session_id"].is_empty() {
        said += &format!("; number {} of session {}", row["rank"], row["session_id"]);
    }
    let due = match row["due_at"].parse::<Timestamp>() {
        Ok(due_at) => local(zone, Millis(due_at.as_millisecond())),
        Err(_) => String::new(),
    };
    let next = &row["next_contact_id"];
    said + "; "
        + &match row["verdict"].as_str() {
            "repeated" => format!("the customer came back with {next} before {due}"),
            "retried" => format!("the customer tried again with {next} before {due}"),
            "pending" => format!("nobody has come yet; the window runs until {due}"),
            "resolved" => format!("the window passed at {due} and nobody came"),
            "lost" => format!("nobody answered, and nobody came again before {due}"),
            "undecidable" if row["customer"].is_empty() => "the customer is unknown".into(),
            "undecidable" => "the reason is unknown, so nothing is the same".into(),
            _ => "it does not count: ".into(),
        }
}

/// The section of a story under a heading.
fn section<'a>(story: &'a str, heading: &str) -> Vec<&'a str> {
    let from = story
        .lines()
        .skip_while(|line| *line != format!("  {heading}"));
    from.skip(1)
        .take_while(|line| line.starts_with("    "))
        .collect()
}

/// Compares one story with the rows of its contact.
fn check(story: &str, contact: &Row, verdicts: &[Row], alerts: &[Row], inputs: &Inputs) {
    let settings = &inputs.meant.customers;
    let zone = settings.calendar.zone();
    let mut told: HashMap<&str, &str> = HashMap::new();
    for pair in section(story, "What it means").chunks(2) {
        let [names, says] = pair else { continue };
        for name in names.trim().split(" · ") {
            told.insert(name, says.trim());
        }
    }
    assert_eq!(told.len(), verdicts.len(), "{story}");
    for row in verdicts {
        let name = format!("{} {} {}", row["window"], row["scope"], row["reason_mode"]);
        let window = settings
            .readings
            .windows
            .iter()
            .position(|window| *window == row["window"]);
        let anchor = match settings.windows[window.unwrap()].anchor {
            calendar::Anchor::Start => "start",
            calendar::Anchor::End => "end",
        };
        let said = said(row, anchor, zone);
        let found = told[name.as_str()];
        let agrees = match said.strip_suffix(": ") {
            Some(said) => {
                found.starts_with(said) && found.contains(&contact["not_counted_because"])
            }
            None => found == said,
        };
        assert!(agrees, "{name}\n  row:   {said}\n  story: {found}");
    }
    let whose = section(story, "Whose it is")[0].trim();
    match contact["customer"].as_str() {
        "" => assert!(whose.starts_with("nobody's"), "{whose}"),
        customer => assert!(whose.starts_with(&format!("{customer}, ")), "{whose}"),
    }
    for line in section(story, "What was told") {
        let (policy, said) = line.trim().split_once(": ").unwrap();
        let raised = alerts.iter().find(|alert| alert["name"] == policy);
        match raised {
            Some(alert) => {
                let (id, count) = (&alert["alert_id"], &alert["count"]);
                assert_eq!(said, format!("alert {id}: contact number {count}"));
            }
            None => {
                // Of every alert that was not raised, the story knows why.
                assert!(said.starts_with("no alert: "), "{policy}: {said}");
            }
        }
    }
    assert_eq!(
        section(story, "What was said").len(),
        1,
        "each contact is one record"
    );
}

fn stories_agree(name: &str, config: &str) {
    let input = Path::new(FOLDER).join(format!("{name}.csv"));
    if !input.exists() {
        eprintln!("skipped: {} is not there", input.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (config_path, output) = (folder.path().join("c.toml"), folder.path().join("out"));
    std::fs::write(
        &config_path,
        config.replace(
            "outcome = { AGENT",
            "outcome = { PHANTOM = \"short\", AGENT",
        ),
    )
    .unwrap();
    let replay = Replay {
        config: config_path.clone(),
        input: vec![input.clone()],
        output: output.clone(),
        format: TableFormat::Csv,
        as_arrived: false,
        until: None,
        tables: Vec::new(),
        strict: true,
        progress: ProgressWhen::Never,
    };
    assert_eq!(crate::replay::run(&replay).unwrap(), 0);
    let table = |name: &str| rows(&output.join(format!("{name}.csv")));
    let (contacts, verdicts, alerts) = (table("contacts"), table("verdicts"), table("alerts"));
    let journeys = table("journeys");

    let inputs = Inputs::open(&config_path, &[input], None).unwrap();
    let (all, rejected) = Found::all(&inputs, &|_, _| true).unwrap();
    assert_eq!((rejected, all.chain.len()), (0, contacts.len()));
    let mut events: HashMap<String, Vec<Heard>> = HashMap::new();
    for record in heard(&inputs, |_| true).unwrap() {
        let ContactInput::Event(_, event) = &record.input else {
            continue;
        };
        let id = event.contact_id.to_string();
        events.entry(id).or_default().push(record);
    }
    let links = Links::default();
    // A stride that shares no factor with the number of contacts visits them as if by chance.
    let mut strides = (1..).map(|at| all.chain.len() * 7 / 11 + at);
    let stride = strides
        .find(|stride| gcd(*stride, all.chain.len()) == 1)
        .unwrap();
    let mut journeys_seen = 0;
    for at in 0..STORIES {
        let result = &all.chain[at * stride % all.chain.len()];
        let id = result.contact.contact_id.as_str();
        let named = |other: &ContactResult| other.contact.contact_id == id;
        let found = all.with(named);
        let story = Story {
            events: &events[id],
            ..found.story(&inputs, &links, &[])
        };
        let none = Vec::new();
        let raised = alerts.get(id).unwrap_or(&none);
        let rows = verdicts.get(id).unwrap_or(&none);
        let text = story.of_contacts(named);
        let told = journeys_of(&text);
        for row in journeys.get(id).unwrap_or(&none) {
            assert!(told.contains(row["entry_id"].as_str()), "{row:?}\n{text}");
        }
        journeys_seen += told.len();
        let all = || journeys.values().flatten();
        let is_row = |told: &&&str| all().any(|row| row["entry_id"] == **told);
        assert_eq!(told.iter().filter(is_row).count(), told.len(), "{text}");
        check(&text, &contacts[id][0], rows, raised, &inputs);
    }
    let is_seen = journeys_seen > 0 || journeys.is_empty();
    assert!(is_seen, "no story tells of a journey");
}

/// The ids of the broken entries that a story tells of.
fn journeys_of(story: &str) -> BTreeSet<&str> {
    let broken = |line: &'_ str| line.trim().starts_with("Broken since");
    let lines = story.lines().filter(|line| broken(line));
    lines
        .filter_map(|line| Some(line.rsplit_once(": alert ")?.1))
        .collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[test]
fn stories_of_bank_calls_agree_with_their_rows() {
    stories_agree(
        "bank_calls",
        include_str!("../../tests/configs/bank_calls.toml"),
    );
}

#[test]
fn stories_of_calls_and_texts_agree_with_their_rows() {
    stories_agree(
        "calls_and_texts",
        include_str!("../../tests/configs/calls_and_texts.toml"),
    );
}

#[test]
fn stories_of_incidents_agree_with_their_rows() {
    stories_agree(
        "helpdesk_incidents",
        include_str!("../../tests/configs/helpdesk_incidents.toml"),
    );
}

#[test]
fn stories_of_visits_agree_with_their_rows() {
    stories_agree(
        "web_and_app_visits",
        include_str!("../../tests/configs/web_and_app_visits.toml"),
    );
}

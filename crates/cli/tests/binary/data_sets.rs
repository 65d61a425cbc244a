//! Real event data, where it is there: figures that are known, and the same answer in any order.

use crate::case::Case;
use serde_json::Value;
use std::path::Path;

/// Beside the project, never in it.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");

struct DataSet {
    file: &'static str,
    config: &'static str,
}

const BANK: DataSet = DataSet {
    file: "bank_calls.csv",
    config: include_str!("../configs/bank_calls.toml"),
};

const COPENHAGEN: DataSet = DataSet {
    file: "calls_and_texts.csv",
    config: include_str!("../configs/calls_and_texts.toml"),
};

const HELP_DESK: DataSet = DataSet {
    file: "helpdesk_incidents.csv",
    config: include_str!("../configs/helpdesk_incidents.toml"),
};

const VISITS: DataSet = DataSet {
    file: "web_and_app_visits.csv",
    config: include_str!("../configs/web_and_app_visits.toml"),
};

/// The lines of a data set, header first; nothing where it is not there.
fn lines_of(set: &DataSet) -> Option<Vec<String>> {
    let path = Path::new(FOLDER).join(set.file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    };
    // No call at all, says the description of the data.
    let lines = text.lines().filter(|line| !line.contains(",PHANTOM,"));
    Some(lines.map(str::to_owned).collect())
}

fn file_of<'a>(header: &str, rows: impl IntoIterator<Item = &'a String>) -> String {
    let rows = rows.into_iter().map(|row| format!("{row}\n"));
    std::iter::once(format!("{header}\n")).chain(rows).collect()
}

/// Puts rows in an order that has nothing to do with the former one, the same every time.
fn shuffled(rows: &[String]) -> Vec<String> {
    let mut rows = rows.to_vec();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for at in (1..rows.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        rows.swap(at, (state % (at as u64 + 1)) as usize);
    }
    rows
}

/// The lines of a table without the columns that may tell how it came about.
fn settled(case: &Case, out: &str, table: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(case.path(&format!("{out}/{table}.csv"))).unwrap();
    let header = reader.headers().unwrap().clone();
    let told = |at: &usize| !["revision", "cause", "status"].contains(&&header[*at]);
    let told: Vec<usize> = (0..header.len()).filter(told).collect();
    let mut row = csv::StringRecord::new();
    let mut lines = Vec::new();
    while reader.read_record(&mut row).unwrap() {
        let mut line = String::new();
        for at in &told {
            line.push_str(&row[*at]);
            line.push('\u{1f}');
        }
        lines.push(line);
    }
    lines
}

fn any_order_settles_alike(set: &DataSet) {
    let Some(lines) = lines_of(set) else { return };
    let case = Case::new(set.config);
    let (header, rows) = lines.split_first().unwrap();
    let mut by_time = rows.to_vec();
    // Ids and times have no comma in them; the third column is the time.
    by_time.sort_by_key(|row| row.split(',').nth(2).unwrap().to_owned());
    case.put("sorted.csv", file_of(header, &by_time));
    case.put("file.csv", file_of(header, rows));
    case.put("shuffled.csv", file_of(header, &shuffled(rows)));
    case.put(
        "doubled.csv",
        file_of(header, by_time.iter().flat_map(|row| [row, row])),
    );
    let tables = "--tables contacts,verdicts,sessions,alerts,dead_letters";
    case.replay("sorted.csv", "sorted", tables);
    let summary = case.summary("sorted");
    assert_eq!(summary["rejected"], serde_json::json!({}), "{}", set.file);
    assert_eq!(summary["new"].as_u64(), Some(rows.len() as u64));
    let of = |out: &str| {
        ["contacts", "verdicts", "sessions", "alerts"].map(|table| settled(&case, out, table))
    };
    let expected = of("sorted");
    assert!(
        expected.iter().all(|rows| !rows.is_empty()),
        "each table says something"
    );
    let all = format!("{tables} --as-arrived");
    for (input, out, more) in [
        ("file.csv", "file", tables),
        ("shuffled.csv", "shuffled", tables),
        ("doubled.csv", "doubled", tables),
        ("sorted.csv", "arrived", all.as_str()),
    ] {
        case.replay(input, out, more);
        for (found, expected) in of(out).iter().zip(&expected) {
            assert_eq!(found.len(), expected.len(), "{}: {out}", set.file);
            let differs = found
                .iter()
                .zip(expected)
                .find(|(found, expected)| found != expected);
            assert_eq!(differs, None, "{}: {out}", set.file);
        }
        let twice = case.summary(out)["duplicates"].as_u64().unwrap();
        assert_eq!(
            twice,
            if input == "doubled.csv" {
                rows.len() as u64
            } else {
                0
            },
            "{out}"
        );
    }
}

#[test]
fn calls_of_a_bank_settle_alike_in_any_order() {
    any_order_settles_alike(&BANK);
}

#[test]
fn calls_and_texts_settle_alike_in_any_order() {
    any_order_settles_alike(&COPENHAGEN);
}

#[test]
fn incidents_of_a_help_desk_settle_alike_in_any_order() {
    any_order_settles_alike(&HELP_DESK);
}

#[test]
fn visits_of_a_travel_site_settle_alike_in_any_order() {
    any_order_settles_alike(&VISITS);
}

/// The figures of the bank's calls that were computed independently.
#[test]
fn calls_of_a_bank_have_the_figures_that_are_known() {
    let Some(lines) = lines_of(&BANK) else { return };
    let case = Case::new(BANK.config);
    let (header, rows) = lines.split_first().unwrap();
    case.put("bank.csv", file_of(header, rows));
    case.replay("bank.csv", "out", "");
    let summary = case.summary("out");
    assert_eq!(summary["read"], 33_066);
    assert_eq!(summary["contacts"]["phone"], 33_066);
    assert_eq!(case.table("out", "contacts").len(), 33_066);
    let figures = |reading: &str| {
        let of = &summary["readings"][reading];
        let count = |name: &str| of[name].as_u64().unwrap();
        let names = [
            "identified",
            "repeats",
            "retries",
            "origins_resolved",
            "origins_matured",
        ];
        names.map(count)
    };
    assert_eq!(
        figures("j+7 assisted any"),
        [13_564, 7_940, 666, 2_204, 3_578]
    );
    assert_eq!(
        figures("j+7 assisted same"),
        [13_564, 7_446, 544, 2_496, 3_844]
    );
    let fir = summary["readings"]["j+7 assisted any"]["fir"]
        .as_f64()
        .unwrap();
    assert!((fir - 2_204.0 / 3_578.0).abs() < 1e-12);
    let verdicts = case.table("out", "verdicts");
    let count = |verdict: &str| {
        let of_reading = verdicts.iter().filter(|row| {
            (row["window"].as_str(), row["scope"].as_str()) == ("j+7", "assisted")
                && row["reason_mode"] == "any"
        });
        of_reading.filter(|row| row["verdict"] == verdict).count()
    };
    let counts = [
        "repeated",
        "resolved",
        "retried",
        "lost",
        "pending",
        "undecidable",
        "ineligible",
    ];
    assert_eq!(
        counts.map(count),
        [7_194, 3_020, 1_412, 263, 1_675, 19_502, 0]
    );
    assert_eq!(summary["readings"]["j+7 assisted any"]["lost"], 263);
    assert_ne!(summary["coverage"], Value::Null);
}

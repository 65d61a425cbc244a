//! Records in the order in which they came, and histories that end early.

use crate::case::{Case, Row, SMALL, call, calls, lines, with};
use serde_json::{Value, json};

fn settled(case: &Case, out: &str, table: &str) -> Vec<Row> {
    let mut rows = case.table(out, table);
    for row in &mut rows {
        for column in ["revision", "cause", "status"] {
            row.remove(column);
        }
    }
    rows
}

#[test]
fn what_came_in_order_settles_as_if_it_had_been_sorted() {
    let case = Case::new(SMALL);
    case.put("in.jsonl", lines(&calls(700)));
    case.replay("in.jsonl", "sorted", "");
    case.replay("in.jsonl", "arrived", "--as-arrived");
    for table in ["contacts", "verdicts", "sessions", "alerts"] {
        assert_eq!(
            settled(&case, "arrived", table),
            settled(&case, "sorted", table),
            "{table}"
        );
    }
    assert_eq!(case.summary("arrived")["too_late"], 0);
}

/// A customer called on the 1st and again on the 3rd, and the second call's record came when the
/// window of the first had long passed.
#[test]
fn what_came_late_revises_what_was_final() {
    let case = Case::new(SMALL);
    // One record is enough for time to pass.
    let others = [call("OTHER", "X", 26, 9)];
    let (first, second) = (call("FIRST", "C", 1, 9), call("SECOND", "C", 3, 9));
    let history: Vec<Value> = std::iter::once(first)
        .chain(others)
        .chain([second])
        .collect();
    case.put("in.jsonl", lines(&history));
    case.replay("in.jsonl", "arrived", "--as-arrived");
    case.replay("in.jsonl", "sorted", "");
    let of = |out: &str| {
        let rows = case.table(out, "verdicts");
        let row = rows
            .iter()
            .find(|row| row["contact_id"] == "FIRST")
            .unwrap();
        ["verdict", "next_contact_id", "status", "cause"].map(|column| row[column].clone())
    };
    assert_eq!(
        of("arrived"),
        ["repeated", "SECOND", "revised", "late_event"]
    );
    assert_eq!(of("sorted"), ["repeated", "SECOND", "final", ""]);
    assert_eq!(
        settled(&case, "arrived", "verdicts"),
        settled(&case, "sorted", "verdicts")
    );
}

#[test]
fn what_came_too_late_is_counted_and_left_out() {
    let case = Case::new(SMALL);
    let late = with(
        &call("LATE", "C1", 1, 9),
        json!({"occurred_at": "2026-01-28T09:00:00Z", "started_at": "2026-01-28T09:00:00Z",
               "ended_at": null}),
    );
    let just = with(
        &call("JUST", "C1", 1, 9),
        json!({"occurred_at": "2026-01-29T10:00:00Z", "started_at": null, "ended_at": null}),
    );
    // 31 days after 29 January, 10:00.
    let now = call("NOW", "C1", 1, 10);
    case.put("in.jsonl", lines(&[now, late, just]));
    case.replay("in.jsonl", "arrived", "--as-arrived");
    let summary = case.summary("arrived");
    assert_eq!(
        (&summary["too_late"], &summary["decoded"]),
        (&json!(1), &json!(3))
    );
    assert_eq!(summary["contacts"]["phone"], 2);
    case.replay("in.jsonl", "sorted", "");
    assert_eq!(
        case.summary("sorted")["too_late"],
        0,
        "a file in order has nothing late"
    );
    assert_eq!(case.summary("sorted")["contacts"]["phone"], 3);
}

#[test]
fn a_history_cut_at_an_instant_is_the_shortened_one() {
    let case = Case::new(SMALL);
    let all = calls(500);
    let shortened: Vec<Value> = all[..300].to_vec();
    case.put("all.jsonl", lines(&all));
    case.put("short.jsonl", lines(&shortened));
    // The last of the 300 ends at 12:05 on the 13th.
    let last = shortened.last().unwrap()["ended_at"].as_str().unwrap();
    assert_eq!(last, "2026-03-13T11:05:00Z");
    case.replay("short.jsonl", "short", "");
    for until in [last, "2026-03-13T12:05:00+01:00"] {
        let out = until.replace([':', '+'], "-");
        case.replay("all.jsonl", &out, &format!("--until {until}"));
        for table in ["contacts", "verdicts", "sessions", "alerts"] {
            assert_eq!(
                case.table(&out, table),
                case.table("short", table),
                "{until}: {table}"
            );
        }
        let summary = case.summary(&out);
        assert_eq!(summary["ignored"], json!({"after_until": 200}));
        assert_eq!(summary["readings"], case.summary("short")["readings"]);
    }
    // Time that goes on with nothing in it makes verdicts final.
    case.replay("short.jsonl", "later", "--until 2026-04-30T00:00:00Z");
    let pending = case
        .table("later", "verdicts")
        .iter()
        .filter(|row| row["verdict"] == "pending")
        .count();
    assert_eq!(pending, 0);
    case.replay(
        "all.jsonl",
        "arrived",
        &format!("--until {last} --as-arrived"),
    );
    assert_eq!(
        settled(&case, "arrived", "verdicts"),
        settled(&case, "short", "verdicts")
    );
}

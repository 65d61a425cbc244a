//! What we write, read by the Prometheus project's own tool.
//!
//! Without `promtool` (Debian package `prometheus`) these tests are skipped, which they say; with
//! `RICOCHET_REQUIRE_PROMTOOL=1` they fail.

use super::samples;
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs promtool; what it says if it is not content. `None`: there is no promtool.
fn promtool(arguments: &[&str], input: &str) -> Option<Result<(), String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/prometheus");
    let child = Command::new("promtool")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            let required = std::env::var("RICOCHET_REQUIRE_PROMTOOL").is_ok_and(|is| is == "1");
            assert!(!required, "promtool is required: {error}");
            let mut out = std::io::stderr();
            let _ = writeln!(out, "telemetry: promtool {arguments:?} skipped: {error}");
            return None;
        }
    };
    let mut stdin = child.stdin.take().unwrap();
    // It may end before it has read everything.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    // It ends with 3 where it only has something to remark.
    Some(if output.status.success() {
        Ok(())
    } else {
        Err(said)
    })
}

fn content(arguments: &[&str], input: &str) {
    if let Some(Err(said)) = promtool(arguments, input) {
        panic!("promtool {arguments:?}: {said}");
    }
}

#[test]
fn it_reads_the_exposition_and_has_nothing_to_remark() {
    content(&["check", "metrics"], &samples::all().text());
    content(&["check", "metrics"], &samples::starting().text());
}

#[test]
fn it_remarks_what_is_wrong() {
    let wrong = "# TYPE ricochet_records_read counter\nricochet_records_read 1\n";
    let said = promtool(&["check", "metrics"], wrong);
    assert!(said.is_none_or(|said| said.is_err()), "it was content");
}

#[test]
fn it_reads_the_alert_rules() {
    content(&["check", "rules", "ricochet.rules.yml"], "");
}

#[test]
fn the_alert_rules_do_what_their_tests_say() {
    content(&["test", "rules", "ricochet.rules.test.yml"], "");
}

/// The queries that the documentation shows, in order.
fn queries() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
    let page = std::fs::read_to_string(path).unwrap();
    let blocks = page.split("```promql\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_queries_of_the_documentation_say_what_they_claim() {
    // A minute: of 1,000 records 20 are ignored and 30 rejected, by two processes.
    let series = |name: &str, labels: &str, a_minute: u32| {
        json!({
            "series": format!("ricochet_{name}{{job=\"r\"{labels}}}"),
            "values": format!("0+{a_minute}x1440"),
        })
    };
    let reading = ",channel=\"phone\",reading=\"j+7 assisted any\",reason=\"billing\"";
    let input = [
        series("records_read_total", ",instance=\"a\"", 600),
        series("records_read_total", ",instance=\"b\"", 400),
        series("records_decoded_total", ",instance=\"a\"", 570),
        series("records_decoded_total", ",instance=\"b\"", 380),
        series(
            "records_ignored_total",
            ",instance=\"a\",why=\"unknown_signal\"",
            20,
        ),
        series(
            "records_rejected_total",
            ",instance=\"a\",reason=\"bad_time\"",
            10,
        ),
        series(
            "records_rejected_total",
            ",instance=\"b\",reason=\"bad_time\"",
            20,
        ),
        series("events_new_total", ",instance=\"c\"", 900),
        series("events_duplicate_total", ",instance=\"c\"", 40),
        series("events_too_late_total", ",instance=\"a\"", 10),
        series(
            "contacts_told_total",
            ",channel=\"phone\",customer=\"known\"",
            80,
        ),
        series(
            "contacts_withdrawn_total",
            ",channel=\"phone\",customer=\"known\"",
            5,
        ),
        series(
            "contacts_told_total",
            ",channel=\"phone\",customer=\"unknown\"",
            30,
        ),
        series(
            "contacts_withdrawn_total",
            ",channel=\"phone\",customer=\"unknown\"",
            5,
        ),
        series("repeats_told_total", reading, 9),
        series("repeats_withdrawn_total", reading, 2),
    ];
    let expected = [
        ("{}", 0.0),
        ("{}", 0.0),
        ("{}", 0.75),
        ("{reason=\"billing\"}", 420.0),
    ];
    let queries = queries();
    assert_eq!(queries.len(), expected.len());
    let queries = queries
        .iter()
        .zip(expected)
        .map(|(query, (labels, value))| {
            let samples = [json!({ "labels": labels, "value": value })];
            json!({ "expr": query, "eval_time": "1d", "exp_samples": samples })
        });
    let queries: Vec<serde_json::Value> = queries.collect();
    let test = json!({ "interval": "1m", "input_series": input, "promql_expr_test": queries });
    let mut file = tempfile::NamedTempFile::new().unwrap();
    // YAML reads JSON.
    let text = json!({ "evaluation_interval": "1m", "tests": [test] }).to_string();
    file.write_all(text.as_bytes()).unwrap();
    content(&["test", "rules", file.path().to_str().unwrap()], "");
}

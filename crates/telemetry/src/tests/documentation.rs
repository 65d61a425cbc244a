//! Names, labels and help keep the rules; the documentation and the alert rules know the same ones.

use crate::names::{ALL, Kind};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root(path)).unwrap()
}

const BEGIN: &str = "by UPDATE=1 cargo test -p telemetry -->\n";
const END: &str = "<!-- end of metrics -->";

/// The table of metrics, as the documentation shows it.
fn table() -> String {
    let mut text =
        "\n| metric | labels | what it means and what to do |\n|---|---|---|\n".to_owned();
    for metric in ALL {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let labels: Vec<String> = metric
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        let labels = labels.join(" ");
        let (name, help) = (metric.name, metric.help);
        writeln!(text, "| `{name}` ({kind}) | {labels} | {help} |").unwrap();
    }
    text.push('\n');
    text
}

#[test]
fn the_documentation_lists_every_metric() {
    let path = root("docs/operations.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the place of the table");
    let (found, after) = rest.split_once(END).expect("the end of the table");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
        return;
    }
    assert_eq!(
        found,
        table(),
        "docs/operations.md is not that of the code; run UPDATE=1 cargo test -p telemetry"
    );
}

#[test]
fn names_have_their_units_and_help_says_what_to_do() {
    for metric in ALL {
        let name = metric.name;
        assert!(name.starts_with("ricochet_"), "{name}");
        assert_eq!(
            name.ends_with("_total"),
            metric.kind == Kind::Counter,
            "{name}"
        );
        let sentences = metric.help.matches(['.', ':', ';']).count();
        assert!(sentences >= 2, "{name}: what it means, and what to do");
        for unit in ["_ms", "_us", "_minutes", "_kb", "_millis", "_percent"] {
            assert!(!name.contains(unit), "{name} is not in base units");
        }
    }
    let names: BTreeSet<&str> = ALL.iter().map(|metric| metric.name).collect();
    assert_eq!(names.len(), ALL.len(), "a name stands twice");
}

/// The words of a text that begin like our metrics.
fn metrics_of(text: &str) -> BTreeSet<&str> {
    let words = text.split(|mark: char| !(mark.is_ascii_alphanumeric() || mark == '_'));
    words.filter(|word| word.starts_with("ricochet_")).collect()
}

#[test]
fn what_rules_and_documentation_speak_of_exists() {
    let known = |word: &str| {
        ALL.iter().any(|metric| {
            let rest = word.strip_prefix(metric.name);
            let parts = ["_bucket", "_count", "_sum"];
            // What is recorded of a counter is no total any more.
            let recorded = ["_told_total", "_total"].map(|end| metric.name.strip_suffix(end));
            rest.is_some_and(|rest| {
                rest.is_empty() || metric.kind == Kind::Histogram && parts.contains(&rest)
            }) || recorded.contains(&Some(word))
        })
    };
    for path in [
        "deploy/prometheus/ricochet.rules.yml",
        "deploy/prometheus/ricochet.rules.test.yml",
        "deploy/grafana/dashboards/business.json",
        "deploy/grafana/dashboards/operation.json",
        "docs/operations.md",
    ] {
        for word in metrics_of(&read(path)) {
            assert!(known(word), "{path}: {word} is no metric");
        }
    }
}

#[test]
fn every_alert_has_its_section_and_its_test() {
    let rules = read("deploy/prometheus/ricochet.rules.yml");
    let tests = read("deploy/prometheus/ricochet.rules.test.yml");
    let page = read("docs/operations.md");
    let alerts: BTreeSet<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    let sections: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .filter(|heading| heading.starts_with("Ricochet"))
        .collect();
    assert!(!alerts.is_empty());
    assert_eq!(alerts, sections);
    for block in rules.split("- alert: ").skip(1) {
        let alert = block.lines().next().unwrap();
        let anchor = alert.to_lowercase();
        for part in ["summary: ", "description: ", "severity: "] {
            assert!(block.contains(part), "{alert} has no {part}");
        }
        let runbook = format!("runbook_url: docs/operations.md#{anchor}\n");
        assert!(block.contains(&runbook), "{alert} names another section");
        assert!(
            tests.contains(&format!("alertname: {alert}\n")),
            "{alert} has no test"
        );
    }
}

/// The words of a text that begin like our alerts.
fn alerts_of(text: &str) -> BTreeSet<&str> {
    let words = text.split(|mark: char| !mark.is_ascii_alphanumeric());
    words
        .filter(|word| word.len() > 8 && word.starts_with("Ricochet"))
        .collect()
}

#[test]
fn mails_and_routes_speak_of_alerts_that_exist_and_of_each_in_french() {
    let rules = read("deploy/prometheus/ricochet.rules.yml");
    let alerts: BTreeSet<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    let mails = read("deploy/alertmanager/templates/ricochet.tmpl");
    assert_eq!(alerts_of(&mails), alerts);
    let routes = read("deploy/alertmanager/alertmanager.yml");
    let unknown: Vec<&str> = alerts_of(&routes).difference(&alerts).copied().collect();
    assert!(unknown.is_empty(), "no such alerts: {unknown:?}");
    for severity in rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("severity: "))
    {
        let route = format!("severity = \"{severity}\"");
        assert!(routes.contains(&route), "nobody is told of {severity}");
    }
}

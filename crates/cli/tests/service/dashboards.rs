//! Grafana's dashboards, but for Grafana: every query of every panel, asked of a Prometheus that scrapes
//! a service at work. None may be empty, and what they add up to is what stands in the tables.

use crate::deployment::Deployment;
use crate::settles::{UNTIL, events_of};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use testbed::Prometheus;

/// How long the panels may stay empty while data flows.
const FILLED_WITHIN: Duration = Duration::from_secs(60);
/// What Grafana puts in place of its variables: the time chosen is an hour, Prometheus scrapes once a
/// second, and of the dashboards' own variables what stands there when a dashboard is opened.
const VARIABLES: [(&str, &str); 4] = [
    ("$__rate_interval", "15s"),
    ("$__range", "1h"),
    ("$job", ".*"),
    ("$reading", "j+7 assisted any"),
];

fn deploy(path: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    root.join(path).canonicalize().unwrap()
}

/// A query of a panel.
struct Query {
    /// Dashboard, panel and letter.
    place: String,
    text: String,
    /// Of now alone, as figures and tables ask, and not over the time chosen.
    is_instant: bool,
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// The query with a value in place of each variable.
fn replaced(text: &str) -> String {
    let replace = |text: String, (name, value): &(&str, &str)| text.replace(name, value);
    let text = VARIABLES.iter().fold(text.to_owned(), replace);
    assert!(!text.contains('$'), "an unknown variable: {text}");
    text
}

fn dashboards() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(deploy("grafana/dashboards")).unwrap();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, serde_json::from_str(&text).unwrap())
    };
    files.map(|file| read(file.unwrap().path())).collect()
}

/// Every query of a dashboard; those of its variables are what they take their values from.
fn queries(name: &str, dashboard: &Value) -> Vec<Query> {
    let mut all = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = text_of(panel, "title");
        if text_of(panel, "type") == "row" {
            continue;
        }
        assert!(!text_of(panel, "description").is_empty(), "{name}: {title}");
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{name}: {title} asks nothing");
        all.extend(targets.iter().map(|target| Query {
            place: format!("{name}: {title}: {}", text_of(target, "refId")),
            text: replaced(text_of(target, "expr")),
            is_instant: target["instant"].as_bool().unwrap(),
        }));
    }
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        let Some(values) = text_of(variable, "definition").strip_prefix("label_values(") else {
            continue;
        };
        let (metric, label) = values.trim_end_matches(')').split_once(", ").unwrap();
        all.push(Query {
            place: format!("{name}: variable {}", text_of(variable, "name")),
            text: format!("{metric}{{{label}!=\"\"}}"),
            is_instant: true,
        });
    }
    all
}

/// The numbers that a query answers; `None` if it is refused.
fn numbers(prometheus: &Prometheus, query: &Query) -> Option<Vec<f64>> {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let (from, now) = (now.as_secs() - 60, now.as_secs());
    let (from, now) = (from.to_string(), now.to_string());
    let text = ("query", query.text.as_str());
    let answer = if query.is_instant {
        prometheus.api("query", &[text])
    } else {
        let times = [("start", from.as_str()), ("end", &now), ("step", "5")];
        prometheus.api("query_range", &[&[text][..], &times].concat())
    };
    let answer: Value = serde_json::from_str(&answer?).unwrap();
    let mut numbers = Vec::new();
    for series in answer["data"]["result"].as_array().unwrap() {
        let samples = series["values"].as_array().map(Vec::as_slice);
        for sample in samples.unwrap_or(std::slice::from_ref(&series["value"])) {
            numbers.push(sample[1].as_str().unwrap().parse().unwrap());
        }
    }
    Some(numbers)
}

/// Does a query show nothing?
fn is_empty(prometheus: &Prometheus, query: &Query) -> bool {
    let numbers = numbers(prometheus, query)
        .unwrap_or_else(|| panic!("{}: refused: {}", query.place, query.text));
    !numbers.iter().any(|number: &f64| number.is_finite())
}

/// What a query that has one number answers.
fn number(prometheus: &Prometheus, text: &str) -> Option<f64> {
    let query = Query {
        place: text.to_owned(),
        text: text.to_owned(),
        is_instant: true,
    };
    numbers(prometheus, &query)?.first().copied()
}

/// Scrapes a process, and evaluates the rules that the product ships.
fn watching(address: &str) -> Prometheus {
    let rules = deploy("prometheus/ricochet.rules.yml");
    Prometheus::start(&format!(
        "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\n\
         rule_files: [\"{}\"]\n\
         scrape_configs:\n\
         - job_name: ricochet\n  static_configs: [{{ targets: [\"{address}\"] }}]\n",
        rules.display()
    ))
}

#[test]
fn no_panel_is_empty_and_their_sums_are_those_of_the_tables() {
    if !Prometheus::is_possible() {
        return;
    }
    let Some(deployment) = Deployment::new("dashboards", "") else {
        return;
    };
    let process = deployment.start("a", "all");
    let prometheus = watching(&process.address);
    // What happens before the first scrape has not grown in the time chosen.
    let began_at = Instant::now();
    while number(&prometheus, "sum(ricochet_contacts_told_total)") != Some(0.0) {
        let is_late = began_at.elapsed() > Duration::from_secs(30);
        assert!(!is_late, "counters do not begin at zero");
        std::thread::sleep(Duration::from_millis(200));
    }
    // In parts, so that Prometheus sees counters grow.
    let mut events = events_of(9, 2_000);
    deployment.send(&["not json".to_owned()]);
    for part in events.chunks(events.len() / 6 + 1) {
        deployment.send(part);
        std::thread::sleep(Duration::from_secs(2));
    }
    let all: Vec<Query> = dashboards()
        .iter()
        .flat_map(|(name, dashboard)| queries(name, dashboard))
        .collect();
    assert!(all.len() > 60, "{} queries", all.len());
    let mut empty: Vec<&Query> = all.iter().collect();
    let began_at = Instant::now();
    while began_at.elapsed() < FILLED_WITHIN {
        empty.retain(|query| is_empty(&prometheus, query));
        if empty.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    let said = |query: &&Query| format!("{}: {}", query.place, query.text);
    let empty: Vec<String> = empty.iter().map(said).collect();
    assert!(empty.is_empty(), "empty panels: {empty:#?}");
    let nothing = Query {
        place: "a metric that is none".to_owned(),
        text: "ricochet_nonsense".to_owned(),
        is_instant: false,
    };
    assert!(is_empty(&prometheus, &nothing), "empty panels are noticed");

    let ends = deployment.end_time(&events, UNTIL);
    events.extend(ends);
    let expected = deployment.replayed(&events, UNTIL);
    deployment.expect(&expected);
    for (table, told) in [
        (
            "contacts",
            "sum(ricochet_contacts_told_total) - sum(ricochet_contacts_withdrawn_total)",
        ),
        (
            "alerts",
            "sum(ricochet_alerts_total{status=\"raised\"}) \
             - sum(ricochet_alerts_total{status=\"withdrawn\"})",
        ),
    ] {
        let rows = expected.len(table) as f64;
        let began_at = Instant::now();
        while number(&prometheus, told) != Some(rows) {
            let found = number(&prometheus, told);
            let is_late = began_at.elapsed() > Duration::from_secs(30);
            assert!(!is_late, "{table}: {rows} rows, Prometheus says {found:?}");
            std::thread::sleep(Duration::from_millis(500));
        }
    }
    // Prometheus estimates what a counter grew by: from a second before the first event to one after
    // the last.
    for (place, table) in [
        ("business: Contacts: A", "contacts"),
        ("business: Alerts that stand: A", "alerts"),
    ] {
        let panel = all.iter().find(|query| query.place == place).unwrap();
        let rows = expected.len(table) as f64;
        let shown = number(&prometheus, &panel.text).unwrap();
        let is_near = (shown / rows - 1.0).abs() < 0.05;
        assert!(is_near, "{place}: {rows} rows, shown {shown}");
    }
    assert_eq!(process.stop(), Some(0));
}

//! A configuration that changes while the service runs: two processes are restarted one after the
//! other, partitions go to the new configuration, back to the former one, and forth again.

use crate::deployment::{Deployment, Process, head};
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use testbed::Broker;
use testbed::topics::{owners, read_committed};

const APPLICATION: &str = "changed";
const FORMER: &str = "readings = [\"24h assisted any\", \"intraday all same\"]\n\
    headline = \"24h assisted any\"\n\
    policies = [{ name = \"soon\", reading = \"24h assisted any\", count_min = 2, \
    cool_down = \"0s\" }]\n\
    [windows]\n\"24h\" = { rolling = \"24h\" }\nintraday = { calendar_days = 0 }\n";
const CHANGED: &str = "readings = [\"24h assisted any\", \"j+7 assisted any\", \
    \"intraday all same\"]\n\
    headline = \"24h assisted any\"\n\
    policies = [{ name = \"soon\", reading = \"24h assisted any\", count_min = 2, \
    cool_down = \"0s\" }, { name = \"week\", reading = \"j+7 assisted any\", count_min = 3, \
    cool_down = \"0s\" }]\n\
    [windows]\n\"24h\" = { rolling = \"24h\" }\n\"j+7\" = { calendar_days = 7 }\n\
    intraday = { calendar_days = 0 }\n\
    [sources.partner]\nlateness = \"0s\"\nbrings = [\"chat\"]\n";
/// Everything before the change has happened by then.
const CHANGED_AT: &str = "2026-03-20T12:00:00Z";
/// The former configuration has the last word until then.
const COMPLETED_AT: &str = "2026-03-24T12:00:00Z";
const UNTIL: &str = "2026-05-01T00:00:00Z";
/// Everybody comes again and again.
const CUSTOMERS: u32 = 120;
/// What is waited for has come after this long, however busy the machine is.
const WITHIN: Duration = Duration::from_secs(300);

/// Contacts of the days from one to another of March 2026, by day and hour, in order.
fn contacts(random: &mut StdRng, from: (i64, i64), to: (i64, i64), count: usize) -> Vec<String> {
    let begin: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let second = |(day, hour): (i64, i64)| begin.as_second() + (day - 1) * 86_400 + hour * 3_600;
    let mut seconds: Vec<i64> = (0..count)
        .map(|_| random.random_range(second(from)..second(to)))
        .collect();
    seconds.sort_unstable();
    let contact = |(number, at): (usize, i64)| {
        let start = Timestamp::from_second(at).unwrap();
        let end = Timestamp::from_second(at + 240).unwrap();
        let is_chat = random.random_bool(0.3);
        // The partner comes with the change.
        let is_partners = is_chat && from.0 >= 25;
        json!({
            "channel": if is_chat { "chat" } else { "phone" },
            "source": if is_partners { "partner" } else { "default" },
            "kind": "contact", "event_id": format!("E{}-{}-{number}", from.0, from.1),
            "contact_id": format!("A{}-{}-{number}", from.0, from.1),
            "occurred_at": start.to_string(), "started_at": start.to_string(),
            "ended_at": end.to_string(), "outcome": "handled",
            "identifiers": [{"type": "customer_id",
                "value": format!("C{}", random.random_range(0..CUSTOMERS))}],
        })
        .to_string()
    };
    seconds.into_iter().enumerate().map(contact).collect()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began_at = Instant::now();
    while !is_so() {
        assert!(began_at.elapsed() < WITHIN, "{what}: not within {WITHIN:?}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// Waits until all processes together have the customers, and nobody else; returns the partitions of
/// the last one.
fn wait_for_tasks(servers: &str, of: &[&str]) -> Vec<u32> {
    let group = format!("{APPLICATION}.customers");
    let mut partitions = Vec::new();
    wait_until(&format!("{of:?} have everything"), || {
        let mut owned = owners(servers, &group, &format!("{APPLICATION}.by_customer"));
        owned.retain(|_, all| !all.is_empty());
        let name = |of: &str| format!("{APPLICATION}.customers.{of}");
        partitions = owned
            .get(&name(of[of.len() - 1]))
            .cloned()
            .unwrap_or_default();
        let all: usize = owned.values().map(Vec::len).sum();
        all == 4 && owned.len() == of.len() && of.iter().all(|of| owned.contains_key(&name(of)))
    });
    partitions
}

/// Waits until the customers of a process have come to an instant.
fn wait_for_time(process: &Process, at: &str) {
    let at: Timestamp = at.parse().unwrap();
    let sample = "ricochet_event_time_delay_seconds{stage=\"customers\"} ";
    wait_until("time", || {
        let metrics = process.get("/metrics").1;
        let delay = metrics.lines().find_map(|line| line.strip_prefix(sample));
        let delay_s: f64 = delay.and_then(|text| text.parse().ok()).unwrap_or(f64::MAX);
        Timestamp::now().as_second() as f64 - delay_s >= at.as_second() as f64
    });
}

/// Whether a row speaks of what the change has added.
fn is_new(row: &Value) -> bool {
    row["window"] == "j+7" || row["name"] == "week"
}

/// The partition in which a contact is told.
fn partitions(servers: &str) -> BTreeMap<String, u32> {
    let rows = read_committed(servers, &format!("{APPLICATION}.contacts"));
    let rows = rows.into_iter().filter_map(|row| {
        let value: Value = serde_json::from_slice(row.value.as_deref()?).unwrap();
        Some((value["contact_id"].as_str()?.to_owned(), row.partition))
    });
    rows.collect()
}

#[test]
fn a_reading_a_policy_and_a_source_are_added_while_former_and_new_processes_take_turns() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let servers = broker.bootstrap_servers();
    let (former, changed) = (head(FORMER), head(CHANGED));
    let deployment = Deployment::on(&servers, APPLICATION, &former, None);
    let mut random = StdRng::seed_from_u64(1);
    let a = deployment.start("a", "all");
    let b = deployment.start("b", "all");
    let mut events = contacts(&mut random, (1, 0), (20, 0), 600);
    deployment.send(&events);
    events.extend(deployment.end_time(&events, CHANGED_AT));
    deployment.expect(&deployment.replayed(&events, CHANGED_AT));

    let mut told = 600;
    let mut go_on = |events: &mut Vec<String>, from, to| {
        let more = contacts(&mut random, from, to, 300);
        deployment.send(&more);
        events.extend(more);
        told += 300;
        wait_until("contacts", || deployment.rows("contacts").len() == told);
    };
    // One of two has the new configuration.
    deployment.reconfigure(&changed);
    assert_eq!(b.stop(), Some(0));
    let b = deployment.start("b", "all");
    let early = wait_for_tasks(&servers, &["a", "b"]);
    go_on(&mut events, (20, 14), (21, 18));
    // The other one takes everything back, for longer than its own windows are.
    assert_eq!(b.stop(), Some(0));
    wait_for_tasks(&servers, &["a"]);
    go_on(&mut events, (21, 20), (23, 0));
    events.extend(deployment.end_time(&events, COMPLETED_AT));
    wait_for_time(&a, COMPLETED_AT);
    // Both have the new one, one after the other.
    let b = deployment.start("b", "all");
    wait_for_tasks(&servers, &["a", "b"]);
    go_on(&mut events, (24, 14), (24, 22));
    assert_eq!(a.stop(), Some(0));
    let a = deployment.start("a", "all");
    wait_for_tasks(&servers, &["a", "b"]);
    go_on(&mut events, (25, 2), (31, 0));
    events.extend(deployment.end_time(&events, UNTIL));

    let mut expected = deployment.replayed(&events, UNTIL);
    // The new reading holds from an instant on, in each task: that of the first contact that has it.
    let partitions = partitions(&servers);
    let started: BTreeMap<String, String> = expected
        .rows("contacts")
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            (text("contact_id"), text("started_at"))
        })
        .collect();
    let place = |row: &Value| {
        let id = row["contact_id"].as_str().unwrap();
        (partitions[id], started[id].as_str())
    };
    let mut since: BTreeMap<u32, &str> = BTreeMap::new();
    let told = deployment.told();
    for row in told.rows("verdicts").filter(is_new) {
        let (of, at) = place(&row);
        let first = since.entry(of).or_insert(at);
        *first = at.min(first);
    }
    assert_eq!(since.len(), 4, "{since:?}");
    assert!(!early.is_empty() && early.len() < 4, "{early:?}");
    for (of, at) in &since {
        let taken_up_at = if early.contains(of) {
            CHANGED_AT
        } else {
            COMPLETED_AT
        };
        assert!(*at > taken_up_at, "{of} at {at}, {early:?}");
        assert_eq!(
            *at < COMPLETED_AT,
            early.contains(of),
            "{of} at {at}, {early:?}"
        );
    }
    for table in ["verdicts", "alerts"] {
        expected.change(table, |mut row| {
            let (of, at) = place(&row);
            if at < since[&of] {
                if is_new(&row) {
                    return None;
                }
                // In which readings its contact is a repeat, an alert says too.
                if let Some(readings) = row.get_mut("readings").and_then(Value::as_array_mut) {
                    readings.retain(|reading| reading != "j+7 assisted any");
                }
            }
            Some(row)
        });
    }
    assert!(expected.rows("alerts").filter(is_new).count() > 20);
    deployment.expect(&expected);
    assert_eq!(a.stop(), Some(0));
    assert_eq!(b.stop(), Some(0));
}

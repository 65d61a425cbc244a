//! Time on a real Kafka: a source that falls silent, a source that is added.

use crate::deployment::{Deployment, Process};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Every day is worked, so that the test does not depend on the day on which it runs.
const NAMED: &str = "week = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\n\n\
    [sources.crm]\nlateness = \"0s\"\nsilence_max = \"3s\"\nbrings = [\"phone\"]\n\n\
    [sources.site]\nlateness = \"0s\"\nbrings = [\"chat\"]\n";
/// What is waited for has come after this long, however busy the machine is.
const WITHIN: Duration = Duration::from_secs(300);

/// A member that does not come back is forgotten after 15 s.
const SESSION: Duration = Duration::from_secs(17);

fn now(ago_s: i64) -> String {
    let now = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(ago_s);
    now.to_string()
}

fn contact(channel: &str, source: &str, id: &str, at: &str) -> String {
    format!(
        "{{\"channel\":\"{channel}\",\"source\":\"{source}\",\"kind\":\"contact\",\
         \"event_id\":\"e-{id}\",\"contact_id\":\"{id}\",\"occurred_at\":\"{at}\",\
         \"identifiers\":[{{\"type\":\"customer_id\",\"value\":\"C1\"}}]}}"
    )
}

fn wait_until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began_at = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began_at.elapsed() < WITHIN, "{what}: not within {WITHIN:?}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// What was told of silent sources, in order.
fn silences(deployment: &Deployment) -> Vec<Value> {
    let mut alerts = deployment.records("alerts");
    alerts.retain(|alert| alert["type"] == "SourceSilent");
    alerts
}

/// What all processes say of the source together.
fn is_silent(processes: &[&Process], source: &str) -> Vec<String> {
    let metrics = processes.iter().map(|process| process.get("/metrics").1);
    let sample = format!("ricochet_source_silent{{source=\"{source}\"}} ");
    metrics
        .flat_map(|text| {
            let own = text.lines().filter_map(|line| line.strip_prefix(&sample));
            own.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn a_silent_source_is_told_once_by_all_processes_together() {
    let Some(deployment) = Deployment::new("silent", NAMED) else {
        return;
    };
    let a = deployment.start("a", "all");
    let b = deployment.start("b", "all");
    deployment.send(&[contact("phone", "crm", "call-1", &now(5))]);
    let raised = wait_until("silence", || silences(&deployment).pop());
    assert_eq!(raised["status"], "raised", "{raised}");
    assert_eq!(raised["name"], "crm", "{raised}");
    assert_eq!(raised["revision"], 1, "{raised}");
    let details: Value = serde_json::from_str(raised["details"].as_str().unwrap()).unwrap();
    assert_eq!(details["source"], "crm", "{raised}");
    assert_eq!(details["silence_max"], "3s", "{raised}");
    wait_until("the metric", || {
        let said = is_silent(&[&a, &b], "crm");
        (said == ["1"]).then_some(())
    });
    // Whoever takes over knows that it was told.
    a.kill();
    let a = deployment.start("a", "all");
    wait_until("the metric of whoever took over", || {
        let said = is_silent(&[&a, &b], "crm");
        (said == ["1"]).then_some(())
    });
    assert_eq!(silences(&deployment).len(), 1);
    deployment.send(&[contact("phone", "crm", "call-2", &now(0))]);
    let told = wait_until("that it spoke again", || {
        let told = silences(&deployment);
        (told.len() > 1).then_some(told)
    });
    assert_eq!(told[1]["alert_id"], told[0]["alert_id"]);
    assert_eq!(told[1]["status"], "withdrawn", "{}", told[1]);
    assert_eq!(told[1]["cause"], "spoke_again", "{}", told[1]);
    assert_eq!(told[1]["revision"], 2, "{}", told[1]);
    assert_eq!(a.stop(), Some(0));
    assert_eq!(b.stop(), Some(0));
}

#[test]
fn a_source_that_is_added_neither_stops_time_nor_turns_it_back() {
    let Some(deployment) = Deployment::new("added", NAMED) else {
        return;
    };
    deployment.leave_out(Some("chat"));
    let a = deployment.start("a", "all");
    deployment.send(&[contact("phone", "crm", "call-1", "2026-03-01T10:00:00Z")]);
    // Idle time alone does not pass a week: the source says so.
    deployment.send(&[contact("phone", "crm", "call-2", "2026-04-01T10:00:00Z")]);
    let is_final = |id: &str| {
        let verdicts = deployment.records("verdicts");
        let own = verdicts.iter().rfind(|row| row["contact_id"] == id)?;
        let readings = own["readings"].as_array()?;
        let headline = readings
            .iter()
            .find(|row| row["window"] == "j+7" && row["scope"] == "assisted")?;
        (headline["status"] != "provisional").then(|| headline["verdict"].clone())
    };
    let verdict = wait_until("a final verdict", || is_final("call-1"));
    assert_eq!(verdict, "resolved");
    assert_eq!(a.stop(), Some(0));
    // The group has to forget the member with the former topics first.
    std::thread::sleep(SESSION);
    // Now there are chats, of the days before; their topic begins in the past.
    deployment.leave_out(None);
    deployment.send(&[contact("chat", "site", "chat-1", "2026-03-20T10:00:00Z")]);
    let a = deployment.start("a", "all");
    let row = wait_until("the chat", || {
        let rows = deployment.records("contacts");
        rows.into_iter().find(|row| row["contact_id"] == "chat-1")
    });
    assert_eq!(row["source"], "site", "{row}");
    // What was final has stayed so, and what the new source brings becomes final too.
    assert_eq!(is_final("call-1"), Some("resolved".into()));
    let verdict = wait_until("the chat's final verdict", || is_final("chat-1"));
    assert_eq!(verdict, "resolved");
    deployment.send(&[contact("phone", "crm", "call-3", "2026-06-01T10:00:00Z")]);
    deployment.send(&[contact("chat", "site", "chat-2", "2026-06-01T10:00:00Z")]);
    wait_until("time after it", || is_final("call-2"));
    assert_eq!(a.stop(), Some(0));
}

//! The board as a stage: what it shows is what the topics say, on every board alike.

use crate::deployment::{Deployment, Process};
use crate::settles::{UNTIL, events_of};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use testbed::{Broker, topics};

/// All dates of the generated events.
const PERIOD: &str = "period=2026-02-20..2026-03-19";

/// Asks until the answer is as it should be.
fn until(process: &Process, path: &str, is_so: impl Fn(u16, &Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let (status, body) = process.get(path);
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        if is_so(status, &body) {
            return body;
        }
        let text = body.to_string();
        assert!(
            began.elapsed() < Duration::from_secs(90),
            "{path}: {status} {}",
            &text[..text.len().min(2_000)]
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The sum of a figure's numerators over all pages.
fn sum(process: &Process, figure: &str) -> f64 {
    let (mut sum, mut cursor) = (0.0, String::new());
    loop {
        let path =
            format!("/api/v1/figures?{PERIOD}&figure={figure}&segment=none&limit=1000{cursor}");
        let (status, body) = process.get(&path);
        assert_eq!(status, 200, "{body}");
        let page: Value = serde_json::from_str(&body).unwrap();
        let rows = page["rows"].as_array().unwrap().iter();
        sum += rows
            .map(|row| row["numerator"].as_f64().unwrap())
            .sum::<f64>();
        let Some(next) = page["next"].as_str() else {
            return sum;
        };
        cursor = format!("&cursor={next}");
    }
}

/// Does something with an alert.
fn act(process: &Process, alert_id: &str, body: &str) -> u16 {
    let mut stream = TcpStream::connect(&process.address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let request = format!(
        "POST /api/v1/alerts/{alert_id}/acts HTTP/1.1\r\nHost: localhost\r\nX-Ricochet: 1\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

fn shows_the_topics(deployment: &Deployment) {
    let early = deployment.start("early", "board");
    until(&early, "/health/ready", |status, _| status == 200);
    let service = deployment.start("a", "all");
    let mut events = events_of(4, 2_000);
    deployment.send(&events);
    let ends = deployment.end_time(&events, UNTIL);
    events.extend(ends);
    let expected = deployment.replayed(&events, UNTIL);
    deployment.expect(&expected);
    deployment.expect_figures();
    // One that was there from the beginning, and one that comes to all of it.
    let late = deployment.start("late", "board");
    until(&late, "/health/ready", |status, _| status == 200);
    let contacts = expected.len("contacts");
    let broken = expected.rows("alerts");
    let of_people = broken.filter(|row| row["type"] != "SourceSilent").count();
    for board in [&early, &late, &service] {
        until(board, &format!("/api/v1/view?{PERIOD}"), |_, view| {
            let kept = view["quality"]["limits"]["contacts"][0].as_u64();
            kept == Some(contacts as u64) && view["freshness"]["state"]["is"] == "ok"
        });
        assert_eq!(sum(board, "contacts"), contacts as f64);
        let view = until(board, &format!("/api/v1/view?{PERIOD}"), |status, _| {
            status == 200
        });
        assert_eq!(
            view["people"]["open"], of_people,
            "{}",
            view["people"]["let_go"]
        );
        assert_eq!(view["now"]["contacts"], contacts);
    }
    two_act_at_once(&early, &late);
    assert_eq!(service.stop(), Some(0));
    // What people did is there for a board that starts later.
    let fresh = deployment.start("fresh", "board");
    until(
        &fresh,
        &format!("/api/v1/alerts?{PERIOD}&standing=closed"),
        |_, page| page["rows"].as_array().is_some_and(|rows| rows.len() == 1),
    );
    for board in [early, late, fresh] {
        assert_eq!(board.stop(), Some(0));
    }
}

/// Two supervisors on two boards: one of them holds, and both see which.
fn two_act_at_once(one: &Process, other: &Process) {
    let page = until(
        one,
        &format!("/api/v1/alerts?{PERIOD}&limit=1"),
        |_, page| page["rows"].as_array().is_some_and(|rows| !rows.is_empty()),
    );
    let alert_id = page["rows"][0]["alert_id"].as_str().unwrap().to_owned();
    let assign = r#"{"kind":"assign","assignee":"Zoë","revision":0}"#;
    let close = r#"{"kind":"close","revision":0}"#;
    let (first, second) = std::thread::scope(|scope| {
        let first = scope.spawn(|| act(one, &alert_id, assign));
        let second = scope.spawn(|| act(other, &alert_id, close));
        (first.join().unwrap(), second.join().unwrap())
    });
    let mut both = [first, second];
    both.sort_unstable();
    assert_eq!(both, [200, 409]);
    let path = format!("/api/v1/alerts/{alert_id}");
    let wanted = if first == 200 { "assigned" } else { "closed" };
    for board in [one, other] {
        until(board, &path, |_, detail| {
            detail["alert"]["standing"] == wanted
        });
    }
    if wanted == "assigned" {
        assert_eq!(
            act(other, &alert_id, r#"{"kind":"close","revision":1}"#),
            200
        );
    }
}

#[test]
fn every_board_shows_what_the_topics_say() {
    if let Some(deployment) = Deployment::new("board", "") {
        shows_the_topics(&deployment);
    }
}

#[test]
fn a_board_reads_avro_as_well() {
    let Some(deployment) = Deployment::with_registry("board-avro") else {
        return;
    };
    let board = deployment.start("b", "board");
    let service = deployment.start("a", "all");
    let mut events = events_of(4, 1_000);
    deployment.send(&events);
    let ends = deployment.end_time(&events, UNTIL);
    events.extend(ends);
    let expected = deployment.replayed(&events, UNTIL);
    deployment.expect(&expected);
    deployment.expect_figures();
    let contacts = expected.len("contacts");
    until(&board, &format!("/api/v1/view?{PERIOD}"), |_, view| {
        view["now"]["contacts"] == contacts && view["now"]["basis"]["from"] == "figures"
    });
    assert_eq!(service.stop(), Some(0));
    assert_eq!(board.stop(), Some(0));
}

#[test]
fn a_board_before_its_topics_waits_and_says_for_what() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let deployment = Deployment::new("board-early", "").unwrap();
    topics::delete(&broker.bootstrap_servers(), "board-early.acts");
    let board = deployment.start("b", "board");
    let view = until(&board, "/api/v1/view", |_, view| {
        view["freshness"]["state"]["topics"][0] == "board-early.acts"
    });
    assert_eq!(view["freshness"]["state"]["is"], "waiting");
    assert_eq!(board.get("/health/ready").0, 503);
    let (code, text) = deployment.run(&["topics", "--config", "b.toml", "init"]);
    assert_eq!(code, Some(0), "{text}");
    until(&board, "/api/v1/view", |_, view| {
        view["freshness"]["state"]["is"] == "empty"
    });
    assert_eq!(board.stop(), Some(0));
}

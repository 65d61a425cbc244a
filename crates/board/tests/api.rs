//! The API over real connections: what is answered, to whom, and what is refused.

// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used)]

mod support;

use axum::Router;
use board::Board;
use board::http::{Gate, Memory, Network, Proxy, Role, guarded, router};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use support::{Contact, board, tell_alert, tell_contact, tell_figure};

/// Serves until the test's process ends.
fn serve(board: &Board, gate: Gate) -> SocketAddr {
    let site: Router = guarded(router(board.clone(), Arc::new(Memory(board.clone()))), gate);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let site = site.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, site).await.unwrap();
        });
    });
    address
}

struct Answer {
    status: u16,
    headers: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.headers.lines();
        let line = lines.find(|line| line.to_lowercase().starts_with(&format!("{name}:")))?;
        line.split_once(": ").map(|(_, value)| value)
    }
}

fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let has_host = headers.iter().any(|(name, _)| *name == "host");
    let mut text = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    if !has_host {
        text += &format!("host: {address}\r\n");
    }
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("content-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let (status, headers) = head.split_once("\r\n").unwrap_or((head, ""));
    Answer {
        status: status.split(' ').nth(1).unwrap().parse().unwrap(),
        headers: headers.to_owned(),
        body: body.to_owned(),
    }
}

fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, "GET", path, &[], "")
}

fn act(address: SocketAddr, alert: &str, body: &str) -> Answer {
    let path = format!("/api/v1/alerts/{alert}/acts");
    ask(address, "POST", &path, &[("x-ricochet", "1")], body)
}

#[test]
fn tables_come_page_by_page_and_as_csv() {
    let board = board();
    for number in 0..5 {
        let at = format!("2026-01-27T09:0{number}:00Z");
        tell_alert(&board, &format!("{number:032}"), "customer_id:h1", &at);
    }
    let address = serve(&board, Gate::default());
    let mut seen = Vec::new();
    let mut path = "/api/v1/alerts?limit=2".to_owned();
    loop {
        let page = get(address, &path).json();
        let rows = page["rows"].as_array().unwrap();
        seen.extend(
            rows.iter()
                .map(|row| row["at"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/v1/alerts?limit=2&cursor={next}");
    }
    let mut sorted = seen.clone();
    sorted.sort_by(|a, b| b.cmp(a));
    assert_eq!(
        (seen.len(), &seen),
        (5, &sorted),
        "the newest first, each once"
    );
    let csv = get(address, "/api/v1/alerts?format=csv");
    assert_eq!(csv.body.lines().count(), 6);
    assert!(csv.header("content-type").unwrap().starts_with("text/csv"));
    assert!(
        csv.header("content-disposition")
            .unwrap()
            .contains("ricochet-alerts.csv")
    );
    let accept = ask(
        address,
        "GET",
        "/api/v1/alerts",
        &[("accept", "text/csv")],
        "",
    );
    assert_eq!(accept.body, csv.body);
}

#[test]
fn figures_come_in_one_order_and_every_row_once() {
    let board = board();
    for hour in 0..24 {
        for task in 0..2 {
            let row = serde_json::json!({ "channel": "phone", "hour": hour, "numerator": 2.0 });
            tell_figure(&board, task, &row);
        }
    }
    let address = serve(&board, Gate::default());
    let mut hours = BTreeSet::new();
    let mut path = "/api/v1/figures?figure=contacts&limit=7".to_owned();
    let mut pages = 0;
    loop {
        let page = get(address, &path).json();
        pages += 1;
        for row in page["rows"].as_array().unwrap() {
            assert_eq!(row["numerator"], 4.0, "two tasks are added up");
            assert_eq!(row["value"], 4.0);
            assert!(hours.insert(row["hour"].as_i64().unwrap()));
        }
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/v1/figures?figure=contacts&limit=7&cursor={next}");
    }
    assert_eq!((hours.len(), pages), (24, 4));
}

#[test]
fn what_is_known_is_not_sent_again() {
    let board = board();
    let address = serve(&board, Gate::default());
    let first = get(address, "/api/v1/causes");
    let tag = first.header("etag").unwrap();
    let again = ask(
        address,
        "GET",
        "/api/v1/causes",
        &[("if-none-match", tag)],
        "",
    );
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let other = ask(
        address,
        "GET",
        "/api/v1/causes",
        &[("if-none-match", "\"x\"")],
        "",
    );
    assert_eq!(other.status, 200);
}

#[test]
fn mistakes_say_what_is_allowed() {
    let address = serve(&board(), Gate::default());
    for (path, word) in [
        ("/api/v1/view?channel=fax", "phone, chat"),
        ("/api/v1/view?reading=x", "j+7 assisted any"),
        ("/api/v1/alerts?limit=0", "1 to 10000"),
        ("/api/v1/alerts?cursor=%3Cscript%3E", "cursor"),
        ("/api/v1/alerts?customer=customer_id%3Ah1", "is no key"),
        ("/api/v1/view?channel=phone&channel=chat", "twice"),
        ("/api/v1/sources?format=xml", "json, csv"),
    ] {
        let answer = get(address, path);
        assert_eq!(answer.status, 400, "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        assert!(
            answer.json()["detail"].as_str().unwrap().contains(word),
            "{path}: {}",
            answer.body
        );
    }
    assert_eq!(get(address, "/api/v1/alerts/none").status, 404);
    assert_eq!(get(address, "/api/v1/sessions/zz").status, 404);
    assert_eq!(get(address, "/api/v2/x").status, 404);
    let long = format!("/api/v1/view?reason={}", "x".repeat(9_000));
    assert_eq!(get(address, &long).status, 400);
}

#[test]
fn of_two_supervisors_at_once_the_first_one_holds() {
    let board = board();
    tell_alert(&board, "aa", "customer_id:h1", "2026-01-27T13:00:00Z");
    let address = serve(&board, Gate::default());
    let first = act(
        address,
        "aa",
        r#"{"kind":"assign","assignee":"Zoë","revision":0}"#,
    );
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.json()["alert"]["standing"], "assigned");
    let second = act(address, "aa", r#"{"kind":"close","revision":0}"#);
    assert_eq!(second.status, 409);
    assert_eq!(second.json()["stands"]["assignee"], "Zoë");
    let seen = act(address, "aa", r#"{"kind":"close","revision":1}"#);
    assert_eq!(seen.json()["alert"]["standing"], "closed");
    assert_eq!(
        act(address, "aa", r#"{"kind":"acknowledge","revision":2}"#).status,
        409
    );
    let reopened = act(address, "aa", r#"{"kind":"reopen","revision":2}"#);
    assert_eq!(reopened.json()["alert"]["standing"], "open");
    assert_eq!(reopened.json()["acts"].as_array().unwrap().len(), 3);
    for wrong in [
        "",
        "{}",
        r#"{"kind":"assign","revision":3}"#,
        r#"{"kind":"delete","revision":3}"#,
        r#"{"kind":"close","revision":3,"by":"boss"}"#,
    ] {
        assert_eq!(act(address, "aa", wrong).status, 400, "{wrong}");
    }
    let large = format!(
        r#"{{"kind":"close","revision":3,"x":"{}"}}"#,
        "x".repeat(20_000)
    );
    assert_eq!(act(address, "aa", &large).status, 413);
    assert_eq!(
        act(address, "bb", r#"{"kind":"close","revision":0}"#).status,
        404
    );
}

#[test]
fn a_page_of_somebody_else_can_neither_write_nor_read() {
    let board = board();
    tell_alert(&board, "aa", "customer_id:h1", "2026-01-27T13:00:00Z");
    let address = serve(&board, Gate::default());
    let path = "/api/v1/alerts/aa/acts";
    let body = r#"{"kind":"close","revision":0}"#;
    let post = |headers: &[(&str, &str)]| ask(address, "POST", path, headers, body).status;
    assert_eq!(
        post(&[]),
        403,
        "without the header that only scripts of ours can set"
    );
    assert_eq!(
        post(&[("x-ricochet", "1"), ("sec-fetch-site", "cross-site")]),
        403
    );
    assert_eq!(
        post(&[("x-ricochet", "1"), ("origin", "https://evil.example")]),
        403
    );
    // A name that was made to point to this machine.
    let rebound = ask(
        address,
        "GET",
        "/api/v1/view",
        &[("host", "evil.example")],
        "",
    );
    assert_eq!(rebound.status, 421);
    let own = format!("http://{address}");
    assert_eq!(post(&[("x-ricochet", "1"), ("origin", &own)]), 200);
    let answer = get(address, "/api/v1/view");
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("cache-control").unwrap().contains("private"));
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn a_token_lets_in_and_a_wrong_one_does_not() {
    let tokens = |token: &str| match token {
        "0123456789abcdef" => Some(Role::Supervisor),
        _ => None,
    };
    let gate = Gate {
        tokens: Some(Arc::new(tokens)),
        proxy: None,
    };
    let address = serve(&board(), gate);
    let me = |value: &str| {
        ask(
            address,
            "GET",
            "/api/v1/me",
            &[("authorization", value)],
            "",
        )
    };
    let without = get(address, "/api/v1/me");
    assert_eq!(without.status, 401);
    assert!(
        without
            .header("www-authenticate")
            .unwrap()
            .starts_with("Basic")
    );
    assert_eq!(me("Bearer 0123456789abcdef").json()["role"], "supervisor");
    // A browser's sign-in: `Ann:0123456789abcdef`.
    let signed = me("Basic QW5uOjAxMjM0NTY3ODlhYmNkZWY=").json();
    assert_eq!(
        (signed["name"].as_str(), signed["role"].as_str()),
        (Some("Ann"), Some("supervisor"))
    );
    for number in 0..10 {
        assert_eq!(me(&format!("Bearer wrong-{number}")).status, 401);
    }
    let answer = me("Bearer wrong");
    assert_eq!(answer.status, 429, "nobody guesses tokens");
    assert!(
        answer
            .header("retry-after")
            .unwrap()
            .parse::<u64>()
            .unwrap()
            >= 1
    );
    assert!(
        !answer.body.contains("wrong-"),
        "what was tried is not repeated"
    );
}

#[test]
fn a_proxy_names_users_and_nobody_else_does() {
    let proxy = |from: &str| Gate {
        tokens: None,
        proxy: Some(Proxy {
            header: "x-user".parse().unwrap(),
            from: vec![Network::read(from).unwrap()],
            operators: vec!["ann".to_owned()],
        }),
    };
    let address = serve(&board(), proxy("127.0.0.1"));
    let me = |user: &str| ask(address, "GET", "/api/v1/me", &[("x-user", user)], "");
    assert_eq!(me("bob").json()["role"], "supervisor");
    assert_eq!(me("ann").json()["role"], "operator");
    assert_eq!(get(address, "/api/v1/me").status, 401);
    let elsewhere = serve(&board(), proxy("10.0.0.0/8"));
    let forged = ask(elsewhere, "GET", "/api/v1/me", &[("x-user", "ann")], "");
    assert_eq!(forged.status, 403);
}

#[test]
fn the_description_is_that_of_what_is_answered() {
    let board = board();
    tell_contact(&board, &Contact::default());
    tell_alert(&board, "aa", "customer_id:h1", "2026-01-27T13:00:00Z");
    let address = serve(&board, Gate::default());
    let described = get(address, "/api/v1/openapi.json").json();
    let paths = described["paths"].as_object().unwrap();
    assert!(paths.len() >= 14);
    for (path, methods) in paths {
        for method in methods.as_object().unwrap().keys() {
            if path.contains("stream") || method != "get" {
                continue;
            }
            let path = path
                .replace("{alert_id}", "aa")
                .replace("{session}", &"0".repeat(32));
            let answer = get(address, &path);
            let is_known =
                answer.status == 200 || (path.contains("sessions/") && answer.status == 404);
            assert!(is_known, "{path}: {}", answer.status);
        }
    }
    // Every key that is answered is described, at every depth.
    let schemas = &described["components"]["schemas"];
    check(
        schemas,
        &schemas["View"],
        &get(address, "/api/v1/view").json(),
        "View",
    );
    check(
        schemas,
        &schemas["AlertDetail"],
        &get(address, "/api/v1/alerts/aa").json(),
        "AlertDetail",
    );
    check(
        schemas,
        &schemas["Problem"],
        &get(address, "/api/v1/alerts/zz").json(),
        "Problem",
    );
    // And every reference leads somewhere.
    let text = described.to_string();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(schemas.get(name).is_some(), "{name} is not described");
    }
}

/// Compares a value with its schema: names of fields, and what has to be there.
fn check(schemas: &Value, schema: &Value, value: &Value, path: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return check(schemas, &schemas[name], value, path);
    }
    for of in ["oneOf", "anyOf", "allOf"] {
        if schema[of].is_array() {
            // One of several: which one is said by its tag.
            return;
        }
    }
    match value {
        Value::Object(object) => {
            let Some(known) = schema["properties"].as_object() else {
                return;
            };
            for (key, value) in object {
                let schema = known.get(key);
                let schema = schema.unwrap_or_else(|| panic!("{path}.{key} is not described"));
                check(schemas, schema, value, &format!("{path}.{key}"));
            }
            for key in schema["required"].as_array().into_iter().flatten() {
                assert!(
                    object.contains_key(key.as_str().unwrap()),
                    "{path}.{key} is missing"
                );
            }
        }
        Value::Array(list) if schema["items"].is_object() => {
            for one in list {
                check(schemas, &schema["items"], one, path);
            }
        }
        _ => {}
    }
}

/// Reads a stream up to some text.
fn read_until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !text.contains(wanted) {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "the stream ended: {text}");
        text += &String::from_utf8_lossy(&buffer[..read]);
    }
    text
}

fn listen(address: SocketAddr, last: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let last = if last.is_empty() {
        String::new()
    } else {
        format!("last-event-id: {last}\r\n")
    };
    let text = format!(
        "GET /api/v1/stream HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{last}\r\n"
    );
    stream.write_all(text.as_bytes()).unwrap();
    // Byte by byte: what stands behind the headers is to be read by others.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    stream
}

#[test]
fn an_alert_is_told_at_once_and_again_to_who_was_away() {
    let board = board();
    let address = serve(&board, Gate::default());
    let mut stream = listen(address, "");
    tell_alert(&board, "aa", "customer_id:h1", "2026-01-27T13:00:00Z");
    let text = read_until(&mut stream, "event: alert");
    drop(stream);
    let id = text
        .split("id: ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .to_owned();
    tell_alert(&board, "bb", "customer_id:h1", "2026-01-27T13:01:00Z");
    let mut again = listen(address, &id);
    let text = read_until(&mut again, "\"bb\"");
    assert!(!text.contains("event: reset"));
    let mut stranger = listen(address, "1-1");
    read_until(&mut stranger, "event: reset");
}

#[test]
fn a_client_that_never_reads_is_let_go_and_others_hear_on() {
    let board = board();
    let address = serve(&board, Gate::default());
    let silent = listen(address, "");
    let mut hears = listen(address, "");
    let reader = std::thread::spawn(move || read_until(&mut hears, "\"the-last\""));
    let long = "x".repeat(250);
    for number in 0..40_000 {
        let mut row = support::alert("aa", "customer_id:h1", "2026-01-27T13:00:00Z");
        row["tier"] = Value::from(long.as_str());
        row["revision"] = Value::from(number);
        support::tell(
            &board,
            board::Table::Alerts,
            "customer_id:h1/aa",
            Some(&row),
        );
        if number % 100 == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    tell_alert(&board, "the-last", "customer_id:h1", "2026-01-27T13:01:00Z");
    // Who reads may have been too slow once; then it comes back and hears the last.
    match reader.join() {
        Ok(text) => assert!(text.contains("the-last")),
        Err(_) => {
            let mut again = listen(address, "1-1");
            read_until(&mut again, "event: reset");
        }
    }
    // What waits for the silent one is in the system's buffers only: its stream ends in the middle.
    let mut silent = silent;
    let mut all = Vec::new();
    silent.read_to_end(&mut all).unwrap();
    assert!(
        !String::from_utf8_lossy(&all).contains("the-last"),
        "it was let go before"
    );
}

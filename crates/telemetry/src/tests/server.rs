//! The HTTP side, asked over a real socket.

use super::samples;
use crate::http::{HttpError, Server, serve};
use crate::{Metrics, Slots};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

const ANYWHERE: &str = "127.0.0.1:0";

fn start(tokens: Option<&str>) -> (Server, Arc<Slots>) {
    let slots = Arc::new(Slots::with_time(["door", "contacts"], samples::now));
    let metrics = Metrics::new(Arc::clone(&slots), samples::labels(), "0.1.0");
    let file = tokens.map(|tokens| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(tokens.as_bytes()).unwrap();
        file
    });
    let path = file.as_ref().map(|file| file.path());
    let server = serve(ANYWHERE.parse().unwrap(), path, metrics, &slots);
    (server.unwrap(), slots)
}

/// Status, headers in lower case, and body.
struct Answer(u16, String, String);

fn ask(address: SocketAddr, method: &str, path: &str, token: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let authorization = match token {
        "" => String::new(),
        token => format!("Authorization: {token}\r\n"),
    };
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{authorization}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer(status, head.to_lowercase(), body.to_owned())
}

#[test]
fn health_says_what_the_stages_do() {
    let (server, slots) = start(None);
    let Answer(status, head, body) = ask(server.address(), "GET", "/health/ready", "");
    assert_eq!(status, 503);
    assert!(head.contains("content-type: application/json"), "{head}");
    let expected = r#"{"ready":false,"stages":{"contacts":"starting","door":"starting"}}"#;
    assert_eq!(body, expected);
    slots.put("door", samples::door());
    slots.put("contacts", samples::customers());
    let Answer(status, _, body) = ask(server.address(), "GET", "/health/ready", "");
    assert_eq!(
        (status, body.contains("\"ready\":true")),
        (200, true),
        "{body}"
    );
    // An outage makes a process unready, never dead.
    slots.failed("door", "cannot reach broker:9092");
    assert_eq!(ask(server.address(), "GET", "/health/ready", "").0, 503);
    assert_eq!(ask(server.address(), "GET", "/health/live", "").0, 200);
    server.stop();
}

#[test]
fn metrics_are_prometheus_text() {
    let (server, _) = start(None);
    let Answer(status, head, body) = ask(server.address(), "GET", "/metrics", "");
    assert_eq!(status, 200);
    assert!(
        head.contains("content-type: text/plain; version=0.0.4"),
        "{head}"
    );
    assert!(body.contains("\nricochet_records_read_total 0\n"), "{body}");
    let Answer(status, _, body) = ask(server.address(), "HEAD", "/metrics", "");
    assert_eq!((status, body.as_str()), (200, ""));
    let Answer(status, _, body) = ask(server.address(), "GET", "/", "");
    assert_eq!((status, body.contains("/health/ready")), (200, true));
}

#[test]
fn what_is_not_there_is_said_in_json() {
    let (server, _) = start(None);
    let Answer(status, _, body) = ask(server.address(), "GET", "/nothing", "");
    assert_eq!(status, 404);
    assert_eq!(body, r#"{"error":"there is no such page; see /"}"#);
    let Answer(status, head, body) = ask(server.address(), "POST", "/metrics", "");
    assert_eq!(status, 405);
    assert!(head.contains("allow: get,head"), "{head}");
    assert_eq!(body, r#"{"error":"only GET and HEAD are answered"}"#);
}

#[test]
fn metrics_need_an_operators_token_where_tokens_are() {
    let (server, _) = start(Some(
        "operator:0123456789abcdef\nsupervisor:fedcba9876543210\n",
    ));
    let status = |path, token| ask(server.address(), "GET", path, token).0;
    assert_eq!(status("/metrics", "Bearer 0123456789abcdef"), 200);
    assert_eq!(status("/metrics", "bearer 0123456789abcdef"), 200);
    assert_eq!(status("/metrics", "Bearer fedcba9876543210"), 403);
    for wrong in [
        "",
        "Bearer",
        "Bearer x",
        "0123456789abcdef",
        "Basic 0123456789abcdef",
    ] {
        assert_eq!(status("/metrics", wrong), 401, "{wrong}");
    }
    let Answer(_, head, body) = ask(server.address(), "GET", "/metrics", "");
    assert!(head.contains("www-authenticate: bearer"), "{head}");
    assert_eq!(body, r#"{"error":"a bearer token is needed"}"#);
    assert_eq!(status("/health/live", ""), 200);
    assert_eq!(status("/health/ready", ""), 503);
    assert_eq!(status("/", ""), 200);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind(ANYWHERE).unwrap();
    let slots = Arc::new(Slots::new(["door"]));
    let metrics = Metrics::new(Arc::clone(&slots), samples::labels(), "0");
    let address = taken.local_addr().unwrap();
    let error = serve(address, None, metrics, &slots).unwrap_err();
    let text = error.to_string();
    let expected = format!("http.listen {address}: another program listens there already; ");
    assert!(text.starts_with(&expected), "{text}");
}

#[test]
fn a_token_file_that_cannot_be_used_is_named() {
    let slots = Arc::new(Slots::new(["door"]));
    let metrics = || Metrics::new(Arc::clone(&slots), samples::labels(), "0");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens");
    let listen = ANYWHERE.parse().unwrap();
    let error = serve(listen, Some(&path), metrics(), &slots).unwrap_err();
    assert!(matches!(error, HttpError::TokenFile { .. }), "{error}");
    std::fs::write(&path, "# the token\nhunter2\n").unwrap();
    let error = serve(listen, Some(&path), metrics(), &slots).unwrap_err();
    let text = error.to_string();
    assert!(
        text.ends_with("tokens, line 2: a token has at least 16 characters"),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn it_stops_although_somebody_holds_a_connection() {
    let (server, _) = start(None);
    let address = server.address();
    let mut idle = TcpStream::connect(address).unwrap();
    idle.write_all(b"GET /metrics HT").unwrap();
    assert_eq!(ask(address, "GET", "/health/live", "").0, 200);
    let began_at = Instant::now();
    server.stop();
    assert!(began_at.elapsed() < Duration::from_secs(10));
    let again = TcpListener::bind(address);
    assert!(again.is_ok(), "{again:?}");
}

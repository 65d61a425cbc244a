//! A login that moves ten thousand contacts: a telephone from which somebody called for a year turns
//! out to be a customer's. All of them move, what was told is told anew, and nobody else waits long.
//!
//! What was measured is printed: `cargo test -p cli --test service login -- --nocapture`.

use crate::deployment::{Deployment, head};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use testbed::Broker;
use testbed::topics::{Reader, Writer};

/// A login acts on all contacts of the year before it. Without topics of figures: with them each
/// event of a customer with so many contacts holds the others back for seconds, as
/// `docs/operations.md` says.
const TABLES: &str = "figures.topics = false\n\
    reach = \"400d\"\n\
    readings = [\"24h assisted any\", \"j+7 assisted any\", \"j+7 all any\", \"j+30 assisted any\"]\n";
/// Contacts that move: as many as a customer may have.
const CONTACTS: i64 = 10_000;
/// Fewer than put a telephone into quarantine.
const CONTACTS_PER_DAY: i64 = 28;
/// When the login is.
const LOGIN_AT: &str = "2026-06-01T10:00:00Z";
const UNTIL: &str = "2026-09-01T00:00:00Z";
/// Contacts a second of customers who have nothing to do with it.
const OTHERS_PER_S: u64 = 100;
/// Nobody else waits longer, on however busy a machine.
const OTHERS_WAIT_MAX: Duration = Duration::from_secs(60);
/// Everything has moved after this long, on however busy a machine.
const MOVED_WITHIN: Duration = Duration::from_secs(240);
/// Others are watched for so long before and after.
const CALM: Duration = Duration::from_secs(6);

fn contact(id: &str, at: Timestamp, (kind, value): (&str, &str)) -> String {
    json!({
        "channel": "phone", "kind": "contact", "event_id": format!("E{id}"), "contact_id": id,
        "occurred_at": at.to_string(), "started_at": at.to_string(),
        "ended_at": (at + 3.minutes()).to_string(), "outcome": "handled",
        "identifiers": [{"type": kind, "value": value}],
    })
    .to_string()
}

/// A year of calls from one telephone.
fn calls() -> Vec<String> {
    let login_at: Timestamp = LOGIN_AT.parse().unwrap();
    let days = CONTACTS / CONTACTS_PER_DAY + 2;
    let begin = login_at - (days * 24).hours();
    let call = |nth: i64| {
        let at =
            begin + (nth / CONTACTS_PER_DAY * 24).hours() + (nth % CONTACTS_PER_DAY * 20).minutes();
        contact(&format!("M{nth}"), at, ("phone", "+33 1 99 00 00 01"))
    };
    (0..CONTACTS).map(call).collect()
}

/// What others say, and when they said it.
struct Others {
    events: Mutex<Vec<(Instant, String)>>,
    is_over: AtomicBool,
}

impl Others {
    /// Calls evenly until it is over.
    fn call(&self, servers: &str, topic: &str) {
        let writer = Writer::new(servers);
        let began_at = Instant::now();
        let login_at: Timestamp = LOGIN_AT.parse().unwrap();
        let mut number = 0;
        while !self.is_over.load(Ordering::Relaxed) {
            while number < began_at.elapsed().as_millis() as u64 * OTHERS_PER_S / 1_000 {
                let who = format!("C{}", number % 400);
                let at = login_at + (number as i64 * 10).milliseconds();
                let event = contact(&format!("L{number}"), at, ("customer_id", &who));
                let mut events = self.events.lock().unwrap();
                events.push((Instant::now(), event.clone()));
                drop(events);
                writer.send(topic, (number % 2) as u32, &event);
                number += 1;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn waited(&self, number: usize, told_at: Instant) -> Duration {
        told_at.saturating_duration_since(self.events.lock().unwrap()[number].0)
    }
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Tells the thread that calls to end, however this one ends.
struct End<'a>(&'a AtomicBool);

/// Watches the contacts that are told, for so long or until so many have moved; returns how long
/// the others waited, ascending, and how many moved.
fn watch(reader: &Reader, others: &Others, moves: i64, within: Duration) -> (Vec<Duration>, i64) {
    let began_at = Instant::now();
    let (mut waited, mut moved) = (Vec::new(), 0);
    while began_at.elapsed() < within && (moves == 0 || moved < moves) {
        let Some((_, Some(value))) = reader.next_value(Duration::from_millis(100)) else {
            continue;
        };
        let told_at = Instant::now();
        let row: Value = serde_json::from_slice(&value).unwrap();
        let id = row["contact_id"].as_str().unwrap();
        let (kind, number) = id.split_at(1);
        if kind == "L" && row["revision"] == 1 {
            waited.push(others.waited(number.parse().unwrap(), told_at));
        } else if kind == "M" {
            moved += i64::from(
                row["customer"]
                    .as_str()
                    .unwrap()
                    .starts_with("customer_id:"),
            );
        }
    }
    waited.sort_unstable();
    (waited, moved)
}

fn print(what: &str, waited: &[Duration]) {
    let at = |share: f64| waited[((waited.len() - 1) as f64 * share) as usize].as_secs_f64();
    let (half, most, longest) = (at(0.5), at(0.99), at(1.0));
    let count = waited.len();
    eprintln!(
        "{what}: {count} others waited p50 {half:.2} s, p99 {most:.2} s, at most {longest:.2} s"
    );
}

#[test]
fn a_login_moves_ten_thousand_contacts_and_nobody_else_waits_for_it() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let servers = broker.bootstrap_servers();
    let deployment = Deployment::on(&servers, "login", &head(TABLES), None);
    let process = deployment.start("a", "all");
    let mut events = calls();
    deployment.send(&events);
    let began_at = Instant::now();
    while deployment.rows("contacts").len() < CONTACTS as usize {
        assert!(began_at.elapsed() < MOVED_WITHIN, "they are not told");
        std::thread::sleep(Duration::from_secs(1));
    }
    let others = Others {
        events: Mutex::default(),
        is_over: AtomicBool::new(false),
    };
    let source = deployment.topic("phone");
    std::thread::scope(|scope| {
        scope.spawn(|| others.call(&servers, &source));
        let _end = End(&others.is_over);
        let reader = Reader::at_end(&servers, "login.contacts");
        let (before, _) = watch(&reader, &others, 0, CALM);
        print("before it", &before);
        let login = json!({
            "signal": "linked", "event_id": "LOGIN", "occurred_at": LOGIN_AT,
            "identifiers": [{"type": "customer_id", "value": "SOMEBODY"},
                {"type": "phone", "value": "+33 1 99 00 00 01"}],
        })
        .to_string();
        deployment.send(std::slice::from_ref(&login));
        events.push(login);
        let began_at = Instant::now();
        let (mut during, moved) = watch(&reader, &others, CONTACTS, MOVED_WITHIN);
        let took_s = began_at.elapsed().as_secs_f64();
        assert_eq!(moved, CONTACTS);
        let (after, _) = watch(&reader, &others, 0, CALM);
        eprintln!("{CONTACTS} contacts moved within {took_s:.1} s");
        during.extend(after);
        during.sort_unstable();
        print("during and after it", &during);
        assert!(
            during
                .last()
                .is_some_and(|longest| *longest < OTHERS_WAIT_MAX)
        );
    });
    let (_, metrics) = process.get("/metrics");
    for line in metrics
        .lines()
        .filter(|line| line.starts_with("ricochet_state_bytes"))
    {
        eprintln!("{line}");
    }
    let said = others.events.into_inner().unwrap();
    events.extend(said.into_iter().map(|(_, event)| event));
    events.extend(deployment.end_time(&events, UNTIL));
    deployment.expect(&deployment.replayed(&events, UNTIL));
    let contacts = deployment.rows("contacts");
    let of_customer = contacts
        .iter()
        .filter(|row| row["contact_id"].as_str().unwrap().starts_with('M'));
    assert!(
        of_customer
            .clone()
            .all(|row| row["identified_by"] == "phone")
    );
    assert_eq!(of_customer.count() as i64, CONTACTS);
    assert_eq!(process.stop(), Some(0));
}

//! `ricochet erase` on a real Apache Kafka: from the command to its confirmation, and what is left.

use crate::deployment::Deployment;
use jiff::{Timestamp, ToSpan};
use model::Identifier;
use serde_json::{Value, json};
use settings::Loaded;
use stage_door::Clocks;
use std::time::{Duration, Instant};

/// Compaction has to have met every partition several times within this.
const GONE_WITHIN: Duration = Duration::from_secs(300);
/// Everything is told within this.
const TOLD_WITHIN: Duration = Duration::from_secs(300);
/// An erasure is confirmed after so many seconds, however busy the machine is.
const CONFIRMED_WITHIN_S: u64 = 240;
/// Nobody can confirm what is waited for so many seconds.
const UNCONFIRMED_S: u64 = 5;

/// The identifier's hash, as everything behind the door knows it.
fn hash_of(kind: &str, value: &str) -> String {
    let config = "tenant = \"demo\"\ntime_zone = \"Europe/Paris\"\ncountry = \"FR\"\n";
    let meant = Loaded::from_text(config, "a.toml")
        .unwrap()
        .meant()
        .unwrap();
    let engine = meant.engine(|| vec![0x5a; 32], None, None).unwrap();
    let raw = Identifier {
        kind: kind.into(),
        value: value.into(),
        verified: false,
    };
    let hashed = engine.door.identifier(&raw, &mut Clocks::default());
    hashed.unwrap().value.to_string()
}

/// A whole call of some minutes ago.
fn call(id: &str, minutes_ago: i64, identifiers: &[(&str, &str)]) -> String {
    let at = Timestamp::now() - minutes_ago.minutes();
    call_at(id, at, identifiers)
}

fn call_at(id: &str, at: Timestamp, identifiers: &[(&str, &str)]) -> String {
    let identifiers: Vec<Value> = identifiers
        .iter()
        .map(|(kind, value)| json!({"type": kind, "value": value}))
        .collect();
    json!({
        "channel": "phone", "kind": "contact", "event_id": format!("E-{id}"), "contact_id": id,
        "occurred_at": at.to_string(), "outcome": "handled", "identifiers": identifiers,
    })
    .to_string()
}

/// Contacts by id, and whose they are, as they stand in the table.
fn customers(deployment: &Deployment) -> Vec<(String, String)> {
    let rows = deployment.rows("contacts");
    let of = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let mut all: Vec<(String, String)> = rows
        .iter()
        .map(|row| (of(row, "contact_id"), of(row, "customer")))
        .collect();
    all.sort();
    all
}

fn wait_for(what: &str, deployment: &Deployment, is_so: impl Fn(&[(String, String)]) -> bool) {
    let began_at = Instant::now();
    loop {
        let told = customers(deployment);
        if is_so(&told) {
            return;
        }
        assert!(began_at.elapsed() < TOLD_WITHIN, "{what}: {told:?}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// Makes everything forget quickly, as after days.
fn hurry(deployment: &Deployment) {
    for topic in deployment.topics() {
        let policy = if topic.contains(".by_") || topic.ends_with("dead_letters") {
            "delete"
        } else {
            "compact"
        };
        deployment.configure_topic(
            &topic,
            &[
                ("cleanup.policy", policy),
                ("segment.ms", "500"),
                ("min.cleanable.dirty.ratio", "0.0"),
                ("max.compaction.lag.ms", "500"),
                ("delete.retention.ms", "0"),
                ("max.message.bytes", "8388608"),
            ],
        );
    }
}

const CUSTOMER: &str = "CUSTOMER-4711";
const PHONE: &str = "+33 1 99 00 47 11";
const SHARED: &str = "+33 1 99 00 47 12";

#[test]
fn an_erasure_leaves_neither_the_identifier_nor_its_hash_and_holds_when_all_comes_again() {
    let Some(deployment) = Deployment::new("erase", "") else {
        return;
    };
    let process = deployment.start("a", "all");
    let events = [
        call("A1", 300, &[("customer_id", CUSTOMER), ("phone", PHONE)]),
        call("A2", 240, &[("customer_id", CUSTOMER), ("phone", SHARED)]),
        call("A3", 180, &[("customer_id", CUSTOMER)]),
        call("A4", 170, &[("phone", PHONE)]),
        call("B1", 160, &[("customer_id", "OTHER"), ("phone", SHARED)]),
        call("B2", 150, &[("phone", SHARED)]),
    ];
    deployment.send(&events);
    let customer = hash_of("customer_id", CUSTOMER);
    let phone = hash_of("phone", PHONE);
    let mine = format!("customer_id:{customer}");
    wait_for("all contacts", &deployment, |told| {
        told.len() == 6 && told.iter().filter(|(_, of)| *of == mine).count() == 4
    });
    assert!(!deployment.rows("alerts").is_empty());
    for hash in [&customer, &phone] {
        assert!(
            deployment.found(&[hash]).len() > 5,
            "not looked for where it is"
        );
    }
    assert!(deployment.found(&[CUSTOMER, "99004711"]).is_empty());

    let (code, said) = deployment.erase("customer_id", CUSTOMER, CONFIRMED_WITHIN_S);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("with 1 handle"), "{said}");
    assert!(
        !said.contains(CUSTOMER) && !said.contains(&customer),
        "{said}"
    );
    // Whose B2 was nobody knows: it may have been the erased customer's.
    let other = format!("customer_id:{}", hash_of("customer_id", "OTHER"));
    let left = [("B1".to_owned(), other)];
    wait_for("what is left", &deployment, |told| told == left);
    for table in ["verdicts", "sessions", "alerts"] {
        let rows = deployment.rows(table);
        assert!(
            rows.iter().all(|row| !row.to_string().contains(&customer)),
            "{table}: {rows:?}"
        );
    }

    // Everything is delivered again, and other customers go on, so that compaction moves.
    hurry(&deployment);
    deployment.send(&events);
    let began_at = Instant::now();
    let mut round = 0;
    loop {
        round += 1;
        let others: Vec<String> = (0..24)
            .flat_map(|other| (0..3).map(move |nth| (other, nth)))
            .map(|(other, nth)| {
                let id = format!("R{round}-{other}-{nth}");
                let who = format!("RATHER-{round}-{other}");
                call(&id, 60 - nth, &[("customer_id", &who)])
            })
            .collect();
        deployment.send(&others);
        let (code, said) = deployment.erase("customer_id", "NEVER SEEN", CONFIRMED_WITHIN_S);
        assert_eq!(code, Some(0), "{said}");
        std::thread::sleep(Duration::from_secs(3));
        let found = deployment.found(&[&customer, &phone, CUSTOMER, "99004711"]);
        if found.is_empty() {
            break;
        }
        assert!(began_at.elapsed() < GONE_WITHIN, "still in {found:?}");
    }
    let told = customers(&deployment);
    assert!(told.iter().all(|(id, _)| id == "B1" || id.starts_with('R')));

    // What is said from now on is another matter.
    let later = call_at(
        "A5",
        Timestamp::now(),
        &[("customer_id", CUSTOMER), ("phone", PHONE)],
    );
    deployment.send(&[later]);
    wait_for("the new customer", &deployment, |told| {
        told.contains(&("A5".to_owned(), mine.clone()))
    });
    let (_, metrics) = process.get("/metrics");
    assert!(metrics.contains("ricochet_erasures_pending{stage=\"door\"} 0"));
    assert!(!metrics.contains("ricochet_events_erased_total 0"));
    assert_eq!(process.stop(), Some(0));
}

#[test]
fn what_cannot_be_erased_is_told_and_nothing_of_it_repeated() {
    let Some(deployment) = Deployment::new("erasenot", "") else {
        return;
    };
    let check = |kind: &str, identifier: &str, code: i32, part: &str| {
        let (found, said) = deployment.erase(kind, identifier, UNCONFIRMED_S);
        assert_eq!(found, Some(code), "{said}");
        assert!(said.contains(part), "{said}");
        assert!(
            identifier.is_empty() || !said.contains(identifier),
            "{said}"
        );
    };
    check(
        "shoe_size",
        "44 SLIM",
        2,
        "--type: found `shoe_size`; allowed: customer_id",
    );
    check(
        "customer_id",
        "",
        2,
        "expected the identifier, found nothing",
    );
    check("customer_id", "0000-00", 2, "means nobody");
    // Nobody runs: the request stands.
    check("customer_id", "SOMEBODY-1", 3, "The request stands");
    let process = deployment.start("a", "all");
    let (code, said) = deployment.erase("customer_id", "SOMEBODY-1", CONFIRMED_WITHIN_S);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(process.stop(), Some(0));
}

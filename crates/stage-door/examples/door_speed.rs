//! Prints what a record costs: nanoseconds of one core for decoding and for letting in.

use canonical::decode_json;
use model::{Millis, StepStatus};
use stage_door::{
    Clocks, Door, Output, Place, Pseudonymise, Secret, Settings, SourceSettings, StepMatch,
    StepRow, Tables,
};
use std::hint::black_box;
use std::time::Instant;

const RECORDS: usize = 20_000;
const ROUNDS: usize = 20;

fn settings(pseudonymise: Pseudonymise) -> Settings {
    let step = |n: usize| StepRow {
        matches: StepMatch::Url(format!("https://shop.example/area-{n}/*").into()),
        step: "help".into(),
        status: StepStatus::Completed,
        reason: "billing/payment".into(),
        page: format!("Page {n}").into(),
    };
    Settings {
        tenant: "acme".into(),
        source: "default".into(),
        country: Some("FR".into()),
        sources: [("acd".into(), SourceSettings::default())].into(),
        source_default: SourceSettings::default(),
        unique: vec!["customer_id".into()],
        handles: ["loyalty", "email", "phone", "device"]
            .map(Into::into)
            .to_vec(),
        block: vec!["+33199009999".into()],
        future_drift_ms: 600_000,
        until: None,
        run_start: Some(Millis(1_800_000_000_000)),
        pseudonymise,
        tables: Tables {
            steps: (0..200).map(step).collect(),
            ..Tables::default()
        },
    }
}

/// A call's events, about 250 bytes each.
fn phone(n: usize) -> String {
    let number = n / 4;
    let kind = ["offered", "queued", "answered", "ended"][n % 4];
    let second = n % 60;
    format!(
        r#"{{"channel":"phone","source":"acd","event_id":"E{n}","kind":"{kind}","occurred_at":"2026-03-01T10:00:{second:02}.250Z","contact_id":"call-{number}","identifiers":[{{"type":"phone","value":"01990{number:05}"}}],"queue":"billing","agent":"a-12","team":"blue"}}"#
    )
}

/// A page view with a device.
fn web(n: usize) -> String {
    let (device, area) = (n / 8, n % 200);
    format!(
        r#"{{"channel":"web","source":"site","event_id":"P{n}","kind":"page_view","occurred_at":17723592{:05},"identifiers":[{{"type":"device","value":"device-{device}"}}],"url":"https://shop.example/area-{area}/page?utm=1234567890","attributes":{{"app_version":"7.1"}}}}"#,
        n % 100_000
    )
}

fn time(name: &str, door: &Door, records: &[String]) {
    let place = Place {
        source: "",
        partition: 0,
        recorded_at: None,
        lateness: true,
    };
    let mut clocks = Clocks::default();
    let (mut decode_ns, mut together_ns, mut let_in) = (u128::MAX, u128::MAX, 0);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for record in records {
            black_box(decode_json(black_box(record.as_bytes())));
        }
        decode_ns = decode_ns.min(start.elapsed().as_nanos());
        let start = Instant::now();
        let_in = 0;
        for record in records {
            let decoded = decode_json(black_box(record.as_bytes()));
            let output = black_box(door.admit(decoded, &place, &mut clocks));
            let_in += usize::from(matches!(output, Output::Event { .. }));
        }
        together_ns = together_ns.min(start.elapsed().as_nanos());
    }
    let bytes: usize = records.iter().map(String::len).sum();
    let each = records.len() as u128;
    println!(
        "{name}: {} bytes, decode {} ns, admit {} ns, together {} ns; {let_in} of {each} let in",
        bytes / records.len(),
        decode_ns / each,
        together_ns.saturating_sub(decode_ns) / each,
        together_ns / each,
    );
}

fn main() {
    let secret = Secret {
        key: vec![7; 32],
        version: 1,
    };
    let keyed = Door::new(settings(Pseudonymise::Keyed(secret))).expect("the settings are sound");
    let plain = Door::new(settings(Pseudonymise::Plain)).expect("the settings are sound");
    let phone: Vec<String> = (0..RECORDS).map(phone).collect();
    let web: Vec<String> = (0..RECORDS).map(web).collect();
    time("phone, keyed", &keyed, &phone);
    time("phone, plain", &plain, &phone);
    time("web,   keyed", &keyed, &web);
}

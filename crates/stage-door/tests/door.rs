//! The door: a record in, one line out.

#![allow(clippy::unwrap_used)]

use canonical::decode_json;
use model::{Field, Identifier, Millis, StepStatus, Value, event_hash};
use proptest::prelude::*;
use stage_door::{
    Clocks, DispositionRow, Door, DoorError, Output, Place, Pseudonymise, QueueRow, ReasonRow,
    Secret, Settings, SignalRoute, SourceSettings, StepMatch, StepRow, Tables,
};
use std::fmt::Write as _;

/// 2026-03-01T10:00:00Z.
const NOON: i64 = 1_772_359_200_000;

const FILE: Place = Place {
    source: "",
    partition: 0,
    recorded_at: None,
    lateness: false,
};

fn step(matches: StepMatch, step: &str, status: StepStatus, reason: &str, page: &str) -> StepRow {
    StepRow {
        matches,
        step: step.into(),
        status,
        reason: reason.into(),
        page: page.into(),
    }
}

fn tables() -> Tables {
    let reason = |source: &str, code: &str, reason: &str| ReasonRow {
        source: source.into(),
        code: code.into(),
        reason: reason.into(),
    };
    let url = |glob: &str| StepMatch::Url(glob.into());
    Tables {
        reasons: vec![
            reason("", "B1", "billing"),
            reason("acd", "B1", "billing/acd"),
        ],
        queues: vec![QueueRow {
            source: "".into(),
            queue: "Q-TECH".into(),
            reason: "technical".into(),
        }],
        steps: vec![
            step(
                url("https://shop.example/pay/failed*"),
                "payment",
                StepStatus::Failed,
                "billing/failed",
                "Payment",
            ),
            step(
                url("https://shop.example/pay/*"),
                "payment",
                StepStatus::Started,
                "billing",
                "Payment",
            ),
            step(
                url("https://shop.example/read"),
                "",
                StepStatus::Completed,
                "",
                "Reading",
            ),
            step(
                StepMatch::Event("login".into()),
                "account",
                StepStatus::Completed,
                "",
                "",
            ),
        ],
        dispositions: vec![DispositionRow {
            source: "".into(),
            code: "W".into(),
            disposition: "sent_to_web".into(),
        }],
        automatic_senders: vec!["noreply@*".into()],
    }
}

fn settings() -> Settings {
    let late = SourceSettings {
        rank: 3,
        acceptance_ms: 1_000,
        ..SourceSettings::default()
    };
    Settings {
        tenant: "acme".into(),
        source: "default".into(),
        country: Some("FR".into()),
        sources: [("acd".into(), late)].into(),
        source_default: SourceSettings::default(),
        unique: vec!["customer_id".into()],
        handles: ["device", "loyalty", "email", "phone"]
            .map(Into::into)
            .to_vec(),
        block: vec![
            "01 99 00 99 99".into(),
            "Info@Example.org".into(),
            "C-SHOP".into(),
        ],
        future_drift_ms: 600_000,
        until: None,
        run_start: None,
        pseudonymise: Pseudonymise::Plain,
        tables: tables(),
    }
}

fn keyed() -> Settings {
    let secret = Secret {
        key: (0..32).collect(),
        version: 1,
    };
    Settings {
        pseudonymise: Pseudonymise::Keyed(secret),
        ..settings()
    }
}

fn admit(settings: Settings, json: &str) -> Output {
    let door = Door::new(settings).unwrap();
    door.admit(decode_json(json.as_bytes()), &FILE, &mut Clocks::default())
}

/// A record with what every event needs; `more` may state it again.
fn record(channel: &str, more: &str) -> String {
    format!(
        r#"{{"channel":"{channel}","event_id":"E1","kind":"contact","occurred_at":{NOON},"contact_id":"L1"{}{more}}}"#,
        if more.is_empty() { "" } else { "," }
    )
}

fn line(output: &Output) -> String {
    match output {
        Output::Event { key, event, .. } => {
            let mut line = key.to_string();
            for identifier in &event.identifiers {
                write!(line, " <{}>", identifier.text()).unwrap();
            }
            let mut fields: Vec<_> = event.fields.iter().collect();
            fields.sort_by_key(|(field, _)| field.name());
            for (field, value) in fields {
                let value = match value {
                    Value::Null => "null",
                    Value::Text(text) => text,
                    Value::Bool(true) => "true",
                    Value::Bool(false) => "false",
                    Value::StepStatus(status) => status.name(),
                    Value::Direction(direction) => direction.name(),
                    _ => "...",
                };
                write!(line, " {}={value}", field.name()).unwrap();
            }
            line
        }
        Output::Signal { route, .. } => format!("{route:?}"),
        Output::Ignored { why } => format!("ignored {}", why.name()),
        Output::Rejected { reason, detail } => format!("{}: {detail}", reason.name()),
        Output::TooLate => "too late".into(),
    }
}

fn check(channel: &str, more: &str, expected: &str) {
    let json = record(channel, more);
    assert_eq!(line(&admit(settings(), &json)), expected, "{json}");
}

#[test]
fn keys_of_contacts() {
    check("phone", "", "phone/default/L1");
    check(
        "phone",
        r#""root_contact_id":"L0","thread_id":"T""#,
        "phone/default/L0",
    );
    check("chat", r#""source":"a/b%c""#, "chat/a%2Fb%25c/L1");
    check("video", "", "video/default/L1");
    check("email", "", "email/default/L1");
    check("email", r#""root_contact_id":"L0""#, "email/default/L0");
    check(
        "email",
        r#""root_contact_id":"L0","thread_id":"T""#,
        "email/default/T",
    );
    check("web", r#""root_contact_id":"L0""#, "web/default/L1");
    let device = r#""identifiers":[{"type":"device","value":"unknown"},{"type":"device","value":"d1"},{"type":"device","value":"d2"}]"#;
    check("web", device, "web/default/L1 <device:d1>");
    check(
        "web",
        &format!(r#""contact_id":null,{device}"#),
        "web//device:d1 <device:d1>",
    );
    check("phone", device, "phone/default/L1 <device:d1>");
    check(
        "web",
        r#""contact_id":null"#,
        "missing_field: contact_id: expected it, or an identifier of type device",
    );
    check(
        "web",
        r#""contact_id":null,"identifiers":[{"type":"device","value":"0"}]"#,
        "missing_field: contact_id: expected it, or an identifier of type device",
    );
    let place = Place {
        source: "ivr",
        ..FILE
    };
    let door = Door::new(settings()).unwrap();
    let output = door.admit(
        decode_json(record("phone", "").as_bytes()),
        &place,
        &mut Clocks::default(),
    );
    assert_eq!(line(&output), "phone/ivr/L1");
}

#[test]
fn identifiers_are_normalised_blocked_and_kept_once() {
    let table = [
        ("phone", "01 99 00 00 01", "<phone:+33199000001>"),
        ("phone", "tel:+33-1-99-00-00-01", "<phone:+33199000001>"),
        (
            "phone",
            "sip:+33199000001@example.org",
            "<phone:+33199000001>",
        ),
        ("phone", "sip:alice@example.org", ""),
        ("phone", "anonymous", ""),
        ("phone", "0199009999", ""),
        ("phone", "+0000", ""),
        ("phone", "4", "<phone:4>"),
        ("email", " A.B@Example.ORG ", "<email:a.b@example.org>"),
        ("email", "info@example.org", ""),
        ("customer_id", " C1 ", "<customer_id:C1>"),
        ("customer_id", "c-shop", "<customer_id:c-shop>"),
        ("customer_id", "C-SHOP", ""),
        ("customer_id", "N/A", ""),
        ("shoe_size", "42", ""),
    ];
    for (kind, value, expected) in table {
        let more = format!(r#""identifiers":[{{"type":"{kind}","value":"{value}"}}]"#);
        check(
            "phone",
            &more,
            format!("phone/default/L1 {expected}").trim_end(),
        );
    }
    check(
        "phone",
        r#""identifiers":[{"type":"phone","value":"private"},{"type":"email","value":"a@example.org"},{"type":"phone","value":"0199000001"},{"type":"phone","value":"0199000002"}]"#,
        "phone/default/L1 <email:a@example.org> <phone:+33199000001>",
    );
}

#[test]
fn codes_become_the_tenants_words() {
    let phone =
        |more: &str, expected: &str| check("phone", more, &format!("phone/default/L1 {expected}"));
    phone(r#""reason_code":"B1""#, "reason.qualified=billing");
    phone(
        r#""reason_code":"B1","reason_source":"declared""#,
        "reason.declared=billing",
    );
    phone(
        r#""reason_code":"B1","reason":"own""#,
        "reason.qualified=own",
    );
    phone(
        r#""reason_code":"B1","reason":null"#,
        "reason.qualified=null",
    );
    check("phone", r#""reason_code":"B9""#, "phone/default/L1");
    check(
        "phone",
        r#""source":"acd","reason_code":"B1""#,
        "phone/acd/L1 reason.qualified=billing/acd",
    );
    phone(r#""queue":"Q-TECH""#, "queue=Q-TECH reason.queue=technical");
    phone(
        r#""queue":"Q-TECH","reason":"own","reason_source":"queue""#,
        "queue=Q-TECH reason.queue=own",
    );
    phone(
        r#""queue":"Q-TECH","reason_code":"B1","reason_source":"queue""#,
        "queue=Q-TECH reason.queue=billing",
    );
    phone(r#""disposition":"W""#, "disposition=sent_to_web");
    phone(r#""disposition":"handover""#, "disposition=handover");
    check(
        "phone",
        r#""url":"https://shop.example/pay/1?card=4242""#,
        "phone/default/L1",
    );
}

#[test]
fn steps_come_from_the_event_or_from_the_table() {
    let web = |more: &str, expected: &str| {
        check("web", more, format!("web/default/L1 {expected}").trim_end());
    };
    web(
        r#""url":"https://shop.example/pay/failed/7?card=4242#top""#,
        "page=Payment reason.page=billing/failed step=payment step_status=failed",
    );
    web(
        r#""url":"https://shop.example/pay/7","step":"form","page":"Form""#,
        "page=Form reason.page=billing step=form step_status=completed",
    );
    web(
        r#""url":"https://shop.example/read","step_status":"started""#,
        "page=Reading step_status=started",
    );
    web(r#""kind":"login""#, "step=account step_status=completed");
    web(
        r#""kind":"page_view","page":"login""#,
        "page=login step=account step_status=completed",
    );
    web(r#""url":"https://other.example/?q=1""#, "");
    web(
        r#""step":"help","step_status":"failed""#,
        "step=help step_status=failed",
    );
}

#[test]
fn mail_of_machines_is_automatic() {
    let from = |address: &str| format!(r#""identifiers":[{{"type":"email","value":"{address}"}}]"#);
    let robot = from("NoReply@example.org");
    check(
        "email",
        &format!(r#"{robot},"kind":"received","automatic":false"#),
        "email/default/L1 <email:noreply@example.org> automatic=true",
    );
    check(
        "email",
        &format!(r#"{robot},"kind":"sent""#),
        "email/default/L1 <email:noreply@example.org>",
    );
    check(
        "email",
        &format!(r#"{robot},"direction":"outbound""#),
        "email/default/L1 <email:noreply@example.org> direction=outbound",
    );
    check(
        "email",
        &from("a@example.org"),
        "email/default/L1 <email:a@example.org>",
    );
}

#[test]
fn clocks_that_cannot_be_right() {
    check(
        "phone",
        r#""tenant":"other""#,
        "other_tenant: tenant: expected acme, found another",
    );
    for name in [
        "occurred_at",
        "updated_at",
        "started_at",
        "ended_at",
        "due_at",
    ] {
        let expected = format!("impossible_clock: {name}: expected a time from 1990-01-01 on");
        check(
            "phone",
            &format!(r#""{name}":"1989-12-31T23:59:59.999Z""#),
            &expected,
        );
    }
    let future = |offset: i64, settings: Settings, place: Place<'_>| {
        let json = record("phone", &format!(r#""occurred_at":{}"#, NOON + offset));
        let door = Door::new(settings).unwrap();
        line(&door.admit(decode_json(json.as_bytes()), &place, &mut Clocks::default()))
    };
    let in_log = Place {
        recorded_at: Some(Millis(NOON)),
        ..FILE
    };
    assert_eq!(future(600_000, settings(), in_log), "phone/default/L1");
    assert_eq!(
        future(600_001, settings(), in_log),
        "impossible_clock: occurred_at: expected at most 600000 ms after the record's own time"
    );
    let run = || Settings {
        run_start: Some(Millis(NOON)),
        ..settings()
    };
    assert_eq!(future(600_000, run(), FILE), "phone/default/L1");
    assert_eq!(
        future(600_001, run(), FILE),
        "impossible_clock: occurred_at: expected at most 600000 ms after the start of the run"
    );
    assert_eq!(future(999_999_999, settings(), FILE), "phone/default/L1");
    let until = || Settings {
        until: Some(Millis(NOON)),
        ..settings()
    };
    assert_eq!(future(0, until(), FILE), "phone/default/L1");
    assert_eq!(future(1, until(), FILE), "ignored after_until");
}

#[test]
fn too_late_by_the_clock_of_source_and_partition() {
    let door = Door::new(settings()).unwrap();
    let mut clocks = Clocks::default();
    let mut at = |source: &str, partition: u32, offset: i64| {
        let place = Place {
            source,
            partition,
            lateness: true,
            ..FILE
        };
        let json = record("phone", &format!(r#""occurred_at":{}"#, NOON + offset));
        line(&door.admit(decode_json(json.as_bytes()), &place, &mut clocks))
    };
    assert_eq!(at("acd", 1, 5_000), "phone/acd/L1");
    assert_eq!(at("acd", 1, 4_000), "phone/acd/L1", "equality is not late");
    assert_eq!(at("acd", 1, 3_999), "too late");
    assert_eq!(at("acd", 2, 3_999), "phone/acd/L1", "another partition");
    assert_eq!(at("crm", 1, 3_999), "phone/crm/L1", "another source");
    assert_eq!(at("acd", 1, 6_000), "phone/acd/L1");
    assert_eq!(at("acd", 1, 4_999), "too late");
    assert_eq!(clocks.seen("acd", 1), Some(Millis(NOON + 6_000)));
    assert_eq!(clocks.iter().count(), 3);
}

#[test]
fn whom_signals_are_for() {
    let check = |signal: &str, more: &str, expected: SignalRoute| {
        let json = format!(
            r#"{{"signal":"{signal}","event_id":"S1","occurred_at":{NOON}{}{more}}}"#,
            if more.is_empty() { "" } else { "," }
        );
        let Output::Signal {
            route,
            version,
            signal,
        } = admit(settings(), &json)
        else {
            panic!("{json}")
        };
        assert_eq!(route, expected, "{json}");
        assert_eq!(version.updated_at, signal.occurred_at);
        assert_eq!(signal.source, "default");
    };
    let of = |list: &[(&str, &str)]| {
        let one =
            |(kind, value): &(&str, &str)| format!(r#"{{"type":"{kind}","value":"{value}"}}"#);
        format!(
            r#""identifiers":[{}]"#,
            list.iter().map(one).collect::<Vec<_>>().join(",")
        )
    };
    let contact = r#""channel":"email","contact_id":"M1","thread_id":"T1""#;
    check(
        "csat",
        contact,
        SignalRoute::Contact("email/default/T1".into()),
    );
    let web = format!(
        r#""channel":"web","contact_id":"V1",{}"#,
        of(&[("device", "d1")])
    );
    check("csat", &web, SignalRoute::Contact("web/default/V1".into()));
    let both = of(&[
        ("device", "d1"),
        ("phone", "0199000001"),
        ("customer_id", "C1"),
    ]);
    check(
        "delivered",
        &both,
        SignalRoute::Customer("customer_id:C1".into()),
    );
    let handles = of(&[("device", "d1"), ("phone", "0199000001")]);
    check(
        "delivered",
        &handles,
        SignalRoute::Handle("phone:+33199000001".into()),
    );
    check(
        "delivered",
        &of(&[("device", "d1")]),
        SignalRoute::Handle("device:d1".into()),
    );
    check(
        "delivered",
        &of(&[("phone", "anonymous")]),
        SignalRoute::Nobody,
    );
    let ties = vec!["phone:+33199000001".into(), "device:d1".into()];
    check("linked", &both, SignalRoute::Links(ties));
    check("unlinked", &handles, SignalRoute::Nobody);
    check("erase", &handles, SignalRoute::Everyone);
    check("erase", "", SignalRoute::Nobody);
    check("marker", "", SignalRoute::Marker);
}

#[test]
fn versions() {
    let version = |json: &str| match admit(keyed(), json) {
        Output::Event { version, .. } => version,
        other => panic!("{other:?}"),
    };
    let plain = version(&record(
        "phone",
        r#""source":"acd","updated_at":1772359200007"#,
    ));
    assert_eq!(
        (plain.updated_at, plain.rank),
        (Millis(1_772_359_200_007), 3)
    );
    // The order of members, and what a table makes of codes, change nothing.
    let one = version(&record(
        "web",
        r#""queue":"Q","agent":"a","url":"https://shop.example/pay/1?a""#,
    ));
    let other = version(&record(
        "web",
        r#""url":"https://shop.example/pay/1#b","agent":"a","queue":"Q""#,
    ));
    assert_eq!(one, other);
    let bare = Door::new(Settings {
        tables: Tables::default(),
        ..keyed()
    })
    .unwrap();
    let json = record(
        "web",
        r#""queue":"Q","agent":"a","url":"https://shop.example/pay/1""#,
    );
    let output = bare.admit(decode_json(json.as_bytes()), &FILE, &mut Clocks::default());
    assert!(matches!(output, Output::Event { version, .. } if version == one));
    // Identifiers count for themselves, in any order.
    let phone = r#"{"type":"phone","value":"0199000001"}"#;
    let email = r#"{"type":"email","value":"a@example.org"}"#;
    let of = |list: &str| version(&record("phone", &format!(r#""identifiers":[{list}]"#)));
    let both = of(&format!("{phone},{email}"));
    assert_eq!(both, of(&format!("{email},{phone}")));
    let single = of(phone);
    assert_eq!(single.hash, both.hash);
    assert_ne!(single.identity, both.identity);
    assert_ne!(
        single.identity,
        of(&phone.replace('}', r#","verified":true}"#)).identity
    );
}

#[test]
fn what_is_counted_beside() {
    let door = Door::new(settings()).unwrap();
    let mut clocks = Clocks::default();
    for json in [
        record(
            "phone",
            r#""reason_code":"X1","identifiers":[{"type":"shoe_size","value":"42"}]"#,
        ),
        record("phone", r#""reason_code":"X1","source":"acd""#),
        record(
            "phone",
            r#""reason_code":"B1","identifiers":[{"type":"phone","value":"private"}]"#,
        ),
        record("web", r#""url":"https://shop.example/pay/1""#),
        record("web", r#""url":"https://other.example/""#),
        record("web", r#""url":"https://other.example/","step":"help""#),
        record("web", ""),
    ] {
        door.admit(decode_json(json.as_bytes()), &FILE, &mut clocks);
    }
    let mut counts = clocks.counts.clone();
    assert_eq!(counts.unmapped_codes[&("default".into(), "X1".into())], 1);
    assert_eq!(counts.unmapped_codes[&("acd".into(), "X1".into())], 1);
    assert_eq!(counts.unmapped_codes.len(), 2);
    assert_eq!((counts.pages, counts.pages_unmapped), (3, 1));
    assert_eq!(
        (
            counts.identifiers_blocked,
            counts.unknown_types.values().sum::<u64>(),
        ),
        (1, 1)
    );
    counts.add(&clocks.counts);
    assert_eq!(counts.unmapped_codes[&("acd".into(), "X1".into())], 2);
    assert_eq!(counts.pages, 6);

    for n in 0..1_500 {
        let json = record("phone", &format!(r#""reason_code":"N{n}""#));
        door.admit(decode_json(json.as_bytes()), &FILE, &mut clocks);
    }
    assert_eq!(clocks.counts.unmapped_codes.len(), 1_000);
    assert_eq!(clocks.counts.unmapped_codes_unlisted, 502);
}

#[test]
fn settings_that_cannot_be_worked_with() {
    let short = Secret {
        key: vec![1; 31],
        version: 1,
    };
    let short = Settings {
        pseudonymise: Pseudonymise::Keyed(short),
        ..settings()
    };
    assert_eq!(Door::new(short).err(), Some(DoorError::Secret(31)));
    let nowhere = Settings {
        country: Some("XX".into()),
        ..settings()
    };
    assert_eq!(
        Door::new(nowhere).err(),
        Some(DoorError::Country("XX".into()))
    );
    let printed = format!("{:?}", keyed());
    assert!(
        printed.contains("version: 1") && !printed.contains("10, 11, 12"),
        "{printed}"
    );
}

/// Where a planted number may stand in a record, and how it may be written.
const PLANTED: &[&str] = &[
    r#""identifiers":[{"type":"phone","value":"NUMBER"}]"#,
    r#""identifiers":[{"type":"phone","value":"NUMBER","verified":7}]"#,
    r#""identifiers":[{"type":"customer_id","value":"NUMBER"},{"type":"loyalty","value":"NUMBER"}]"#,
    r#""identifiers":[{"type":"device","value":"NUMBER"}]"#,
    r#""identifiers":[{"type":"email","value":"NUMBER@example.org"}]"#,
    r#""identifiers":[{"type":"shoe_size","value":"NUMBER"}]"#,
    r#""identifiers":["NUMBER"]"#,
    r#""identifiers":"NUMBER""#,
    r#""url":"https://shop.example/pay/1?tel=NUMBER""#,
    r#""url":"https://shop.example/none#NUMBER""#,
    r#""url":"https://shop.example/NUMBER/none""#,
    r#""outcome":"NUMBER""#,
    r#""direction":"NUMBER""#,
    r#""started_at":"NUMBER""#,
    r#""wait_ms":"NUMBER""#,
    r#""tenant":"NUMBER""#,
    r#""channel":"NUMBER""#,
    r#""caller":"NUMBER""#,
    r#""channel":NUMBER"#,
    r#""kind":"NUMBER"#,
];

#[test]
fn a_planted_number_leaves_the_door_in_no_output() {
    for written in [
        "0199000001",
        "+33199000001",
        "01 99 00 00 01",
        "tel:+33199000001",
    ] {
        for planted in PLANTED {
            for channel in ["phone", "web", "email"] {
                let json = record(channel, &planted.replace("NUMBER", written));
                let output = format!("{:?}", admit(keyed(), &json));
                let digits: String = output.chars().filter(char::is_ascii_digit).collect();
                assert!(!digits.contains("99000001"), "{json}\n{output}");
            }
            let head = format!(r#""signal":"delivered","event_id":"S1","occurred_at":{NOON}"#);
            let json = format!("{{{head},{}}}", planted.replace("NUMBER", written));
            let output = format!("{:?}", admit(keyed(), &json));
            assert!(!output.contains("99000001"), "{json}\n{output}");
        }
    }
}

#[test]
fn one_customer_has_one_hash_and_the_key_is_in_it() {
    let number = |written: &str, key: u8| {
        let secret = Secret {
            key: vec![key; 32],
            version: 1,
        };
        let keyed = Settings {
            pseudonymise: Pseudonymise::Keyed(secret),
            ..settings()
        };
        let raw = Identifier {
            kind: "phone".into(),
            value: written.into(),
            verified: false,
        };
        let door = Door::new(keyed).unwrap();
        door.identifier(&raw, &mut Clocks::default()).unwrap().value
    };
    assert_eq!(number("0199000001", 1), number("+33 1 99 00 00 01", 1));
    assert_ne!(number("0199000001", 1), number("0199000002", 1));
    assert_ne!(number("0199000001", 1), number("0199000001", 2));
    assert_eq!(number("0199000001", 1).len(), 22);
}

proptest! {
    #[test]
    fn any_record_is_survived(
        channel in prop_oneof!["phone", "web", "email"],
        kind in prop_oneof!["phone", "email", "device", "customer_id"],
        value in any::<String>(), url in any::<String>(), at in any::<i64>(),
    ) {
        let more = format!(
            r#""identifiers":[{{"type":"{kind}","value":{value:?}}}],"url":{url:?},"due_at":{at}"#
        );
        let door = Door::new(settings()).unwrap();
        let place = Place { lateness: true, recorded_at: Some(Millis(at)), ..FILE };
        let json = record(&channel, &more);
        let output = door.admit(decode_json(json.as_bytes()), &place, &mut Clocks::default());
        if let Output::Event { version, event, .. } = output {
            prop_assert!(event.stated(Field::Url).is_none());
            prop_assert!(version.hash != 0 || event_hash(&event) == 0);
        }
    }
}

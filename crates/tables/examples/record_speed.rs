//! Prints what a record of verdicts costs: nanoseconds of one core, and bytes, in both encodings.

use model::{
    Channel, ChannelSet, Class, Contact, ContactResult, Direction, EndKind, Initiation, Millis,
    Mode, Outcome, PriorRole, Reading, ReadingResult, Readings, Resolved, Roles, Scope, Status,
    Text, Verdict,
};
use std::hint::black_box;
use std::time::Instant;
use tables::{Names, Records};

const RECORDS: u32 = 500_000;
const WINDOWS: [&str; 4] = ["intraday", "24h", "j+7", "j+30"];

fn names() -> Names {
    let scopes = ["assisted", "phone"];
    let mut list = Vec::new();
    for window in 0..WINDOWS.len() {
        for scope in 0..scopes.len() {
            list.extend(Mode::ALL.iter().map(|mode| Reading {
                name: Text::default(),
                window,
                scope,
                mode: *mode,
            }));
        }
    }
    let scope = |name: &str| Scope {
        name: name.into(),
        channels: ChannelSet::of(&[Channel::Phone]),
    };
    Names {
        tenant: "acme".into(),
        readings: Readings {
            windows: WINDOWS.map(Text::from).to_vec(),
            scopes: scopes.map(scope).to_vec(),
            list,
            headline: 0,
            reason_depth: 8,
        },
        link: None,
    }
}

fn contact() -> Contact {
    let none = Text::default;
    Contact {
        channel: Channel::Phone,
        source: "acd".into(),
        contact_id: "call-0001234567".into(),
        root_contact_id: "call-0001234567".into(),
        thread_id: none(),
        related_contact_ids: Vec::new(),
        other_leg_ids: Vec::new(),
        identifiers: Vec::new(),
        medium: none(),
        direction: Direction::Inbound,
        initiation: Initiation::Customer,
        started_at: Millis(1_772_359_200_000),
        ended_at: Millis(1_772_359_500_000),
        end_kind: EndKind::Stated,
        silent_at: None,
        outcome: Some(Outcome::Handled),
        wait_ms: Some(12_000),
        handle_ms: Some(288_000),
        reason: None,
        queue: "billing".into(),
        agent: "a-12".into(),
        team: "blue".into(),
        site: none(),
        tier: "gold".into(),
        party: none(),
        page: none(),
        disposition: none(),
        may_contact: Some(true),
        due_at: None,
        extra_cost: None,
        satisfaction: None,
        legs: 1,
        steps: Vec::new(),
        has_counting_step: false,
        attributes: vec![("app_version".into(), "7.1".into())],
    }
}

fn result(readings: usize) -> ContactResult {
    let reading = |place: usize| ReadingResult {
        reading: place as u16,
        verdict: Verdict::Repeated,
        status: Status::Provisional,
        class: place.is_multiple_of(2).then_some(Class::Repeat),
        prior: place.is_multiple_of(2).then_some(1),
        gap_ms: 86_400_000,
        overlap: false,
        channel_changed: false,
        count: 3,
        rank: 3,
        session: Some(0),
        next: Some(2),
        origin: false,
        due_at: Some(Millis(1_772_959_200_000)),
        revision: 2,
    };
    ContactResult {
        customer: format!("customer_id:{}", "3f9aB0c1".repeat(5)).into(),
        contact: contact(),
        resolved: Resolved::Unknown,
        roles: Roles {
            prior: Some(PriorRole::Answered),
            follower: true,
            origin: true,
            not_counted_because: Text::default(),
        },
        capped: false,
        cost: None,
        names: ["call-0001230001", "call-0001232222", "call-0001239999"]
            .map(Text::from)
            .to_vec(),
        readings: (0..readings).map(reading).collect(),
        revision: 2,
        cause: "late_event".into(),
    }
}

fn main() {
    let names = names();
    let result = result(names.readings.list.len());
    let avro = Records::avro(&names, |_| vec![0; 5]);
    for (name, mut records) in [("avro", avro), ("json", Records::json(&names))] {
        let mut into = Vec::new();
        let mut time = |table: &str, write: fn(&mut Records, &ContactResult, &mut Vec<u8>)| {
            let start = Instant::now();
            for _ in 0..RECORDS {
                write(&mut records, black_box(&result), &mut into);
                black_box(&into);
            }
            let ns = start.elapsed().as_nanos() / u128::from(RECORDS);
            println!("{name} {table}: {ns} ns, {} bytes", into.len());
        };
        time("contacts", Records::contact);
        time("verdicts", Records::verdicts);
    }
}

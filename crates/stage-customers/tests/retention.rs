//! A customer whose old contacts are let go is told the same as one of whom everything is kept.

// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used)]

use calendar::{Anchor, Calendar, DAY_MS, HOUR_MS, Span, Weekday, Window};
use model::{
    Alert, Channel, ChannelSet, Contact, ContactName, CustomerInput, Direction, EndKind,
    Identifier, Initiation, Inside, Kept, Kind, Millis, Mode, Money, Now, Outcome, Provenance,
    Reading, Readings, Reason, Resolved, Scope, Sent, Signal, SignalName, Stage, Terms, Text, Told,
    Unsent, Upsert, Version,
};
use rules::journeys::{Known, RuleSet, RuleText};
use rules::{Policy, RoleTable};
use stage_customers::{ChannelCost, Customers, Output, Settings, State};
use std::collections::BTreeMap;
use std::sync::Arc;

const FROM: Millis = Millis(1_725_148_800_000);
/// How long after its end a contact may change in these histories.
const CHANGES_MS: i64 = 10 * DAY_MS;
/// The quarantine reaches further than the longest window.
const MATTERS_MS: i64 = 33 * DAY_MS;
/// Histories that each test goes through.
const SEEDS: u64 = 6;
const KEY: &str = "customer_id:C1";

/// Chance, the same on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// Rules over contacts, signals, and video chats that were booked, none longer than the windows.
const RULES: &str = r#"
[[rule]]
name = "tried-again"
decide = "early"
steps = [
  { name = "left", channel = ["phone", "chat"], outcome = "abandoned" },
  { name = "again", channel = ["phone", "chat"], within = "j+7", from = "start" },
]
[[rule]]
name = "stayed-away"
decide = "settled"
steps = [
  { name = "left", channel = "phone", outcome = "abandoned" },
  { name = "came", not = true, channel = "all", within = "120h" },
]
[[rule]]
name = "not-delivered"
decide = "early"
steps = [
  { name = "ordered", signal = "ordered" },
  { name = "came", not = true, signal = "delivered", within = "j+3" },
]
[[rule]]
name = "promise"
decide = "early"
steps = [
  { name = "promised", signal = "promised" },
  { name = "kept", not = true, channel = "chat", within = "0s", from = "due_at" },
]
[[rule]]
name = "missed"
decide = "settled"
steps = [
  { name = "booked", channel = "video", kind = "scheduled", count = ">= 1" },
  { name = "held", not = true, channel = "video", same = ["contact"], within = "1h", from = "due_at" },
]
"#;

fn rules() -> RuleSet {
    let known = Known {
        scopes: &[Scope {
            name: "all".into(),
            channels: ChannelSet::of(Channel::ALL),
        }],
        sources: &[],
        reasons: None,
        steps: None,
    };
    let text = RuleText {
        file: "rules.toml",
        text: RULES,
    };
    let (rules, findings) = RuleSet::read(false, &[text], &known);
    let errors: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(rules.rules().len(), 5, "{errors:?}");
    rules
}

/// A signal about no contact, and perhaps that it is taken back.
fn signal(chance: &mut Chance, nth: u64, at: Millis) -> Vec<Said> {
    let name = chance.of(&[
        SignalName::Ordered,
        SignalName::Delivered,
        SignalName::Promised,
    ]);
    let version = Version {
        updated_at: at,
        hash: nth,
        ..Version::default()
    };
    let due_ms = chance.of(&[HOUR_MS, DAY_MS, 25 * DAY_MS]);
    let signal = Signal {
        tenant: Text::default(),
        name,
        event_id: format!("s{nth}").into(),
        occurred_at: at,
        source: "default".into(),
        channel: None,
        contact_id: Text::default(),
        root_contact_id: Text::default(),
        thread_id: Text::default(),
        identifiers: Vec::new(),
        due_at: (name == SignalName::Promised).then(|| at.plus(due_ms)),
        purpose: Text::default(),
        amount: None,
        score: None,
        scale: None,
        attributes: Vec::new(),
    };
    let sent = Sent {
        sequence: 1,
        told: Told { version, signal },
        is_copy: chance.below(6) == 0,
    };
    let key: Text = format!("signal/{nth}").into();
    let came_at = at.plus(chance.of(&[0, 0, HOUR_MS, CHANGES_MS]));
    let mut said = vec![(came_at, CustomerInput::Signal(key.clone(), Box::new(sent)))];
    if chance.below(6) == 0 && came_at < at.plus(CHANGES_MS) {
        let unsent = Unsent {
            sequence: 1,
            is_erased: chance.below(2) == 0,
        };
        said.push((
            came_at.plus(HOUR_MS),
            CustomerInput::SignalVoid(key, unsent),
        ));
    }
    said
}

/// A video chat that was booked, and perhaps took place.
fn booked(chance: &mut Chance, nth: u64, at: Millis) -> Vec<Said> {
    let due_at = at.plus(chance.of(&[HOUR_MS, DAY_MS, 20 * DAY_MS]));
    let kept = Kept {
        at,
        kind: Kind::Scheduled,
        page: Text::default(),
    };
    let inside = Inside {
        is_unopened: true,
        kept: vec![kept],
        ..Inside::default()
    };
    let unopened = Contact {
        channel: Channel::Video,
        contact_id: format!("v{nth}").into(),
        due_at: Some(due_at),
        outcome: None,
        ended_at: at,
        ..contact(chance, nth, at)
    };
    let with = |contact: &Contact, inside: &Inside, version| {
        let upsert = Upsert {
            contact: contact.clone(),
            version,
            resolved: Resolved::Unknown,
            moved: false,
        };
        CustomerInput::UpsertWith(Box::new(upsert), Box::new(inside.clone()))
    };
    let mut said = vec![(at, with(&unopened, &inside, 1))];
    if chance.below(2) == 0 {
        let late_ms = chance.of(&[0, HOUR_MS, 5 * DAY_MS]);
        let opened = Contact {
            started_at: due_at,
            ended_at: due_at.plus(HOUR_MS),
            outcome: Some(Outcome::Handled),
            ..unopened
        };
        let inside = Inside {
            is_unopened: false,
            ..inside
        };
        said.push((due_at.plus(late_ms), with(&opened, &inside, 2)));
    }
    said
}

fn settings(chance: &mut Chance) -> Settings {
    let span = [
        ("intraday", Span::CalendarDays(0), Anchor::End),
        ("j+7", Span::CalendarDays(7), Anchor::End),
        ("168h", Span::Rolling(7 * DAY_MS), Anchor::Start),
        ("1bd", Span::BusinessDays(1), Anchor::End),
    ];
    let scopes = [
        ("assisted", ChannelSet::of(&[Channel::Phone, Channel::Chat])),
        ("all", ChannelSet::of(Channel::ALL)),
    ];
    let mut list = Vec::new();
    for (window, (window_name, ..)) in span.iter().enumerate() {
        for (scope, (scope_name, _)) in scopes.iter().enumerate() {
            for mode in [Mode::Any, Mode::Same] {
                list.push(Reading {
                    name: format!("{window_name} {scope_name} {}", mode.name()).into(),
                    window,
                    scope,
                    mode,
                });
            }
        }
    }
    let policy = |name: &str, reading, count_min, cool_down_ms| Policy {
        name: name.into(),
        version: 1,
        reading,
        count_min,
        channels: ChannelSet::of(Channel::ALL),
        reasons: Vec::new(),
        tiers: Vec::new(),
        cool_down_ms,
    };
    let cool_down_ms = chance.of(&[0, DAY_MS, 9 * DAY_MS, 30 * DAY_MS]);
    let week = [Weekday::Mon, Weekday::Tue, Weekday::Fri];
    let cost = ChannelCost {
        fixed: Money(400_000),
        per_minute: Money(850_000),
    };
    Settings {
        tenant: "acme".into(),
        calendar: Calendar::new("Europe/Paris", &week, &[]).unwrap(),
        windows: span
            .map(|(_, span, anchor)| Window { span, anchor })
            .to_vec(),
        readings: Readings {
            windows: span.map(|(name, ..)| name.into()).to_vec(),
            scopes: scopes
                .map(|(name, channels)| Scope {
                    name: name.into(),
                    channels,
                })
                .to_vec(),
            headline: chance.below(list.len() as u64) as usize,
            list,
            reason_depth: 1,
        },
        roles: RoleTable::default(),
        policies: vec![
            policy("third", 4, 3, cool_down_ms),
            policy("same", 7, 2, 36 * HOUR_MS),
        ],
        rules: Arc::new(rules()),
        costs: [Some(cost); 5],
        join_legs_within_ms: Vec::new(),
        join_legs_within_default_ms: chance.of(&[0, HOUR_MS]),
        page_reason_within_ms: chance.of(&[HOUR_MS, DAY_MS, 5 * DAY_MS]),
        assistance: true,
        contacts_per_customer_max: 10_000,
        contacts_per_day_max: 4,
        keep_ms: None,
    }
}

fn contact(chance: &mut Chance, nth: u64, started_at: Millis) -> Contact {
    let channel = chance.of(&[Channel::Phone, Channel::Phone, Channel::Chat, Channel::Web]);
    let reason = chance.below(10) < 6;
    let length_ms = chance.of(&[0, 5 * 60_000, HOUR_MS, 20 * HOUR_MS]);
    let identifier = Identifier {
        kind: "customer_id".into(),
        value: "C1".into(),
        verified: false,
    };
    let version = Version {
        updated_at: started_at,
        rank: 0,
        hash: nth,
        identity: 0,
    };
    Contact {
        channel,
        source: "default".into(),
        contact_id: format!("{}{nth}", chance.of(&["a", "Z", "0"])).into(),
        root_contact_id: Text::default(),
        thread_id: Text::default(),
        related_contact_ids: Vec::new(),
        other_leg_ids: Vec::new(),
        identifiers: vec![identifier],
        medium: Text::default(),
        direction: Direction::Inbound,
        initiation: Initiation::Customer,
        started_at,
        ended_at: started_at.plus(length_ms),
        end_kind: EndKind::Stated,
        silent_at: None,
        outcome: Some(chance.of(&[Outcome::Handled, Outcome::Handled, Outcome::Abandoned])),
        wait_ms: None,
        handle_ms: Some(length_ms),
        reason: reason.then(|| Reason {
            path: chance
                .of(&["billing/payment", "billing/refund", "technical"])
                .into(),
            provenance: if channel == Channel::Web {
                Provenance::Page
            } else {
                Provenance::Qualified
            },
            version,
        }),
        queue: Text::default(),
        agent: Text::default(),
        team: Text::default(),
        site: Text::default(),
        tier: Text::default(),
        party: Text::default(),
        page: Text::default(),
        disposition: Text::default(),
        may_contact: None,
        due_at: None,
        extra_cost: None,
        satisfaction: None,
        legs: 1,
        steps: Vec::new(),
        has_counting_step: chance.below(3) > 0,
        attributes: Vec::new(),
    }
}

/// What is said at an instant.
type Said = (Millis, CustomerInput);

fn upsert(contact: Contact, version: u64) -> CustomerInput {
    CustomerInput::Upsert(Box::new(Upsert {
        contact,
        version,
        resolved: Resolved::Unknown,
        moved: false,
    }))
}

/// Most of a year of one customer, in order of arrival.
fn history(chance: &mut Chance) -> Vec<Said> {
    let mut said = Vec::new();
    let mut at = FROM;
    let mut former: Option<Text> = None;
    for nth in 0..260 {
        let pauses = [
            HOUR_MS,
            5 * HOUR_MS,
            DAY_MS,
            2 * DAY_MS,
            6 * DAY_MS,
            7 * DAY_MS,
        ];
        at = at.plus(chance.of(&pauses) + chance.below(HOUR_MS as u64) as i64);
        if chance.below(60) == 0 {
            at = at.plus(chance.of(&[8, 29, 60]) * DAY_MS);
            // Nothing is joined with what was let go.
            former = None;
        }
        match chance.below(9) {
            0 | 1 => said.append(&mut signal(chance, nth, at)),
            2 => said.append(&mut booked(chance, nth, at)),
            _ => {}
        }
        let mut one = contact(chance, nth, at);
        if chance.below(8) == 0 {
            one.related_contact_ids.extend(former.clone());
        }
        former = Some(one.contact_id.clone());
        let late_ms = chance.of(&[0, 0, 0, HOUR_MS, CHANGES_MS]);
        let ended_at = one.ended_at;
        said.push((at.plus(late_ms), upsert(one.clone(), 1)));
        let again_ms = chance.below((CHANGES_MS - late_ms).max(1) as u64) as i64;
        let again_at = ended_at.plus(late_ms.max(HOUR_MS)).plus(again_ms);
        match chance.below(12) {
            0 => {
                one.outcome = Some(Outcome::Abandoned);
                one.reason = None;
                said.push((again_at, upsert(one, 2)));
            }
            1 => {
                let name: ContactName = one.name();
                let moved = chance.below(2) == 0;
                let retract = CustomerInput::Retract {
                    name,
                    version: 1,
                    moved,
                };
                said.push((again_at, retract));
            }
            _ => {}
        }
    }
    said.sort_by_key(|(at, _)| *at);
    said
}

/// One customer, and what he is told.
struct One {
    customers: Customers,
    state: State,
    told: Vec<Output>,
}

impl One {
    fn new(settings: &Settings, keep_ms: Option<i64>) -> One {
        let settings = Settings {
            keep_ms,
            ..settings.clone()
        };
        One {
            customers: Customers::new(settings),
            state: State::default(),
            told: Vec::new(),
        }
    }

    fn settle(&mut self, now: Millis) {
        let now = Now::all(now);
        self.customers
            .settle(KEY, &mut self.state, &now, &mut self.told);
    }

    fn hear(&mut self, input: &CustomerInput, now: Millis) {
        self.customers.apply(KEY, &mut self.state, input.clone());
        self.settle(now);
    }

    /// The state as bytes and back, as a restart does.
    fn restart(&mut self) -> usize {
        let bytes = postcard::to_stdvec(&self.state).unwrap();
        self.state = postcard::from_bytes(&bytes).unwrap();
        bytes.len()
    }
}

/// The first line in which two differ.
fn differing(all: &[Output], some: &[Output]) -> String {
    let (all, some) = (format!("{all:#?}"), format!("{some:#?}"));
    let place = all.lines().zip(some.lines()).position(|(a, b)| a != b);
    let place = place.unwrap_or(all.lines().count().min(some.lines().count()));
    let around = |text: &str| -> Vec<String> {
        let lines = text.lines().skip(place.saturating_sub(4)).take(8);
        lines.map(|line| line.trim().to_owned()).collect()
    };
    format!("{:?} / {:?}", around(&all), around(&some))
}

/// Runs a history twice; gives the first difference, and the greatest number of contacts held.
fn compare(seed: u64, keep_ms: i64) -> (Option<String>, usize) {
    let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let settings = settings(&mut chance);
    let history = history(&mut chance);
    let mut all = One::new(&settings, None);
    let mut some = One::new(&settings, Some(keep_ms));
    let mut held_max = 0;
    let mut day = FROM;
    for (at, input) in &history {
        while day < *at {
            day = day.plus(DAY_MS);
            all.settle(day.min(*at));
            some.settle(day.min(*at));
        }
        all.hear(input, *at);
        some.hear(input, *at);
        some.restart();
        held_max = held_max.max(some.state.len());
        if all.told != some.told {
            return (
                Some(format!(
                    "seed {seed} at {at:?}: {}",
                    differing(&all.told, &some.told)
                )),
                held_max,
            );
        }
        all.told.clear();
        some.told.clear();
    }
    let end = history.last().map_or(FROM, |(at, _)| *at);
    for days in 1..120 {
        all.settle(end.plus(days * DAY_MS));
        some.settle(end.plus(days * DAY_MS));
    }
    let differs = (all.told != some.told).then(|| format!("seed {seed}: at the end"));
    let husk = (some.state != State::default()).then(|| format!("seed {seed}: a husk is left"));
    (differs.or(husk), held_max)
}

#[test]
fn what_is_told_is_the_same_when_old_contacts_are_let_go() {
    let mut most = 0;
    for seed in 1..=SEEDS {
        let (differs, held_max) = compare(seed, CHANGES_MS + MATTERS_MS);
        assert_eq!(differs, None);
        most = most.max(held_max);
    }
    assert!(most < 130, "of 260 contacts {most} were held at a time");
}

#[test]
fn letting_go_of_what_may_still_change_is_seen() {
    let seen = (1..=SEEDS).filter(|seed| compare(*seed, CHANGES_MS / 2).0.is_some());
    assert!(seen.count() as u64 > SEEDS / 2);
}

/// What stands at the end: the rows of every contact by reading, and the alerts.
#[derive(Default)]
struct Stands {
    rows: BTreeMap<(ContactName, Text), String>,
    alerts: BTreeMap<Text, Alert>,
}

impl Stands {
    fn hear(&mut self, readings: &Readings, told: Vec<Output>) {
        for output in told {
            match output {
                Output::Contact(result, _) => {
                    for row in &result.readings {
                        let reading = readings.list[usize::from(row.reading)].name.clone();
                        let names = |name: Option<u16>| {
                            name.map(|name| result.names[usize::from(name)].clone())
                        };
                        let said = format!(
                            "{:?} {:?} {} {} {:?} {:?} {:?}",
                            row.verdict,
                            row.class,
                            row.count,
                            row.rank,
                            names(row.prior),
                            names(row.session),
                            names(row.next)
                        );
                        self.rows.insert((result.contact.name(), reading), said);
                    }
                }
                Output::ContactGone { name, .. } => {
                    self.rows.retain(|(contact, _), _| *contact != name);
                }
                Output::Alert(alert, _) => {
                    self.alerts.insert(alert.alert_id.clone(), *alert);
                }
                Output::AlertGone { alert, .. } => {
                    self.alerts.remove(&alert.alert_id);
                }
                Output::Session(_)
                | Output::SessionGone { .. }
                | Output::Journey(..)
                | Output::JourneyGone { .. }
                | Output::Counted(_)
                | Output::Cut { .. } => {}
            }
        }
    }

    fn of(
        &self,
        reading: &str,
        from: Millis,
        starts: &BTreeMap<ContactName, Millis>,
    ) -> Vec<String> {
        let of_reading = self.rows.iter().filter(|((contact, name), _)| {
            name == reading && starts.get(contact).is_some_and(|at| *at >= from)
        });
        of_reading
            .map(|((contact, _), said)| format!("{contact:?} {said}"))
            .collect()
    }
}

/// The same settings with a reading less or more, and in another order.
fn with_readings(settings: &Settings, is_kept: impl Fn(&str) -> bool, reversed: bool) -> Settings {
    let headline = settings.readings.list[settings.readings.headline]
        .name
        .clone();
    let mut settings = settings.clone();
    let former = settings.readings.list.clone();
    settings
        .readings
        .list
        .retain(|reading| is_kept(&reading.name));
    if reversed {
        settings.readings.list.reverse();
    }
    let find = |name: &str, list: &[Reading]| list.iter().position(|reading| reading.name == name);
    let list = &settings.readings.list;
    settings.readings.headline = find(&headline, list).unwrap();
    let policies = settings.policies.iter().filter_map(|policy| {
        let reading = find(&former[policy.reading].name, list)?;
        Some(Policy {
            reading,
            ..policy.clone()
        })
    });
    settings.policies = policies.collect();
    settings
}

#[test]
fn a_reading_and_a_policy_hold_for_contacts_that_start_after_they_came() {
    let mut compared = 0;
    for seed in 1..=SEEDS {
        let mut chance = Chance(seed * 7_919 + 1);
        let mut whole = settings(&mut chance);
        whole.contacts_per_day_max = 0;
        whole.join_legs_within_default_ms = 0;
        whole.readings.headline = 4;
        whole.policies[0].cool_down_ms = 0;
        whole.policies[1].cool_down_ms = 0;
        // "same" is the policy of this reading, "third" that of the headline.
        let (added, removed) = ("j+7 all same", "168h all any");
        let before = with_readings(&whole, |name| name != added, false);
        let after = with_readings(&whole, |name| name != removed, true);
        let history = history(&mut chance);
        let half = history.len() / 2;
        let starts: BTreeMap<ContactName, Millis> = history
            .iter()
            .filter_map(|(_, input)| match input {
                CustomerInput::Upsert(upsert) => {
                    Some((upsert.contact.name(), upsert.contact.started_at))
                }
                _ => None,
            })
            .collect();
        let mut terms = Terms::default();
        let mut one = One::new(&before, None);
        terms.take_up(&one.customers.terms(), None);
        one.customers = one.customers.with_terms(&terms);
        let (mut stands, mut reference) = (Stands::default(), Stands::default());
        let mut full = One::new(&whole, None);
        let (mut come_to, mut first_since) = (FROM, None);
        for (nth, (at, input)) in history.iter().enumerate() {
            // Around the change both configurations take turns.
            let is_new = nth > half && (nth > half + 6 || nth % 2 == 1);
            let settings = if is_new { &after } else { &before };
            one.customers = Customers::new(settings.clone());
            terms.take_up(&one.customers.terms(), Some(come_to));
            come_to = *at;
            terms.note(&one.customers.terms(), *at);
            one.customers = one.customers.with_terms(&terms);
            if is_new && first_since.is_none() {
                let found = terms.find(&term(&terms, &after, added));
                first_since = found.map(|(_, since)| since);
            }
            one.hear(input, *at);
            stands.hear(&settings.readings, std::mem::take(&mut one.told));
            full.hear(input, *at);
            reference.hear(&whole.readings, std::mem::take(&mut full.told));
        }
        let end = history.last().unwrap().0.plus(40 * DAY_MS);
        one.settle(end);
        stands.hear(&after.readings, std::mem::take(&mut one.told));
        full.settle(end);
        reference.hear(&whole.readings, std::mem::take(&mut full.told));
        let (_, since) = terms.find(&term(&terms, &after, added)).unwrap();
        assert!(since > FROM && since < end);
        if first_since != Some(since) {
            // Its process was away for so long, in between, that it counts as new once more.
            continue;
        }
        compared += 1;
        let before_it = stands.of(added, Millis::MIN, &starts).len();
        assert_eq!(
            before_it,
            stands.of(added, since, &starts).len(),
            "seed {seed}: of before"
        );
        assert_eq!(
            stands.of(added, since, &starts),
            reference.of(added, since, &starts)
        );
        for reading in &after.readings.list {
            if reading.name != added {
                let everything = stands.of(&reading.name, Millis::MIN, &starts);
                let expected = reference.of(&reading.name, Millis::MIN, &starts);
                assert_eq!(everything, expected, "seed {seed}: {}", reading.name);
            }
        }
        let of_policy = |stands: &Stands, name: &str, from: Millis| -> Vec<Text> {
            let alerts = stands.alerts.values();
            let alerts = alerts.filter(|alert| {
                alert.policy == name
                    && alert.event_at >= from
                    && alert.status != model::AlertStatus::Withdrawn
            });
            alerts.map(|alert| alert.alert_id.clone()).collect()
        };
        assert_eq!(
            of_policy(&stands, "third", Millis::MIN),
            of_policy(&reference, "third", Millis::MIN)
        );
        assert_eq!(
            of_policy(&stands, "same", Millis::MIN),
            of_policy(&stands, "same", since)
        );
        assert_eq!(
            of_policy(&stands, "same", since),
            of_policy(&reference, "same", since)
        );
    }
    assert!(compared > SEEDS / 2, "{compared} histories");
}

/// The text by which a table knows a reading.
fn term(terms: &Terms, settings: &Settings, reading: &str) -> Text {
    let texts = Customers::new(settings.clone()).terms();
    let begins = format!("{reading}\n");
    let text = texts
        .into_iter()
        .find(|text| text.starts_with(&begins))
        .unwrap();
    assert!(terms.find(&text).is_some());
    text
}

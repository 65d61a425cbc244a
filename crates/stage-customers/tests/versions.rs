//! A rule gets a new version while the service runs: what began under the former one runs out under
//! it, and what begins from then on is the new one's.

// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used)]

use calendar::{Anchor, Calendar, HOUR_MS, Span, Weekday, Window};
use model::{
    AlertStatus, Channel, ChannelSet, Confidence, Contact, CustomerInput, Direction, EndKind,
    Identifier, Initiation, Journey, Millis, Mode, Now, Outcome, Reading, Readings, Resolved,
    Scope, Stage, Terms, Text, Upsert,
};
use rules::RoleTable;
use rules::journeys::{Known, RuleSet, RuleText};
use stage_customers::{Customers, Output, Settings, State};
use std::sync::Arc;

const KEY: &str = "customer_id:C1";
const FROM: Millis = Millis(1_725_148_800_000);

/// `again`: an hour in version 1, ten minutes in version 2.
const FIRST: &str = r#"
[[rule]]
name = "again"
steps = [{ name = "first", channel = "phone" }, { name = "again", channel = "phone", within = "1h" }]
"#;
const SECOND: &str = r#"
[[rule]]
name = "again"
version = 2
steps = [{ name = "first", channel = "phone" }, { name = "again", channel = "phone", within = "10min" }]
"#;

fn settings(texts: &[&str]) -> Settings {
    let scopes = vec![Scope {
        name: "all".into(),
        channels: ChannelSet::of(Channel::ALL),
    }];
    let known = Known {
        scopes: &scopes,
        sources: &[],
        reasons: None,
        steps: None,
    };
    let file = "rules.toml";
    let texts: Vec<RuleText<'_>> = texts.iter().map(|text| RuleText { file, text }).collect();
    let (rules, _) = RuleSet::read(false, &texts, &known);
    let span = Span::CalendarDays(7);
    let reading = Reading {
        name: "j+7 all any".into(),
        window: 0,
        scope: 0,
        mode: Mode::Any,
    };
    Settings {
        tenant: "acme".into(),
        calendar: Calendar::new("Europe/Paris", &[Weekday::Mon], &[]).unwrap(),
        windows: vec![Window {
            span,
            anchor: Anchor::End,
        }],
        readings: Readings {
            windows: vec!["j+7".into()],
            scopes,
            headline: 0,
            list: vec![reading],
            reason_depth: 8,
        },
        roles: RoleTable::default(),
        policies: Vec::new(),
        rules: Arc::new(rules),
        costs: [None; 5],
        join_legs_within_ms: Vec::new(),
        join_legs_within_default_ms: 0,
        page_reason_within_ms: HOUR_MS,
        assistance: true,
        contacts_per_customer_max: 10_000,
        contacts_per_day_max: 0,
        keep_ms: None,
    }
}

fn minute(minute: i64) -> Millis {
    FROM.plus(minute * 60_000)
}

/// A call of no length.
fn call(id: &str, started_at: Millis) -> CustomerInput {
    let identifier = Identifier {
        kind: "customer_id".into(),
        value: "C1".into(),
        verified: false,
    };
    let contact = Contact {
        channel: Channel::Phone,
        source: "default".into(),
        contact_id: id.into(),
        root_contact_id: id.into(),
        thread_id: Text::default(),
        related_contact_ids: Vec::new(),
        other_leg_ids: Vec::new(),
        identifiers: vec![identifier],
        medium: Text::default(),
        direction: Direction::Inbound,
        initiation: Initiation::Customer,
        started_at,
        ended_at: started_at,
        end_kind: EndKind::Stated,
        silent_at: None,
        outcome: Some(Outcome::Handled),
        wait_ms: None,
        handle_ms: None,
        reason: None,
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
        has_counting_step: false,
        attributes: Vec::new(),
    };
    CustomerInput::Upsert(Box::new(Upsert {
        version: 1,
        contact,
        resolved: Resolved::Known {
            by: "customer_id".into(),
            confidence: Confidence::Unique,
            conflict: false,
        },
        moved: false,
    }))
}

/// A task of one customer, whose configuration changes.
struct Task {
    customers: Customers,
    terms: Terms,
    state: State,
    told: Vec<Journey>,
}

impl Task {
    fn takes_up(&mut self, texts: &[&str], now: Millis) {
        let customers = Customers::new(settings(texts));
        self.terms.take_up(&customers.terms(), Some(now));
        self.terms.note(&customers.terms(), now);
        self.customers = customers.with_terms(&self.terms);
    }

    fn hears(&mut self, input: Option<CustomerInput>, now: Millis) {
        if let Some(input) = input {
            self.customers.apply(KEY, &mut self.state, input);
        }
        let mut out = Vec::new();
        let now = Now::all(now);
        self.customers.settle(KEY, &mut self.state, &now, &mut out);
        let journey = |output| match output {
            Output::Journey(journey, _) => Some(*journey),
            _ => None,
        };
        self.told.extend(out.into_iter().filter_map(journey));
    }

    /// What was told, with version, steps and status.
    fn told(&self) -> Vec<(u32, String, AlertStatus)> {
        let told = self.told.iter().map(|journey| {
            let ids: Vec<&str> = journey.step_ids.iter().map(Text::as_str).collect();
            (journey.version, ids.join(" "), journey.status)
        });
        told.collect()
    }
}

fn task() -> Task {
    let mut task = Task {
        customers: Customers::new(settings(&[])),
        terms: Terms::default(),
        state: State::default(),
        told: Vec::new(),
    };
    task.takes_up(&[FIRST], FROM);
    task.hears(Some(call("A", minute(0))), minute(0));
    task
}

#[test]
fn what_began_under_a_former_version_runs_out_under_it() {
    let mut task = task();
    task.takes_up(&[FIRST, SECOND], minute(20));
    // 30 minutes after A, which counts under version 1 alone.
    task.hears(Some(call("B", minute(30))), minute(30));
    // 30 minutes after B: B began under version 2, for which that is too long.
    task.hears(Some(call("D", minute(60))), minute(60));
    // 5 minutes after D.
    task.hears(Some(call("E", minute(65))), minute(65));
    task.hears(None, minute(600));
    let raised = AlertStatus::Raised;
    assert_eq!(
        task.told(),
        [(1, "A B".into(), raised), (2, "D E".into(), raised)]
    );
}

#[test]
fn without_the_former_version_in_the_files_its_open_entries_are_forgotten() {
    let mut task = task();
    task.takes_up(&[SECOND], minute(20));
    task.hears(Some(call("B", minute(30))), minute(30));
    task.hears(None, minute(600));
    assert_eq!(task.told(), []);
}

#[test]
fn what_was_told_under_a_former_version_is_taken_back_under_it() {
    let mut task = task();
    task.hears(Some(call("B", minute(10))), minute(10));
    task.takes_up(&[FIRST, SECOND], minute(20));
    let name = match call("B", minute(10)) {
        CustomerInput::Upsert(upsert) => upsert.contact.name(),
        _ => unreachable!("a call is an upsert"),
    };
    let retract = CustomerInput::Retract {
        name,
        version: 1,
        moved: true,
    };
    task.hears(Some(retract), minute(30));
    let statuses: Vec<AlertStatus> = task.told.iter().map(|journey| journey.status).collect();
    assert_eq!(statuses, [AlertStatus::Raised, AlertStatus::Withdrawn]);
}

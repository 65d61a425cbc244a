//! Whatever a stage might say, for tests of how it is written.

use model::{
    Alert, AlertStatus, Channel, Class, Confidence, Contact, ContactName, ContactResult, Direction,
    EndKind, Initiation, Millis, Money, Outcome, PriorRole, Provenance, ReadingResult, Reason,
    Resolved, Roles, Session, Signal, SignalName, Status, Text, Verdict, Version,
};
use proptest::prelude::*;
use proptest::sample::select;

/// A text, often an empty one.
pub fn text() -> impl Strategy<Value = Text> {
    let some = prop_oneof![
        Just(String::new()),
        "[a-z]{1,8}",
        "\\PC{0,30}",
        any::<String>()
    ];
    some.prop_map(Text::from)
}

fn at() -> impl Strategy<Value = Millis> {
    (-62_135_596_800_000_i64..=Millis::LAST.0).prop_map(Millis)
}

fn money() -> impl Strategy<Value = Option<Money>> {
    prop::option::of((-9_000_000_000_000_i64..9_000_000_000_000).prop_map(Money))
}

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![0_u32..80, 0..=i32::MAX as u32]
}

fn texts() -> impl Strategy<Value = Vec<Text>> {
    prop::collection::vec(text(), 0..4)
}

prop_compose! {
    fn contact_name()(
        contact_id in text(), channel in select(Channel::ALL), source in text(),
    ) -> ContactName {
        ContactName { contact_id, channel, source }
    }
}

fn reason() -> impl Strategy<Value = Option<Reason>> {
    let reason = (text(), select(Provenance::ALL)).prop_map(|(path, provenance)| Reason {
        path,
        provenance,
        version: Version::default(),
    });
    prop::option::of(reason)
}

prop_compose! {
    fn contact()(
        name in contact_name(),
        texts in prop::collection::vec(text(), 11),
        words in (select(Direction::ALL), select(Initiation::ALL), select(EndKind::ALL)),
        outcome in prop::option::of(select(Outcome::ALL)),
        (started_at, ended_at) in (at(), at()),
        (wait_ms, handle_ms) in any::<(Option<i64>, Option<i64>)>(),
        reason in reason(),
        may_contact in any::<Option<bool>>(),
        satisfaction in money(),
        legs in number(),
        attributes in prop::collection::btree_map(text(), text(), 0..4),
    ) -> Contact {
        let mut texts = texts.into_iter();
        let mut text = || texts.next().unwrap_or_default();
        Contact {
            channel: name.channel,
            source: name.source,
            contact_id: name.contact_id,
            root_contact_id: text(),
            thread_id: text(),
            related_contact_ids: Vec::new(),
            other_leg_ids: Vec::new(),
            identifiers: Vec::new(),
            medium: text(),
            direction: words.0,
            initiation: words.1,
            started_at,
            ended_at,
            end_kind: words.2,
            silent_at: None,
            outcome,
            wait_ms,
            handle_ms,
            reason,
            queue: text(),
            agent: text(),
            team: text(),
            site: text(),
            tier: text(),
            party: text(),
            page: text(),
            disposition: text(),
            may_contact,
            due_at: None,
            extra_cost: None,
            satisfaction,
            legs,
            steps: Vec::new(),
            has_counting_step: false,
            attributes: attributes.into_iter().collect(),
        }
    }
}

prop_compose! {
    fn reading(names: u16)(
        words in (
            select(Verdict::ALL), select(Status::ALL), prop::option::of(select(Class::ALL)),
        ),
        (prior, session, next) in (
            prop::option::of(0..names), prop::option::of(0..names), prop::option::of(0..names),
        ),
        gap_ms in any::<i64>(),
        (overlap, channel_changed, origin) in any::<(bool, bool, bool)>(),
        (count, rank, revision) in (number(), number(), number()),
        due_at in prop::option::of(prop_oneof![at(), Just(Millis::MAX)]),
    ) -> ReadingResult {
        ReadingResult {
            reading: 0,
            verdict: words.0,
            status: words.1,
            class: words.2,
            prior,
            gap_ms,
            overlap,
            channel_changed,
            count,
            rank,
            session,
            next,
            origin,
            due_at,
            revision,
        }
    }
}

fn resolved() -> impl Strategy<Value = Resolved> {
    let known = (text(), select(Confidence::ALL)).prop_map(|(by, confidence)| Resolved::Known {
        by,
        confidence,
        conflict: false,
    });
    prop_oneof![Just(Resolved::Unknown), known]
}

prop_compose! {
    fn roles()(
        prior in prop::option::of(select(PriorRole::ALL)),
        (follower, origin) in any::<(bool, bool)>(),
        not_counted_because in text(),
    ) -> Roles {
        Roles { prior, follower, origin, not_counted_because }
    }
}

prop_compose! {
    /// A contact's result in some of so many readings, in their order.
    pub fn result(readings: usize)(
        customer in text(),
        contact in contact(),
        resolved in resolved(),
        roles in roles(),
        capped in any::<bool>(),
        cost in money(),
        names in prop::collection::vec(text(), 4),
        readings in prop::collection::vec((any::<bool>(), reading(4)), readings),
        revision in number(),
        cause in text(),
    ) -> ContactResult {
        let placed = readings.into_iter().enumerate().filter(|(_, (is_there, _))| *is_there);
        let readings = placed
            .map(|(place, (_, reading))| ReadingResult { reading: place as u16, ..reading })
            .collect();
        ContactResult {
            customer, contact, resolved, roles, capped, cost, names, readings, revision, cause,
        }
    }
}

prop_compose! {
    /// A session.
    pub fn session()(
        (customer, first, last_outcome) in (text(), contact_name(), text()),
        (started_at, ended_at) in (at(), at()),
        (contacts, repeats, retries) in (number(), number(), number()),
        (channels, reasons) in (texts(), texts()),
        (cost, avoidable_cost) in (money(), money()),
        complete in any::<bool>(),
    ) -> Session {
        Session {
            customer, first, started_at, ended_at, contacts, repeats, retries, channels, reasons,
            cost, avoidable_cost, complete, last_outcome,
        }
    }
}

prop_compose! {
    /// An alert.
    pub fn alert()(
        texts_of in prop::collection::vec(text(), 8),
        (readings, channels, reasons) in (texts(), texts(), texts()),
        contact in contact_name(),
        (status, confidence) in (select(AlertStatus::ALL), select(Confidence::ALL)),
        (policy_version, revision, count, rank) in (number(), number(), number(), number()),
        gap_ms in any::<i64>(),
        cost in money(),
        may_contact in any::<Option<bool>>(),
        event_at in at(),
        details in any::<String>(),
    ) -> Alert {
        let mut texts_of = texts_of.into_iter();
        let mut text = || texts_of.next().unwrap_or_default();
        Alert {
            alert_id: text(), policy: text(), policy_version, status, revision, cause: text(),
            customer: text(), contact, readings, count, rank, gap_ms, origin_contact_id: text(),
            prior_contact_id: text(), channels, reasons, cost, tier: text(), may_contact,
            identified_by: text(), confidence, event_at, details,
        }
    }
}

prop_compose! {
    /// A marker.
    pub fn marker()(
        occurred_at in at(),
        purpose in text(),
        attributes in prop::collection::btree_map(text(), prop::option::of(text()), 0..4),
        name in prop::option::of(text()),
    ) -> Signal {
        let mut attributes = attributes;
        if let Some(name) = name {
            attributes.insert("name".into(), Some(name));
        }
        Signal {
            tenant: Text::default(),
            name: SignalName::Marker,
            event_id: "M1".into(),
            occurred_at,
            source: Text::default(),
            channel: None,
            contact_id: Text::default(),
            root_contact_id: Text::default(),
            thread_id: Text::default(),
            identifiers: Vec::new(),
            due_at: None,
            purpose,
            amount: None,
            score: None,
            scale: None,
            attributes: attributes.into_iter().collect(),
        }
    }
}

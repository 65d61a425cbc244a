//! The story of a contact or a customer in plain words, line by line.

use crate::entry::Entries;
use crate::explain::heard::Links;
use calendar::Anchor;
use files::InputFile;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::{
    Alert, Channel, Class, ContactInput, ContactResult, EndKind, Event, Field, Kind, Millis,
    PriorRole, ReadingResult, Resolved, Session, Value, Verdict, Version,
};
use rules::Policy;
use settings::{Meant, duration_text};
use stage_customers::EntryTrace;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// An instant in the centre's zone: `Mon 2 Mar 2026 10:00:05`.
pub fn local(zone: &TimeZone, at: Millis) -> String {
    let Ok(timestamp) = Timestamp::from_millisecond(at.0) else {
        // The last day of the year 9999, the usual word for "never", is in UTC.
        let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
        let civil = epoch.checked_add(SignedDuration::from_millis(at.0));
        return civil.map_or_else(
            |_| "after the year 9999".to_owned(),
            |civil| civil.strftime("%a %-d %b %Y %H:%M:%S UTC").to_string(),
        );
    };
    let zoned = timestamp.to_zoned(zone.clone());
    zoned.strftime("%a %-d %b %Y %H:%M:%S").to_string()
}

/// A duration in words, down to the second.
pub fn lasting(duration_ms: i64) -> String {
    duration_text(duration_ms / 1_000 * 1_000)
}

/// Something that was said of a contact.
pub struct Heard {
    /// What was said.
    pub input: ContactInput,
    /// Place of its file in the list of files.
    pub file: usize,
    /// Line or row of it, from 1.
    pub line: u64,
}

impl Heard {
    /// In order of time, then of version.
    pub fn order(&self) -> (Millis, Version) {
        match &self.input {
            ContactInput::Event(version, event) => (event.occurred_at, *version),
            ContactInput::Signal(version, signal) => (signal.occurred_at, *version),
        }
    }

    /// One line, with its place at the end.
    pub fn line(&self, meant: &Meant, files: &[InputFile]) -> String {
        format!("{}  [{}]", self.said(meant), self.place(files))
    }

    fn place(&self, files: &[InputFile]) -> String {
        let path = files.get(self.file).map(|file| file.path.display());
        path.map_or_else(String::new, |path| format!("{path}:{}", self.line))
    }

    fn said(&self, meant: &Meant) -> String {
        let zone = meant.customers.calendar.zone();
        match &self.input {
            ContactInput::Signal(_, signal) => {
                let at = local(zone, signal.occurred_at);
                format!(
                    "{at}  signal {} (event {})",
                    signal.name.name(),
                    signal.event_id
                )
            }
            ContactInput::Event(version, event) => {
                let mut line = format!(
                    "{}  {} {} (event {} of {})",
                    local(zone, event.occurred_at),
                    event.channel.name(),
                    event.kind.name(),
                    event.event_id,
                    event.source
                );
                if version.updated_at != event.occurred_at {
                    let _ = write!(line, ", said {}", local(zone, version.updated_at));
                }
                for identifier in &event.identifiers {
                    let _ = write!(line, ", {}", identifier.text());
                }
                for (field, value) in &event.fields {
                    let _ = write!(line, ", {}", stated(zone, *field, value));
                }
                line
            }
        }
    }
}

/// A code of why a contact does not count, in words; what is no code of ours stays as it is.
fn because(code: &str) -> &str {
    match code {
        "short" => "short: shorter than its channel's least duration",
        "outbound" => "outbound: the brand made contact, not the customer",
        "no_service_step" => "no_service_step: a visit without a service step",
        "assistance" => "assistance: the visit began while an advisor was with the customer",
        "unknown_customer" => "unknown_customer: nobody knows whose it is",
        "quarantined" => "quarantined: its identifier means too many people",
        "role_table" => "role_table: a row of [[roles]] gives it no role",
        other => other,
    }
}

fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

fn stated(zone: &TimeZone, field: Field, value: &Value) -> String {
    let text = match value {
        Value::Null => "(no value)".to_owned(),
        Value::Text(text) => text.to_string(),
        Value::Int(duration_ms) => lasting(*duration_ms),
        Value::Time(at) => local(zone, *at),
        Value::Bool(truth) => truth.to_string(),
        Value::Money(amount) => amount.units().to_string(),
        Value::Direction(direction) => direction.name().to_owned(),
        Value::Initiation(initiation) => initiation.name().to_owned(),
        Value::Outcome(outcome) => outcome.name().to_owned(),
        Value::StepStatus(status) => status.name().to_owned(),
    };
    format!("{} {text}", field.name())
}

/// Whether an event opens what a wrap-up belongs to: the same mail of a thread, or anything under the
/// same key.
fn opens_for(event: &Event, wrap_up: &Event) -> bool {
    let key = |event: &Event| {
        let ids = [&event.thread_id, &event.root_contact_id, &event.contact_id];
        let ids = match event.channel {
            Channel::Email => &ids[..],
            Channel::Web => &ids[2..],
            Channel::Phone | Channel::Chat | Channel::Video => &ids[1..],
        };
        let id = ids.iter().find(|id| !id.is_empty());
        (
            event.channel,
            event.source.clone(),
            id.map(|id| (*id).clone()),
        )
    };
    let completes = matches!(
        event.kind,
        Kind::Qualified | Kind::Ended | Kind::Closed | Kind::Scheduled | Kind::Invited
    );
    !completes
        && key(event) == key(wrap_up)
        && (event.channel != Channel::Email || event.contact_id == wrap_up.contact_id)
}

/// Everything of which a story is told.
pub struct Story<'a> {
    /// The configuration.
    pub meant: &'a Meant,
    /// The contacts of the customers in question, in order.
    pub chain: &'a [ContactResult],
    /// Their sessions.
    pub sessions: &'a [Session],
    /// Their alerts.
    pub alerts: &'a [Alert],
    /// Their entries of journey rules, in order of time.
    pub entries: &'a [EntryTrace],
    /// What was said of them.
    pub events: &'a [Heard],
    /// Which of that is whose.
    pub links: &'a Links,
    /// Where it was said.
    pub files: &'a [InputFile],
}

impl Story<'_> {
    fn at(&self, at: Millis) -> String {
        local(self.meant.customers.calendar.zone(), at)
    }

    /// The story of those contacts that are named.
    pub fn of_contacts(&self, named: impl Fn(&ContactResult) -> bool) -> String {
        let mut text = String::new();
        for result in self.chain.iter().filter(|result| named(result)) {
            let name = result.contact.name();
            self.contact(&mut text, result, |entry| entry.concerns(&name));
        }
        text
    }

    /// The story of all contacts.
    pub fn of_customer(&self) -> String {
        let mut text = String::new();
        let customer = self
            .chain
            .first()
            .map_or("", |result| result.customer.as_str());
        let contacts = counted(self.chain.len(), "contact", "contacts");
        let _ = writeln!(text, "Customer {customer}: {contacts}\n");
        for result in self.chain {
            let name = result.contact.name();
            self.contact(&mut text, result, |entry| entry.began_in() == Some(&name));
        }
        self.journeys(&mut text, |entry| {
            let began_in = entry.began_in();
            let mut chain = self.chain.iter();
            !chain.any(|result| began_in == Some(&result.contact.name()))
        });
        let headline = &self.meant.headline().name;
        let _ = writeln!(text, "Sessions in {headline}");
        for session in self.sessions {
            let _ = writeln!(
                text,
                "  {}  from {}: {}, {}, {}, over {}; {}",
                self.at(session.started_at),
                session.first.contact_id,
                counted(session.contacts as usize, "contact", "contacts"),
                counted(session.repeats as usize, "repeat", "repeats"),
                counted(session.retries as usize, "retry", "retries"),
                session.channels.join(", "),
                if session.complete {
                    "complete"
                } else {
                    "may still grow"
                }
            );
        }
        text
    }

    fn contact(
        &self,
        text: &mut String,
        result: &ContactResult,
        is_shown: impl Fn(&EntryTrace) -> bool,
    ) {
        let contact = &result.contact;
        let _ = writeln!(
            text,
            "Contact {} · {} · source {}",
            contact.contact_id,
            contact.channel.name(),
            contact.source
        );
        let _ = writeln!(text, "  What was said");
        let mut before: Option<String> = None;
        for heard in self.events {
            if !self.links.belongs(&heard.input, result) {
                continue;
            }
            let (mut said, place) = (heard.said(self.meant), heard.place(self.files));
            if self.waits(&heard.input) {
                said.push_str(
                    " — not used: it waits for a contact that has not appeared under its own ",
                );
                said.push_str(if contact.channel == Channel::Email {
                    "thread and id"
                } else {
                    "id"
                });
            }
            if before.as_ref() == Some(&said) {
                let _ = writeln!(text, "    the same again, which changes nothing  [{place}]");
                continue;
            }
            let _ = writeln!(text, "    {said}  [{place}]");
            before = Some(said);
        }
        self.what_it_is(text, result);
        self.whose_it_is(text, result);
        self.what_it_counts_as(text, result);
        self.readings(text, result);
        self.policies(text, result);
        self.journeys(text, is_shown);
        text.push('\n');
    }

    /// Entries of journey rules. Of several with one id the first that is broken is told.
    fn journeys(&self, text: &mut String, is_shown: impl Fn(&EntryTrace) -> bool) {
        let words = Entries::of(self.meant);
        let mut told: BTreeSet<&str> = BTreeSet::new();
        let mut shown = self
            .entries
            .iter()
            .filter(|entry| is_shown(entry))
            .peekable();
        if shown.peek().is_some() {
            let _ = writeln!(text, "  Journeys");
        }
        for entry in shown {
            let is_broken = matches!(entry.state, rules::journeys::State::Broken { .. });
            if is_broken && !told.insert(&entry.entry_id) {
                continue;
            }
            for line in words.lines(entry) {
                let _ = writeln!(text, "    {line}");
            }
        }
    }

    /// Whether a wrap-up waits for its contact: nothing opens one where it belongs.
    fn waits(&self, input: &ContactInput) -> bool {
        let ContactInput::Event(_, waiting) = input else {
            return false;
        };
        waiting.kind == Kind::Qualified
            && !self.events.iter().any(|heard| match &heard.input {
                ContactInput::Event(_, event) => opens_for(event, waiting),
                ContactInput::Signal(..) => false,
            })
    }

    fn what_it_is(&self, text: &mut String, result: &ContactResult) {
        let contact = &result.contact;
        let end = match contact.end_kind {
            EndKind::Open => "still open; its last event so far",
            EndKind::Stated => "as stated",
            EndKind::Inferred => "nobody closed it; its last event",
        };
        let outcome = contact
            .outcome
            .map_or("not known", |outcome| outcome.name());
        let _ = writeln!(text, "  What it is");
        let _ = writeln!(text, "    from {}", self.at(contact.started_at));
        let _ = writeln!(text, "    until {} ({end})", self.at(contact.ended_at));
        let _ = writeln!(
            text,
            "    {} {}, initiated by {}, outcome {outcome}, {} leg{}",
            contact.direction.name(),
            contact.channel.name(),
            contact.initiation.name(),
            contact.legs,
            if contact.legs == 1 { "" } else { "s" }
        );
        match &contact.reason {
            Some(reason) => {
                let _ = writeln!(
                    text,
                    "    reason {} ({})",
                    reason.path,
                    reason.provenance.name()
                );
            }
            None => {
                let _ = writeln!(text, "    reason unknown");
            }
        }
        if let Some(cost) = result.cost {
            let _ = writeln!(text, "    cost {} {}", cost.units(), self.meant.currency);
        }
    }

    fn whose_it_is(&self, text: &mut String, result: &ContactResult) {
        let _ = writeln!(text, "  Whose it is");
        let line = match &result.resolved {
            Resolved::Unknown => {
                "nobody's: no usable identifier, so it counts in volumes only".into()
            }
            Resolved::Quarantined { by } => format!(
                "nobody's: its {by} is carried by more than {} contacts on one day within 30 days, \
                 so it means too many people to mean one",
                self.meant.customers.contacts_per_day_max
            ),
            Resolved::Known {
                by,
                confidence,
                conflict: true,
            } => format!(
                "{}, the {by} itself ({}): it has several owners at that time, and none was taken",
                result.customer,
                confidence.name()
            ),
            Resolved::Known {
                by,
                confidence,
                conflict: false,
            } => {
                format!("{}, by its {by} ({})", result.customer, confidence.name())
            }
        };
        let _ = writeln!(text, "    {line}");
        if result.capped {
            let max = self.meant.customers.contacts_per_customer_max;
            let _ = writeln!(
                text,
                "    capped: the customer has more than {max} contacts"
            );
        }
    }

    fn what_it_counts_as(&self, text: &mut String, result: &ContactResult) {
        let roles = &result.roles;
        let prior = match roles.prior {
            Some(PriorRole::Answered) => "as answered: who comes after it repeats",
            Some(PriorRole::Abandoned) => "as abandoned: who comes after it tries again",
            None => "not as a prior",
        };
        let _ = writeln!(text, "  What it counts as");
        let _ = writeln!(text, "    {prior}");
        let follower = if roles.follower {
            "it can come after others"
        } else {
            "it follows nobody"
        };
        let origin = if roles.origin {
            ", and could have settled the matter"
        } else {
            ""
        };
        let _ = writeln!(text, "    {follower}{origin}");
        if !roles.not_counted_because.is_empty() {
            let _ = writeln!(text, "    because: {}", because(&roles.not_counted_because));
        }
    }

    fn readings(&self, text: &mut String, result: &ContactResult) {
        let _ = writeln!(text, "  What it means");
        let headline = self.meant.customers.readings.headline;
        let (first, others): (Vec<&ReadingResult>, Vec<&ReadingResult>) = result
            .readings
            .iter()
            .partition(|reading| usize::from(reading.reading) == headline);
        // Readings that say the same are told together, the headline first.
        let mut told: Vec<(String, Vec<&str>)> = Vec::new();
        for reading in first.into_iter().chain(others) {
            let definition = &self.meant.customers.readings.list[usize::from(reading.reading)];
            let says = self.reading(result, reading);
            match told.iter_mut().find(|(known, _)| *known == says) {
                Some((_, names)) => names.push(&definition.name),
                None => told.push((says, vec![&definition.name])),
            }
        }
        for (says, names) in told {
            let _ = writeln!(text, "    {}", names.join(" · "));
            let _ = writeln!(text, "        {says}");
        }
        if result.readings.is_empty() {
            let _ = writeln!(
                text,
                "    no reading looks at channel {}",
                result.contact.channel.name()
            );
        }
    }

    /// One reading of a contact: backward, then forward.
    fn reading(&self, result: &ContactResult, reading: &ReadingResult) -> String {
        let id = |place: Option<u16>| place.map(|place| result.names[usize::from(place)].as_str());
        let mut line = reading.verdict.name().to_owned();
        if reading.count > 0 {
            let class = match reading.class {
                Some(Class::Repeat) => "repeat",
                Some(Class::Retry) => "retry",
                None => "no repeat",
            };
            let _ = write!(line, "; {class}, number {} in the window", reading.count);
        }
        if let Some(prior) = id(reading.prior) {
            let definition = &self.meant.customers.readings.list[usize::from(reading.reading)];
            let from = match self.meant.customers.windows[definition.window].anchor {
                Anchor::Start => "start",
                Anchor::End => "end",
            };
            let _ = write!(
                line,
                ", {} after the {from} of {prior}",
                lasting(reading.gap_ms)
            );
        }
        if let Some(session) = id(reading.session) {
            let _ = write!(line, "; number {} of session {session}", reading.rank);
        }
        let _ = write!(line, "; {}", self.why(result, reading, id(reading.next)));
        line
    }

    /// Why the verdict is what it is.
    fn why(&self, result: &ContactResult, reading: &ReadingResult, next: Option<&str>) -> String {
        let due_at = reading
            .due_at
            .map(|due_at| self.at(due_at))
            .unwrap_or_default();
        match (reading.verdict, next) {
            (Verdict::Repeated, Some(next)) => {
                format!("the customer came back with {next} before {due_at}")
            }
            (Verdict::Retried, Some(next)) => {
                format!("the customer tried again with {next} before {due_at}")
            }
            (Verdict::Repeated | Verdict::Retried, None) => "the customer came back".into(),
            (Verdict::Pending, _) => format!("nobody has come yet; the window runs until {due_at}"),
            (Verdict::Resolved, _) => format!("the window passed at {due_at} and nobody came"),
            (Verdict::Lost, _) => {
                format!("nobody answered, and nobody came again before {due_at}")
            }
            (Verdict::Undecidable, _) if result.customer.is_empty() => {
                "the customer is unknown".into()
            }
            (Verdict::Undecidable, _) => "the reason is unknown, so nothing is the same".into(),
            (Verdict::Ineligible, _) if result.roles.not_counted_because.is_empty() => {
                "it is no prior, so there is nothing to judge".into()
            }
            (Verdict::Ineligible, _) => {
                format!(
                    "it does not count: {}",
                    because(&result.roles.not_counted_because)
                )
            }
        }
    }

    fn policies(&self, text: &mut String, result: &ContactResult) {
        if self.meant.customers.policies.is_empty() {
            return;
        }
        let _ = writeln!(text, "  What was told");
        for policy in &self.meant.customers.policies {
            let _ = writeln!(text, "    {}: {}", policy.name, self.policy(result, policy));
        }
    }

    /// Why a policy raised an alert at a contact, or did not.
    fn policy(&self, result: &ContactResult, policy: &Policy) -> String {
        let name = result.contact.name();
        let raised = self
            .alerts
            .iter()
            .find(|alert| alert.contact == name && alert.policy == policy.name);
        if let Some(alert) = raised {
            return format!("alert {}: contact number {}", alert.alert_id, alert.count);
        }
        let reading = result
            .reading(policy.reading)
            .filter(|reading| reading.count > 0);
        let Some(reading) = reading else {
            return "no alert: the contact takes no part in its reading".into();
        };
        if !result.roles.follower || reading.prior.is_none() {
            return "no alert: the customer did not come back with it".into();
        }
        if reading.count < policy.count_min {
            return format!(
                "no alert: number {} in the window, and {} are needed",
                reading.count, policy.count_min
            );
        }
        let reason = result
            .contact
            .reason
            .as_ref()
            .map_or("", |reason| reason.path.as_str());
        if !policy.concerns(result.contact.channel, reason, &result.contact.tier) {
            return "no alert: its channel, reason or tier is not the policy's business".into();
        }
        let standing = self.alerts.iter().rfind(|alert| {
            alert.policy == policy.name
                && alert.customer == result.customer
                && alert.event_at <= result.contact.started_at
        });
        match standing {
            Some(alert) => format!(
                "no alert: one was raised {} before, at {}, and the cool-down is {}",
                lasting(result.contact.started_at.since(alert.event_at)),
                alert.contact.contact_id,
                duration_text(policy.cool_down_ms)
            ),
            None => "no alert".into(),
        }
    }
}

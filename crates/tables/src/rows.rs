//! One function for each table: its cells in the order of the table's columns.

use files::Cell;
use model::{
    Alert, ContactName, ContactResult, Journey, Millis, Readings, Resolved, Session, Signal,
    SourceSilent, Text,
};
use settings::{ContactLink, Meant, duration_text};

/// What rows say that no stage knows.
#[derive(Clone, Debug)]
pub struct Names {
    /// The brand.
    pub tenant: Text,
    /// Names of windows, scopes and modes.
    pub readings: Readings,
    /// Template of the link to a contact, if there is one.
    pub link: Option<ContactLink>,
}

impl Names {
    /// The names of a configuration.
    #[must_use]
    pub fn of(meant: &Meant) -> Names {
        Names {
            tenant: meant.tenant.clone(),
            readings: meant.customers.readings.clone(),
            link: meant.contact_link.clone(),
        }
    }

    pub(crate) fn link(&self, contact: &ContactName, root_contact_id: &str) -> Option<String> {
        self.link
            .as_ref()
            .map(|template| template.link(contact, root_contact_id))
    }
}

pub(crate) fn known(text: &str) -> Cell<'_> {
    if text.is_empty() {
        Cell::Null
    } else {
        Cell::Text(text)
    }
}

fn whole(number: Option<i64>) -> Cell<'static> {
    number.map_or(Cell::Null, Cell::Int)
}

fn truth(truth: Option<bool>) -> Cell<'static> {
    truth.map_or(Cell::Null, Cell::Bool)
}

fn units(amount: Option<model::Money>) -> Cell<'static> {
    amount.map_or(Cell::Null, |amount| Cell::Double(amount.units()))
}

fn texts(list: &[Text]) -> Vec<&str> {
    list.iter().map(Text::as_str).collect()
}

/// The row of table `contacts`.
pub fn contact<R>(names: &Names, result: &ContactResult, row: impl FnOnce(&[Cell]) -> R) -> R {
    let contact = &result.contact;
    let link = names.link(&contact.name(), &contact.root_contact_id);
    let attributes: Vec<(&str, &str)> = contact
        .attributes
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let (identified_by, confidence) = match &result.resolved {
        Resolved::Known { by, confidence, .. } => (by.as_str(), confidence.name()),
        Resolved::Unknown | Resolved::Quarantined { .. } => ("", ""),
    };
    let reason = contact.reason.as_ref();
    row(&[
        Cell::Text(&names.tenant),
        Cell::Text(&contact.contact_id),
        Cell::Text(contact.channel.name()),
        Cell::Text(&contact.source),
        known(&contact.root_contact_id),
        known(&contact.thread_id),
        known(&result.customer),
        known(&contact.medium),
        Cell::Text(contact.direction.name()),
        Cell::Text(contact.initiation.name()),
        Cell::Time(contact.started_at.0),
        Cell::Time(contact.ended_at.0),
        Cell::Text(contact.end_kind.name()),
        known(contact.outcome.map_or("", |outcome| outcome.name())),
        known(reason.map_or("", |reason| reason.path.as_str())),
        known(reason.map_or("", |reason| reason.provenance.name())),
        known(&contact.queue),
        known(&contact.agent),
        known(&contact.team),
        known(&contact.site),
        known(&contact.tier),
        known(&contact.party),
        truth(contact.may_contact),
        known(&contact.page),
        known(&contact.disposition),
        whole(contact.wait_ms),
        whole(contact.handle_ms),
        Cell::Int(i64::from(contact.legs)),
        units(result.cost),
        units(contact.satisfaction),
        Cell::Text(result.roles.prior.map_or("none", |prior| prior.name())),
        Cell::Bool(result.roles.follower),
        Cell::Bool(result.roles.origin),
        known(&result.roles.not_counted_because),
        Cell::Bool(result.capped),
        known(identified_by),
        known(confidence),
        link.as_deref().map_or(Cell::Null, Cell::Text),
        Cell::Map(&attributes),
        Cell::Null,
        Cell::Int(i64::from(result.revision)),
    ])
}

/// The row of table `sessions`.
pub fn session<R>(names: &Names, session: &Session, row: impl FnOnce(&[Cell]) -> R) -> R {
    let (channels, reasons) = (texts(&session.channels), texts(&session.reasons));
    row(&[
        Cell::Text(&names.tenant),
        Cell::Text(&session.customer),
        Cell::Text(&session.first.contact_id),
        Cell::Time(session.started_at.0),
        Cell::Time(session.ended_at.0),
        Cell::Int(i64::from(session.contacts)),
        Cell::Int(i64::from(session.repeats)),
        Cell::Int(i64::from(session.retries)),
        Cell::List(&channels),
        Cell::List(&reasons),
        units(session.cost),
        units(session.avoidable_cost),
        Cell::Bool(session.complete),
        known(&session.last_outcome),
    ])
}

/// The row of table `alerts`.
pub fn alert<R>(names: &Names, alert: &Alert, row: impl FnOnce(&[Cell]) -> R) -> R {
    let link = names.link(&alert.contact, "");
    let readings = texts(&alert.readings);
    let (channels, reasons) = (texts(&alert.channels), texts(&alert.reasons));
    row(&[
        Cell::Text(&names.tenant),
        Cell::Text(&alert.alert_id),
        Cell::Text("RepeatContact"),
        Cell::Text(&alert.policy),
        Cell::Int(i64::from(alert.policy_version)),
        Cell::Text(alert.status.name()),
        Cell::Int(i64::from(alert.revision)),
        known(&alert.cause),
        Cell::Text(&alert.customer),
        Cell::Text(&alert.contact.contact_id),
        Cell::Text(alert.contact.channel.name()),
        Cell::Text(&alert.contact.source),
        link.as_deref().map_or(Cell::Null, Cell::Text),
        Cell::List(&readings),
        Cell::Int(i64::from(alert.count)),
        Cell::Int(i64::from(alert.rank)),
        Cell::Int(alert.gap_ms),
        known(&alert.origin_contact_id),
        known(&alert.prior_contact_id),
        Cell::List(&channels),
        Cell::List(&reasons),
        units(alert.cost),
        known(&alert.tier),
        truth(alert.may_contact),
        known(&alert.identified_by),
        known(alert.confidence.name()),
        Cell::Time(alert.event_at.0),
        known(&alert.details),
    ])
}

/// The row of table `journeys`.
pub fn journey<R>(names: &Names, journey: &Journey, row: impl FnOnce(&[Cell]) -> R) -> R {
    let (step_ids, segment) = (texts(&journey.step_ids), texts(&journey.segment));
    let [contact_id, channel, source] = name(journey.entered_in.as_ref());
    row(&[
        Cell::Text(&names.tenant),
        Cell::Text(&journey.rule),
        Cell::Int(i64::from(journey.version)),
        Cell::Text(&journey.entry_id),
        Cell::Text(&journey.customer),
        contact_id,
        channel,
        source,
        Cell::Time(journey.entered_at.0),
        Cell::Time(journey.decided_at.0),
        Cell::Text(journey.status.name()),
        Cell::List(&step_ids),
        Cell::List(&segment),
        units(journey.cost),
        Cell::Int(i64::from(journey.revision)),
        known(&journey.cause),
    ])
}

/// The row of table `alerts` of a broken journey.
pub fn broken_journey<R>(names: &Names, journey: &Journey, row: impl FnOnce(&[Cell]) -> R) -> R {
    let contact = journey.contact.as_ref();
    let link = contact.and_then(|contact| names.link(contact, ""));
    let (channels, reasons) = (texts(&journey.channels), texts(&journey.reasons));
    let [contact_id, channel, source] = name(contact);
    let entered_in = journey.entered_in.as_ref();
    let details = serde_json::json!({
        "entered_at": time_text(journey.entered_at),
        "step_ids": texts(&journey.step_ids),
        "segment": texts(&journey.segment),
    });
    let details = details.to_string();
    row(&[
        Cell::Text(&names.tenant),
        Cell::Text(&journey.entry_id),
        Cell::Text("BrokenJourney"),
        Cell::Text(&journey.rule),
        Cell::Int(i64::from(journey.version)),
        Cell::Text(journey.status.name()),
        Cell::Int(i64::from(journey.revision)),
        known(&journey.cause),
        Cell::Text(&journey.customer),
        contact_id,
        channel,
        source,
        link.as_deref().map_or(Cell::Null, Cell::Text),
        Cell::List(&[]),
        Cell::Null,
        Cell::Null,
        Cell::Null,
        known(entered_in.map_or("", |contact| contact.contact_id.as_str())),
        Cell::Null,
        Cell::List(&channels),
        Cell::List(&reasons),
        units(journey.cost),
        known(&journey.tier),
        truth(journey.may_contact),
        known(&journey.identified_by),
        known(
            journey
                .confidence
                .map_or("", |confidence| confidence.name()),
        ),
        Cell::Time(journey.decided_at.0),
        Cell::Text(&details),
    ])
}

/// A contact's id, channel and source; empty without one.
fn name(contact: Option<&ContactName>) -> [Cell<'_>; 3] {
    contact.map_or([Cell::Null, Cell::Null, Cell::Null], |contact| {
        [
            Cell::Text(&contact.contact_id),
            Cell::Text(contact.channel.name()),
            Cell::Text(&contact.source),
        ]
    })
}

/// RFC 3339 in UTC; empty where there is no such time.
fn time_text(at: Millis) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0);
    at.map_or_else(|_| String::new(), |at| at.to_string())
}

/// The row of table `alerts` of a silent source.
pub fn source_silent<R>(names: &Names, alert: &SourceSilent, row: impl FnOnce(&[Cell]) -> R) -> R {
    let time = time_text;
    let longest = duration_text(alert.silence_max_ms);
    let words = format!(
        "nothing has come from source {} since {}, for longer than {longest} on working days",
        alert.source,
        time(alert.since)
    );
    let details = serde_json::json!({
        "source": alert.source.as_str(),
        "silent_since": time(alert.since),
        "last_event_at": time(alert.last_event_at),
        "silence_max": longest,
        "words": words,
    });
    let details = details.to_string();
    row(&[
        Cell::Text(&names.tenant),
        Cell::Text(&alert.alert_id),
        Cell::Text("SourceSilent"),
        Cell::Text(&alert.source),
        Cell::Int(1),
        Cell::Text(alert.status.name()),
        Cell::Int(i64::from(alert.revision)),
        known(&alert.cause),
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Text(&alert.source),
        Cell::Null,
        Cell::List(&[]),
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::List(&[]),
        Cell::List(&[]),
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Time(alert.silent_at.0),
        Cell::Text(&details),
    ])
}

/// The row of table `markers`. The kind is what the signal is for; the name is its attribute
/// `name`.
pub fn marker<R>(names: &Names, marker: &Signal, row: impl FnOnce(&[Cell]) -> R) -> R {
    let stated = marker
        .attributes
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)));
    let mut attributes: Vec<(&str, &str)> = stated.collect();
    attributes.sort_unstable();
    let name = attributes
        .iter()
        .find(|(name, _)| *name == "name")
        .map_or("", |(_, value)| *value);
    row(&[
        Cell::Text(&names.tenant),
        Cell::Time(marker.occurred_at.0),
        known(&marker.purpose),
        known(name),
        Cell::Map(&attributes),
    ])
}

/// The row of table `dead_letters` for a record of a file.
pub fn dead_letter<R>(
    file: &str,
    line: u64,
    reason: &str,
    detail: &str,
    hash: &str,
    row: impl FnOnce(&[Cell]) -> R,
) -> R {
    row(&[
        Cell::Text(file),
        Cell::Null,
        Cell::Null,
        Cell::Int(i64::try_from(line).unwrap_or(i64::MAX)),
        Cell::Text(reason),
        known(detail),
        known(hash),
    ])
}

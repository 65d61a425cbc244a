//! Alerts to act on, and their stories.

use super::{Look, is_below};
use crate::kept::{Alert, KeptContact, Session};
use crate::views::{
    AlertDetail, AlertItem, AlertKind, At, Day, People, SessionItem, Standing, StoryContact,
};
use model::Channel;

/// Alerts that the page shows.
const ROWS_MAX: usize = 50;
/// Contacts of a story.
const STORY_MAX: usize = 200;
/// Contacts without a session are looked for so long before the alert: a week.
const AROUND_MS: i64 = 7 * 86_400_000;

/// Which alerts are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AlertQuery {
    /// Only of one kind.
    pub(crate) kind: Option<AlertKind>,
    /// Only those that people have left so.
    pub(crate) standing: Option<Standing>,
}

impl<'a> Look<'a> {
    /// The instants whose alerts are looked at: with today also those of the day before, whose
    /// customers still wait.
    fn alert_instants(&self) -> (i64, i64) {
        let from = if self.span.from == self.today {
            Day(self.today.0 - 1)
        } else {
            self.span.from
        };
        (self.start_of(from), self.end_of(self.span.to))
    }

    /// Alerts that fit, the newest first.
    pub(crate) fn alerts(&self, query: AlertQuery) -> impl Iterator<Item = &'a Alert> {
        let (from, to) = self.alert_instants();
        let mut fits = self.fitting_alert();
        let kept = self.kept;
        let alerts = kept.alerts.between(from, to).rev();
        alerts.filter(move |alert| {
            let standing = query.standing;
            query.kind.is_none_or(|kind| kind == alert.kind)
                && standing.is_none_or(|one| one == kept.acts.standing(&alert.alert_id))
                && fits(alert)
        })
    }

    /// Whether an alert fits the filter.
    pub(super) fn fitting_alert(&self) -> impl FnMut(&Alert) -> bool + use<'a> {
        let (kept, filter) = (self.kept, self.filter);
        move |alert: &Alert| {
            let names = &kept.names;
            let is_on = |channel: Channel| {
                alert.channel == Some(channel) || alert.channels.contains(&channel)
            };
            let reason = filter.reason.as_deref();
            let about = |wanted: &str| {
                let mut reasons = alert.reasons.iter();
                reasons.any(|reason| is_below(names.text(*reason), wanted))
            };
            let tier = filter.tier.as_deref();
            let team = filter.team.as_deref();
            filter.channel.is_none_or(is_on)
                && reason.is_none_or(about)
                && tier.is_none_or(|tier| names.text(alert.tier) == tier)
                && team.is_none_or(|team| {
                    contact_of(kept, alert).is_some_and(|one| names.text(one.contact.team) == team)
                })
        }
    }

    fn to_act_on(&self) -> impl Iterator<Item = (&'a Alert, Standing)> {
        let kept = self.kept;
        let alerts = self.alerts(AlertQuery::default());
        let alerts = alerts.filter(|alert| {
            let is_of_person = matches!(
                alert.kind,
                AlertKind::RepeatContact | AlertKind::BrokenJourney
            );
            is_of_person && !alert.is_withdrawn
        });
        let alerts = alerts.map(|alert| (alert, kept.acts.standing(&alert.alert_id)));
        alerts.filter(|(_, standing)| *standing != Standing::Closed)
    }

    pub(super) fn open_alerts(&self) -> u64 {
        self.to_act_on().count() as u64
    }

    pub(super) fn people(&self) -> People {
        let mut list: Vec<(&Alert, Standing)> = self.to_act_on().collect();
        let taken = list
            .iter()
            .filter(|(_, standing)| *standing != Standing::Open);
        let taken = taken.count() as u64;
        list.sort_by(|(a, x), (b, y)| {
            let key = |alert: &Alert, standing: Standing| (standing != Standing::Open, alert.at);
            key(a, *x)
                .cmp(&key(b, *y))
                .then_with(|| a.alert_id.cmp(&b.alert_id))
        });
        let open = list.len() as u64;
        let mut untaken = list
            .iter()
            .filter(|(_, standing)| *standing == Standing::Open);
        let oldest_at = untaken.next().map(|(alert, _)| At(alert.at));
        let rows = list.into_iter().take(ROWS_MAX);
        let rows: Vec<AlertItem> = rows.map(|(alert, _)| self.alert_item(alert)).collect();
        People {
            open,
            taken,
            oldest_at,
            not_shown: open - rows.len() as u64,
            rows,
            let_go: self.kept.alerts.let_go,
        }
    }

    pub(crate) fn alert_item(&self, alert: &Alert) -> AlertItem {
        let names = &self.kept.names;
        let contact = contact_of(self.kept, alert);
        let acts = self.kept.acts.of(&alert.alert_id);
        let name = self.text(alert.name);
        let has_title = matches!(
            alert.kind,
            AlertKind::BrokenJourney | AlertKind::JourneyDegraded
        );
        AlertItem {
            alert_id: alert.alert_id.to_string(),
            kind: alert.kind,
            title: has_title.then(|| self.kept.settings.title(&name)),
            name,
            version: alert.version,
            status: self.text(alert.status),
            revision: alert.revision,
            cause: names.some(alert.cause),
            at: At(alert.at),
            standing: self.kept.acts.standing(&alert.alert_id),
            act: acts.last().cloned(),
            count: alert.count,
            gap_ms: alert.gap_ms,
            channel: alert.channel,
            channels: alert.channels.clone(),
            reasons: alert
                .reasons
                .iter()
                .map(|reason| self.text(*reason))
                .collect(),
            team: contact.and_then(|one| names.some(one.contact.team)),
            tier: names.some(alert.tier),
            may_contact: alert.may_contact,
            confidence: names.some(alert.confidence),
            cost: alert.cost,
            link: alert.link.as_deref().map(str::to_owned),
            is_going_on: contact.is_some_and(|one| one.contact.is_going_on),
        }
    }

    /// An alert with its story.
    pub(crate) fn alert_detail(&self, alert_id: &str) -> Option<AlertDetail> {
        let alert = self.kept.alerts.get(alert_id)?;
        let mine = contact_of(self.kept, alert);
        let session_of = mine.and_then(|one| one.said.session);
        let customer = alert.customer;
        let session = customer.zip(session_of);
        let session = session.and_then(|(customer, of)| self.kept.sessions.find(customer, of));
        let all = customer.map(|customer| self.kept.contacts.of_customer(customer));
        let all = all.unwrap_or_default();
        let from = session.map_or(alert.at - AROUND_MS, |(_, one)| {
            one.started_at.min(alert.at - AROUND_MS)
        });
        let shown: Vec<&KeptContact> = all
            .into_iter()
            .filter(|one| one.contact.started_at >= from)
            .collect();
        let beyond = shown.len().saturating_sub(STORY_MAX);
        let let_go_until = self.kept.contacts.let_go_until;
        let contacts = shown[beyond..].iter();
        let contacts = contacts.map(|one| StoryContact {
            is_of_session: session_of.is_some() && one.said.session == session_of,
            is_alerts: mine.is_some_and(|mine| std::ptr::eq(*one, mine)),
            ..self.story_contact(one)
        });
        Some(AlertDetail {
            contacts: contacts.collect(),
            alert: self.alert_item(alert),
            session: session.map(|(id, one)| self.session_item(id, one)),
            is_cut: beyond > 0 || let_go_until.is_some_and(|until| until >= from),
            acts: self.kept.acts.of(alert_id).to_vec(),
        })
    }

    /// A session with its contacts.
    pub(crate) fn session_story(&self, session: &Session) -> Vec<StoryContact> {
        let all = self.kept.contacts.of_customer(session.customer);
        let of_session = all.into_iter();
        let of_session = of_session.filter(|one| one.said.session == Some(session.session));
        let stories = of_session.take(STORY_MAX).map(|one| StoryContact {
            is_of_session: true,
            ..self.story_contact(one)
        });
        stories.collect()
    }

    pub(crate) fn session_item(&self, id: u128, session: &Session) -> SessionItem {
        SessionItem {
            session: format!("{id:032x}"),
            started_at: At(session.started_at),
            ended_at: At(session.ended_at),
            contacts: session.contacts,
            repeats: session.repeats,
            retries: session.retries,
            channels: session.channels.clone(),
            reasons: session
                .reasons
                .iter()
                .map(|reason| self.text(*reason))
                .collect(),
            cost: session.cost,
            avoidable_cost: session.avoidable_cost,
            is_complete: session.is_complete,
            last_outcome: self.kept.names.some(session.last_outcome),
        }
    }

    fn story_contact(&self, one: &KeptContact) -> StoryContact {
        let names = &self.kept.names;
        let (contact, said) = (&one.contact, &one.said);
        let in_headline = said.in_reading(self.kept.settings.headline);
        let class = match (in_headline.is_repeat, in_headline.is_retry) {
            (true, _) => Some("repeat"),
            (_, true) => Some("retry"),
            _ => None,
        };
        StoryContact {
            contact_id: contact.contact_id.to_string(),
            channel: contact.channel,
            medium: names.some(contact.medium),
            source: self.text(contact.source),
            direction: if contact.is_outbound {
                "outbound"
            } else {
                "inbound"
            }
            .to_owned(),
            started_at: At(contact.started_at),
            ended_at: At(contact.ended_at),
            is_going_on: contact.is_going_on,
            reason: names.some(contact.reason),
            reason_source: names.some(contact.reason_source),
            outcome: names.some(contact.outcome),
            disposition: names.some(contact.disposition),
            agent: names.some(contact.agent),
            team: names.some(contact.team),
            wait_ms: contact.wait_ms,
            handle_ms: contact.handle_ms,
            page: names.some(contact.page),
            cost: contact.cost,
            class: class.map(str::to_owned),
            verdict: names.some(said.verdict),
            rank: said.rank.map(i64::from),
            gap_ms: said.gap_ms,
            not_counted_because: names.some(contact.not_counted),
            changed_because: names.some(said.cause),
            link: contact.link.as_deref().map(str::to_owned),
            is_of_session: false,
            is_alerts: false,
        }
    }
}

/// The contact that raised an alert, if it is kept.
fn contact_of<'a>(kept: &'a crate::kept::Kept, alert: &Alert) -> Option<&'a KeptContact> {
    let (customer, contact_id) = (alert.customer?, alert.contact_id.as_ref()?);
    let mut all = kept.contacts.of_customer(customer).into_iter();
    all.find(|one| {
        let contact = &one.contact;
        contact.contact_id == *contact_id
            && Some(contact.channel) == alert.channel
            && contact.source == alert.source
    })
}

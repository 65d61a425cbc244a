//! Three customers of the day, told as stories.

use super::teller::why_withdrawn;
use super::view::View;
use super::words;
use crate::screen::Screen;
use calendar::HOUR_MS;
use model::{
    Alert, AlertStatus, Channel, Class, ContactResult, Initiation, Millis, Session, StepStatus,
    Text, Verdict,
};
use std::io::{Result, Write};

/// Contacts told of one customer; of more, the last ones.
const CONTACTS_MAX: usize = 8;
/// A call this long after a failed step has to do with it.
const AFTER_FAILURE_MS: i64 = 2 * HOUR_MS;

/// A customer, and why he is told of.
struct Story {
    customer: Text,
    title: String,
    moral: String,
}

/// Finds a story in what was told from an instant on, other than those that are there.
type Finder = fn(View<'_>, Millis, &[Story]) -> Option<Story>;

/// Tells of three customers who made contact from an instant on.
pub fn tell<W: Write>(view: View<'_>, from: Millis, screen: &mut Screen<W>) -> Result<()> {
    let mut stories: Vec<Story> = Vec::new();
    let finders: [Finder; 4] = [costliest, from_page_to_phone, put_right, gave_up];
    for find in finders {
        if stories.len() < 3 {
            stories.extend(find(view, from, &stories));
        }
    }
    if stories.is_empty() {
        screen.line("Nobody came back yet.", 0)?;
    }
    for (place, story) in stories.iter().enumerate() {
        let head = format!("{}  {}", place + 1, story.title);
        screen.line(&head, 3)?;
        contacts(view, &story.customer, screen)?;
        screen.line(&format!("   {}", story.moral), 3)?;
        screen.blank()?;
    }
    Ok(())
}

fn is_new(stories: &[Story], customer: &str) -> bool {
    !customer.is_empty() && stories.iter().all(|story| story.customer != customer)
}

/// The session with the greatest avoidable cost.
fn costliest(view: View<'_>, from: Millis, stories: &[Story]) -> Option<Story> {
    let sessions = view.told.sessions.values();
    let own = sessions.filter(|session| {
        session.ended_at >= from && session.repeats > 0 && is_new(stories, &session.customer)
    });
    let session = own.max_by_key(|session| (session.avoidable_cost, session.contacts))?;
    let Session {
        contacts,
        repeats,
        reasons,
        ..
    } = session;
    let currency = &view.meant.currency;
    let money = |amount: Option<model::Money>| words::money(amount.unwrap_or_default(), currency);
    let about = reasons
        .first()
        .map_or("no reason that is known", Text::as_str);
    Some(Story {
        customer: session.customer.clone(),
        title: format!(
            "The costliest chain: {} made contact {} times",
            words::customer(&session.customer),
            contacts
        ),
        moral: format!(
            "It began with {about}. {} in a session that cost {}: {} of it were avoidable, had the \
             first answer settled the matter.",
            words::many(u64::from(*repeats), "repeat"),
            money(session.cost),
            money(session.avoidable_cost)
        ),
    })
}

/// A step of a visit that failed, and the contact that it caused.
fn from_page_to_phone(view: View<'_>, from: Millis, stories: &[Story]) -> Option<Story> {
    let assisted = view.told.contacts.values().filter(|result| {
        let contact = &result.contact;
        let came = contact.channel != Channel::Web && result.roles.follower;
        came && contact.started_at >= from && is_new(stories, &result.customer)
    });
    let caused = assisted.filter_map(|result| {
        let started_at = result.contact.started_at;
        let contacts = view.contacts_of(&result.customer);
        let visit = contacts.into_iter().find(|visit| {
            let gap_ms = started_at.since(visit.contact.ended_at);
            let mut steps = visit.contact.steps.iter();
            (0..AFTER_FAILURE_MS).contains(&gap_ms)
                && steps.any(|step| step.status == StepStatus::Failed)
        })?;
        Some((result, visit))
    });
    let (result, visit) = caused.max_by_key(|(result, visit)| {
        let name = (result.customer.clone(), result.contact.contact_id.clone());
        (result.cost, visit.contact.started_at, name)
    })?;
    let failed = visit
        .contact
        .steps
        .iter()
        .find(|step| step.status == StepStatus::Failed)?;
    let after = words::lasting(result.contact.started_at.since(visit.contact.ended_at));
    Some(Story {
        customer: result.customer.clone(),
        title: format!(
            "From the page to the advisor: {} saw a step fail",
            words::customer(&result.customer)
        ),
        moral: format!(
            "The {} failed on page \"{}\", and {after} after that visit the customer came by {}. A \
             tool that knows one channel counts neither.",
            failed.name,
            failed.page,
            result.contact.channel.name()
        ),
    })
}

/// An alert that was taken back because the customer turned out to be another one.
fn put_right(view: View<'_>, from: Millis, stories: &[Story]) -> Option<Story> {
    let withdrawn = view
        .told
        .alerts
        .values()
        .filter(|alert| alert.status == AlertStatus::Withdrawn && alert.event_at >= from);
    let moved = withdrawn.filter_map(|alert: &Alert| {
        let mut all = view.told.contacts.iter();
        let (_, now) = all.find(|((_, name), _)| *name == alert.contact)?;
        let other = now.customer != alert.customer;
        (other && is_new(stories, &now.customer)).then_some((alert, now))
    });
    let (alert, now) = moved.max_by_key(|(alert, _)| (alert.count, alert.alert_id.clone()))?;
    let at = words::clock(view.zone(), alert.event_at);
    Some(Story {
        customer: now.customer.clone(),
        title: format!("Put right: whose contact {} was", alert.contact.contact_id),
        moral: format!(
            "At {at} it looked like the {} contact of {} and an alert was raised. Then {}: the \
             alert was withdrawn, and each is counted where it belongs.",
            words::ordinal(alert.count),
            words::customer(&alert.customer),
            why_withdrawn(view, alert)
        ),
    })
}

/// Somebody who was not answered and did not come back.
fn gave_up(view: View<'_>, from: Millis, stories: &[Story]) -> Option<Story> {
    let headline = view.meant.customers.readings.headline;
    let unanswered = view.told.contacts.values().filter(|result| {
        let retried = result
            .reading(headline)
            .is_some_and(|row| row.class == Some(Class::Retry) || row.verdict == Verdict::Retried);
        retried && result.contact.started_at >= from && is_new(stories, &result.customer)
    });
    let result = unanswered.max_by_key(|result| {
        (
            view.contacts_of(&result.customer).len(),
            result.contact.contact_id.clone(),
        )
    })?;
    Some(Story {
        customer: result.customer.clone(),
        title: format!(
            "Not answered at first: {}",
            words::customer(&result.customer)
        ),
        moral: "Coming again because nobody answered is a retry, not a repeat: the answer was not \
                wrong, there was none."
            .to_owned(),
    })
}

fn contacts<W: Write>(view: View<'_>, customer: &str, screen: &mut Screen<W>) -> Result<()> {
    let contacts = view.contacts_of(customer);
    let skipped = contacts.len().saturating_sub(CONTACTS_MAX);
    if skipped > 0 {
        let earlier = words::many(skipped as u64, "earlier contact");
        screen.line(&format!("   ({earlier} before these)"), 5)?;
    }
    for result in contacts.into_iter().skip(skipped) {
        let text = format!("   {} {}", view.row(result), place(view, result));
        screen.line(&text, 5)?;
    }
    Ok(())
}

/// What the headline reading says of a contact: `repeat, 23 h` after the prior.
fn place(view: View<'_>, result: &ContactResult) -> String {
    let headline = view.meant.customers.readings.headline;
    let row = result.reading(headline).filter(|row| row.count > 0);
    match row {
        None => String::new(),
        Some(_) if result.contact.initiation == Initiation::Scheduled => "as agreed".to_owned(),
        Some(row) => match row.class {
            Some(class) => format!("{}, {}", class.name(), words::roughly(row.gap_ms)),
            None if row.origin => "origin".to_owned(),
            None => String::new(),
        },
    }
}

//! Semantics §3.3 and §3.4: contacts of one customer that are one contact, and the page's reason.

use super::config::Config;
use super::contacts::Contact;
use super::identity::Owned;
use super::registers::{Provenance, sum};

/// Joins the contacts of one known customer, given in order. The result is in order.
pub fn join(contacts: Vec<Owned>, config: &Config) -> Vec<Owned> {
    // Every contact is labelled with the first member of its group; labels spread until none moves.
    let mut labels: Vec<usize> = (0..contacts.len()).collect();
    let mut moved = true;
    while moved {
        moved = false;
        for later in 0..contacts.len() {
            for earlier in 0..later {
                let (a, b) = (&contacts[earlier].contact, &contacts[later].contact);
                if labels[earlier] != labels[later] && are_joined(a, b, config) {
                    let least = labels[earlier].min(labels[later]);
                    (labels[earlier], labels[later]) = (least, least);
                    moved = true;
                }
            }
        }
    }
    let mut groups: Vec<Vec<Owned>> = contacts.iter().map(|_| Vec::new()).collect();
    for (contact, label) in contacts.into_iter().zip(labels) {
        groups[label].push(contact);
    }
    groups
        .into_iter()
        .filter(|group| !group.is_empty())
        .map(merge)
        .collect()
}

fn are_joined(earlier: &Contact, later: &Contact, config: &Config) -> bool {
    let stands_alone = |contact: &Contact| {
        contact.channel == "web" || (contact.channel == "email" && contact.direction == "outbound")
    };
    if (&earlier.channel, &earlier.source) != (&later.channel, &later.source)
        || stands_alone(earlier)
        || stands_alone(later)
    {
        return false;
    }
    let within_ms = config.join_legs_within_ms(&earlier.source);
    let names = |one: &Contact, other: &Contact| {
        one.related_contact_ids.contains(&other.contact_id)
            || !one.related_contact_ids.is_disjoint(&other.leg_ids)
    };
    names(earlier, later)
        || names(later, earlier)
        || (within_ms > 0 && later.start - earlier.end <= within_ms)
}

/// One contact out of a group in order.
fn merge(group: Vec<Owned>) -> Owned {
    let (Some(first), Some(last)) = (group.first(), group.last()) else {
        unreachable!("only groups with a member are merged");
    };
    if group.len() == 1 {
        return last.clone();
    }
    let all = || group.iter().map(|member| &member.contact);
    let is_handled = |contact: &&Contact| contact.outcome.as_deref() == Some("handled");
    let waited = all().find(is_handled).unwrap_or(&last.contact);
    let wait_to = waited.start - first.contact.start;
    let preferred = || all().rev().filter(is_handled).chain(all().rev());
    let is_any_handled = all().any(|contact| is_handled(&contact));

    let mut merged = last.contact.clone();
    for contact in all() {
        merged.others.extend(contact.others.clone());
        merged.attributes.extend(contact.attributes.clone());
        merged.identifiers.extend(contact.identifiers.clone());
        merged
            .related_contact_ids
            .extend(contact.related_contact_ids.clone());
    }
    let contact = Contact {
        contact_id: first.contact.contact_id.clone(),
        root_contact_id: first.contact.root_contact_id.clone(),
        start: first.contact.start,
        direction: first.contact.direction.clone(),
        initiation: first.contact.initiation.clone(),
        medium: first.contact.medium.clone(),
        outcome: if is_any_handled {
            Some("handled".to_string())
        } else {
            merged.outcome
        },
        wait_ms: waited.wait_ms.map(|wait| wait_to + wait),
        handle_ms: sum(all().map(|contact| contact.handle_ms)),
        legs: all().map(|contact| contact.legs).sum(),
        extra_cost: sum(all().map(|contact| contact.extra_cost)),
        compensations: sum(all().map(|contact| contact.compensations)),
        queue: preferred().find_map(|contact| contact.queue.clone()),
        agent: preferred().find_map(|contact| contact.agent.clone()),
        team: preferred().find_map(|contact| contact.team.clone()),
        // Of equal provenances the later one is kept.
        reason: all()
            .filter_map(|contact| contact.reason.clone())
            .max_by_key(|(provenance, _)| *provenance),
        thread_id: all().rev().find_map(|contact| contact.thread_id.clone()),
        inside: {
            let mut inside: Vec<_> = all().flat_map(|contact| contact.inside.clone()).collect();
            inside.sort_by_key(|happening| happening.at);
            inside
        },
        signals: all().flat_map(|contact| contact.signals.clone()).collect(),
        automatic: all().rev().find_map(|contact| contact.automatic),
        due_at: all().rev().find_map(|contact| contact.due_at),
        may_contact: all().rev().find_map(|contact| contact.may_contact),
        satisfaction: all().rev().find_map(|contact| contact.satisfaction),
        ..merged
    };
    Owned {
        contact,
        ..last.clone()
    }
}

/// Lends the reason of a visit to the contacts without one that come soon after it.
pub fn lend_page_reasons(contacts: &mut [Owned], config: &Config) {
    for later in 0..contacts.len() {
        let contact = &contacts[later].contact;
        if contact.channel == "web" || contact.reason.is_some() {
            continue;
        }
        let lends = |visit: &&Contact| {
            visit.channel == "web"
                && visit
                    .reason
                    .as_ref()
                    .is_some_and(|reason| reason.0 == Provenance::Page)
                && (contact.start - visit.end).max(0) <= config.page_reason_within_ms
        };
        let mut before = contacts[..later].iter().rev().map(|before| &before.contact);
        let lent = before.find(lends).and_then(|visit| visit.reason.clone());
        contacts[later].contact.reason = lent;
    }
}

//! Contacts of one customer that are one contact: named by each other, or close legs of a source
//! that does not name them (`docs/semantics.md`, 3.3).

use crate::Settings;
use crate::chain::Held;
use model::{Channel, Contact, ContactName, Direction, Outcome, Text};

/// The contacts with joined groups made one each, and the names of those which are part of one.
pub(crate) fn joined<'a>(
    settings: &Settings,
    contacts: Vec<Held<'a>>,
    parts: &mut Vec<(ContactName, ContactName)>,
) -> Vec<Held<'a>> {
    let joins = contacts.iter().any(|held| {
        let contact = &held.contact;
        !contact.related_contact_ids.is_empty() || settings.join_legs_within_ms(&contact.source) > 0
    });
    if contacts.len() < 2 || !joins {
        return contacts;
    }
    let mut contacts = contacts;
    contacts.sort_by(|a, b| a.contact.order(&b.contact));
    let mut groups = Groups::new(contacts.len());
    by_name(&contacts, &mut groups);
    by_time(settings, &contacts, &mut groups);
    merged(contacts, &mut groups, parts)
}

fn can_join(contact: &Contact) -> bool {
    let outbound_mail =
        contact.channel == Channel::Email && contact.direction == Direction::Outbound;
    contact.channel != Channel::Web && !outbound_mail
}

/// Joins contacts of one channel and source if one names the other.
fn by_name<'a>(contacts: &'a [Held<'_>], groups: &mut Groups) {
    let legs_of = |(place, held): (usize, &'a Held<'_>)| {
        let contact = &held.contact;
        let ids = std::iter::once(&contact.contact_id).chain(&contact.other_leg_ids);
        ids.map(move |id| (id, place))
    };
    let mut places: Vec<(&Text, usize)> = contacts.iter().enumerate().flat_map(legs_of).collect();
    places.sort_unstable();
    for (place, held) in contacts.iter().enumerate() {
        let contact = &held.contact;
        if !can_join(contact) {
            continue;
        }
        for related in &contact.related_contact_ids {
            let from = places.partition_point(|(id, _)| *id < related);
            let named = places[from..].iter().take_while(|(id, _)| *id == related);
            for (_, other) in named {
                let named = &contacts[*other].contact;
                let same = named.channel == contact.channel && named.source == contact.source;
                if same && can_join(named) {
                    groups.union(place, *other);
                }
            }
        }
    }
}

/// Joins legs of a source which says that close legs are one contact.
fn by_time(settings: &Settings, contacts: &[Held], groups: &mut Groups) {
    let mut latest: Vec<(Channel, &Text, usize)> = Vec::new();
    for (place, held) in contacts.iter().enumerate() {
        let contact = &held.contact;
        let within_ms = settings.join_legs_within_ms(&contact.source);
        if within_ms <= 0 || !can_join(contact) {
            continue;
        }
        let of_source = latest
            .iter_mut()
            .find(|(channel, source, _)| *channel == contact.channel && **source == contact.source);
        let Some((_, _, last)) = of_source else {
            latest.push((contact.channel, &contact.source, place));
            continue;
        };
        // The earlier leg that ends last is the one that reaches furthest.
        let ended_at = contacts[*last].contact.ended_at;
        if contact.started_at.since(ended_at) <= within_ms {
            groups.union(*last, place);
        }
        if contact.ended_at >= ended_at {
            *last = place;
        }
    }
}

fn merged<'a>(
    contacts: Vec<Held<'a>>,
    groups: &mut Groups,
    parts: &mut Vec<(ContactName, ContactName)>,
) -> Vec<Held<'a>> {
    let mut members: Vec<Vec<Held>> = Vec::new();
    let mut place_of_group: Vec<Option<usize>> = vec![None; contacts.len()];
    for (place, held) in contacts.into_iter().enumerate() {
        let group = groups.find(place);
        match place_of_group[group] {
            Some(group) => members[group].push(held),
            None => {
                place_of_group[group] = Some(members.len());
                members.push(vec![held]);
            }
        }
    }
    for members in members.iter().filter(|members| members.len() > 1) {
        // The names of parts stand in the order of the parts, which is not that of their names.
        let whole = members[0].contact.name();
        let names = members.iter().map(|part| part.contact.name());
        parts.extend(names.map(|name| (whole.clone(), name)));
    }
    members.into_iter().map(merge).collect()
}

/// One contact out of several, in order: the rules of legs, taken over contacts.
fn merge(mut members: Vec<Held<'_>>) -> Held<'_> {
    if members.len() == 1 {
        return members.remove(0);
    }
    let resolved = members[members.len() - 1].resolved.clone();
    let parts: Vec<&Contact> = members.iter().map(|held| &held.contact).collect();
    let (first, last) = (&parts[0], &parts[parts.len() - 1]);
    let is_handled = |part: &&&Contact| part.outcome == Some(Outcome::Handled);
    let first_handled = parts.iter().find(is_handled);
    let waited = first_handled.unwrap_or(last);
    let before_ms = waited.started_at.since(first.started_at);
    let mut merged = (*members[0]).clone();
    let whole = &mut merged.contact;
    whole.ended_at = last.ended_at.max(first.started_at);
    whole.end_kind = last.end_kind;
    whole.silent_at = last.silent_at;
    whole.outcome = first_handled.unwrap_or(last).outcome;
    whole.wait_ms = waited
        .wait_ms
        .map(|wait_ms| wait_ms.saturating_add(before_ms));
    whole.handle_ms = parts
        .iter()
        .filter_map(|part| part.handle_ms)
        .reduce(i64::saturating_add);
    whole.legs = parts.iter().map(|part| part.legs).sum();
    whole.extra_cost = parts
        .iter()
        .filter_map(|part| part.extra_cost)
        .reduce(model::Money::plus);
    let by_strength = parts.iter().filter_map(|part| part.reason.as_ref());
    whole.reason = by_strength.max_by_key(|reason| reason.provenance).cloned();
    whole.queue = of_last_handled(&parts, |part| &part.queue);
    whole.agent = of_last_handled(&parts, |part| &part.agent);
    whole.team = of_last_handled(&parts, |part| &part.team);
    take_latest(whole, &parts);
    merged.resolved = resolved;
    Held::Own(Box::new(merged))
}

/// The text of the last handled part that has one; if they are silent, of the last part that has.
fn of_last_handled(parts: &[&Contact], text: fn(&Contact) -> &Text) -> Text {
    let latest_first = || parts.iter().rev().copied();
    let handled = latest_first().filter(|part| part.outcome == Some(Outcome::Handled));
    let mut texts = handled.chain(latest_first()).map(text);
    texts
        .find(|text| !text.is_empty())
        .cloned()
        .unwrap_or_default()
}

/// For all other fields the latest part that has a value holds.
fn take_latest(whole: &mut Contact, parts: &[&Contact]) {
    for part in &parts[1..] {
        let texts = [
            (&mut whole.thread_id, &part.thread_id),
            (&mut whole.site, &part.site),
            (&mut whole.tier, &part.tier),
            (&mut whole.party, &part.party),
            (&mut whole.page, &part.page),
            (&mut whole.disposition, &part.disposition),
        ];
        for (text, later) in texts {
            if !later.is_empty() {
                text.clone_from(later);
            }
        }
        whole.may_contact = part.may_contact.or(whole.may_contact);
        whole.due_at = part.due_at.or(whole.due_at);
        whole.satisfaction = part.satisfaction.or(whole.satisfaction);
        for (name, value) in &part.attributes {
            match whole
                .attributes
                .binary_search_by(|(known, _)| known.cmp(name))
            {
                Ok(place) => whole.attributes[place].1.clone_from(value),
                Err(place) => whole
                    .attributes
                    .insert(place, (name.clone(), value.clone())),
            }
        }
    }
}

/// Disjoint sets of places.
struct Groups {
    parents: Vec<usize>,
}

impl Groups {
    fn new(places: usize) -> Groups {
        Groups {
            parents: (0..places).collect(),
        }
    }

    fn find(&mut self, place: usize) -> usize {
        let mut root = place;
        while self.parents[root] != root {
            root = self.parents[root];
        }
        let mut walk = place;
        while self.parents[walk] != root {
            walk = std::mem::replace(&mut self.parents[walk], root);
        }
        root
    }

    fn union(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.parents[a.max(b)] = a.min(b);
    }
}

//! Semantics §10.4 and §10.5: the rows and alerts of broken journeys.

use std::collections::BTreeMap;

use serde_json::json;
use xxhash_rust::xxh3::xxh3_128;

use super::World;
use super::event::{Field, Record};
use super::identity::{Given, Owned};
use super::journeys::{self, Broken, Clock, Customer, Place, Rule, Signal};
use super::registers::{Event, sum};
use super::roles::Counted;
use super::tables::{Row, distinct, link, money, row, time};

/// A broken journey: its row, its alert, and what they are ordered by.
pub struct Told {
    /// When it was entered, UTC milliseconds.
    pub entered_at: i64,
    /// When its last condition was met, UTC milliseconds.
    pub decided_at: i64,
    /// The row of table `journeys`.
    pub journey: Row,
    /// The row of table `alerts`.
    pub alert: Row,
}

/// Everything of one customer that rules look at.
struct All<'a> {
    contacts: &'a [Counted],
    unopened: &'a [Owned],
    customer: Customer,
}

/// The broken journeys of one known customer.
pub fn of_customer(
    name: &str,
    contacts: &[Counted],
    unopened: &[Owned],
    given: &[Given],
    world: &World,
) -> Vec<Told> {
    let config = &world.config;
    let all = All {
        contacts,
        unopened,
        customer: history(contacts, unopened, given),
    };
    let signals = [
        "notified",
        "delivered",
        "bounced",
        "promised",
        "csat",
        "nps",
        "ces",
        "ordered",
        "churned",
        "compensated",
        "linked",
        "unlinked",
    ];
    let channels = super::config::CHANNELS.iter().chain(&signals);
    let clock = Clock {
        name: String::new(),
        brings: channels.map(|word| (*word).to_string()).collect(),
        seen: world.end_of_time,
        settled: world.end_of_time,
        silent_from: None,
    };
    let broken = journeys::broken(
        &config.rules,
        &all.customer,
        &config.scopes,
        &[clock],
        world,
    );
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    for one in &broken {
        let id = all.id(name, one, world);
        told.entry(id.clone())
            .or_insert_with(|| all.told(name, &id, one, world));
    }
    told.into_values().collect()
}

/// A signal, the place of its contact, and whether it is a copy.
type Said<'a> = (&'a Event, Option<usize>, bool);

fn history(contacts: &[Counted], unopened: &[Owned], given: &[Given]) -> Customer {
    let mut customer = Customer::default();
    let mut signals: Vec<Said<'_>> = Vec::new();
    let opened = contacts
        .iter()
        .map(|counted| (&counted.owned, counted.follower));
    let unopened = unopened.iter().map(|owned| (owned, false));
    for (place, (owned, follower)) in opened.chain(unopened).enumerate() {
        customer.contacts.push(contact(owned, follower));
        signals.extend(
            owned
                .contact
                .signals
                .iter()
                .map(|one| (one, Some(place), false)),
        );
    }
    for given in given {
        let record = given.signal.greatest();
        let own = |one: &journeys::Contact| {
            Some(&one.channel) == record.channel.as_ref()
                && one.source == record.source
                && Some(one.id.as_str()) == record.text("contact_id")
        };
        let contact = customer.contacts.iter().position(own);
        signals.push((&given.signal, contact, given.is_copy));
    }
    // The same signal may have been about a contact first, and then about none.
    let mut newest: BTreeMap<(&str, &str, Option<&str>), Said<'_>> = BTreeMap::new();
    for signal in signals {
        let record = signal.0.greatest();
        let name = (
            &*record.event_id,
            &*record.source,
            record.channel.as_deref(),
        );
        let known = newest.get(&name);
        if known.is_none_or(|(known, ..)| known.greatest().version < record.version) {
            newest.insert(name, signal);
        }
    }
    let each = newest.into_values();
    customer.signals = each
        .map(|(event, contact, is_copy)| Signal {
            contact,
            is_copy,
            ..signal(event.greatest())
        })
        .collect();
    customer
}

fn contact(owned: &Owned, follower: bool) -> journeys::Contact {
    let contact = &owned.contact;
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |key: &str, text: Option<&String>| {
        texts.extend(text.map(|text| (key.to_string(), text.clone())));
    };
    add("medium", contact.medium.as_ref());
    add("direction", Some(&contact.direction));
    add("initiation", Some(&contact.initiation));
    add("outcome", contact.outcome.as_ref());
    add("reason", contact.reason.as_ref().map(|(_, path)| path));
    add("thread", contact.thread_id.as_ref());
    for name in ["disposition", "tier", "party", "page"] {
        add(name, contact.others.get(name));
    }
    for (name, value) in &contact.attributes {
        add(&format!("attributes.{name}"), Some(value));
    }
    journeys::Contact {
        id: contact.contact_id.clone(),
        channel: contact.channel.clone(),
        source: contact.source.clone(),
        start: contact.start,
        end: contact.end,
        is_open: contact.is_open(),
        has_opened: contact.has_opened,
        follower,
        automatic: contact.automatic == Some(true),
        texts,
        wait: contact.wait_ms,
        legs: contact.legs,
        score: contact.satisfaction,
        due_at: contact.due_at,
        inside: contact.inside.clone(),
    }
}

/// A signal is what its greatest version says.
fn signal(record: &Record) -> Signal {
    let texts = record
        .fields
        .iter()
        .filter_map(|(name, field)| match field {
            Field::Text(text) if name == "purpose" || name.starts_with("attributes.") => {
                Some((name.clone(), text.clone()))
            }
            _ => None,
        });
    Signal {
        id: record.event_id.clone(),
        name: record.kind.clone(),
        at: record.occurred_at,
        source: record.source.clone(),
        channel: record.channel.clone(),
        due_at: record.whole("due_at"),
        score: record.whole("score"),
        amount: record.whole("amount"),
        texts: texts.collect(),
        ..Signal::default()
    }
}

impl All<'_> {
    fn owned(&self, contact: usize) -> &Owned {
        match self.contacts.get(contact) {
            Some(counted) => &counted.owned,
            None => &self.unopened[contact - self.contacts.len()],
        }
    }

    /// The contact that a place is, is in or belongs to.
    fn contact_of(&self, place: Place) -> Option<usize> {
        match place {
            Place::Contact(contact) | Place::Inside(contact, _) => Some(contact),
            Place::Signal(signal) => self.customer.signals[signal].contact,
        }
    }

    fn entered(one: &Broken) -> Place {
        one.found[0].expect("an entry has a moment")
    }

    fn id(&self, customer: &str, one: &Broken, world: &World) -> String {
        let rule = &world.config.rules[one.rule];
        let entry = &rule.steps[0];
        let is_counted = entry.count.is_some() || entry.ways.iter().any(|way| way.count.is_some());
        let what = match Self::entered(one) {
            Place::Signal(signal) => {
                let signal = &self.customer.signals[signal];
                let channel = signal.channel.as_deref().unwrap_or("");
                format!("signal\n{channel}\n{}\n{}", signal.source, signal.id)
            }
            Place::Contact(contact) | Place::Inside(contact, _) => {
                let contact = &self.customer.contacts[contact];
                format!("{}\n{}\n{}", contact.channel, contact.source, contact.id)
            }
        };
        let time = match Self::entered(one) {
            Place::Inside(..) if !is_counted => format!("\n{}", one.at),
            _ => String::new(),
        };
        let text = format!(
            "{}\nBrokenJourney\n{}\n{}\n{customer}\n{what}{time}",
            world.config.tenant, rule.name, rule.version
        );
        format!("{:032x}", xxh3_128(text.as_bytes()))
    }

    fn told(&self, customer: &str, id: &str, one: &Broken, world: &World) -> Told {
        let config = &world.config;
        let rule = &config.rules[one.rule];
        let on_the_way: Vec<usize> = one
            .found
            .iter()
            .filter_map(|place| self.contact_of((*place)?))
            .collect();
        let entered_in = self.contact_of(Self::entered(one));
        let entered_in = entered_in.map(|contact| &self.owned(contact).contact);
        let last = on_the_way.last().map(|contact| self.owned(*contact));
        let mut once = on_the_way.clone();
        once.sort_unstable();
        once.dedup();
        let costs = once.iter().map(|place| self.contacts.get(*place)?.cost);
        let cost = sum(costs);
        let step_ids: Vec<String> = one.found.iter().map(|place| self.id_of(*place)).collect();
        let segment = self.segment(rule, Self::entered(one), world);
        let channels = one
            .found
            .iter()
            .flatten()
            .map(|place| self.channel_of(*place));
        let reasons = on_the_way.iter();
        let reasons = reasons.map(|place| Some(self.owned(*place).contact.reason.clone()?.1));
        let of_last = |value: fn(&Owned) -> serde_json::Value| json!(last.map(value));
        let journey = row([
            ("tenant", json!(config.tenant)),
            ("rule", json!(rule.name)),
            ("version", json!(rule.version)),
            ("entry_id", json!(id)),
            ("customer", json!(customer)),
            ("contact_id", json!(entered_in.map(|one| &one.contact_id))),
            ("channel", json!(entered_in.map(|one| &one.channel))),
            ("source", json!(entered_in.map(|one| &one.source))),
            ("entered_at", time(one.at)),
            ("decided_at", time(one.decided_at)),
            ("status", json!("raised")),
            ("step_ids", json!(step_ids)),
            ("segment", json!(segment)),
            ("cost", money(cost)),
        ]);
        let alert = row([
            ("tenant", json!(config.tenant)),
            ("alert_id", json!(id)),
            ("type", json!("BrokenJourney")),
            ("name", json!(rule.name)),
            ("version", json!(rule.version)),
            ("status", json!("raised")),
            ("customer", json!(customer)),
            ("contact_id", of_last(|one| json!(one.contact.contact_id))),
            ("channel", of_last(|one| json!(one.contact.channel))),
            ("source", of_last(|one| json!(one.contact.source))),
            (
                "link",
                json!(last.and_then(|one| link(&one.contact, config))),
            ),
            ("readings", json!([])),
            ("count", json!(null)),
            ("rank", json!(null)),
            ("gap_ms", json!(null)),
            (
                "origin_contact_id",
                json!(entered_in.map(|one| &one.contact_id)),
            ),
            ("prior_contact_id", json!(null)),
            ("channels", json!(distinct(channels))),
            ("reasons", json!(distinct(reasons))),
            ("cost", money(cost)),
            ("tier", of_last(|one| json!(one.contact.others.get("tier")))),
            ("may_contact", of_last(|one| json!(one.contact.may_contact))),
            ("identified_by", of_last(|one| json!(one.identified_by))),
            ("confidence", of_last(|one| json!(one.confidence))),
            ("event_at", time(one.decided_at)),
            ("details", json!(null)),
        ]);
        Told {
            entered_at: one.at,
            decided_at: one.decided_at,
            journey,
            alert,
        }
    }

    fn id_of(&self, place: Option<Place>) -> String {
        match place {
            None => String::new(),
            Some(Place::Signal(signal)) => self.customer.signals[signal].id.clone(),
            Some(Place::Contact(contact) | Place::Inside(contact, _)) => {
                self.customer.contacts[contact].id.clone()
            }
        }
    }

    /// The channel of the contact, or else of the signal.
    fn channel_of(&self, place: Place) -> Option<String> {
        match (self.contact_of(place), place) {
            (Some(contact), _) => Some(self.customer.contacts[contact].channel.clone()),
            (None, Place::Signal(signal)) => self.customer.signals[signal].channel.clone(),
            (None, _) => None,
        }
    }

    /// What is known of the entry's dimensions.
    fn segment(&self, rule: &Rule, entered: Place, world: &World) -> Vec<String> {
        let contact = self
            .contact_of(entered)
            .map(|contact| &self.owned(contact).contact);
        let signal = match entered {
            Place::Signal(signal) => Some(&self.customer.signals[signal]),
            Place::Contact(_) | Place::Inside(..) => None,
        };
        let inside = match entered {
            Place::Inside(contact, inside) => self.owned(contact).contact.inside.get(inside),
            Place::Contact(_) | Place::Signal(_) => None,
        };
        let value = |key: &str| -> Option<String> {
            if let Some(name) = key.strip_prefix("attributes.") {
                let of_signal = signal.and_then(|signal| signal.texts.get(key).cloned());
                return of_signal.or_else(|| contact?.attributes.get(name).cloned());
            }
            match key {
                "page" => {
                    let page = inside.and_then(|inside| inside.page.clone());
                    page.or_else(|| contact?.others.get("page").cloned())
                }
                "step" => inside?.step.clone(),
                "purpose" => signal?.texts.get("purpose").cloned(),
                "channel" => {
                    let of_signal = signal.and_then(|signal| signal.channel.clone());
                    of_signal.or(contact.map(|contact| contact.channel.clone()))
                }
                "source" => {
                    let of_signal = signal.map(|signal| signal.source.clone());
                    of_signal.or(contact.map(|contact| contact.source.clone()))
                }
                "reason" => {
                    let (_, path) = contact?.reason.as_ref()?;
                    let levels = path.split('/').take(world.config.reason_depth);
                    Some(levels.collect::<Vec<_>>().join("/"))
                }
                "medium" => contact?.medium.clone(),
                "queue" => contact?.queue.clone(),
                "agent" => contact?.agent.clone(),
                "team" => contact?.team.clone(),
                other => contact?.others.get(other).cloned(),
            }
        };
        let pairs = rule.segment_by.iter();
        let pairs = pairs.filter_map(|key| Some(format!("{key}={}", value(key)?)));
        pairs.collect()
    }
}

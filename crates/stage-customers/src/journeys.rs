//! Broken journeys (`docs/semantics.md`, 10): the rules over a customer's contacts, what happened
//! inside them, and signals.

mod trace;

pub use trace::{EntryTrace, Matched, Moment, TracedStep};

use crate::beside::Beside;
use crate::chain::{Chain, Link, quarantine};
use crate::retention::Past;
use crate::sessions::{push_new, sum};
use crate::{Customers, UNKNOWN_KEY_PREFIX};
use model::{
    AlertStatus, Channel, Confidence, Contact, ContactName, Deadlines, EnteredBy, Inside, Journey,
    Kept, Now, Resolved, Signal, Text, Told, Version,
};
use rules::Quarantine;
use rules::journeys::{Entry, Heard, History, MomentRef, Rule, Seen, Segment, State};
use std::borrow::Cow;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_128;

/// The entries that are broken, and when time alone may change that.
#[derive(Default)]
pub(crate) struct Journeys {
    /// By rule, then in order of their entry.
    pub(crate) broken: Vec<Journey>,
    pub(crate) deadlines: Deadlines,
}

/// A contact as the rules see it, opened or not.
struct Known<'c> {
    contact: &'c Contact,
    resolved: &'c Resolved,
    cost: Option<model::Money>,
    kept: Cow<'c, [Kept]>,
    automatic: bool,
    follower: bool,
    opened: bool,
}

/// A signal as the rules see it.
struct KnownSignal<'c> {
    version: Version,
    signal: &'c Signal,
    /// Its key, if it is about no contact.
    key: Option<&'c Text>,
    /// Place of the contact that it is about.
    contact: Option<usize>,
    is_copy: bool,
}

/// Everything of one customer that the rules look at.
#[derive(Default)]
struct All<'c> {
    contacts: Vec<Known<'c>>,
    signals: Vec<KnownSignal<'c>>,
}

/// The journeys of a customer.
pub(crate) fn broken(
    customers: &Customers,
    key: &str,
    chain: &Chain<'_>,
    (past, beside): (&Past, &Beside),
    now: &Now,
) -> Journeys {
    let rules = &customers.known.rules;
    let mut journeys = Journeys::default();
    if rules.is_empty() || key.starts_with(UNKNOWN_KEY_PREFIX) {
        return journeys;
    }
    let all = All::of(customers, key, chain, past, beside);
    let settings = &customers.settings;
    let (calendar, depth) = (&settings.calendar, settings.readings.reason_depth);
    let times = rules.times_at(now);
    let entries = rules.entries(&all.history(), calendar, &times, depth, model::Millis::MIN);
    let mut ids: BTreeMap<Text, ()> = BTreeMap::new();
    for entry in &entries {
        for (wait, at) in rules.waits(entry) {
            journeys.deadlines.add(wait, at);
        }
        let decided_at = match &entry.state {
            State::Broken { decided_at } => Some(*decided_at),
            State::HeldBack { .. } => None,
            State::Open { .. } | State::Fulfilled { .. } => continue,
        };
        let rule = &rules.rules()[entry.rule];
        let entry_id = all.entry_id(&settings.tenant, rule, key, entry);
        let former = beside.journeys.get(&entry_id);
        // What was told before a source fell silent is not taken back by its silence.
        let standing = former.filter(|former| former.status != AlertStatus::Withdrawn);
        let Some(decided_at) = decided_at.or(standing.map(|former| former.decided_at)) else {
            continue;
        };
        if ids.insert(entry_id.clone(), ()).is_none() {
            let told = Journey {
                entry_id,
                decided_at,
                ..all.journey(key, rule, entry, depth)
            };
            journeys.broken.push(told);
        }
    }
    journeys
}

impl<'c> All<'c> {
    fn of(
        customers: &Customers,
        key: &str,
        chain: &'c Chain<'_>,
        past: &Past,
        beside: &'c Beside,
    ) -> All<'c> {
        let mut all = All::default();
        let mut places: BTreeMap<ContactName, usize> = BTreeMap::new();
        let has_inside = !beside.inside.is_empty();
        for link in &chain.links[chain.first..] {
            let place = all.contacts.len();
            let name = (has_inside || !chain.parts.is_empty()).then(|| link.contact().name());
            let parts = name
                .as_ref()
                .map_or(Vec::new(), |name| chain.parts_of(name));
            let insides: Vec<&Inside> = match (&name, parts.is_empty()) {
                (None, _) => Vec::new(),
                (Some(name), true) => beside.inside.get(name).into_iter().collect(),
                (Some(_), false) => parts
                    .iter()
                    .filter_map(|one| beside.inside.get(*one))
                    .collect(),
            };
            for inside in &insides {
                all.hear(&inside.signals, place);
            }
            all.contacts.push(Known::opened(link, &insides));
            if !beside.signals.is_empty() {
                places.extend(parts.into_iter().map(|part| (part.clone(), place)));
                places.insert(link.contact().name(), place);
            }
        }
        if !beside.unopened.is_empty() || !beside.signals.is_empty() {
            all.add_beside(customers, key, past, beside, chain, &places);
        }
        all.keep_newest();
        all
    }

    /// Signals about a contact.
    fn hear(&mut self, signals: &'c [Told], place: usize) {
        self.signals.extend(signals.iter().map(|told| KnownSignal {
            version: told.version,
            signal: &told.signal,
            key: None,
            contact: Some(place),
            is_copy: false,
        }));
    }

    /// Video chats that have not opened, and signals about no contact. On a day on which the
    /// customer is in quarantine they are nobody's.
    fn add_beside(
        &mut self,
        customers: &Customers,
        key: &str,
        past: &Past,
        beside: &'c Beside,
        chain: &Chain<'_>,
        places: &BTreeMap<ContactName, usize>,
    ) {
        let settings = &customers.settings;
        let links = chain.links[chain.first..].iter().chain(&chain.unknown);
        let contacts: Vec<&Contact> = links.map(Link::contact).collect();
        let quarantine: Quarantine = quarantine(settings, key, contacts.into_iter(), past);
        let is_ours = |at| !quarantine.holds(settings.calendar.local_day(at));
        for (upsert, inside) in beside.unopened.values() {
            if is_ours(upsert.contact.started_at) {
                self.hear(&inside.signals, self.contacts.len());
                self.contacts.push(Known {
                    contact: &upsert.contact,
                    resolved: &upsert.resolved,
                    cost: None,
                    kept: Cow::Borrowed(&inside.kept),
                    automatic: inside.automatic == Some(true),
                    follower: false,
                    opened: false,
                });
            }
        }
        for (key, sent) in beside.signals.iter() {
            let signal = &sent.told.signal;
            if !is_ours(signal.occurred_at) {
                continue;
            }
            let name = signal.channel.map(|channel| ContactName {
                contact_id: signal.contact_id.clone(),
                channel,
                source: signal.source.clone(),
            });
            self.signals.push(KnownSignal {
                version: sent.told.version,
                signal,
                key: Some(key),
                contact: name.and_then(|name| places.get(&name).copied()),
                is_copy: sent.is_copy,
            });
        }
    }

    /// A signal that was first about a contact and then about none is one signal.
    fn keep_newest(&mut self) {
        if self.signals.len() < 2 {
            return;
        }
        let id = |known: &KnownSignal<'c>| {
            let signal = known.signal;
            (&signal.event_id, &signal.source, signal.channel)
        };
        self.signals
            .sort_by(|a, b| (id(a), b.version, a.is_copy).cmp(&(id(b), a.version, b.is_copy)));
        self.signals.dedup_by(|later, kept| id(later) == id(kept));
    }

    fn history(&self) -> History<'_> {
        let contacts = self.contacts.iter().map(|known| Seen {
            automatic: known.automatic,
            ..known.seen()
        });
        let signals = self.signals.iter().map(|known| Heard {
            signal: known.signal,
            contact: known.contact,
            copy: known.is_copy,
        });
        History {
            contacts: contacts.collect(),
            signals: signals.collect(),
        }
    }

    fn contact_of(&self, of: MomentRef) -> Option<&Known<'c>> {
        match of {
            MomentRef::Contact(place) | MomentRef::Inside(place, _) => {
                self.contacts.get(place as usize)
            }
            MomentRef::Signal(place) => self.contacts.get(self.signals[place as usize].contact?),
        }
    }

    /// The same entry of the same rule has the same id, whoever computes it and how often.
    fn entry_id(&self, tenant: &str, rule: &Rule, key: &str, entry: &Entry) -> Text {
        let what = match entry.entered {
            MomentRef::Contact(place) | MomentRef::Inside(place, _) => {
                let contact = self.contacts[place as usize].contact;
                let channel = contact.channel.name();
                format!("{channel}\n{}\n{}", contact.source, contact.contact_id)
            }
            MomentRef::Signal(place) => {
                let signal = self.signals[place as usize].signal;
                let channel = signal.channel.map_or("", Channel::name);
                format!("signal\n{channel}\n{}\n{}", signal.source, signal.event_id)
            }
        };
        let is_of_its_own = matches!(entry.entered, MomentRef::Inside(..));
        let time = match is_of_its_own && !rule.is_entered_once() {
            true => format!("\n{}", entry.entered_at.0),
            false => String::new(),
        };
        let text = format!(
            "{tenant}\nBrokenJourney\n{}\n{}\n{key}\n{what}{time}",
            rule.name, rule.version
        );
        format!("{:032x}", xxh3_128(text.as_bytes())).into()
    }

    fn journey(&self, key: &str, rule: &Rule, entry: &Entry, depth: usize) -> Journey {
        let mut journey = Journey {
            entry_id: Text::default(),
            rule: rule.name.clone(),
            version: rule.version,
            status: AlertStatus::Raised,
            revision: 1,
            cause: Text::default(),
            customer: key.into(),
            entered_by: self.entered_by(entry.entered),
            entered_in: self.contact_of(entry.entered).map(Known::name),
            entered_at: entry.entered_at,
            decided_at: entry.entered_at,
            step_ids: Vec::with_capacity(entry.steps.len()),
            segment: self.segment(rule, entry.entered, depth),
            cost: None,
            contact: None,
            channels: Vec::new(),
            reasons: Vec::new(),
            tier: Text::default(),
            may_contact: None,
            identified_by: Text::default(),
            confidence: None,
        };
        let mut summed: Vec<*const Contact> = Vec::new();
        for of in &entry.steps {
            journey.step_ids.push(self.id_of(*of));
            let Some(of) = *of else { continue };
            let Some(known) = self.contact_of(of) else {
                if let MomentRef::Signal(place) = of
                    && let Some(channel) = self.signals[place as usize].signal.channel
                {
                    push_new(&mut journey.channels, channel.name());
                }
                continue;
            };
            known.add_to(&mut journey);
            let contact: *const Contact = known.contact;
            if !summed.contains(&contact) {
                summed.push(contact);
                journey.cost = sum(journey.cost, known.cost);
            }
        }
        journey
    }

    fn entered_by(&self, of: MomentRef) -> EnteredBy {
        match of {
            MomentRef::Contact(place) | MomentRef::Inside(place, _) => {
                EnteredBy::Contact(self.contacts[place as usize].name())
            }
            MomentRef::Signal(place) => {
                let known = &self.signals[place as usize];
                match (known.key, known.contact) {
                    (None, Some(contact)) => EnteredBy::Contact(self.contacts[contact].name()),
                    (key, _) => EnteredBy::Signal(key.cloned().unwrap_or_default()),
                }
            }
        }
    }

    fn id_of(&self, of: Option<MomentRef>) -> Text {
        match of {
            None => Text::default(),
            Some(MomentRef::Contact(place) | MomentRef::Inside(place, _)) => {
                self.contacts[place as usize].contact.contact_id.clone()
            }
            Some(MomentRef::Signal(place)) => self.signals[place as usize].signal.event_id.clone(),
        }
    }

    /// What a rule's breaks are watched by, of the moment that an entry began with.
    fn segment(&self, rule: &Rule, of: MomentRef, depth: usize) -> Vec<Text> {
        let known = self.contact_of(of);
        let contact = known.map(|known| known.contact);
        let inside = match (of, known) {
            (MomentRef::Inside(_, place), Some(known)) => Some(known.inside(place as usize)),
            _ => None,
        };
        let signal = match of {
            MomentRef::Signal(place) => Some(self.signals[place as usize].signal),
            MomentRef::Contact(_) | MomentRef::Inside(..) => None,
        };
        let value = |segment: &Segment| -> Option<Text> {
            match segment {
                Segment::Attribute(name) => {
                    let of_signal = signal.and_then(|signal| attribute(signal, name));
                    of_signal.or_else(|| {
                        let mut own = contact?.attributes.iter();
                        own.find(|(known, _)| known == name)
                            .map(|(_, value)| value.clone())
                    })
                }
                Segment::Field(name) => match name.as_str() {
                    "page" => {
                        let (_, page) = inside.clone().unwrap_or_default();
                        let of_contact = || contact.map(|contact| contact.page.clone());
                        Some(page)
                            .filter(|page| !page.is_empty())
                            .or_else(of_contact)
                    }
                    "step" => inside.clone().map(|(step, _)| step),
                    "purpose" => signal.map(|signal| signal.purpose.clone()),
                    "channel" => {
                        let of_signal = signal.and_then(|signal| signal.channel);
                        let channel = of_signal.or(contact.map(|contact| contact.channel));
                        channel.map(|channel| channel.name().into())
                    }
                    "source" => {
                        let of_signal = signal.map(|signal| &signal.source);
                        of_signal
                            .or(contact.map(|contact| &contact.source))
                            .cloned()
                    }
                    name => contact.map(|contact| field(contact, name, depth)),
                },
            }
        };
        let pairs = rule.segment_by.iter().filter_map(|segment| {
            let value = value(segment).filter(|value| !value.is_empty())?;
            Some(format!("{}={value}", segment.name()).into())
        });
        pairs.collect()
    }
}

fn attribute(signal: &Signal, name: &str) -> Option<Text> {
    let mut own = signal.attributes.iter();
    own.find(|(known, _)| known == name)?.1.clone()
}

fn field(contact: &Contact, name: &str, depth: usize) -> Text {
    match name {
        "reason" => contact.reason.as_ref().map_or(Text::default(), |reason| {
            let levels: Vec<&str> = reason.path.split('/').take(depth.max(1)).collect();
            levels.join("/").into()
        }),
        "medium" => contact.medium.clone(),
        "queue" => contact.queue.clone(),
        "agent" => contact.agent.clone(),
        "team" => contact.team.clone(),
        "site" => contact.site.clone(),
        "tier" => contact.tier.clone(),
        "party" => contact.party.clone(),
        _ => Text::default(),
    }
}

impl<'c> Known<'c> {
    fn opened(link: &'c Link<'_>, insides: &[&'c Inside]) -> Known<'c> {
        let kept = match insides {
            [] => Cow::Borrowed(&[][..]),
            [one] => Cow::Borrowed(one.kept.as_slice()),
            several => {
                let kept = several
                    .iter()
                    .flat_map(|inside| inside.kept.iter().cloned());
                let mut kept: Vec<Kept> = kept.collect();
                kept.sort_by_key(|event| event.at);
                Cow::Owned(kept)
            }
        };
        let mut stated = insides.iter().filter_map(|inside| inside.automatic);
        Known {
            contact: link.contact(),
            resolved: link.resolved(),
            cost: link.cost,
            kept,
            automatic: stated.next_back() == Some(true),
            follower: link.roles.follower,
            opened: true,
        }
    }

    fn name(&self) -> ContactName {
        self.contact.name()
    }

    fn seen(&self) -> Seen<'_> {
        match self.opened {
            true => Seen::new(self.contact, self.follower, &self.kept),
            false => Seen::unopened(self.contact, &self.kept),
        }
    }

    /// Step and page of something that happened inside.
    fn inside(&self, place: usize) -> (Text, Text) {
        let seen = self.seen();
        let happening = seen.inside.get(place);
        happening.map_or_else(Default::default, |inside| {
            (inside.step.into(), inside.page.into())
        })
    }

    /// A contact on the way; the last one is whom to call back about.
    fn add_to(&self, journey: &mut Journey) {
        let contact = self.contact;
        push_new(&mut journey.channels, contact.channel.name());
        if let Some(reason) = &contact.reason {
            push_new(&mut journey.reasons, &reason.path);
        }
        let (by, confidence): (Text, Option<Confidence>) = match self.resolved {
            Resolved::Known { by, confidence, .. } => (by.clone(), Some(*confidence)),
            Resolved::Unknown | Resolved::Quarantined { .. } => (Text::default(), None),
        };
        journey.contact = Some(contact.name());
        journey.tier = contact.tier.clone();
        journey.may_contact = contact.may_contact;
        (journey.identified_by, journey.confidence) = (by, confidence);
    }
}

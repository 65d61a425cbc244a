//! What rules are matched against: a customer's contacts, what happens inside them, signals.

use super::keys::Compared;
use model::{Channel, Contact, Kept, Kind, Millis, Outcome, Signal, StepStatus};
use std::collections::BTreeSet;

/// What happens inside a contact at a time of its own: a service step, an event of some kind, or an
/// event that is both.
#[derive(Clone, Copy, Debug)]
pub struct Happening<'a> {
    /// When.
    pub at: Millis,
    /// The event's kind, where it was kept.
    pub kind: Option<&'a Kind>,
    /// Name of the service step; empty: none.
    pub step: &'a str,
    /// How far the step went; `None` if it is none.
    pub status: Option<StepStatus>,
    /// The page; may be empty.
    pub page: &'a str,
    /// The same step is completed by a later happening of the contact.
    pub completed_later: bool,
}

/// A contact of the customer.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// The contact. Of one that never opened (a video that was booked and not joined) only its name,
    /// its own fields and what happened are looked at, never its start and end.
    pub contact: &'a Contact,
    /// It opened. One that did not only matches by what happened inside.
    pub opened: bool,
    /// It has the role follower.
    pub follower: bool,
    /// A machine made it.
    pub automatic: bool,
    /// What happened inside, in order of time.
    pub inside: Vec<Happening<'a>>,
}

static ANSWERED: Kind = Kind::Answered;

impl<'a> Seen<'a> {
    /// A video chat that was booked and has not opened, with the events in it that were kept.
    #[must_use]
    pub fn unopened(contact: &'a Contact, kept: &'a [Kept]) -> Seen<'a> {
        Seen {
            contact,
            opened: false,
            follower: false,
            automatic: false,
            inside: inside(contact, kept),
        }
    }

    /// An opened contact with its service steps, with the events in it that were kept (each with its
    /// time and page), and, if none of these says when it was answered, with the moment of the
    /// answer: its start and its wait; a handled mail whose wait is unknown was answered at its end.
    #[must_use]
    pub fn new(contact: &'a Contact, follower: bool, kept: &'a [Kept]) -> Seen<'a> {
        let mut inside = inside(contact, kept);
        // By name: a word that is no kind of the channel can say it as well.
        let says_when = |kind: &Kind| matches!(kind.name(), "answered" | "accepted");
        if !kept.iter().any(|event| says_when(&event.kind))
            && let Some(at) = answered_at(contact)
        {
            inside.push(of_kind(at, &ANSWERED, ""));
            inside.sort_by_key(|happening| happening.at);
        }
        Seen {
            contact,
            opened: true,
            follower,
            automatic: false,
            inside,
        }
    }
}

fn of_kind<'a>(at: Millis, kind: &'a Kind, page: &'a str) -> Happening<'a> {
    Happening {
        at,
        kind: Some(kind),
        step: "",
        status: None,
        page,
        completed_later: false,
    }
}

/// The steps of a contact and the events of it that were kept, in order of time.
fn inside<'a>(contact: &'a Contact, kept: &'a [Kept]) -> Vec<Happening<'a>> {
    let of_step = |step: &'a model::Step| Happening {
        at: step.at,
        kind: None,
        step: &step.name,
        status: Some(step.status),
        page: &step.page,
        completed_later: false,
    };
    let mut inside: Vec<Happening<'a>> = contact.steps.iter().map(of_step).collect();
    let started = |happening: &Happening<'_>| happening.status == Some(StepStatus::Started);
    if inside.iter().any(started) {
        mark_completed(&mut inside);
    }
    if !kept.is_empty() {
        let kept = kept.iter();
        inside.extend(kept.map(|event| of_kind(event.at, &event.kind, &event.page)));
        inside.sort_by_key(|happening| happening.at);
    }
    inside
}

/// Says of every happening whether its step is completed later. From the last one back, so that a
/// visit of many steps is looked through once.
fn mark_completed(inside: &mut [Happening<'_>]) {
    let mut completed = BTreeSet::new();
    for happening in inside.iter_mut().rev() {
        happening.completed_later = completed.contains(happening.step);
        if happening.status == Some(StepStatus::Completed) {
            completed.insert(happening.step);
        }
    }
}

/// When a handled contact was answered, as its wait tells.
fn answered_at(contact: &Contact) -> Option<Millis> {
    if contact.outcome != Some(Outcome::Handled) || contact.channel == Channel::Web {
        return None;
    }
    let start = contact.started_at;
    let without_wait = match contact.channel {
        Channel::Email => contact.ended_at,
        Channel::Phone | Channel::Chat | Channel::Video | Channel::Web => start,
    };
    Some(
        contact
            .wait_ms
            .map_or(without_wait, |wait_ms| start.plus(wait_ms)),
    )
}

/// A signal of the customer.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// The signal.
    pub signal: &'a Signal,
    /// The place of the contact that it speaks of, where the customer has that.
    pub contact: Option<usize>,
    /// Its handle has several owners, and each was given one: it can fulfil a `not` step only.
    pub copy: bool,
}

/// All that is known of one customer. Contacts and signals may be in any order.
#[derive(Clone, Debug, Default)]
pub struct History<'a> {
    /// Contacts.
    pub contacts: Vec<Seen<'a>>,
    /// Signals, each event once.
    pub signals: Vec<Heard<'a>>,
}

/// Something that a step can match: a place in a [`History`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MomentRef {
    /// A contact as a whole, by its place.
    Contact(u32),
    /// What happened inside a contact: its place, and the place inside.
    Inside(u32, u32),
    /// A signal, by its place.
    Signal(u32),
}

/// A value that `same` and `differs` compare; `None`: unknown.
pub(super) type Value<'a> = Option<[&'a str; 3]>;

fn known(text: &str) -> Value<'_> {
    (!text.is_empty()).then_some([text, "", ""])
}

/// A path, cut to so many levels.
fn cut(path: &str, depth: usize) -> &str {
    let mut ends = path.match_indices('/').map(|(at, _)| at);
    match depth.checked_sub(1).and_then(|last| ends.nth(last)) {
        Some(end) => &path[..end],
        None => path,
    }
}

impl<'a> History<'a> {
    /// The place of the contact that a moment belongs to.
    pub(super) fn contact_of(&self, of: MomentRef) -> Option<usize> {
        match of {
            MomentRef::Contact(place) | MomentRef::Inside(place, _) => Some(place as usize),
            MomentRef::Signal(place) => self.signals[place as usize].contact,
        }
    }

    /// What is compared of a moment.
    pub(super) fn value(&self, of: MomentRef, what: Compared, depth: usize) -> Value<'a> {
        let signal = match of {
            MomentRef::Signal(place) => Some(self.signals[place as usize].signal),
            MomentRef::Contact(_) | MomentRef::Inside(..) => None,
        };
        match (what, signal) {
            (Compared::Purpose, Some(signal)) => return known(&signal.purpose),
            (Compared::Purpose, None) => return None,
            (Compared::Channel, Some(signal)) => {
                return signal.channel.and_then(|channel| known(channel.name()));
            }
            (Compared::Source, Some(signal)) => return known(&signal.source),
            (Compared::Page | Compared::Step, Some(_)) => return None,
            (_, _) => {}
        }
        let contact = self.contacts[self.contact_of(of)?].contact;
        let happening = match of {
            MomentRef::Inside(place, inside) => {
                Some(self.contacts[place as usize].inside[inside as usize])
            }
            MomentRef::Contact(_) | MomentRef::Signal(_) => None,
        };
        match what {
            Compared::Contact => {
                Some([&contact.contact_id, contact.channel.name(), &contact.source])
            }
            Compared::Thread => (!contact.thread_id.is_empty()).then_some([
                contact.thread_id.as_str(),
                &contact.source,
                "",
            ]),
            Compared::Reason => contact
                .reason
                .as_ref()
                .and_then(|reason| known(cut(&reason.path, depth))),
            Compared::Channel => known(contact.channel.name()),
            Compared::Source => known(&contact.source),
            Compared::Medium => known(&contact.medium),
            Compared::Direction => known(contact.direction.name()),
            Compared::Party => known(&contact.party),
            Compared::Page => known(happening.map_or(contact.page.as_str(), |inside| inside.page)),
            Compared::Step => known(happening.map_or("", |inside| inside.step)),
            Compared::Purpose => None,
        }
    }
}

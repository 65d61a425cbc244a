//! Semantics §10.2 to §10.4: every moment is tried for every step.

use std::collections::BTreeMap;

use toml::Value;

use super::read::{Rule, Step, Way, list, satisfies};
use super::{Clock, Contact, Customer, Happening, Signal};
use crate::oracle::World;
use crate::oracle::config::Window;
use crate::oracle::readings;

/// An entry and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The rule.
    pub rule: String,
    /// When it was entered.
    pub at: i64,
    /// What matched each step; empty where nothing did.
    pub steps: Vec<String>,
    /// What became of it.
    pub state: String,
}

/// A place in a customer's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A contact.
    Contact(usize),
    /// What happened inside a contact, answers that are only known by the wait among it.
    Inside(usize, usize),
    /// A signal.
    Signal(usize),
}

/// An entry that broke.
#[derive(Clone, Debug)]
pub struct Broken {
    /// The place of its rule.
    pub rule: usize,
    /// When it was entered.
    pub at: i64,
    /// When the last condition was met.
    pub decided_at: i64,
    /// What matched each step; the first is the entry.
    pub found: Vec<Option<Place>>,
}

/// The broken entries of the rules in a customer's history, in order of rule and entry.
pub fn broken(
    rules: &[Rule],
    customer: &Customer,
    scopes: &BTreeMap<String, Vec<String>>,
    clocks: &[Clock],
    world: &World,
) -> Vec<Broken> {
    let customer = with_answers(customer);
    let moments = moments(&customer);
    let mut all = Vec::new();
    for (place, rule) in rules.iter().enumerate() {
        let trial = Trial {
            rule,
            moments: &moments,
            scopes,
            clocks,
            world,
        };
        for moment in moments.iter().filter(|moment| trial.takes(0, moment)) {
            let found = trial.found(*moment);
            let state = trial.state(&found);
            let Some(decided_at) = state.strip_prefix("broken ") else {
                continue;
            };
            let moments = found.iter().map(|one| one.and_then(|one| one.moment));
            all.push(Broken {
                rule: place,
                at: moment.at,
                decided_at: decided_at.parse().unwrap_or(i64::MIN),
                found: moments
                    .map(|moment| moment.map(|moment| moment.place_in(&customer)))
                    .collect(),
            });
        }
    }
    all
}

/// A moment: a contact, a happening in one, a signal.
#[derive(Clone, Copy)]
enum What<'c> {
    Contact(&'c Contact),
    Inside(&'c Contact, &'c Happening, usize),
    Signal(&'c Signal, Option<&'c Contact>),
}

#[derive(Clone, Copy)]
struct Moment<'c> {
    at: i64,
    what: What<'c>,
    /// Its place in the order of all.
    place: usize,
}

/// What a step has found, or the due of an absence.
#[derive(Clone, Copy)]
struct Match<'c> {
    moment: Option<Moment<'c>>,
    /// What is measured from it comes after this place.
    after: usize,
    start: i64,
    end: i64,
    is_open: bool,
    due_at: Option<i64>,
    met_at: i64,
}

/// All entries of the rules in a customer's history.
pub fn entries(
    rules: &[Rule],
    customer: &Customer,
    scopes: &BTreeMap<String, Vec<String>>,
    clocks: &[Clock],
    world: &World,
) -> Vec<Entry> {
    let customer = with_answers(customer);
    let moments = moments(&customer);
    let mut entries = Vec::new();
    for rule in rules {
        let trial = Trial {
            rule,
            moments: &moments,
            scopes,
            clocks,
            world,
        };
        for moment in &moments {
            if trial.takes(0, moment) {
                entries.push(trial.entry(*moment));
            }
        }
    }
    entries
}

/// The customer's history, in which every handled contact says when it was answered (§10.1).
fn with_answers(customer: &Customer) -> Customer {
    let mut customer = customer.clone();
    for contact in &mut customer.contacts {
        let says =
            |inside: &Happening| matches!(inside.kind.as_deref(), Some("answered" | "accepted"));
        let is_handled = contact
            .texts
            .get("outcome")
            .is_some_and(|outcome| outcome == "handled");
        let is_opened = contact.has_opened && contact.channel != "web";
        if !is_handled || !is_opened || contact.inside.iter().any(says) {
            continue;
        }
        let without_wait = if contact.channel == "email" {
            contact.end
        } else {
            contact.start
        };
        contact.inside.push(Happening {
            at: contact
                .wait
                .map_or(without_wait, |wait| contact.start + wait),
            kind: Some("answered".to_string()),
            ..Happening::default()
        });
        contact.inside.sort_by_key(|inside| inside.at);
    }
    customer
}

fn moments(customer: &Customer) -> Vec<Moment<'_>> {
    let mut all: Vec<(i64, [&str; 3], usize, What<'_>)> = Vec::new();
    for contact in &customer.contacts {
        let name = [&*contact.id, &contact.channel, &contact.source];
        if contact.has_opened {
            all.push((contact.start, name, 0, What::Contact(contact)));
        }
        for (place, inside) in contact.inside.iter().enumerate() {
            all.push((
                inside.at,
                name,
                1 + place,
                What::Inside(contact, inside, place),
            ));
        }
    }
    for signal in &customer.signals {
        let channel = signal.channel.as_deref().unwrap_or("");
        let contact = signal.contact.map(|place| &customer.contacts[place]);
        let name = [&*signal.id, channel, &signal.source];
        all.push((signal.at, name, 0, What::Signal(signal, contact)));
    }
    all.sort_by_key(|(at, name, place, _)| (*at, *name, *place));
    let placed = all.into_iter().enumerate();
    placed
        .map(|(place, (at, _, _, what))| Moment { at, what, place })
        .collect()
}

impl<'c> Moment<'c> {
    /// The contact that it is, is in, or belongs to.
    fn contact(&self) -> Option<&'c Contact> {
        match self.what {
            What::Contact(contact) | What::Inside(contact, _, _) => Some(contact),
            What::Signal(_, contact) => contact,
        }
    }

    fn place_in(&self, customer: &Customer) -> Place {
        let contact = |own: &Contact| {
            let mut all = customer.contacts.iter();
            let found = all.position(|contact| std::ptr::eq(contact, own));
            found.expect("it is a moment of this customer")
        };
        match self.what {
            What::Contact(own) => Place::Contact(contact(own)),
            What::Inside(own, _, inside) => Place::Inside(contact(own), inside),
            What::Signal(own, _) => {
                let mut all = customer.signals.iter();
                let found = all.position(|signal| std::ptr::eq(signal, own));
                Place::Signal(found.expect("it is a moment of this customer"))
            }
        }
    }

    fn label(&self) -> String {
        match self.what {
            What::Contact(contact) => format!("{} {}", contact.channel, contact.id),
            What::Inside(contact, inside, _) => {
                let word = |word: &Option<String>| word.clone().unwrap_or_default();
                let (kind, step) = (word(&inside.kind), word(&inside.step));
                format!(
                    "{} {} {kind}{step}@{}",
                    contact.channel, contact.id, inside.at
                )
            }
            What::Signal(signal, _) => format!("signal {}", signal.id),
        }
    }

    /// What `same` and `differs` compare.
    fn compared(&self, what: &str, world: &World) -> Option<Vec<String>> {
        let one = |text: Option<&String>| text.map(|text| vec![text.clone()]);
        match (what, self.what) {
            ("purpose", What::Signal(signal, _)) => return one(signal.texts.get("purpose")),
            ("channel", What::Signal(signal, _)) => return one(signal.channel.as_ref()),
            ("source", What::Signal(signal, _)) => return one(Some(&signal.source)),
            ("page" | "step", What::Signal(..)) | ("purpose", _) => return None,
            ("page", What::Inside(_, inside, _)) => return one(inside.page.as_ref()),
            ("step", What::Inside(_, inside, _)) => return one(inside.step.as_ref()),
            ("step", What::Contact(_)) => return None,
            _ => {}
        }
        let contact = self.contact()?;
        let text = |key: &str| contact.texts.get(key);
        match what {
            "contact" => Some(vec![
                contact.id.clone(),
                contact.channel.clone(),
                contact.source.clone(),
            ]),
            "thread" => Some(vec![text("thread")?.clone(), contact.source.clone()]),
            "reason" => {
                let levels = text("reason")?.split('/').map(str::to_string);
                Some(levels.take(world.config.reason_depth).collect())
            }
            "channel" => one(Some(&contact.channel)),
            "source" => one(Some(&contact.source)),
            other => one(text(other)),
        }
    }
}

/// Whether a typed value, list or `{ not = ... }` takes a text.
fn takes(wanted: &Value, has: impl Fn(&str) -> bool) -> bool {
    match wanted.get("not") {
        Some(not) => !list(not).iter().any(|value| has(value)),
        None => list(wanted).iter().any(|value| has(value)),
    }
}

struct Trial<'t, 'c> {
    rule: &'t Rule,
    moments: &'t [Moment<'c>],
    scopes: &'t BTreeMap<String, Vec<String>>,
    clocks: &'t [Clock],
    world: &'t World,
}

impl<'c> Trial<'_, 'c> {
    fn names_channel(&self, named: &str, channel: &str) -> bool {
        let is_channel = crate::oracle::config::CHANNELS.contains(&named);
        if is_channel {
            return named == channel;
        }
        let of_scope = self.scopes.get(named);
        of_scope.is_some_and(|channels| channels.iter().any(|own| own == channel))
    }

    /// Whether a moment has all keys of an alternative.
    fn fits(&self, way: &Way, moment: &Moment<'c>) -> bool {
        let looks_inside = ["kind", "step", "step_status", "completed"];
        let looks_inside = looks_inside.iter().any(|key| way.has(key));
        let is_right = match moment.what {
            What::Signal(..) => way.has("signal"),
            What::Inside(..) => !way.has("signal") && looks_inside,
            What::Contact(_) => !way.has("signal") && !looks_inside,
        };
        let mut keys = way.keys.iter();
        is_right && keys.all(|(key, wanted)| self.has(key, wanted, moment))
    }

    fn has(&self, key: &str, wanted: &Value, moment: &Moment<'c>) -> bool {
        let is = |text: Option<&str>| takes(wanted, |value| text == Some(value));
        if let What::Signal(signal, _) = moment.what {
            let number = |number: Option<i64>| {
                number.is_some_and(|number| satisfies(key, wanted.as_str().unwrap_or(""), number))
            };
            return match key {
                "signal" => is(Some(&signal.name)),
                "source" => is(Some(&signal.source)),
                "channel" => takes(wanted, |named| {
                    let own = signal.channel.as_ref();
                    own.is_some_and(|channel| self.names_channel(named, channel))
                }),
                "score" => number(signal.score),
                "amount" => number(signal.amount),
                other => is(signal.texts.get(other).map(String::as_str)),
            };
        }
        let Some(contact) = moment.contact() else {
            return false;
        };
        let inside = match moment.what {
            What::Inside(_, inside, place) => Some((inside, place)),
            What::Contact(_) | What::Signal(..) => None,
        };
        let of_inside = |field: fn(&Happening) -> &Option<String>| {
            inside.and_then(|(inside, _)| field(inside).as_deref())
        };
        let number = |number: Option<i64>| {
            number.is_some_and(|number| satisfies(key, wanted.as_str().unwrap_or(""), number))
        };
        match key {
            "channel" => takes(wanted, |named| self.names_channel(named, &contact.channel)),
            "source" => is(Some(&contact.source)),
            "kind" => is(of_inside(|inside| &inside.kind)),
            "step" => is(of_inside(|inside| &inside.step)),
            "step_status" => is(of_inside(|inside| &inside.status)),
            "page" if inside.is_some() => is(of_inside(|inside| &inside.page)),
            "reason" => takes(wanted, |value| {
                let own = contact.texts.get("reason");
                own.is_some_and(|own| own == value || own.starts_with(&format!("{value}/")))
            }),
            "wait" => number(contact.wait),
            "duration" => number(Some(contact.end - contact.start)),
            "legs" => number(Some(contact.legs)),
            "score" => number(contact.score),
            "automatic" => wanted.as_bool() == Some(contact.automatic),
            "follower" => wanted.as_bool() == Some(contact.follower),
            "open" => wanted.as_bool() == Some(true) || !contact.is_open,
            "completed" => inside.is_some_and(|(begun, place)| {
                let completes = |later: &Happening| {
                    later.step == begun.step && later.status.as_deref() == Some("completed")
                };
                let is_completed = contact.inside[place + 1..].iter().any(completes);
                begun.status.as_deref() == Some("started") && wanted.as_bool() == Some(is_completed)
            }),
            other => is(contact.texts.get(other).map(String::as_str)),
        }
    }

    /// Whether a moment matches a step by itself.
    fn takes(&self, step: usize, moment: &Moment<'c>) -> bool {
        let due_at = match moment.what {
            What::Signal(signal, _) => signal.due_at,
            What::Contact(contact) | What::Inside(contact, _, _) => contact.due_at,
        };
        let is_copy = matches!(moment.what, What::Signal(signal, _) if signal.is_copy);
        let measured = self.rule.steps.iter().any(|later| {
            later.from == "due_at" && later.within.is_some() && later.of.contains(&step)
        });
        let typed = &self.rule.steps[step];
        if is_copy && !typed.not || measured && due_at.is_none() {
            return false;
        }
        let is_counted = typed.count.is_some() || typed.ways.iter().any(|way| way.count.is_some());
        let is_signal = matches!(moment.what, What::Signal(..));
        if !is_counted || is_signal {
            return typed.ways.iter().any(|way| self.fits(way, moment));
        }
        self.counted(typed, moment)
            .is_some_and(|first| first == moment.place)
    }

    /// Where in order the contact of a moment has what a counted step asks for.
    fn counted(&self, step: &Step, moment: &Moment<'c>) -> Option<usize> {
        let contact = moment.contact()?;
        let own: Vec<&Moment<'c>> = self
            .moments
            .iter()
            .filter(|other| !matches!(other.what, What::Signal(..)))
            .filter(|other| other.contact().is_some_and(|of| std::ptr::eq(of, contact)))
            .collect();
        if let Some(count) = step.count {
            let fits = |other: &&&Moment<'c>| step.ways.iter().any(|way| self.fits(way, other));
            let nth = own.iter().filter(fits).nth(count - 1);
            return nth.map(|nth| nth.place);
        }
        let of_way = |way: &Way| {
            let fits = own.iter().filter(|other| self.fits(way, other));
            fits.map(|other| other.place)
                .nth(way.count.unwrap_or(1) - 1)
        };
        step.ways.iter().filter_map(of_way).min()
    }

    fn matched(&self, step: usize, moment: Moment<'c>) -> Match<'c> {
        let typed = &self.rule.steps[step];
        let is_counted = typed.count.is_some() || typed.ways.iter().any(|way| way.count.is_some());
        let (end, is_open, due_at) = match moment.what {
            What::Signal(signal, _) => (moment.at, false, signal.due_at),
            What::Inside(contact, _, _) if !is_counted => (moment.at, false, contact.due_at),
            What::Contact(contact) | What::Inside(contact, _, _) => {
                (contact.end.max(moment.at), contact.is_open, contact.due_at)
            }
        };
        Match {
            moment: Some(moment),
            after: moment.place,
            start: moment.at,
            end,
            is_open,
            due_at,
            met_at: moment.at,
        }
    }

    fn due(&self, step: &Step, anchors: &[Match<'c>]) -> Option<i64> {
        let window = Window {
            name: String::new(),
            extent: step.within?,
            from_start: false,
        };
        let of_anchor = |anchor: &Match<'c>| {
            let from = match step.from.as_str() {
                "start" => anchor.start,
                "due_at" => anchor.due_at.unwrap_or(anchor.end),
                _ => anchor.end,
            };
            readings::due_at(&window, self.world.moment(from), &self.world.config)
        };
        anchors.iter().map(of_anchor).min()
    }

    fn compares(&self, step: &Step, anchors: &[Match<'c>], moment: &Moment<'c>) -> bool {
        let of_anchors = anchors.iter().filter_map(|anchor| anchor.moment);
        let pairs = |what: &String| -> Option<Vec<bool>> {
            let own = moment.compared(what, self.world)?;
            let each = of_anchors.clone();
            each.map(|anchor| Some(anchor.compared(what, self.world)? == own))
                .collect()
        };
        let all = |equal: bool| {
            move |what: &String| pairs(what).is_some_and(|each| each.iter().all(|is| *is == equal))
        };
        step.same.iter().all(all(true)) && step.differs.iter().all(all(false))
    }

    /// Every moment that fits a step after its anchors and before an instant, in order.
    fn fitting(
        &self,
        step: usize,
        anchors: &[Match<'c>],
        before: Option<i64>,
    ) -> impl Iterator<Item = Moment<'c>> {
        let comes_after = |moment: &Moment<'c>, anchor: &Match<'c>| {
            let is_due = anchor.moment.is_some() || moment.at >= anchor.start;
            is_due && moment.place > anchor.after
        };
        let typed = &self.rule.steps[step];
        self.moments.iter().copied().filter(move |moment| {
            anchors.iter().all(|anchor| comes_after(moment, anchor))
                && before.is_none_or(|before| moment.at < before)
                && self.takes(step, moment)
                && self.compares(typed, anchors, moment)
        })
    }

    /// The anchor's own contact, looked at again.
    fn again(&self, step: usize, anchors: &[Match<'c>], before: Option<i64>) -> Option<Moment<'c>> {
        let typed = &self.rule.steps[step];
        let contact = anchors.iter().find_map(|anchor| anchor.moment)?.contact()?;
        let is_it = |moment: &&Moment<'c>| matches!(moment.what, What::Contact(own) if std::ptr::eq(own, contact));
        let own = self.moments.iter().find(is_it)?;
        let fits = typed.same.iter().any(|what| what == "contact")
            && before.is_none_or(|before| own.at < before)
            && self.takes(step, own)
            && self.compares(typed, anchors, own);
        fits.then_some(*own)
    }

    /// The clock of a step.
    fn clocks(&self, step: usize) -> Vec<&Clock> {
        let ways = &self.rule.steps[step].ways;
        let value = |way: &Way, key: &str| {
            let found = way.keys.iter().find(|(stated, _)| stated == key);
            found.map(|(_, wanted)| wanted.clone())
        };
        let can = |clock: &Clock, way: &Way| {
            let of_source =
                value(way, "source").is_none_or(|wanted| takes(&wanted, |name| name == clock.name));
            let brought = |wanted: Option<Value>, word: &str| {
                let is_named = |wanted: Value| {
                    takes(&wanted, |named| {
                        named == word || self.names_channel(named, word)
                    })
                };
                clock.brings.iter().any(|brings| brings == word) && wanted.is_none_or(is_named)
            };
            let is_brought = if way.has("signal") {
                let is_signal =
                    |word: &&String| !crate::oracle::config::CHANNELS.contains(&word.as_str());
                let mut signals = clock.brings.iter().filter(is_signal);
                signals.any(|word| brought(value(way, "signal"), word))
            } else {
                let all = way.keys.iter().filter(|(key, _)| key == "channel");
                let mut channels = crate::oracle::config::CHANNELS.iter();
                channels.any(|channel| {
                    let mut all = all.clone();
                    brought(None, channel)
                        && all.all(|(_, wanted)| {
                            takes(wanted, |named| self.names_channel(named, channel))
                        })
                })
            };
            of_source && is_brought
        };
        let concerned = |clock: &&Clock| ways.iter().any(|way| can(clock, way));
        self.clocks.iter().filter(concerned).collect()
    }

    fn is_passed(&self, step: usize, due: i64) -> bool {
        let clocks = self.clocks(step);
        let reached = |clock: &&Clock| {
            let at = if self.rule.is_early {
                clock.seen
            } else {
                clock.settled
            };
            at >= due
        };
        !clocks.is_empty() && clocks.iter().all(reached)
    }

    /// What matched each step of an entry.
    fn found(&self, entered: Moment<'c>) -> Vec<Option<Match<'c>>> {
        let steps = &self.rule.steps;
        let mut found: Vec<Option<Match<'c>>> = vec![Some(self.matched(0, entered))];
        for (place, step) in steps.iter().enumerate().skip(1) {
            let anchors: Option<Vec<Match<'c>>> = step.of.iter().map(|of| found[*of]).collect();
            let one = anchors.and_then(|anchors| {
                if step.not {
                    self.due_as_anchor(step, &anchors, entered.place)
                } else {
                    self.first(place, &anchors, &found)
                }
            });
            found.push(one);
        }
        found
    }

    fn entry(&self, entered: Moment<'c>) -> Entry {
        let found = self.found(entered);
        let label = |one: &Option<Match<'c>>| {
            let moment = one.and_then(|one| one.moment);
            moment.map_or(String::new(), |moment| moment.label())
        };
        Entry {
            rule: self.rule.name.clone(),
            at: entered.at,
            steps: found.iter().map(label).collect(),
            state: self.state(&found),
        }
    }

    fn due_as_anchor(
        &self,
        step: &Step,
        anchors: &[Match<'c>],
        entered: usize,
    ) -> Option<Match<'c>> {
        let due = self.due(step, anchors)?;
        Some(Match {
            moment: None,
            after: entered,
            start: due,
            end: due,
            is_open: step.from == "end" && anchors.iter().any(|anchor| anchor.is_open),
            due_at: None,
            met_at: due,
        })
    }

    /// The match of a positive step, if all earlier ones that are needed have one.
    fn first(
        &self,
        place: usize,
        anchors: &[Match<'c>],
        found: &[Option<Match<'c>>],
    ) -> Option<Match<'c>> {
        let step = &self.rule.steps[place];
        for (before, earlier) in self.rule.steps[..place].iter().enumerate() {
            if !earlier.not && !earlier.optional && found[before].is_none() {
                return None;
            }
        }
        let due = self.due(step, anchors);
        if let Some(own) = self.again(place, anchors, due) {
            let matched = self.matched(place, own);
            return Some(Match {
                met_at: matched.end,
                ..matched
            });
        }
        let mut earlier = found.iter().zip(&self.rule.steps);
        let earlier: Vec<usize> = earlier
            .by_ref()
            .filter(|(_, step)| !step.not)
            .filter_map(|(one, _)| Some(one.as_ref()?.moment?.place))
            .collect();
        let mut fitting = self.fitting(place, anchors, due);
        let first = fitting.find(|moment| earlier.iter().all(|before| moment.place > *before));
        first.map(|moment| self.matched(place, moment))
    }

    fn state(&self, found: &[Option<Match<'c>>]) -> String {
        let mut over: Vec<(i64, usize)> = Vec::new();
        let (mut is_missing, mut missing_until) = (false, Vec::new());
        let mut bounds: Vec<(usize, Option<i64>)> = Vec::new();
        for (place, step) in self.rule.steps.iter().enumerate().skip(1) {
            let anchors: Option<Vec<Match<'c>>> = step.of.iter().map(|of| found[*of]).collect();
            let is_needed = !step.not && !step.optional && found[place].is_none();
            is_missing |= is_needed;
            let Some(anchors) = anchors else {
                continue;
            };
            let due = self.due(step, &anchors);
            let moves = step.from == "end" && anchors.iter().any(|anchor| anchor.is_open);
            if step.not {
                over.extend(self.violation(place, &anchors, found).map(|at| (at, place)));
                let end = step
                    .until
                    .and_then(|until| found[until])
                    .map(|end| end.start);
                let due = due.filter(|_| !moves);
                bounds.push((place, due.into_iter().chain(end).min()));
            } else if is_needed && self.comes_next(place, found) {
                match due {
                    Some(due) if !moves && self.is_passed(place, due) => over.push((due, place)),
                    Some(due) => missing_until.extend((!moves).then_some(due)),
                    None => over.extend(self.ended(step, &anchors).map(|at| (at, place))),
                }
            }
        }
        if let Some((at, place)) = over.iter().min() {
            return format!("fulfilled {at} by {place}");
        }
        if is_missing {
            let until = missing_until.iter().min();
            return until.map_or("open".to_string(), |until| format!("open until {until}"));
        }
        self.state_of_bounds(&bounds, found)
    }

    /// Whether all positive steps before a missing one have matched.
    fn comes_next(&self, place: usize, found: &[Option<Match<'c>>]) -> bool {
        let before = self.rule.steps[..place].iter().zip(found);
        before
            .filter(|(step, _)| !step.not && !step.optional)
            .all(|(_, one)| one.is_some())
    }

    /// The moment of a violation of a `not` step: the first in order.
    fn violation(
        &self,
        place: usize,
        anchors: &[Match<'c>],
        found: &[Option<Match<'c>>],
    ) -> Option<i64> {
        let step = &self.rule.steps[place];
        let due = self.due(step, anchors);
        let end = step.until.and_then(|until| found[until]);
        let again = self.again(place, anchors, due);
        let first = self.fitting(place, anchors, due).next();
        let first = again
            .into_iter()
            .chain(first)
            .min_by_key(|moment| moment.place)?;
        let end = end.and_then(|end| end.moment);
        (end.is_none_or(|end| first.place < end.place)).then_some(first.at)
    }

    /// When the contact that a step without bound had to be in has ended.
    fn ended(&self, step: &Step, anchors: &[Match<'c>]) -> Option<i64> {
        let contact = anchors.iter().find_map(|anchor| anchor.moment)?.contact()?;
        let of_contact = step.same.iter().any(|what| what == "contact");
        let no_signal = step.ways.iter().all(|way| !way.has("signal"));
        (of_contact && no_signal && !contact.is_open).then_some(contact.end)
    }

    fn state_of_bounds(
        &self,
        bounds: &[(usize, Option<i64>)],
        found: &[Option<Match<'c>>],
    ) -> String {
        let Some(bounds) = bounds
            .iter()
            .map(|(place, bound)| Some((*place, (*bound)?)))
            .collect::<Option<Vec<(usize, i64)>>>()
        else {
            return "open".to_string();
        };
        let open = bounds
            .iter()
            .filter(|(place, bound)| !self.is_passed(*place, *bound));
        if let Some(until) = open.map(|(_, bound)| *bound).max() {
            return format!("open until {until}");
        }
        let mut silent: Vec<String> = Vec::new();
        for (place, bound) in &bounds {
            let clocks = self.clocks(*place);
            let is_silent = |clock: &&Clock| clock.silent_from.is_some_and(|from| from < *bound);
            silent.extend(
                clocks
                    .into_iter()
                    .filter(is_silent)
                    .map(|clock| clock.name.clone()),
            );
        }
        silent.sort();
        silent.dedup();
        if !silent.is_empty() {
            return format!("held back by {}", silent.join(","));
        }
        let positive = found.iter().zip(&self.rule.steps);
        let positive = positive.filter(|(_, step)| !step.not);
        let met = positive.filter_map(|(one, _)| Some(one.as_ref()?.met_at));
        let decided = met.chain(bounds.iter().map(|(_, bound)| *bound)).max();
        format!("broken {}", decided.unwrap_or(i64::MIN))
    }
}

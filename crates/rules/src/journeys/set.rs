//! Which rules hold: the built-in library with the tenant's files laid over it.

use super::check;
use super::finding::{Finding, Weight};
use super::history::{History, MomentRef};
use super::keys::TextKey;
use super::matching::Entry;
use super::read::{self, Declared};
use super::rule::Rule;
use super::test_of::Target;
use super::times::{self, SourceClock, Times, Waits};
use calendar::{Anchor, Window};
use model::{Channel, ChannelSet, Kind, Millis, Now, Scope, SignalName, Text, Wait};
use std::sync::Arc;

/// The library that works out of the box, as a file that can be read and copied.
pub const BUILT_IN: &str = include_str!("../../built-in.toml");

/// What the built-in library is called in findings.
const BUILT_IN_FILE: &str = "built-in.toml";

/// The text of a rule file.
#[derive(Clone, Copy, Debug)]
pub struct RuleText<'a> {
    /// Its path, as findings name it.
    pub file: &'a str,
    /// What stands in it.
    pub text: &'a str,
}

/// What can come from a source.
#[derive(Clone, Debug)]
pub struct SourceBrings {
    /// Its name; empty for all that are not named.
    pub name: Text,
    /// Contacts of these channels.
    pub channels: ChannelSet,
    /// These signals.
    pub signals: Vec<SignalName>,
}

/// What rules are checked against.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// The scopes, by whose names channels can be given.
    pub scopes: &'a [Scope],
    /// The sources; empty: every source brings everything.
    pub sources: &'a [SourceBrings],
    /// Every reason path that the tables name; `None`: not known.
    pub reasons: Option<&'a [Text]>,
    /// Every service step that the tables name; `None`: not known.
    pub steps: Option<&'a [Text]>,
}

/// The rules that hold.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    index: Index,
    waits: Arc<Waits>,
}

/// Rules by what their entry looks at, so that a contact is only shown to rules that it could enter.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    contacts: [Vec<u16>; 5],
    inside: [Vec<u16>; 5],
    counted: [Vec<u16>; 5],
    signals: Vec<Vec<u16>>,
}

impl RuleSet {
    /// The built-in rules, unless `built_in` is false, with the rules of the files laid over them: a
    /// rule of the same name replaces one, `enabled = false` switches it off. Of several versions of one
    /// name the greatest holds; the others stay behind it, for entries that began before it held.
    /// Rules with errors are left out of the set; whoever finds one refuses
    /// to start.
    #[must_use]
    pub fn read(
        built_in: bool,
        files: &[RuleText<'_>],
        known: &Known<'_>,
    ) -> (RuleSet, Vec<Finding>) {
        let mut findings = Vec::new();
        let mut own = Vec::new();
        for file in files {
            own.extend(read::read(
                file.file,
                file.text,
                known.scopes,
                &mut findings,
            ));
        }
        let mut own = one_of_each(own, &mut findings);
        let mut library = Vec::new();
        if built_in {
            library = read::read(BUILT_IN_FILE, BUILT_IN, known.scopes, &mut findings);
        }
        library.retain(|declared| {
            let of_name = own.iter_mut().find(|own| own.newest.name == declared.name);
            if let Some(own) = of_name
                && own.newest.version > declared.version
            {
                own.formers.push((true, declared.clone()));
                return false;
            }
            own.iter().all(|own| own.newest.name != declared.name)
        });
        let mut rules: Vec<Rule> = Vec::new();
        let mut take = |is_built_in, is_former, declared: Declared| {
            let Some(mut rule) = declared.rule else {
                return false;
            };
            (rule.built_in, rule.former) = (is_built_in, is_former);
            let before = findings.len();
            check::rule(&rule, known, &mut findings);
            let new = &findings[before..];
            let is_right = new.iter().all(|finding| finding.weight != Weight::Error);
            let is_taken = is_right && declared.enabled;
            rules.extend(is_taken.then_some(rule));
            is_taken
        };
        for declared in library {
            take(true, false, declared);
        }
        for Versions { newest, formers } in own {
            // Where the newest is switched off, nothing is left that others could run out beside.
            if take(false, false, newest) {
                for (is_built_in, former) in formers {
                    take(is_built_in, true, former);
                }
            }
        }
        check::rules(&rules, &mut findings);
        findings.sort();
        findings.dedup();
        (RuleSet::of(rules), findings)
    }

    /// The set of these rules, in this order.
    #[must_use]
    pub fn of(rules: Vec<Rule>) -> RuleSet {
        let index = Index::of(&rules);
        let waits = Arc::new(times::waits(&rules));
        RuleSet {
            rules,
            index,
            waits,
        }
    }

    /// The rules: the built-in ones first, each in order of their files.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// A rule of this name and version.
    #[must_use]
    pub fn find(&self, name: &str, version: u32) -> Option<&Rule> {
        let mut rules = self.rules.iter();
        rules.find(|rule| rule.name == name && rule.version == version)
    }

    /// The rules that hold for what begins now: those that no later version has followed.
    pub fn current(&self) -> impl Iterator<Item = &Rule> + Clone {
        self.rules.iter().filter(|rule| !rule.former)
    }

    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    /// How far the sources have come, for [`RuleSet::entries`].
    #[must_use]
    pub fn times(&self, clocks: &[SourceClock]) -> Times {
        Times::new(&self.rules, clocks)
    }

    /// The same where it is only known how far everything has come that can bring a channel or a
    /// signal: a step that asks for one source waits for all that bring the same.
    #[must_use]
    pub fn times_at(&self, now: &Now) -> Times {
        Times::of_now(&self.waits, now)
    }

    /// What time has to come to before it alone may change an entry, and at which instants.
    pub fn waits<'a>(&'a self, entry: &'a Entry) -> impl Iterator<Item = (Wait, Millis)> + 'a {
        let rule = &self.rules[entry.rule];
        let awaited = entry.awaited.iter();
        awaited.map(|awaited| {
            let wait = times::wait(rule, awaited.step, awaited.is_held);
            (wait, awaited.until)
        })
    }

    /// The set in which each rule holds for entries from `from` on and before `until`, in order of
    /// the rules.
    #[must_use]
    pub fn holding(&self, terms: impl Fn(&Rule) -> (Millis, Millis)) -> RuleSet {
        let mut set = self.clone();
        for rule in &mut set.rules {
            (rule.holds_from, rule.holds_until) = terms(rule);
        }
        set
    }

    /// Whether there are no rules.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The signals that some rule asks for. An erasure and a marker are about no journey.
    #[must_use]
    pub fn signals(&self) -> Vec<SignalName> {
        let steps = self.rules.iter().flat_map(|rule| &rule.steps);
        let tests: Vec<_> = steps.flat_map(|step| &step.pattern.tests).collect();
        let asked = |name: &SignalName| {
            !matches!(name, SignalName::Erase | SignalName::Marker)
                && tests.iter().any(|test| test.takes_signal(*name))
        };
        SignalName::ALL.iter().copied().filter(asked).collect()
    }

    /// Whether some rule measures a bound from an appointment or a promised time.
    #[must_use]
    pub fn needs_due_at(&self) -> bool {
        let mut steps = self.rules.iter().flat_map(|rule| &rule.steps);
        steps.any(|step| step.needs_due_at)
    }

    /// The longest time, in milliseconds, from an entry to the last of its bounds: an event changes
    /// no entry that began longer before it, and so long contacts have to be kept. Times until an
    /// appointment, which a bound may be measured from, and the length of contacts come on top.
    #[must_use]
    pub fn reach_ms_max(&self) -> i64 {
        let of_rule = |rule: &Rule| {
            let mut reach_ms: Vec<i64> = Vec::new();
            for step in &rule.steps {
                let before = step.of.iter().map(|anchor| reach_ms[*anchor]).max();
                let window = step.within.map(|span| Window {
                    span,
                    anchor: Anchor::End,
                });
                let own_ms = window.map_or(0, |window| window.duration_ms_max());
                reach_ms.push(before.unwrap_or(0) + own_ms);
            }
            reach_ms.into_iter().max().unwrap_or(0)
        };
        self.rules.iter().map(of_rule).max().unwrap_or(0)
    }

    /// The kinds of events that some rule asks for, by name: what has to be kept of a contact besides
    /// its service steps. `answered` need not be, where the wait is known.
    #[must_use]
    pub fn kinds(&self) -> Vec<Text> {
        let steps = self.rules.iter().flat_map(|rule| &rule.steps);
        let keys = steps.flat_map(|step| step.pattern.any.iter().chain([&step.pattern.common]));
        let asked = keys.filter_map(|keys| keys.text(TextKey::Kind));
        let mut kinds: Vec<Text> = Vec::new();
        for wanted in asked {
            if wanted.not {
                let of_channel = |channel: &Channel| Kind::of_channel(*channel).iter();
                kinds.extend(
                    Channel::ALL
                        .iter()
                        .flat_map(of_channel)
                        .map(|kind| kind.name().into()),
                );
            } else {
                kinds.extend(wanted.values.iter().cloned());
            }
        }
        kinds.sort();
        kinds.dedup();
        kinds
    }
}

/// The versions of a rule.
struct Versions {
    newest: Declared,
    /// With whether each is built in.
    formers: Vec<(bool, Declared)>,
}

/// Of several rules of one name the one of the greatest version, and the others beside it.
fn one_of_each(declared: Vec<Declared>, findings: &mut Vec<Finding>) -> Vec<Versions> {
    let mut kept: Vec<Versions> = Vec::new();
    for declared in declared {
        let same_name = |other: &Versions| other.newest.name == declared.name;
        let Some(place) = kept.iter().position(same_name) else {
            kept.push(Versions {
                newest: declared,
                formers: Vec::new(),
            });
            continue;
        };
        let first = &kept[place].newest;
        let at = format!("{}:{}", first.file, first.line);
        let (version, before) = (declared.version, first.version);
        let (weight, what) = if version == before {
            let what = format!("the name stands twice in version {version}, first at {at}");
            (Weight::Error, what)
        } else {
            let greater = version.max(before);
            let what = format!(
                "versions {before} ({at}) and {version} are both here: version {greater} holds, and \
                 what began under the other runs out under it"
            );
            (Weight::Warning, what)
        };
        findings.push(Finding {
            file: declared.file.clone(),
            line: declared.line,
            key: format!("rule \"{}\"", declared.name),
            what,
            weight,
        });
        let former = match version > before {
            true => std::mem::replace(&mut kept[place].newest, declared),
            false => declared,
        };
        kept[place].formers.push((false, former));
    }
    kept
}

impl Index {
    fn of(rules: &[Rule]) -> Index {
        let mut index = Index {
            signals: vec![Vec::new(); SignalName::ALL.len()],
            ..Index::default()
        };
        for (place, rule) in rules.iter().enumerate() {
            let place = u16::try_from(place).expect("rules are typed by people");
            let Some(entry) = rule.steps.first() else {
                continue;
            };
            let add = |list: &mut Vec<u16>| {
                if list.last() != Some(&place) {
                    list.push(place);
                }
            };
            for test in &entry.pattern.tests {
                for (at, channel) in Channel::ALL.iter().enumerate() {
                    let fits = test.channels.contains(*channel);
                    match test.target {
                        Target::Contact | Target::Inside if fits && entry.pattern.counted => {
                            add(&mut index.counted[at]);
                        }
                        Target::Contact if fits => add(&mut index.contacts[at]),
                        Target::Inside if fits => add(&mut index.inside[at]),
                        Target::Contact | Target::Inside | Target::Signal => {}
                    }
                }
                for (at, name) in SignalName::ALL.iter().enumerate() {
                    if test.takes_signal(*name) {
                        add(&mut index.signals[at]);
                    }
                }
            }
        }
        index
    }

    /// The rules whose uncounted entry a moment could be.
    pub(super) fn rules_of(&self, history: &History<'_>, of: MomentRef) -> &[u16] {
        let channel = |place: u32| history.contacts[place as usize].contact.channel as usize;
        match of {
            MomentRef::Contact(place) => &self.contacts[channel(place)],
            MomentRef::Inside(place, _) => &self.inside[channel(place)],
            MomentRef::Signal(place) => {
                let name = history.signals[place as usize].signal.name;
                self.signals.get(name as usize).map_or(&[], Vec::as_slice)
            }
        }
    }

    /// The rules whose counted entry a contact of the channel could be.
    pub(super) fn counted_of(&self, channel: Channel) -> &[u16] {
        &self.counted[channel as usize]
    }
}

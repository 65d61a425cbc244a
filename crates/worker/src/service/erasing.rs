//! What a task of a stage with keys does about erasures (`docs/semantics.md`, 11): it hears of them
//! from every task before it, looks through its states in parts, passes them on, and the contacts
//! stage remembers what was forgotten.
//!
//! What a task knows of an erasure is in its changelog; how far it has looked is not: a task that is
//! made anew looks again, which changes nothing.

use crate::service::memories::{Lookup, Memories};
use crate::service::outlet::{Outlet, Routed};
use crate::service::port::{Port, TopicPartition};
use crate::service::tally::{Counted, Tally};
use crate::service::topics::{BY_CUSTOMER, BY_HANDLE, StageName};
use crate::service::wire::{self, Answer, Passing, Pending, Remembered};
use memchr::memmem::Finder;
use model::{Forget, Forgotten, Known, Millis, Now, Stage, Text};
use stage_door::SecondHash;
use std::collections::{BTreeMap, BTreeSet};

/// Keys that are looked at for each that may be settled.
const LOOKED_AT_PER_KEY: usize = 16;
/// From so many identifiers and contacts on every state is decoded instead of searched.
const SEARCHED_MAX: usize = 16;

/// A stage of which something can be forgotten.
pub(crate) trait Erases: Stage {
    /// What a task of it keeps beside the states.
    type Tally: Tally<Self>;

    /// Adds what is known under a key of the customers that are to be forgotten.
    fn ask(&self, _key: &str, _state: &Self::State, _forget: &Forget, _known: &mut Known) {}

    /// Forgets what is to be forgotten under a key; says what, or `None` if there was nothing. What
    /// was over before the second instant the contacts stage may have let go of: it is forgotten
    /// here without its saying so.
    fn forget(
        &self,
        _key: &str,
        _state: &mut Self::State,
        (_now, _let_go): (&Now, Millis),
        _forget: &Forget,
        _out: &mut Vec<Self::Output>,
    ) -> Option<Vec<Forgotten>> {
        None
    }

    /// Whether an input says again what was forgotten; takes out of it what is to stay so.
    fn sift(&self, _key: &str, _input: &mut Self::Input, _memory: &Lookup<'_>) -> bool {
        false
    }
}

impl Erases for stage_contacts::Contacts {
    type Tally = ();

    fn forget(
        &self,
        key: &str,
        state: &mut Self::State,
        (now, _): (&Now, Millis),
        forget: &Forget,
        _out: &mut Vec<Self::Output>,
    ) -> Option<Vec<Forgotten>> {
        stage_contacts::Contacts::forget(self, key, state, now, forget)
    }

    fn sift(&self, key: &str, input: &mut Self::Input, memory: &Lookup<'_>) -> bool {
        stage_contacts::Contacts::sift(self, key, input, memory)
    }
}

impl Erases for stage_handles::Handles {
    type Tally = ();

    fn ask(&self, key: &str, state: &Self::State, forget: &Forget, known: &mut Known) {
        stage_handles::Handles::ask(self, key, state, forget, known);
    }

    fn forget(
        &self,
        key: &str,
        state: &mut Self::State,
        (_, let_go): (&Now, Millis),
        forget: &Forget,
        _out: &mut Vec<Self::Output>,
    ) -> Option<Vec<Forgotten>> {
        stage_handles::Handles::forget(self, key, state, let_go, forget).then(Vec::new)
    }
}

impl Erases for stage_customers::Customers {
    type Tally = Counted;

    fn forget(
        &self,
        key: &str,
        state: &mut Self::State,
        times: (&Now, Millis),
        forget: &Forget,
        out: &mut Vec<Self::Output>,
    ) -> Option<Vec<Forgotten>> {
        stage_customers::Customers::forget(self, key, state, times, forget, out).then(Vec::new)
    }
}

/// How far a task has looked through its states.
struct Scan {
    pending: Text,
    keys: Vec<Text>,
    next: usize,
    known: Known,
}

impl Scan {
    fn is_done(&self) -> bool {
        self.next == self.keys.len()
    }
}

/// What a task knows of erasures.
pub(crate) struct Erasing<S: Stage> {
    stage: StageName,
    /// Tasks before this one, all of which have to pass an erasure on before it is acted upon.
    /// Empty: one is enough.
    before: BTreeSet<Text>,
    committed: BTreeMap<Text, Pending>,
    open: BTreeMap<Text, Pending>,
    changed: BTreeSet<Text>,
    memories: Memories,
    scan: Option<Scan>,
    /// Said by what was forgotten, and not sent yet.
    said: Vec<(Text, S::Output)>,
}

impl<S: Erases> Erasing<S> {
    pub(crate) fn new(stage: StageName, before: &[Text]) -> Erasing<S> {
        let is_first = stage == StageName::Contacts;
        Erasing {
            stage,
            before: before.iter().filter(|_| !is_first).cloned().collect(),
            committed: BTreeMap::new(),
            open: BTreeMap::new(),
            changed: BTreeSet::new(),
            memories: Memories::default(),
            scan: None,
            said: Vec::new(),
        }
    }

    pub(crate) fn restore(&mut self, name: &str, pending: Option<Pending>) {
        match pending {
            Some(pending) => drop(self.committed.insert(name.into(), pending)),
            None => drop(self.committed.remove(name)),
        }
        self.open.clone_from(&self.committed);
    }

    pub(crate) fn restore_memory(&mut self, hash: u128, remembered: Option<Remembered>) {
        match remembered {
            Some(remembered) => self.memories.add(hash, remembered),
            None => self.memories.remove(hash),
        }
    }

    pub(crate) fn committed(&mut self) {
        self.committed.clone_from(&self.open);
        self.changed.clear();
        self.memories.committed();
        if self.scan.as_ref().is_some_and(Scan::is_done) {
            self.scan = None;
        }
    }

    pub(crate) fn dropped(&mut self) {
        self.open.clone_from(&self.committed);
        self.changed.clear();
        self.memories.dropped();
        self.scan = None;
        self.said.clear();
    }

    /// Number of memories, and of erasures that are not done.
    pub(crate) fn sizes(&self) -> (u64, u64) {
        (self.memories.len() as u64, self.committed.len() as u64)
    }

    /// Takes an erasure that a task before this one passes on.
    pub(crate) fn hear(&mut self, passing: Passing, second: &SecondHash) {
        let Passing {
            id,
            is_ask,
            forget,
            from,
            reads,
        } = passing;
        let name = Text::from(format!("{id}/{}", if is_ask { "ask" } else { "forget" }));
        if self.stage == StageName::Contacts && !is_ask {
            // From here on nothing that is to be forgotten is let in again.
            for identifier in &forget.identifiers {
                self.memories.identifier(second.of(identifier), forget.at);
            }
        }
        let pending = self.open.entry(name.clone()).or_insert_with(|| Pending {
            is_ask,
            forget,
            ..Pending::default()
        });
        pending.heard.insert(from);
        for (task, offset) in reads {
            let known = pending.reads.entry(task).or_insert(offset);
            *known = offset.max(*known);
        }
        self.changed.insert(name);
    }

    /// Whether an input says again what was forgotten.
    pub(crate) fn sifts(
        &self,
        stage: &S,
        key: &str,
        input: &mut S::Input,
        second: &SecondHash,
    ) -> bool {
        if self.memories.is_empty() {
            return false;
        }
        stage.sift(key, input, &self.memories.lookup(second))
    }

    /// The erasure that is to be worked on: everybody before has passed it on.
    fn ready(&self) -> Option<&Text> {
        let is_heard = |pending: &Pending| {
            let known = self.before.iter();
            known.clone().all(|task| pending.heard.contains(task))
        };
        self.open
            .iter()
            .find(|(_, pending)| is_heard(pending))
            .map(|(name, _)| name)
    }

    /// Whether states wait to be looked through.
    pub(crate) fn is_working(&self) -> bool {
        match &self.scan {
            Some(scan) => !scan.is_done(),
            None => !self.open.is_empty() && self.ready().is_some(),
        }
    }

    /// Looks at some more states. The closure gives all keys that there are. Says whether there is
    /// something to commit.
    pub(crate) fn work(
        &mut self,
        stage: &S,
        second: &SecondHash,
        times: (&Now, Millis),
        keys_max: usize,
        states: &mut impl States<S>,
    ) -> usize {
        if !self.is_working() {
            return 0;
        }
        let begun = self.scan.as_ref().map(|scan| scan.pending.clone());
        let Some(name) = begun.or_else(|| self.ready().cloned()) else {
            return 0;
        };
        let Some(pending) = self.open.get(&name) else {
            return 0;
        };
        let (is_ask, forget) = (pending.is_ask, pending.forget.clone());
        let mut scan = self.scan.take().unwrap_or_else(|| Scan {
            pending: name,
            // The contacts stage has nothing to say of owners: it only passes the question on.
            keys: if is_ask && self.stage == StageName::Contacts {
                Vec::new()
            } else {
                states.keys()
            },
            next: 0,
            known: Known::default(),
        });
        let search = Search::of(&forget);
        let mut opened = 0;
        let end = scan.keys.len();
        let until = end.min(scan.next + keys_max.max(1) * LOOKED_AT_PER_KEY);
        while scan.next < until && opened < keys_max.max(1) {
            let key = &scan.keys[scan.next];
            scan.next += 1;
            let (said, memories, known) = (&mut self.said, &mut self.memories, &mut scan.known);
            states.look(key, &search, |state| {
                if is_ask {
                    stage.ask(key, state, &forget, known);
                    return false;
                }
                let mut out = Vec::new();
                let forgotten = stage.forget(key, state, times, &forget, &mut out);
                said.extend(out.into_iter().map(|output| (key.clone(), output)));
                let Some(parts) = forgotten else {
                    return false;
                };
                opened += 1;
                for part in &parts {
                    memories.part(second, key, part, forget.at);
                }
                true
            });
        }
        opened += usize::from(scan.is_done());
        self.scan = Some(scan);
        opened
    }

    /// Sends what was said by what was forgotten, before the states say what they are now.
    pub(crate) fn say<P: Port>(&mut self, outlet: &mut Outlet<'_, P>)
    where
        S: Routed,
    {
        for (key, output) in self.said.drain(..) {
            S::route(&key, output, outlet);
        }
    }

    /// Writes what has changed, and passes on what was done.
    pub(crate) fn flush<P: Port>(
        &mut self,
        place: &TopicPartition,
        offset: Option<i64>,
        changelog: &TopicPartition,
        outlet: &mut Outlet<'_, P>,
    ) {
        if let Some(scan) = self.scan.as_mut().filter(|scan| scan.is_done())
            && let Some(mut pending) = self.open.remove(&scan.pending)
        {
            self.changed.insert(scan.pending.clone());
            let from = Text::from(place.to_string());
            pending.reads.insert(from.clone(), offset.unwrap_or(0));
            let known = std::mem::take(&mut scan.known);
            let id = scan.pending.rsplit_once('/').map_or("", |(id, _)| id);
            pass_on(self.stage, id, from, pending, known, outlet);
        }
        for name in std::mem::take(&mut self.changed) {
            let mut value = Vec::new();
            let pending = self.open.get(&name);
            if let Some(pending) = pending {
                wire::pending(pending, &mut value);
            }
            let key = wire::pending_key(&name);
            outlet.changelog(changelog, &key, pending.map(|_| value.as_slice()));
        }
        for (hash, remembered) in self.memories.changed() {
            let mut value = Vec::new();
            wire::remembered(remembered, &mut value);
            outlet.changelog(changelog, &wire::remembered_key(*hash), Some(&value));
        }
    }

    /// Lets go of what can no longer come again: it is older than this.
    pub(crate) fn let_go<P: Port>(
        &mut self,
        before: Millis,
        changelog: &TopicPartition,
        outlet: &mut Outlet<'_, P>,
    ) {
        self.memories.let_go(before, |hash| {
            outlet.changelog(changelog, &wire::remembered_key(hash), None);
        });
    }
}

/// Tells the stages behind, or whoever asked.
fn pass_on<P: Port>(
    stage: StageName,
    id: &str,
    from: Text,
    pending: Pending,
    known: Known,
    outlet: &mut Outlet<'_, P>,
) {
    let is_ask = pending.is_ask;
    let next: &[&'static str] = match stage {
        StageName::Contacts if is_ask => &[BY_HANDLE],
        StageName::Contacts => &[BY_HANDLE, BY_CUSTOMER],
        StageName::Handles if !is_ask => &[BY_CUSTOMER],
        StageName::Handles | StageName::Customers | StageName::Door => &[],
    };
    if next.is_empty() {
        let answer = Answer {
            is_ask,
            known,
            reads: pending.reads,
        };
        let mut value = Vec::new();
        wire::answer(&answer, &mut value);
        outlet.erasure(&format!("answer/{id}/{from}"), Some(&value));
        return;
    }
    let passing = Passing {
        id: id.into(),
        is_ask,
        forget: pending.forget,
        from,
        reads: pending.reads,
    };
    for table in next {
        outlet.pass_on(table, &passing);
    }
}

/// The states of a task.
pub(crate) trait States<S: Stage> {
    /// Every key of which something is kept.
    fn keys(&self) -> Vec<Text>;

    /// Shows the state of a key if it may hold what is searched for, and keeps it if the closure
    /// says that it has changed.
    fn look(&mut self, key: &Text, search: &Search, see: impl FnOnce(&mut S::State) -> bool);
}

/// What a state has to hold to be of interest: most hold nothing, and are not decoded.
pub(crate) struct Search(Option<Vec<Finder<'static>>>);

impl Search {
    fn of(forget: &Forget) -> Search {
        if forget.identifiers.len() + forget.contacts.len() > SEARCHED_MAX {
            return Search(None);
        }
        let values = forget.identifiers.iter().map(|text| {
            let value = text
                .split_once(':')
                .map_or(text.as_str(), |(_, value)| value);
            value.as_bytes()
        });
        let contacts = forget
            .contacts
            .iter()
            .map(|name| name.contact_id.as_bytes());
        let finders = values.chain(contacts);
        Search(Some(
            finders
                .map(|bytes| Finder::new(bytes).into_owned())
                .collect(),
        ))
    }

    /// Whether a state may be of interest, by its key and its bytes.
    pub(crate) fn finds(&self, key: &str, value: &[u8]) -> bool {
        let Some(finders) = &self.0 else {
            return true;
        };
        finders
            .iter()
            .any(|one| one.find(key.as_bytes()).is_some() || one.find(value).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Memory;

    fn stage() -> Erasing<stage_contacts::Contacts> {
        Erasing::new(StageName::Contacts, &["calls/0".into()])
    }

    fn passing(is_ask: bool, identifier: &str) -> Passing {
        Passing {
            id: "one".into(),
            is_ask,
            forget: Forget {
                at: Millis(100),
                identifiers: BTreeSet::from([identifier.into()]),
                contacts: BTreeSet::new(),
            },
            from: "a.erasures/0".into(),
            reads: BTreeMap::new(),
        }
    }

    fn lookup<'a>(
        erasing: &'a Erasing<stage_contacts::Contacts>,
        second: &'a SecondHash,
    ) -> Lookup<'a> {
        erasing.memories.lookup(second)
    }

    #[test]
    fn an_identifier_is_remembered_up_to_its_instant_and_only_once_that_is_committed() {
        let second = SecondHash::new(&[1; 32]);
        let mut erasing = stage();
        erasing.hear(passing(true, "customer_id:A"), &second);
        assert!(!lookup(&erasing, &second).has_identifier("customer_id:A", Millis(1)));
        erasing.hear(passing(false, "customer_id:A"), &second);
        assert!(erasing.is_working());
        let is_known = |erasing: &Erasing<_>, text, at| {
            lookup(erasing, &second).has_identifier(text, Millis(at))
        };
        assert!(is_known(&erasing, "customer_id:A", 100));
        assert!(!is_known(&erasing, "customer_id:A", 101));
        assert!(!is_known(&erasing, "customer_id:B", 100));
        erasing.dropped();
        assert!(!is_known(&erasing, "customer_id:A", 100));
        assert!(!erasing.is_working());
        erasing.hear(passing(false, "customer_id:A"), &second);
        erasing.committed();
        erasing.dropped();
        assert!(is_known(&erasing, "customer_id:A", 100));
        assert_eq!(erasing.sizes(), (1, 1));
    }

    #[test]
    fn a_part_of_a_key_is_not_the_key() {
        let second = SecondHash::new(&[1; 32]);
        let mut erasing = stage();
        let mail = Forgotten::Mail("m1".into());
        erasing
            .memories
            .part(&second, "email/s/t", &mail, Millis(9));
        let of_key = lookup(&erasing, &second);
        assert!(of_key.has_part("email/s/t", &mail, Millis(9)));
        assert!(!of_key.has_part("email/s/t", &mail, Millis(10)));
        assert!(!of_key.has_part("email/s/t", &Forgotten::Whole, Millis(9)));
        let other = Forgotten::Mail("m2".into());
        assert!(!of_key.has_part("email/s/t", &other, Millis(9)));
        assert!(!lookup(&erasing, &second).has_part("email/s/u", &mail, Millis(9)));
    }

    #[test]
    fn a_stage_waits_for_every_task_before_it() {
        let before = ["a.by_contact/0".into(), "a.by_contact/1".into()];
        let mut erasing: Erasing<stage_handles::Handles> =
            Erasing::new(StageName::Handles, &before);
        let second = SecondHash::new(&[1; 32]);
        for (from, works) in [("a.by_contact/0", false), ("a.by_contact/1", true)] {
            let from = from.into();
            let passing = Passing {
                from,
                ..passing(true, "customer_id:A")
            };
            erasing.hear(passing, &second);
            assert_eq!(erasing.is_working(), works);
        }
    }

    #[test]
    fn only_what_holds_the_identifier_is_decoded() {
        let search = Search::of(&passing(false, "customer_id:QQQ").forget);
        assert!(search.finds("customer_id:QQQ", b""));
        assert!(search.finds("phone:1", b"..QQQ.."));
        assert!(!search.finds("phone:1", b"..QQ.."));
    }
}

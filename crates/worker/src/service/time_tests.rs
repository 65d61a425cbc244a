//! How time comes out of what the door's tasks say, and what earlier releases have written of it.

use crate::service::port::Record;
use crate::service::sources::{
    Said, SourceClock, SourceSettings, Sources, TaskClock, gather as gather_all,
};
use crate::service::wire::{self, Heard, Logged, Silence};
use calendar::{Calendar, Weekday};
use model::{
    Absorbed, AlertStatus, Brings, Channel, ChannelSet, Deadlines, Millis, Now, SignalName, Stage,
    Text, Wait,
};
use std::collections::BTreeMap;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// A Tuesday noon, in real time as in event time.
const NOON: Millis = Millis(1_765_886_400_000);
const PHONE: Brings = Brings::channel(Channel::Phone);
const WEB: Brings = Brings::channel(Channel::Web);
const EMAIL: Brings = Brings::channel(Channel::Email);
const DELIVERED: Brings = Brings::signal(SignalName::Delivered);

/// Telephones and a web site that are minutes late, a mail system that is hours late, and its
/// tracking, which says what was delivered.
fn sources() -> Sources {
    let source = |brings, lateness_ms| SourceSettings {
        lateness_ms,
        silence_max_ms: 20 * MINUTE,
        brings,
    };
    let channels = |channel| Brings::channels(ChannelSet::of(&[channel]));
    let named = [
        ("ivr", source(channels(Channel::Phone), 5 * MINUTE)),
        ("site", source(channels(Channel::Web), MINUTE)),
        ("mail", source(channels(Channel::Email), 6 * HOUR)),
        ("tracking", source(DELIVERED, MINUTE)),
    ];
    let week = [
        Weekday::Mon,
        Weekday::Tue,
        Weekday::Wed,
        Weekday::Thu,
        Weekday::Fri,
    ];
    Sources {
        of_topic: BTreeMap::new(),
        named: named.map(|(name, source)| (name.into(), source)).into(),
        rest: source(Brings::ALL, 0),
        calendar: Calendar::new("Europe/Paris", &week, &[]).unwrap(),
    }
}

/// What a task of the door says at a real time: by source what was last heard, and when.
fn door(time: Millis, heard: &[(&str, Millis, Millis)]) -> TaskClock {
    let sources = heard.iter().map(|(name, occurred_at, heard_at)| {
        let mut clock = SourceClock::EXPECTED;
        clock.hear(*occurred_at, *heard_at);
        clock.idle(time, 2 * SECOND);
        (Text::from(*name), clock)
    });
    TaskClock {
        order: time.0,
        said: Said::Sources(sources.collect()),
    }
}

type Tasks = BTreeMap<Text, TaskClock>;

fn gather(tasks: &Tasks, is_begun: bool) -> Option<(Now, BTreeMap<Text, Silence>)> {
    let before: Vec<Text> = ["a/0", "b/0"].map(Text::from).into();
    let gathered = gather_all(&before, |name| tasks.get(name), is_begun, &sources());
    gathered.map(|(now, heard)| {
        let silences = heard
            .into_iter()
            .filter_map(|(source, heard)| Some((source, heard.silence?)));
        (now, silences.collect())
    })
}

fn tasks(a: TaskClock, b: TaskClock) -> Tasks {
    [("a/0".into(), a), ("b/0".into(), b)].into()
}

#[test]
fn mail_that_is_hours_late_does_not_delay_phone_after_web() {
    let time = NOON.plus(HOUR);
    let a = door(time, &[("ivr", time, time), ("site", time, time)]);
    let b = door(time, &[("mail", time.minus(HOUR), time)]);
    let (now, _) = gather(&tasks(a, b), false).unwrap();
    assert_eq!(now.settled(PHONE), time.minus(5 * MINUTE));
    assert_eq!(now.settled(PHONE.and(WEB)), time.minus(5 * MINUTE));
    assert_eq!(now.settled(EMAIL), time.minus(7 * HOUR));
    assert_eq!(now.settled(Brings::ALL), time.minus(7 * HOUR));
    assert_eq!(now.seen(EMAIL), time.minus(HOUR));
}

#[test]
fn a_source_is_as_far_as_its_slowest_partition() {
    let a = door(NOON, &[("ivr", NOON, NOON)]);
    let b = door(NOON, &[("ivr", NOON.minus(HOUR), NOON)]);
    let (now, _) = gather(&tasks(a, b), false).unwrap();
    assert_eq!(now.seen(PHONE), NOON.minus(HOUR));
}

/// A door that catches up has heard its sources up to no other time, and its clocks may come late.
#[test]
fn of_two_clocks_of_a_door_that_catches_up_the_one_that_heard_more_is_newer() {
    let first = door(NOON, &[("ivr", NOON, NOON)]);
    let mut second = first.clone();
    let Said::Sources(sources) = &mut second.said else {
        unreachable!("a door speaks of sources");
    };
    let ivr = sources.get_mut("ivr").unwrap();
    ivr.hear(NOON.minus(HOUR), NOON.plus(1));
    assert!(first.is_before(&second) && !second.is_before(&first));
    assert!(!first.is_before(&first));
    let later = door(NOON.plus(1), &[("ivr", NOON, NOON)]);
    assert!(second.is_before(&later) && !later.is_before(&second));
    let mut third = first.clone();
    let Said::Sources(sources) = &mut third.said else {
        unreachable!("a door speaks of sources");
    };
    sources.insert("site".into(), SourceClock::EXPECTED);
    assert!(first.is_before(&third) && !third.is_before(&first));
}

/// The partition stands still, and with it the confirmation that lies in it.
#[test]
fn a_task_that_stands_still_holds_everything_back_that_it_may_hold() {
    let a = door(NOON, &[("ivr", NOON, NOON)]);
    let b = door(NOON, &[("tracking", NOON, NOON)]);
    let (now, _) = gather(&tasks(a, b.clone()), false).unwrap();
    let later = NOON.plus(MINUTE);
    let a = door(later, &[("ivr", later, later)]);
    let (then, silences) = gather(&tasks(a, b), true).unwrap();
    assert_eq!(then.proved(DELIVERED), now.proved(DELIVERED));
    assert_eq!(then.settled(PHONE), now.settled(PHONE).plus(MINUTE));
    assert!(silences.is_empty(), "nobody knows whether it has spoken");
}

#[test]
fn a_quiet_source_goes_on_with_real_time_and_a_silent_one_holds_absences_back() {
    let at = |minutes: i64| {
        let time = NOON.plus(minutes * MINUTE);
        let a = door(time, &[("ivr", time, time)]);
        // Its last word was about a minute before, and came at noon.
        let b = door(time, &[("tracking", NOON.minus(MINUTE), NOON)]);
        gather(&tasks(a, b), true).unwrap()
    };
    let (now, silences) = at(15);
    assert_eq!(now.seen(DELIVERED), NOON.plus(14 * MINUTE));
    assert_eq!(now.proved(DELIVERED), now.seen(DELIVERED));
    assert!(silences.is_empty());
    let (now, silences) = at(60);
    // Verdicts do not wait for it, absences do, from where it last spoke.
    assert_eq!(now.settled(DELIVERED), NOON.plus(58 * MINUTE));
    assert_eq!(now.proved(DELIVERED), NOON.minus(MINUTE));
    assert!(now.is_held_back(DELIVERED) && !now.is_held_back(PHONE));
    let silence = &silences[&Text::from("tracking")];
    assert_eq!(silence.since, NOON);
    assert_eq!(silence.silent_at, NOON.plus(20 * MINUTE));
    assert_eq!(silence.last_event_at, NOON.minus(MINUTE));
    let raised = silence.alert("acme", &"tracking".into(), None);
    let withdrawn = silence.alert("acme", &"tracking".into(), Some("spoke_again"));
    assert_eq!((raised.status, raised.revision), (AlertStatus::Raised, 1));
    assert_eq!(
        (withdrawn.status, withdrawn.revision),
        (AlertStatus::Withdrawn, 2)
    );
    assert_eq!(raised.alert_id, withdrawn.alert_id);
    let other = Silence {
        since: NOON.plus(1),
        ..silence.clone()
    };
    let other = other.alert("acme", &"tracking".into(), None);
    assert_ne!(other.alert_id, raised.alert_id, "another silence");
}

#[test]
fn a_source_that_speaks_in_one_partition_is_not_silent() {
    let time = NOON.plus(HOUR);
    let a = door(time, &[("tracking", time, time)]);
    let b = door(time, &[("tracking", NOON, NOON)]);
    let (now, silences) = gather(&tasks(a, b), true).unwrap();
    assert!(silences.is_empty());
    assert_eq!(now.proved(DELIVERED), time);
}

#[test]
fn nobody_misses_a_source_on_a_day_off_nor_one_that_nobody_named() {
    let saturday = NOON.plus(4 * 24 * HOUR);
    let time = saturday.plus(6 * HOUR);
    let a = door(time, &[("tracking", saturday, saturday)]);
    let b = door(time, &[("stranger", saturday, saturday)]);
    let (_, silences) = gather(&tasks(a, b), true).unwrap();
    assert!(silences.is_empty());
    let monday = saturday.plus(36 * HOUR + 20 * MINUTE);
    let a = door(monday, &[("tracking", saturday, saturday)]);
    let b = door(monday, &[("stranger", saturday, saturday)]);
    let (_, silences) = gather(&tasks(a, b), true).unwrap();
    let silent: Vec<&Text> = silences.keys().collect();
    assert_eq!(silent, ["tracking"]);
}

#[test]
fn an_empty_partition_holds_nobody_back_once_it_is_read_to_its_end() {
    let a = door(NOON, &[("ivr", NOON, NOON)]);
    let expected = |clock: SourceClock| TaskClock {
        order: NOON.0,
        said: Said::Sources([("ivr".into(), clock)].into()),
    };
    let unread = expected(SourceClock::EXPECTED);
    let (now, _) = gather(&tasks(a.clone(), unread), false).unwrap();
    assert_eq!(now.seen(PHONE), Millis::MIN);
    let mut clock = SourceClock::EXPECTED;
    clock.idle(NOON, 2 * SECOND);
    let (now, _) = gather(&tasks(a, expected(clock)), false).unwrap();
    assert_eq!(now.seen(PHONE), NOON);
    // And then it is heard.
    clock.hear(NOON.minus(MINUTE), NOON);
    assert_eq!(clock.seen, NOON.minus(MINUTE));
}

#[test]
fn a_task_that_was_never_heard_is_waited_for_at_first_only() {
    let mut tasks: Tasks = [("a/0".into(), door(NOON, &[("ivr", NOON, NOON)]))].into();
    assert!(gather(&tasks, false).is_none());
    let mut now = Now::UNKNOWN;
    now.move_to(&gather(&tasks, true).unwrap().0);
    assert_eq!(now.seen(PHONE), NOON);
    // The new one begins in the past: time stands still until it has come here.
    let past = NOON.minus(24 * HOUR);
    tasks.insert("b/0".into(), door(past, &[("ivr", past, past)]));
    now.move_to(&gather(&tasks, true).unwrap().0);
    assert_eq!(now.seen(PHONE), NOON);
    // One that is no longer configured has no say, wherever its clock stands.
    tasks.insert("c/0".into(), door(past, &[("ivr", past, past)]));
    tasks.insert(
        "b/0".into(),
        door(NOON, &[("ivr", NOON.plus(SECOND), NOON)]),
    );
    tasks.insert(
        "a/0".into(),
        door(NOON, &[("ivr", NOON.plus(SECOND), NOON)]),
    );
    now.move_to(&gather(&tasks, true).unwrap().0);
    assert_eq!(now.seen(PHONE), NOON.plus(SECOND));
}

#[test]
fn idle_time_is_the_same_however_often_the_door_is_restarted() {
    let mut steady = SourceClock::EXPECTED;
    let mut restarted = SourceClock::EXPECTED;
    for clock in [&mut steady, &mut restarted] {
        clock.hear(NOON.minus(MINUTE), NOON);
    }
    for second in 1..600 {
        let time = NOON.plus(second * SECOND);
        steady.idle(time, 2 * SECOND);
        // It is away for most of the time, and comes back with what it has committed.
        if second % 97 == 0 {
            restarted.idle(time, 2 * SECOND);
            let bytes = postcard::to_stdvec(&restarted).unwrap();
            restarted = postcard::from_bytes(&bytes).unwrap();
        }
    }
    let time = NOON.plus(HOUR);
    steady.idle(time, 2 * SECOND);
    restarted.idle(time, 2 * SECOND);
    assert_eq!(steady, restarted);
    assert_eq!(steady.seen, NOON.plus(HOUR).minus(MINUTE));
    // A record that is older than that is late, and not too late: its own partition decides it.
    steady.hear(NOON, time);
    assert_eq!(steady.seen, NOON.plus(HOUR).minus(MINUTE));
    assert_eq!(steady.occurred_at, NOON);
}

fn record(key: &[u8], value: Vec<u8>) -> Record {
    Record {
        offset: 0,
        recorded_at: None,
        key: Some(key.to_vec()),
        value: Some(value),
    }
}

fn form<T: serde::Serialize>(form: u8, value: &T) -> Vec<u8> {
    let mut bytes = vec![form];
    bytes.extend(postcard::to_stdvec(value).unwrap());
    bytes
}

/// Keeps a number.
#[derive(Clone)]
struct Numbers;

impl Stage for Numbers {
    type State = u64;
    type Input = u64;
    type Output = u64;
    const SCHEMA: u8 = 2;

    fn read_former(&self, _schema: u8, state: &[u8]) -> Option<u64> {
        postcard::from_bytes::<u32>(state).ok().map(u64::from)
    }

    fn apply(&self, _key: &str, _state: &mut u64, _input: u64) -> Absorbed {
        Absorbed::New
    }

    fn settle(&self, _key: &str, _state: &mut u64, _now: &Now, _out: &mut Vec<u64>) {}

    fn deadlines(&self, _state: &u64, _out: &mut Deadlines) {}
}

#[test]
fn what_an_earlier_release_has_written_is_read() {
    let clock = record(b"ricochet.by_contact/3", form(2, &NOON));
    let Ok(Heard::Clock(name, clock)) = wire::hear::<u64>(&clock) else {
        panic!("a clock of one instant");
    };
    assert_eq!(
        (name.as_str(), clock),
        ("ricochet.by_contact/3", TaskClock::of_instant(NOON))
    );
    let clocks: BTreeMap<Text, Millis> = [("ivr".into(), NOON)].into();
    let meta = (4_u32, Some(17_i64), Some(NOON), clocks.clone());
    let meta = record(b"mcalls/0", form(4, &meta));
    let Ok(Logged::FormerMeta("calls/0", meta, former)) = wire::logged(&meta) else {
        panic!("a position with clocks of one instant");
    };
    assert_eq!(
        (meta.partitions, meta.offset, meta.now),
        (4, Some(17), Now::all(NOON))
    );
    assert_eq!(former, clocks);
    // One deadline, then the state.
    let mut value = form(3, &NOON);
    value.push(42);
    let logged = record(b"skey", value.clone());
    let Ok(Logged::State("key", Some((1, deadlines)))) = wire::logged(&logged) else {
        panic!("a state without a schema");
    };
    assert_eq!(deadlines.as_slice(), [(Wait::settled(Brings::ALL), NOON)]);
    assert_eq!(wire::state_of(&Numbers, &value), Ok(42));
}

#[test]
fn what_a_newer_release_has_written_stops_the_task_with_a_word() {
    let mut value = Vec::new();
    wire::state(3, &Deadlines::default(), &[1], &mut value);
    let said = wire::state_of(&Numbers, &value).unwrap_err();
    assert!(
        said.contains("schema is 3") && said.contains("newer release"),
        "{said}"
    );
    for key in [b"skey", b"mkey", b"ckey"] {
        let newer = record(key, vec![99, 1]);
        let said = wire::logged(&newer).err().unwrap().to_string();
        assert!(
            said.contains("form 99") && said.contains("newer release"),
            "{said}"
        );
    }
    let newer = record(b"key", vec![99, 1]);
    let said = wire::hear::<u64>(&newer).err().unwrap().to_string();
    assert!(said.contains("newer release"), "{said}");
}

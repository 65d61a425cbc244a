//! What the port does, one behaviour a test.

use super::{Broker, Fate, Flaws, Limits, Meanwhile, Moment, PortName, Rates, Schedule, SimPort};
use model::{Millis, Text};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use worker::service::{Outcome, Polled, Port, TopicPartition};

struct Bench {
    broker: Rc<RefCell<Broker>>,
    schedule: Rc<RefCell<Schedule>>,
}

impl Bench {
    fn new() -> Bench {
        let mut broker = Broker::new(Limits::default(), Millis(0));
        broker.create("in", 2, false);
        broker.create("out", 1, false);
        broker.create("state", 2, true);
        for partition in 0..2 {
            let group: Text = "g".into();
            broker.commit_offset(&group, &TopicPartition::new("in", partition), 0);
        }
        Bench {
            broker: Rc::new(RefCell::new(broker)),
            schedule: Rc::new(RefCell::new(Schedule::new(1))),
        }
    }

    fn port_with(&self, instance: &str, meanwhile: Option<Rc<dyn Meanwhile>>) -> SimPort<'static> {
        let name = PortName {
            process: 0,
            group: "g".into(),
            instance: instance.into(),
            transactional_id: format!("g.{instance}").as_str().into(),
            topics: vec!["in".into()],
        };
        let (broker, schedule) = (self.broker.clone(), self.schedule.clone());
        SimPort::new(name, broker, schedule, meanwhile, Flaws::default())
    }

    fn port(&self, instance: &str) -> SimPort<'static> {
        self.port_with(instance, None)
    }

    fn append(&self, topic: &str, count: usize) {
        for _ in 0..count {
            let mut broker = self.broker.borrow_mut();
            broker.append(&TopicPartition::new(topic, 0), Some(b"k"), Some(b"v"));
        }
    }

    fn rates(&self, rates: Rates) {
        self.schedule.borrow_mut().rates = rates;
    }

    fn seen(&self, topic: &str) -> usize {
        self.broker.borrow().committed_records(topic).len()
    }

    fn misused(&self) -> usize {
        let schedule = self.schedule.borrow();
        let names = schedule.occurred.keys();
        names.filter(|name| name.starts_with("misuse")).count()
    }
}

fn poll(port: &mut SimPort<'_>) -> Polled {
    port.poll(Duration::ZERO).unwrap()
}

/// Polls until something comes.
fn next(port: &mut SimPort<'_>) -> Polled {
    let polled = (0..20).map(|_| poll(port));
    let mut polled = polled.filter(|polled| *polled != Polled::Nothing);
    polled.next().unwrap()
}

fn task() -> TopicPartition {
    TopicPartition::new("in", 0)
}

fn state() -> TopicPartition {
    TopicPartition::new("state", 0)
}

fn out() -> TopicPartition {
    TopicPartition::new("out", 0)
}

/// A port with both partitions.
fn assigned(bench: &Bench, instance: &str) -> SimPort<'static> {
    let mut port = bench.port(instance);
    assert!(matches!(next(&mut port), Polled::Assigned(tasks) if tasks.len() == 2));
    port
}

#[test]
fn records_come_from_where_a_task_is_started_and_then_it_has_caught_up() {
    let bench = Bench::new();
    bench.append("in", 5);
    let mut port = assigned(&bench, "a");
    assert_eq!(poll(&mut port), Polled::Nothing);
    port.start(&task(), Some(2));
    let mut offsets = Vec::new();
    loop {
        match next(&mut port) {
            Polled::Records(_, records) => offsets.extend(records.iter().map(|one| one.offset)),
            Polled::CaughtUp(of, end) => {
                assert_eq!((of, end), (task(), 5));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(offsets, [2, 3, 4]);
    assert_eq!(poll(&mut port), Polled::Nothing);
    bench.broker.borrow_mut().pass(600);
    assert_eq!(poll(&mut port), Polled::CaughtUp(task(), 5));
}

#[test]
fn a_task_that_cannot_go_on_where_it_stands_says_so() {
    let bench = Bench::new();
    bench.append("in", 2);
    let mut port = assigned(&bench, "a");
    port.start(&task(), Some(3));
    let gap = next(&mut port);
    assert!(
        matches!(
            gap,
            Polled::Gap {
                wanted: Some(3),
                end: 2,
                ..
            }
        ),
        "{gap:?}"
    );
}

#[test]
fn a_restore_waits_for_open_transactions_and_brings_what_they_committed() {
    let bench = Bench::new();
    bench.append("state", 2);
    let mut former = bench.port("z");
    former.send(&state(), b"open", Some(b"v"));
    let mut port = assigned(&bench, "a");
    port.restore(&task(), &state(), 0);
    assert!((0..10).all(|_| poll(&mut port) == Polled::Nothing));
    assert_eq!(former.commit(&[]), Outcome::Committed(vec![(state(), 3)]));
    let mut brought = 0;
    loop {
        match next(&mut port) {
            Polled::Restoring(_, records) => brought += records.len(),
            Polled::Restored(_, end) => {
                assert_eq!((brought, end), (3, 4));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_is_committed_is_seen_and_what_is_aborted_is_not() {
    let bench = Bench::new();
    let mut port = assigned(&bench, "a");
    port.send(&out(), b"k", Some(b"v"));
    assert_eq!(port.abort(), Outcome::Aborted);
    assert_eq!(bench.seen("out"), 0);
    port.send(&out(), b"k", Some(b"v"));
    let committed = port.commit(&[(task(), 7)]);
    assert_eq!(committed, Outcome::Committed(vec![(out(), 3)]));
    assert_eq!(bench.seen("out"), 1);
    let group: Text = "g".into();
    assert_eq!(
        bench.broker.borrow().committed_offset(&group, &task()),
        Some(7)
    );
}

#[test]
fn an_unknown_outcome_has_happened_or_not_and_renewing_settles_it() {
    let rates = |unknown_committed, unknown_aborted| Rates {
        unknown_committed,
        unknown_aborted,
        ..Rates::default()
    };
    for (rates, seen) in [(rates(10_000, 0), 1), (rates(0, 10_000), 0)] {
        let bench = Bench::new();
        let mut port = assigned(&bench, "a");
        bench.rates(rates);
        port.send(&out(), b"k", Some(b"v"));
        assert_eq!(port.commit(&[(task(), 1)]), Outcome::Unknown);
        assert_eq!(port.renew(), Ok(true));
        assert_eq!(bench.seen("out"), seen);
        let broker = bench.broker.borrow();
        let log = broker.log(&out()).unwrap();
        assert_eq!(log.stable_end(), log.end());
    }
}

#[test]
fn a_former_generation_is_aborted_and_works_after_the_next_poll() {
    let bench = Bench::new();
    let mut port = assigned(&bench, "a");
    let mut other = bench.port("b");
    poll(&mut other);
    port.send(&out(), b"k", Some(b"v"));
    assert_eq!(port.commit(&[(task(), 1)]), Outcome::Aborted);
    let Polled::Revoked(revoked) = poll(&mut port) else {
        panic!("a member that came takes its share")
    };
    port.send(&out(), b"k", Some(b"v"));
    assert!(matches!(port.commit(&[(task(), 1)]), Outcome::Committed(_)));
    port.release(&revoked);
    assert_eq!(next(&mut other), Polled::Assigned(revoked));
    assert_eq!(bench.misused(), 0);
}

#[test]
fn a_producer_that_stood_still_for_too_long_does_not_know() {
    let bench = Bench::new();
    let mut port = assigned(&bench, "a");
    port.send(&out(), b"k", Some(b"v"));
    bench.broker.borrow_mut().pass(12_000);
    assert_eq!(port.commit(&[(task(), 1)]), Outcome::Unknown);
    assert_eq!((port.renew(), bench.seen("out")), (Ok(true), 0));
}

#[test]
fn a_member_that_was_away_has_lost_everything_and_comes_back() {
    let bench = Bench::new();
    let mut port = assigned(&bench, "a");
    bench.broker.borrow_mut().pass(15_000);
    let Polled::Lost(lost) = poll(&mut port) else {
        panic!("its session has ended")
    };
    assert_eq!(lost.len(), 2);
    port.send(&out(), b"k", Some(b"v"));
    assert_eq!(port.commit(&[(task(), 1)]), Outcome::Aborted);
    port.release(&lost);
    assert!(matches!(next(&mut port), Polled::Assigned(tasks) if tasks.len() == 2));
    assert_eq!(bench.misused(), 0);
}

#[test]
fn the_same_instance_started_again_ends_the_former() {
    let bench = Bench::new();
    let mut former = assigned(&bench, "a");
    former.send(&out(), b"k", Some(b"v"));
    let mut next = assigned(&bench, "a");
    assert_eq!(former.commit(&[(task(), 1)]), Outcome::Unknown);
    let Polled::Lost(lost) = poll(&mut former) else {
        panic!("it is replaced")
    };
    former.release(&lost);
    assert!(former.poll(Duration::ZERO).is_err());
    next.send(&out(), b"k", Some(b"v"));
    assert!(matches!(next.commit(&[(task(), 1)]), Outcome::Committed(_)));
    assert_eq!(bench.seen("out"), 1);
}

#[test]
fn plain_records_may_be_lost_doubled_or_late() {
    let all = 10_000;
    let rates = [
        (
            Rates {
                tell_lost: all,
                ..Rates::default()
            },
            0,
            0,
        ),
        (
            Rates {
                tell_doubled: all,
                ..Rates::default()
            },
            2,
            2,
        ),
        (
            Rates {
                tell_late: all,
                ..Rates::default()
            },
            0,
            1,
        ),
    ];
    for (rates, at_once, later) in rates {
        let bench = Bench::new();
        let mut port = bench.port("a");
        bench.rates(rates);
        port.tell(&out(), b"k", b"v");
        assert_eq!(bench.seen("out"), at_once);
        bench.broker.borrow_mut().pass(5_000);
        assert_eq!(bench.seen("out"), later);
    }
}

/// Ends the process when it comes to a moment.
struct CrashAt(Moment);

impl Meanwhile for CrashAt {
    fn at(&self, _: usize, moment: Moment) -> Fate {
        if moment == self.0 {
            Fate::Crashes
        } else {
            Fate::GoesOn
        }
    }
}

#[test]
fn a_process_that_crashed_has_no_further_effect() {
    let moments = [
        (Moment::Commit, 0),
        (Moment::OffsetsSent, 0),
        (Moment::Committed, 1),
    ];
    for (moment, seen) in moments {
        let bench = Bench::new();
        let mut port = bench.port_with("a", Some(Rc::new(CrashAt(moment))));
        next(&mut port);
        port.send(&out(), b"k", Some(b"v"));
        assert_eq!(port.commit(&[(task(), 1)]), Outcome::Unknown);
        port.tell(&out(), b"k", b"v");
        assert!(port.poll(Duration::ZERO).is_err() && port.renew().is_err());
        bench.broker.borrow_mut().pass(10_000);
        assert_eq!(bench.seen("out"), seen, "{moment:?}");
    }
}

#[test]
fn a_poll_before_release_is_a_misuse() {
    let bench = Bench::new();
    let mut port = assigned(&bench, "a");
    poll(&mut bench.port("b"));
    assert!(matches!(poll(&mut port), Polled::Revoked(_)));
    poll(&mut port);
    assert_eq!(bench.misused(), 1);
}

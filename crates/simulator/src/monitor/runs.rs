//! The monitor watches generated traffic.

use std::sync::Mutex;

use calendar::Calendar;
use model::{AlertStatus, Millis, Now, Stage};
use stage_monitor::{JourneyDegraded, Monitor, Output, Place, Settings, State, Watch};

use super::traffic::{DAY, Disturbance, HORIZON, Kind, MINUTE_MS, Traffic, Truth, calendar};
use crate::workload::dice::Dice;

/// Days after which false alarms are counted and disturbances begin: 28 days that are all judged by
/// hazards which are known.
const LEARNED_DAYS: i64 = 35;
/// Minutes after which a disturbance counts as not found.
pub const FOUND_MINUTES_MAX: i64 = DAY;

/// The stage of a tenant with so many segments, and the calendar of its traffic.
pub struct Tenant {
    monitor: Monitor,
    calendar: Calendar,
    kind: Kind,
}

impl Tenant {
    /// A tenant with the default budget of one false alarm a month.
    #[must_use]
    pub fn new(kind: Kind, segments: u32) -> Tenant {
        let calendar = calendar(kind);
        let watch = Watch {
            horizon_ms: HORIZON * MINUTE_MS,
            deadlines_ms: Vec::new(),
        };
        let settings = Settings {
            tenant: "acme".into(),
            calendar: calendar.clone(),
            false_alarms_per_month: 1.0,
            segments,
            watches: [((place().rule, place().version), watch)].into(),
        };
        Tenant {
            monitor: Monitor::new(settings),
            calendar,
            kind,
        }
    }
}

fn place() -> Place {
    Place {
        rule: "payment-without-confirmation".into(),
        version: 1,
        segment: "page=pay/2".into(),
    }
}

/// A segment that is watched.
#[derive(Clone)]
struct Watched<'a> {
    tenant: &'a Tenant,
    key: String,
    state: State,
    traffic: Traffic,
}

impl Watched<'_> {
    /// One minute of traffic, and what is told at its end.
    fn step(&mut self, disturbance: Option<Disturbance>) -> (Truth, Vec<JourneyDegraded>) {
        let Watched {
            tenant,
            key,
            state,
            traffic,
        } = self;
        let monitor = &tenant.monitor;
        let truth = traffic.step(&tenant.calendar, disturbance, |change| {
            monitor.apply(key, state, change);
        });
        let mut out = Vec::new();
        let now = Now::all(Millis(traffic.minute * MINUTE_MS));
        monitor.settle(key, state, &now, &mut out);
        let alerts = out.into_iter().filter_map(|told| match told {
            Output::Alert(alert) => Some(alert),
            Output::Standing { .. } => None,
        });
        (truth, alerts.collect())
    }

    /// Many minutes without a disturbance: how many alerts were raised, and how many breaks were to
    /// be expected.
    fn undisturbed(&mut self, minutes: i64) -> (u64, f64) {
        let (mut raised, mut expected) = (0, 0.0);
        for _ in 0..minutes {
            let (truth, alerts) = self.step(None);
            expected += truth.expected;
            let new = alerts
                .iter()
                .filter(|alert| alert.status == AlertStatus::Raised);
            raised += new.count() as u64;
        }
        (raised, expected)
    }
}

/// A segment whose baseline is known.
pub struct Learned<'a> {
    watched: Watched<'a>,
    /// Alerts while it was learned.
    pub raised_while_learning: u64,
    /// Breaks to be expected in 30 days.
    expected_per_month: f64,
}

/// Lets a segment be learned, from its first minute on.
#[must_use]
pub fn learn(tenant: &Tenant, seed: u64, breaks_per_hour: f64) -> Learned<'_> {
    let mut watched = Watched {
        tenant,
        key: place().key(),
        state: State::default(),
        traffic: Traffic::new(seed, tenant.kind, breaks_per_hour),
    };
    let (raised_while_learning, expected) = watched.undisturbed(LEARNED_DAYS * DAY);
    Learned {
        watched,
        raised_while_learning,
        expected_per_month: expected / LEARNED_DAYS as f64 * 30.0,
    }
}

/// Alerts that are raised in so many months (30 days) of undisturbed traffic, for a tenant that may
/// have another number of segments.
#[must_use]
pub fn false_alarms(learned: &Learned<'_>, tenant: &Tenant, seed: u64, months: u64) -> u64 {
    let mut watched = learned.watched.clone();
    watched.tenant = tenant;
    watched.traffic = watched.traffic.fork(seed);
    watched.undisturbed(months as i64 * 30 * DAY).0
}

/// What became of a disturbance.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// Minutes from its onset to the alert; nothing if it was not found in time.
    pub delay: Option<f64>,
    /// The same, of a test that knows the true hazard.
    pub known_delay: Option<f64>,
    /// Minutes from its onset to the one that the alert says.
    pub onset_error: f64,
}

/// Disturbs a segment at a minute between 9 and 17 on one of the two working days that follow, and
/// lets a tenant with another number of segments watch it. Nothing if an alert stood already.
#[must_use]
pub fn disturb(
    learned: &Learned<'_>,
    tenant: &Tenant,
    segments: u32,
    seed: u64,
    ratio: f64,
    is_release: bool,
) -> Option<Found> {
    let mut watched = learned.watched.clone();
    watched.tenant = tenant;
    watched.traffic = watched.traffic.fork(seed);
    let mut dice = Dice::new(seed, 79);
    let start = watched.traffic.minute;
    let onset = start + dice.between(0, 1) * DAY + dice.between(9 * 60, 17 * 60 - 1);
    let months = learned.expected_per_month * f64::from(segments);
    let mut known = Known::new(months.ln() - 1.40);
    let disturbance = Disturbance {
        onset,
        ratio,
        is_release,
    };
    let mut is_standing = false;
    let mut found = None;
    let mut known_at = None;
    while (found.is_none() || known_at.is_none())
        && watched.traffic.minute < onset + FOUND_MINUTES_MAX
    {
        let (truth, alerts) = watched.step(Some(disturbance));
        let now = watched.traffic.minute;
        if known.step(truth) && now > onset {
            known_at = known_at.or(Some((now - onset) as f64));
        }
        for alert in alerts {
            is_standing = alert.over_since.is_none() && alert.status != AlertStatus::Withdrawn;
            if now > onset && found.is_none() && alert.status == AlertStatus::Raised {
                let error = (alert.since.0 / MINUTE_MS - onset) as f64;
                found = Some(((now - onset) as f64, error));
            }
        }
        if now == onset && is_standing {
            return None;
        }
    }
    Some(Found {
        delay: found.map(|(delay, _)| delay),
        known_delay: known_at,
        onset_error: found.map_or(f64::NAN, |(_, error)| error),
    })
}

/// Page's test for twice as many breaks, with the true hazard.
struct Known {
    threshold: f64,
    sum: f64,
}

impl Known {
    fn new(threshold: f64) -> Known {
        Known {
            threshold,
            sum: 0.0,
        }
    }

    fn step(&mut self, truth: Truth) -> bool {
        let step = truth.breaks as f64 * 2f64.ln() - truth.expected;
        self.sum = (self.sum + step).max(0.0);
        let is_over = self.sum >= self.threshold;
        if is_over {
            self.sum = 0.0;
        }
        is_over
    }
}

/// Does numbered jobs on all processors, and gives their results in order.
///
/// # Panics
/// If a job does.
pub fn spread<T: Send>(jobs: u64, job: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let next = Mutex::new(0);
    let results = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = {
                        let mut next = next.lock().expect("no thread panics with it");
                        *next += 1;
                        *next - 1
                    };
                    if number >= jobs {
                        break;
                    }
                    let result = job(number);
                    let mut results = results.lock().expect("no thread panics with it");
                    results.push((number, result));
                }
            });
        }
    });
    let mut results = results.into_inner().expect("no thread panics with it");
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

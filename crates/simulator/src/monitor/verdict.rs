//! What is promised of the monitor, measured.

use super::runs::{Found, Tenant, disturb, false_alarms, learn, spread};
use super::traffic::Kind;

/// False alarms a month that the tenant accepts, over all segments.
const BUDGET: f64 = 1.0;
/// Median delays that are promised for a doubled hazard, by breaks expected in an hour, minutes.
pub const PROMISED: [(f64, f64); 3] = [(20.0, 60.0), (80.0, 20.0), (200.0, 10.0)];
/// So many times that with fifty segments.
const PROMISED_FIFTY: f64 = 1.7;
/// Rates that are simulated for the curves alone.
const CURVE_RATES: [f64; 4] = [10.0, 40.0, 120.0, 400.0];
/// Months of undisturbed traffic of each sort, at least.
const MONTHS_MIN: u64 = 8;
/// From so many seeds on medians and false alarms are judged as they are; with fewer, chance has
/// its share.
const SEEDS_EXACT: u64 = 1000;

/// False alarms on undisturbed traffic.
pub struct Quiet {
    kind: Kind,
    rate: f64,
    segments: u32,
    months: u64,
    raised: u64,
}

impl Quiet {
    /// False alarms a month over all segments of the tenant, with an interval of `deviations`
    /// standard deviations (Byar's approximation for a Poisson count).
    fn per_month(&self, deviations: f64) -> [f64; 3] {
        let scale = f64::from(self.segments) / self.months as f64;
        let raised = self.raised as f64;
        let byar = |count: f64, deviations: f64| {
            let root = 1.0 - 1.0 / (9.0 * count) + deviations / (3.0 * count.sqrt());
            count * root.max(0.0).powi(3)
        };
        let low = if raised > 0.0 {
            byar(raised, -deviations)
        } else {
            0.0
        };
        [low, raised, byar(raised + 1.0, deviations)].map(|count| count * scale)
    }
}

/// What a disturbance is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hits {
    /// All open entries of one of so many segments.
    Open {
        /// The segments that the tenant's budget is divided by.
        segments: u32,
    },
    /// Entries after it only, in the only segment.
    Release,
}

impl Hits {
    const ALL: [Hits; 3] = [
        Hits::Open { segments: 1 },
        Hits::Open { segments: 50 },
        Hits::Release,
    ];

    fn words(self) -> String {
        match self {
            Hits::Open { segments: 1 } => "open entries, 1 segment".to_owned(),
            Hits::Open { segments } => format!("open entries, {segments} segments"),
            Hits::Release => "a release, 1 segment".to_owned(),
        }
    }
}

/// How soon a doubled hazard is found.
pub struct Delays {
    /// Of which traffic.
    pub kind: Kind,
    /// Breaks expected in an hour.
    pub rate: f64,
    /// What is disturbed.
    pub hits: Hits,
    /// Minutes, ascending; infinite where it was not found within a day.
    pub minutes: Vec<f64>,
    /// The same, of a test that knows the true hazard.
    pub known_minutes: Vec<f64>,
    /// Minutes between the onset and what the alert says, without sign.
    onset_errors: Vec<f64>,
}

/// The value at a share of an ascending list.
#[must_use]
pub fn quantile(ascending: &[f64], share: f64) -> f64 {
    let last = ascending.len().saturating_sub(1);
    let place = (share * last as f64).round() as usize;
    ascending.get(place.min(last)).copied().unwrap_or(f64::NAN)
}

impl Delays {
    fn of(kind: Kind, rate: f64, hits: Hits, found: &[Found]) -> Delays {
        let ascending = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values
        };
        let of = |pick: &dyn Fn(&Found) -> f64| ascending(found.iter().map(pick).collect());
        let error = found.iter().map(|found| found.onset_error.abs());
        Delays {
            kind,
            rate,
            hits,
            minutes: of(&|found| found.delay.unwrap_or(f64::INFINITY)),
            known_minutes: of(&|found| found.known_delay.unwrap_or(f64::INFINITY)),
            onset_errors: ascending(error.filter(|error| error.is_finite()).collect()),
        }
    }

    /// The median that is promised, if one is.
    fn promised(&self) -> Option<f64> {
        let times = match self.hits {
            Hits::Open { segments: 1 } => 1.0,
            Hits::Open { .. } => PROMISED_FIFTY,
            Hits::Release => return None,
        };
        let promised = PROMISED.iter().find(|(rate, _)| *rate == self.rate);
        let promised = promised.filter(|_| self.kind == Kind::Swings);
        promised.map(|(_, minutes)| minutes * times)
    }
}

/// All that was measured.
pub struct Study {
    seeds: u64,
    quiets: Vec<Quiet>,
    /// How soon what was found.
    pub delays: Vec<Delays>,
}

/// Measures: `seeds` disturbances of each sort, and a tenth as many months of undisturbed traffic
/// of each sort (at least eight). The rates of the curves beside the promised ones where asked for.
#[must_use]
pub fn study(seeds: u64, first: u64, with_curves: bool) -> Study {
    let mut study = Study {
        seeds,
        quiets: Vec::new(),
        delays: Vec::new(),
    };
    for kind in [Kind::Swings, Kind::Hard] {
        let curve_rates = CURVE_RATES
            .iter()
            .filter(|_| with_curves && kind == Kind::Swings);
        let promised = PROMISED.iter().map(|(rate, _)| rate);
        for rate in promised.chain(curve_rates) {
            measure(&mut study, kind, *rate, first);
        }
    }
    study
}

/// What one baseline has shown: alerts raised with one segment and with fifty, and what was found.
type Shown = ([u64; 2], [Vec<Found>; 3]);

fn measure(study: &mut Study, kind: Kind, rate: f64, first: u64) {
    let is_promised = PROMISED.iter().any(|(promised, _)| *promised == rate);
    let (one, fifty) = (Tenant::new(kind, 1), Tenant::new(kind, 50));
    let baselines = (study.seeds / 50).clamp(2, 20);
    let months = (study.seeds / 10 / baselines).max(MONTHS_MIN / baselines);
    let disturbances = study.seeds.div_ceil(baselines);
    let shown: Vec<Shown> = spread(baselines, |baseline| {
        let seed = first + baseline * 1_000_003;
        let learned = learn(&one, seed, rate);
        let raised = [&one, &fifty].map(|tenant| match is_promised {
            true => false_alarms(&learned, tenant, seed + 1, months),
            false => 0,
        });
        let found = Hits::ALL.map(|hits| {
            let (tenant, segments, is_release) = match hits {
                Hits::Open { segments: 1 } => (&one, 1, false),
                Hits::Open { segments } => (&fifty, segments, false),
                Hits::Release => (&one, 1, true),
            };
            let seeds = (0..disturbances).map(|number| seed + 2 + number);
            seeds
                .filter_map(|seed| disturb(&learned, tenant, segments, seed, 2.0, is_release))
                .collect()
        });
        (raised, found)
    });
    if is_promised {
        for (place, segments) in [1, 50].into_iter().enumerate() {
            study.quiets.push(Quiet {
                kind,
                rate,
                segments,
                months: months * baselines,
                raised: shown.iter().map(|(raised, _)| raised[place]).sum(),
            });
        }
    }
    for (place, hits) in Hits::ALL.into_iter().enumerate() {
        let found = shown.iter().flat_map(|(_, found)| &found[place]);
        let found: Vec<Found> = found.copied().collect();
        study.delays.push(Delays::of(kind, rate, hits, &found));
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Flat => "flat",
        Kind::Swings => "swings",
        Kind::Hard => "hard",
    }
}

impl Study {
    /// Prints the tables.
    pub fn print(&self) {
        println!("false alarms a month over all segments (budget {BUDGET}), 95 % interval");
        println!("traffic  breaks/h  segments  segment-months  alarms  a month");
        for quiet in &self.quiets {
            let [low, mean, high] = quiet.per_month(1.96);
            println!(
                "{:<8} {:>8} {:>9} {:>15} {:>7}  {mean:.2} ({low:.2} to {high:.2})",
                name(quiet.kind),
                quiet.rate,
                quiet.segments,
                quiet.months,
                quiet.raised
            );
        }
        println!("\na doubled hazard: minutes from onset to alert, quartiles");
        println!(
            "traffic  breaks/h  what is hit                   found    25 %  median    75 %  known  \
             promised  onset off by"
        );
        for delays in &self.delays {
            let found = delays.minutes.iter().filter(|minutes| minutes.is_finite());
            println!(
                "{:<8} {:>8}  {:<26} {:>4}/{:<4} {:>6.0} {:>7.0} {:>7.0} {:>6.0} {:>9}  {:>12.0}",
                name(delays.kind),
                delays.rate,
                delays.hits.words(),
                found.count(),
                delays.minutes.len(),
                quantile(&delays.minutes, 0.25),
                quantile(&delays.minutes, 0.5),
                quantile(&delays.minutes, 0.75),
                quantile(&delays.known_minutes, 0.5),
                delays
                    .promised()
                    .map_or("-".to_owned(), |minutes| format!("{minutes:.0}")),
                quantile(&delays.onset_errors, 0.5),
            );
        }
    }

    /// What is not as promised, a line each.
    #[must_use]
    pub fn wrong(&self) -> Vec<String> {
        let is_exact = self.seeds >= SEEDS_EXACT;
        let mut wrong = Vec::new();
        for quiet in &self.quiets {
            // Few months of one segment in fifty say nothing of a mean, hence the wider interval.
            let deviations = if is_exact { 1.96 } else { 3.0 };
            let [low, mean, _] = quiet.per_month(deviations);
            let is_over = low > BUDGET || (is_exact && quiet.segments == 1 && mean > BUDGET);
            if is_over {
                wrong.push(format!(
                    "{} traffic, {} breaks an hour, {} segments: {mean:.2} false alarms a month",
                    name(quiet.kind),
                    quiet.rate,
                    quiet.segments
                ));
            }
        }
        for delays in &self.delays {
            // Of few seeds not the median, but what it surely is not below.
            let chance = if is_exact {
                0.0
            } else {
                0.8 / (self.seeds as f64).sqrt()
            };
            let median = quantile(&delays.minutes, (0.5 - chance).max(0.0));
            let Some(promised) = delays.promised() else {
                continue;
            };
            // What was never measured is no number, and not as promised.
            let is_kept = median <= promised;
            if !is_kept {
                wrong.push(format!(
                    "{} breaks an hour, {}: a median of {median:.0} min, promised {promised:.0}",
                    delays.rate,
                    delays.hits.words()
                ));
            }
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::{Delays, Hits, Quiet, Study, quantile};
    use crate::monitor::traffic::Kind;

    fn study(seeds: u64, raised: u64, minutes: f64) -> Study {
        let quiet = Quiet {
            kind: Kind::Hard,
            rate: 20.0,
            segments: 1,
            months: 40,
            raised,
        };
        let delays = Delays {
            kind: Kind::Swings,
            rate: 20.0,
            hits: Hits::Open { segments: 1 },
            minutes: vec![minutes; seeds as usize],
            known_minutes: Vec::new(),
            onset_errors: Vec::new(),
        };
        Study {
            seeds,
            quiets: vec![quiet],
            delays: vec![delays],
        }
    }

    #[test]
    fn what_is_not_as_promised_is_noticed() {
        assert_eq!(study(1000, 40, 60.0).wrong(), Vec::<String>::new());
        assert_eq!(study(1000, 41, 60.0).wrong().len(), 1);
        assert_eq!(study(1000, 40, 60.1).wrong().len(), 1);
        // Few seeds leave room for chance, and not for more.
        assert_eq!(study(40, 50, 60.0).wrong(), Vec::<String>::new());
        assert_eq!(study(40, 80, 60.0).wrong().len(), 1);
        assert_eq!(study(0, 0, 60.0).wrong().len(), 1, "nothing was measured");
    }

    #[test]
    fn the_interval_holds_the_mean() {
        let study = study(40, 20, 1.0);
        let [low, mean, high] = study.quiets[0].per_month(1.96);
        assert!((mean - 0.5).abs() < 1e-9);
        assert!(
            (0.30..0.32).contains(&low) && (0.76..0.79).contains(&high),
            "{low} {high}"
        );
        assert_eq!(quantile(&[1.0, 2.0, f64::INFINITY], 0.5), 2.0);
    }
}

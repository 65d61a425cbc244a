//! The ways in which the engine can be run over the same records.

use super::compare::Tables;
use crate::oracle::{self, InputLine, Options};
use crate::workload::Record;
use crate::workload::campaign::Campaign;
use figures::{Contributions, Figures, Sheet};
use model::Millis;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use settings::{Loaded, Meant};
use stage_door::{Clocks, Place};
use std::collections::BTreeMap;
use tables::{Names, Summary};
use worker::{Bucket, Counts, Engine, History, Live, Partitions, Told};

/// Histories end before this; what is later is an impossible clock: 2026-01-01T00:00:00Z.
const RUN_START: Millis = Millis(1_767_225_600_000);

/// A restart writes and reads all state: so many steps lie between two of them on average.
const RESTART_ONE_IN: u32 = 8;

/// A way to run the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As `replay` does: stage by stage, key by key. Memory for so many bytes, the rest on disk.
    History {
        /// Bytes of memory.
        memory_bytes: usize,
    },
    /// Record by record through tasks, in random order of arrival and of steps.
    Live {
        /// Tasks of each stage.
        partitions: Partitions,
        /// A share of the records comes twice.
        doubled: bool,
        /// Everything is written and read back again and again.
        restarted: bool,
    },
}

impl Way {
    /// A handful of ways for one history.
    pub fn some(random: &mut impl Rng) -> Vec<Way> {
        let mut partitions = || Partitions {
            contacts: random.random_range(1..6),
            handles: random.random_range(1..6),
            customers: random.random_range(1..6),
        };
        vec![
            Way::History {
                memory_bytes: 1 << 30,
            },
            Way::History { memory_bytes: 0 },
            Way::Live {
                partitions: partitions(),
                doubled: false,
                restarted: false,
            },
            Way::Live {
                partitions: partitions(),
                doubled: true,
                restarted: false,
            },
            Way::Live {
                partitions: partitions(),
                doubled: true,
                restarted: true,
            },
        ]
    }

    /// Whether records come twice.
    #[must_use]
    pub fn doubles(self) -> bool {
        matches!(self, Way::Live { doubled: true, .. })
    }
}

/// The oracle's settled result.
///
/// # Errors
/// A configuration that the oracle refuses.
pub fn oracle(campaign: &Campaign) -> Result<Tables, String> {
    let lines: Vec<InputLine> = campaign
        .events
        .iter()
        .enumerate()
        .map(|(place, record)| InputLine {
            file: "campaign.jsonl".into(),
            line: place as u64 + 1,
            text: record.json.clone(),
        })
        .collect();
    let options = Options {
        until: campaign.until_ms,
        run_start: Some(RUN_START.0),
    };
    let (settled, figures, samples) =
        oracle::settle_with_figures(&campaign.config, &lines, options)?;
    let mut tables = Tables::of_oracle(settled);
    tables.add_rows("figures", figures);
    tables.add_rows("samples", samples);
    Ok(tables)
}

/// The engine's settled result, run in one way. The seed decides the order of everything.
///
/// # Errors
/// A configuration that the engine refuses, or a disk that fails.
pub fn settled(campaign: &Campaign, way: Way, seed: u64) -> Result<Tables, String> {
    let loaded =
        Loaded::from_text(&campaign.config, "campaign").map_err(|error| error.to_string())?;
    let meant = loaded.meant().map_err(|problems| problems.to_string())?;
    let until = campaign.until_ms.map(Millis);
    let engine = meant.engine(|| vec![7; 32], Some(RUN_START), until);
    let engine = engine.map_err(|error| error.to_string())?;
    let shuffled = crate::workload::shuffle(seed, &campaign.events);
    match way {
        Way::History { memory_bytes } => history(&meant, &engine, &shuffled, memory_bytes, until),
        Way::Live {
            partitions,
            doubled,
            restarted,
        } => {
            let records = if doubled {
                crate::workload::double(seed, &shuffled, 0.4)
            } else {
                shuffled
            };
            live(
                &meant, &engine, &records, partitions, restarted, seed, until,
            )
        }
    }
}

fn place() -> Place<'static> {
    Place {
        source: "",
        partition: 0,
        recorded_at: None,
        lateness: false,
    }
}

fn history(
    meant: &Meant,
    engine: &Engine,
    records: &[Record],
    memory_bytes: usize,
    until: Option<Millis>,
) -> Result<Tables, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let figures = meant.figures();
    let history = History::new(engine, folder.path(), memory_bytes).counting(&figures);
    let mut feed = history.feed();
    let mut clocks = Clocks::default();
    for record in records {
        let decoded = canonical::decode_json(record.json.as_bytes());
        let admitted = engine.admit(decoded, &place(), &mut clocks, &mut feed.counts);
        if let Ok((key, input)) = admitted {
            feed.take(&key, &input).map_err(|error| error.to_string())?;
        }
    }
    feed.finish().map_err(|error| error.to_string())?;
    let settled = history
        .settle(until, &|_| {})
        .map_err(|error| error.to_string())?;
    let mut all = Bucket::default();
    for bucket in 0..settled.buckets() {
        let mut rows = settled.take(bucket).map_err(|error| error.to_string())?;
        all.append(&mut rows);
    }
    tables(meant, &all, &settled.counts, &settled.sheet, settled.now)
}

fn live(
    meant: &Meant,
    engine: &Engine,
    records: &[Record],
    partitions: Partitions,
    restarted: bool,
    seed: u64,
    until: Option<Millis>,
) -> Result<Tables, String> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut live = Live::new(engine, partitions);
    let mut clocks = Clocks::default();
    let mut counts = Counts::default();
    let mut now = Millis::MIN;
    let figures = meant.figures();
    let mut ledger = Ledger::new(&figures, partitions.customers);
    for record in records {
        let decoded = canonical::decode_json(record.json.as_bytes());
        let admitted = engine.admit(decoded, &place(), &mut clocks, &mut counts);
        let Ok((key, input)) = admitted else { continue };
        counts.horizon = counts.horizon.max(worker::horizon(&input));
        live.offer(key, input);
        if random.random_ratio(1, 2) {
            step(&mut live, &mut random);
        }
        if restarted && random.random_ratio(1, RESTART_ONE_IN) {
            live.restart().map_err(|error| error.to_string())?;
        }
        if random.random_ratio(1, 25) {
            // Time may be thought to have come further than it has: late is late, never wrong.
            now = now.max(until.map_or(counts.horizon, |until| until.min(counts.horizon)));
            live.advance_contacts(now);
            live.advance_customers(now);
            ledger.recount(&live.told)?;
        }
    }
    while live.waiting().iter().flatten().any(|waiting| *waiting > 0) {
        step(&mut live, &mut random);
        if restarted && random.random_ratio(1, RESTART_ONE_IN) {
            live.restart().map_err(|error| error.to_string())?;
        }
    }
    let end = until.unwrap_or(counts.horizon);
    live.advance(end);
    counts.add(&live.counts);
    let bucket = live.told.settled();
    counts.customers = live.told.customers();
    counts.contacts_capped = live.told.capped();
    counts.incomplete = live.incomplete();
    ledger.recount(&live.told)?;
    tables(meant, &bucket, &counts, &ledger.sheet(), end)
}

/// Figures as tasks keep them: what a customer's rows contributed is taken back when they say
/// something else, and the sheets of all tasks add up.
struct Ledger<'a> {
    figures: &'a Figures,
    sheets: Vec<Sheet>,
    contributed: BTreeMap<model::Text, Contributions>,
}

impl Ledger<'_> {
    fn new(figures: &Figures, tasks: usize) -> Ledger<'_> {
        Ledger {
            figures,
            sheets: vec![Sheet::default(); tasks],
            contributed: BTreeMap::new(),
        }
    }

    /// Takes in what is told by now, with a restart before.
    fn recount(&mut self, told: &Told) -> Result<(), String> {
        for sheet in &mut self.sheets {
            *sheet = Sheet::decode(&sheet.encoded()).map_err(|error| error.to_string())?;
        }
        let by_key = told.by_key();
        let mut former = std::mem::take(&mut self.contributed);
        for (key, (contacts, sessions)) in &by_key {
            let now = self.figures.of_customer(contacts, sessions);
            let before = former.remove(*key).unwrap_or_default();
            let task = self.task(key);
            if now != before {
                self.sheets[task].replace(&before, &now);
            }
            self.contributed.insert((*key).clone(), now);
        }
        for (key, gone) in former {
            let task = self.task(&key);
            self.sheets[task].take_back(&gone);
        }
        Ok(())
    }

    fn task(&self, key: &str) -> usize {
        key.bytes().map(usize::from).sum::<usize>() % self.sheets.len()
    }

    fn sheet(&self) -> Sheet {
        let mut sum = Sheet::default();
        self.sheets.iter().for_each(|sheet| sum.merge(sheet));
        sum
    }
}

/// One step of one task, drawn at random among those with something to do.
fn step(live: &mut Live, random: &mut ChaCha8Rng) {
    let waiting = live.waiting();
    let ready: Vec<(usize, usize)> = (0..3)
        .flat_map(|stage| (0..waiting[stage].len()).map(move |task| (stage, task)))
        .filter(|(stage, task)| waiting[*stage][*task] > 0)
        .collect();
    if ready.is_empty() {
        return;
    }
    let (stage, task) = ready[random.random_range(0..ready.len())];
    let records_max = random.random_range(1..8);
    match stage {
        0 => live.step_contacts(task, records_max),
        1 => live.step_handles(task, records_max),
        _ => drop(live.step_customers(task, records_max)),
    }
}

fn tables(
    meant: &Meant,
    bucket: &Bucket,
    counts: &Counts,
    sheet: &Sheet,
    now: Millis,
) -> Result<Tables, String> {
    if !counts.equations_hold() {
        return Err(format!(
            "an equation of bad input does not hold: {counts:?}"
        ));
    }
    let names = Names::of(meant);
    let readings = &meant.customers.readings;
    let mut summary = Summary::of(meant);
    summary.add(bucket, readings.headline, now);
    summary.add_capped(counts);
    let summary = summary.json(counts, readings, 1.0);
    let mut tables = Tables::of_engine(&names, bucket, summary);
    tables.add_figures(&names, &meant.figures(), sheet, now);
    Ok(tables)
}

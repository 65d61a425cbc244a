//! Plays records: through the door and the stages, with time moving on as the sources' clocks do.

use super::clocks::SourceClocks;
use calendar::MINUTE_MS;
use model::{ContactInput, Millis, Text};
use settings::Meant;
use simulator::workload::day::TimedRecord;
use stage_customers::Output;
use stage_door::{Clocks, Place};
use tables::Summary;
use worker::{Counts, Engine, Live, Partitions};

/// The engine, fed record by record.
pub struct Player<'a> {
    engine: &'a Engine,
    /// The stages with what they have told.
    pub live: Live<'a>,
    door: Clocks,
    sources: SourceClocks<'a>,
    counts: Counts,
    /// Records that came later than their source's lateness allows.
    pub late: u64,
    advanced_at: Millis,
}

impl<'a> Player<'a> {
    /// Nothing has been played yet.
    pub fn new(engine: &'a Engine, meant: &'a Meant) -> Player<'a> {
        Player {
            engine,
            live: Live::new(engine, Partitions::ONE),
            door: Clocks::default(),
            sources: SourceClocks::new(&meant.sources),
            counts: Counts::default(),
            late: 0,
            advanced_at: Millis::MIN,
        }
    }

    /// Plays a record; it is heard of at once only if `at_once`, else within a minute.
    pub fn play(&mut self, record: &TimedRecord, at_once: bool) -> Vec<Output> {
        let arrived_at = Millis(record.at_ms);
        let place = Place {
            source: "",
            partition: 0,
            recorded_at: Some(arrived_at),
            lateness: true,
        };
        let decoded = canonical::decode_json(record.json.as_bytes());
        let admitted = self
            .engine
            .admit(decoded, &place, &mut self.door, &mut self.counts);
        if let Ok((key, input)) = admitted {
            let (source, occurred_at) = spoken(&input);
            self.late += u64::from(self.sources.read(source, occurred_at, arrived_at));
            self.counts.horizon = self.counts.horizon.max(worker::horizon(&input));
            self.live.offer(key, input);
        }
        let mut told = if at_once {
            self.live.drain()
        } else {
            Vec::new()
        };
        if arrived_at.since(self.advanced_at) >= MINUTE_MS {
            self.advanced_at = arrived_at;
            told.extend(self.advance(arrived_at));
        }
        told
    }

    /// Moves time on to where every source has come, and never beyond the last event.
    fn advance(&mut self, arrived_at: Millis) -> Vec<Output> {
        let settled = self.sources.settled(arrived_at);
        match settled {
            Some(settled) => self.live.advance(settled.min(self.counts.horizon)),
            None => self.live.drain(),
        }
    }

    /// Everything up to an instant has been read: what was played is told.
    pub fn settle_up_to(&mut self, arrived_at: Millis) {
        self.advance(arrived_at);
    }

    /// Everything has been read: settles it at the latest instant that an event speaks of.
    pub fn settle(&mut self) {
        self.live.advance(self.counts.horizon);
    }

    /// The latest instant that an event speaks of.
    pub fn horizon(&self) -> Millis {
        self.counts.horizon
    }

    /// What was counted so far.
    pub fn counts(&self) -> Counts {
        let mut counts = self.counts.clone();
        counts.add(&self.live.counts);
        counts.customers = self.live.told.customers();
        counts.contacts_capped = self.live.told.capped();
        counts.incomplete = self.live.incomplete();
        counts
    }

    /// The figures of everything told so far.
    pub fn summary(&self, meant: &Meant) -> Summary {
        let customers = &meant.customers;
        let mut summary = Summary::of(meant);
        let settled = self.live.told.settled();
        summary.add(&settled, customers.readings.headline, self.counts.horizon);
        summary.add_capped(&self.counts());
        summary
    }
}

fn spoken(input: &ContactInput) -> (&Text, Millis) {
    match input {
        ContactInput::Event(_, event) => (&event.source, event.occurred_at),
        ContactInput::Signal(_, signal) => (&signal.source, signal.occurred_at),
    }
}

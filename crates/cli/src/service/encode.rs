//! The output tables as records on Kafka.

use crate::service::decode::Registry;
use anyhow::Result;
use figures::{FigureRow, SampleRow};
use model::{Alert, ContactResult, Journey, Session, Signal, SourceSilent, Text};
use settings::Meant;
use tables::Names;
use worker::service::{DeadLetter, Encode};

/// The output tables as records: Avro with a registry, else JSON.
pub struct Records(tables::Records);

impl Records {
    /// With a registry the schemas of all tables are registered, or found to be there.
    pub fn new(meant: &Meant, registry: Option<&Registry>) -> Result<Records> {
        let names = Names::of(meant);
        let Some(registry) = registry else {
            return Ok(Records(tables::Records::json(&names)));
        };
        let prefixes = registry.prefixes(&meant.kafka.application_id)?;
        Ok(Records(tables::Records::avro(&names, |table| {
            prefixes[table].clone()
        })))
    }
}

impl Encode for Records {
    fn contact(&mut self, result: &ContactResult, into: &mut Vec<u8>) {
        self.0.contact(result, into);
    }

    fn verdicts(&mut self, result: &ContactResult, into: &mut Vec<u8>) {
        self.0.verdicts(result, into);
    }

    fn session(&mut self, session: &Session, into: &mut Vec<u8>) {
        self.0.session(session, into);
    }

    fn alert(&mut self, alert: &Alert, into: &mut Vec<u8>) {
        self.0.alert(alert, into);
    }

    fn journey(&mut self, journey: &Journey, into: &mut Vec<u8>) {
        self.0.journey(journey, into);
    }

    fn broken_journey(&mut self, journey: &Journey, into: &mut Vec<u8>) {
        self.0.broken_journey(journey, into);
    }

    fn source_silent(&mut self, alert: &SourceSilent, into: &mut Vec<u8>) {
        self.0.source_silent(alert, into);
    }

    fn marker(&mut self, marker: &Signal, into: &mut Vec<u8>) {
        self.0.marker(marker, into);
    }

    fn dead_letter(&mut self, letter: &DeadLetter, into: &mut Vec<u8>) {
        let letter = tables::DeadLetter {
            topic: &letter.place.topic,
            partition: letter.place.partition,
            offset: letter.offset,
            reason: letter.reason,
            detail: &letter.detail,
            hash: letter.hash,
        };
        self.0.dead_letter(&letter, into);
    }

    fn figure(&mut self, row: &FigureRow, into: &mut Vec<u8>) -> Text {
        self.0.figure(row, into)
    }

    fn sample(&mut self, row: &SampleRow, into: &mut Vec<u8>) -> Text {
        self.0.sample(row, into)
    }
}

//! What each stage costs in memory, on one thread, on the yardstick's workload:
//! `stages [--contacts N] [--customers N] [--rounds N]`.
//!
//! Each line is measured once a round, one after the other, so that all of them share what else the
//! machine is doing; the reference, which decodes the same lines into `serde_json::Value`, is one of
//! them. Stages are driven as `replay` drives them: the messages under a key are decoded, applied
//! and settled, and what is sent on is encoded.

mod packed;

use anyhow::{Context, Result, anyhow, bail};
use benches::avro;
use benches::clock::{Spent, timed};
use benches::table::{self, Line};
use canonical::{Decode, Decoded, Format, Reader};
use figures::{Figures, Ledger, When};
use model::{ContactInput, CustomerInput, HandleInput, Millis, Now, Stage};
use packed::Packed;
use serde::Serialize;
use settings::Loaded;
use simulator::workload::yardstick::{Shape, YardstickOptions, yardstick, yardstick_config};
use stage_door::{Clocks, Place};
use std::hint::black_box;
use std::sync::Arc;
use worker::{Counts, Engine};

/// The allocator of `ricochet` itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const DEFAULT_CONFIG: &str = include_str!("../../../default.toml");
const USAGE: &str = "usage: stages [--contacts N] [--customers N] [--rounds N]";

/// The formats of each channel's records, in the order of [`avro::SCHEMAS`].
const FORMATS: [&[Format]; 5] = [
    consumer_phone::FORMATS,
    consumer_chat::FORMATS,
    consumer_email::FORMATS,
    consumer_video::FORMATS,
    consumer_web::FORMATS,
];

struct Options {
    contacts: u64,
    customers: u64,
    rounds: usize,
}

impl Options {
    fn of(mut words: impl Iterator<Item = String>) -> Result<Options> {
        let (mut contacts, mut customers, mut rounds) = (200_000, None, 5);
        while let Some(word) = words.next() {
            let number = words.next().and_then(|number| number.parse::<u64>().ok());
            let number = number.filter(|number| *number > 0).context(USAGE)?;
            match word.as_str() {
                "--contacts" => contacts = number,
                "--customers" => customers = Some(number),
                "--rounds" => rounds = number as usize,
                _ => bail!(USAGE),
            }
        }
        Ok(Options {
            contacts,
            // As many contacts of each as at full size.
            customers: customers.unwrap_or((contacts / 4).max(1)),
            rounds,
        })
    }
}

fn main() -> Result<()> {
    let options = Options::of(std::env::args().skip(1))?;
    let input = Input::new(&options)?;
    let default = Run::new(&input, DEFAULT_CONFIG, Rules::BuiltIn)?;
    let without = Run::new(&input, DEFAULT_CONFIG, Rules::None)?;
    let fourteen = Run::new(&input, yardstick_config(), Rules::BuiltIn)?;
    let (events, bytes) = (input.lines.len(), input.bytes());
    println!(
        "{} contacts of {} customers, as {} events of {} bytes; {} rounds on one thread",
        table::grouped(options.contacts),
        table::grouped(options.customers),
        table::grouped(events as u64),
        bytes / events.max(1),
        options.rounds,
    );
    let mut lines = vec![
        Line::new("reference: serde_json::Value", "events"),
        Line::new("decode JSON", "events"),
        Line::new("decode Avro", "events"),
        Line::new("door: let in", "events"),
        Line::new("contacts", "events"),
        Line::new("handles", "messages"),
        Line::new("customers, default readings", "contacts"),
        Line::new("  of it to evaluate", "contacts"),
        Line::new("customers, default readings, no rules", "contacts"),
        Line::new("  of it to evaluate", "contacts"),
        Line::new("customers, 14 readings", "contacts"),
        Line::new("  of it to evaluate", "contacts"),
        Line::new("customers one by one, default", "messages"),
        Line::new("  the same with figures", "messages"),
    ];
    for _ in 0..options.rounds {
        let [customers, evaluated] = default.customers()?;
        let [customers_0, evaluated_0] = without.customers()?;
        let [customers_14, evaluated_14] = fourteen.customers()?;
        let round = [
            input.reference()?,
            input.decode_json()?,
            input.decode_avro()?,
            default.let_in(&input),
            default.contacts()?,
            default.handles()?,
            customers,
            evaluated,
            customers_0,
            evaluated_0,
            customers_14,
            evaluated_14,
            measured(default.one_by_one(None)?),
            measured(default.one_by_one(Some(&default.figures))?),
        ];
        for (line, (spent, items)) in lines.iter_mut().zip(round) {
            line.add(spent, items);
        }
    }
    table::print(&lines);
    default.print_sizes("default readings")?;
    let kept = [None, Some(&default.figures)].map(|figures| default.one_by_one(figures));
    for (kept, with) in kept.into_iter().zip(["without", "with"]) {
        let (_, messages, bytes) = kept?;
        println!(
            "  kept {with} figures: {} bytes a message",
            bytes / messages.max(1)
        );
    }
    fourteen.print_sizes("14 readings")
}

fn measured((spent, items, _): (Spent, usize, usize)) -> Measured {
    (spent, items)
}

/// What a line took, and for how many of its items.
type Measured = (Spent, usize);

/// The events as they come from outside.
struct Input {
    lines: Vec<Vec<u8>>,
    /// Places of the channels in [`FORMATS`], and the same events as Avro.
    datums: Vec<(usize, Vec<u8>)>,
    readers: Vec<Reader>,
}

impl Input {
    fn new(options: &Options) -> Result<Input> {
        let job = yardstick(YardstickOptions {
            contacts: options.contacts,
            customers: options.customers,
            shape: Shape::Events,
            ..YardstickOptions::default()
        });
        let lines: Vec<Vec<u8>> = job.map(String::into_bytes).collect();
        let schemas = avro::schemas()?;
        let readers = avro::SCHEMAS.iter().map(|(_, schema)| Reader::new(schema));
        let readers = readers.collect::<Result<_, _>>()?;
        let mut datums = Vec::with_capacity(lines.len());
        for line in &lines {
            let (channel, record) = avro::record(&schemas, line)?;
            let writer = apache_avro::writer::datum::GenericDatumWriter::builder(&schemas[channel]);
            datums.push((channel, writer.build()?.write_value_to_vec(record)?));
        }
        Ok(Input {
            lines,
            datums,
            readers,
        })
    }

    fn bytes(&self) -> usize {
        self.lines.iter().map(Vec::len).sum()
    }

    fn reference(&self) -> Result<Measured> {
        let (spent, result) = timed(|| {
            for line in &self.lines {
                black_box(serde_json::from_slice::<serde_json::Value>(line)?);
            }
            anyhow::Ok(())
        });
        result?;
        Ok((spent, self.lines.len()))
    }

    /// By the consumers of the events' channels, as a service does.
    fn decode_json(&self) -> Result<Measured> {
        let mut decoders = Vec::new();
        for formats in FORMATS {
            let decode = formats.iter().find_map(|format| match format.decode {
                Decode::Bytes(decode) => Some(decode),
                Decode::Datum(_) => None,
            });
            decoders.push(decode.context("every channel has a JSON format")?);
        }
        let (spent, ()) = timed(|| {
            for (line, (channel, _)) in self.lines.iter().zip(&self.datums) {
                black_box(decoders[*channel](line));
            }
        });
        Ok((spent, self.lines.len()))
    }

    fn decode_avro(&self) -> Result<Measured> {
        let mut decoders = Vec::new();
        for (formats, reader) in FORMATS.iter().zip(&self.readers) {
            let decode = formats.iter().find_map(|format| match format.decode {
                Decode::Bytes(_) => None,
                Decode::Datum(decode) => Some(decode),
            });
            decoders.push((decode.context("every channel has an Avro format")?, reader));
        }
        let (spent, ()) = timed(|| {
            for (channel, datum) in &self.datums {
                let (decode, reader) = decoders[*channel];
                black_box(decode(reader, datum));
            }
        });
        Ok((spent, self.datums.len()))
    }

    /// All events, decoded. Both formats must say the same, else one of the lines measures nothing.
    fn decoded(&self) -> Result<Vec<Decoded>> {
        let mut all = Vec::with_capacity(self.lines.len());
        for (line, (channel, datum)) in self.lines.iter().zip(&self.datums) {
            let decoded = canonical::decode_json(line);
            if decoded != self.readers[*channel].decode(datum) {
                bail!(
                    "in Avro this says something else: {}",
                    String::from_utf8_lossy(line)
                );
            }
            all.push(decoded);
        }
        Ok(all)
    }
}

/// The stages with a configuration, and what each of them is sent.
struct Run {
    engine: Engine,
    figures: Arc<Figures>,
    now: Millis,
    decoded: Vec<Decoded>,
    contacts: Packed<ContactInput>,
    handles: Packed<HandleInput>,
    customers: Packed<CustomerInput>,
}

/// Which journey rules the customers stage has. The stages before it send it the same.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rules {
    BuiltIn,
    None,
}

const PLACE: Place<'static> = Place {
    source: "",
    partition: 0,
    recorded_at: None,
    lateness: true,
};

impl Run {
    fn new(input: &Input, config: &str, rules: Rules) -> Result<Run> {
        let mut meant = Loaded::from_text(config, "benches")?.meant()?;
        if rules == Rules::None {
            meant.customers.rules = Arc::default();
        }
        let mut run = Run {
            engine: meant.engine(|| vec![7; 32], None, None)?,
            figures: Arc::new(meant.figures()),
            now: Millis::MIN,
            decoded: input.decoded()?,
            contacts: Packed::default(),
            handles: Packed::default(),
            customers: Packed::default(),
        };
        let (mut clocks, mut counts) = (Clocks::default(), Counts::default());
        for decoded in &run.decoded {
            let admitted = run
                .engine
                .admit(decoded.clone(), &PLACE, &mut clocks, &mut counts);
            let Ok((key, input)) = admitted else {
                bail!("the door refuses {decoded:?}: {admitted:?}");
            };
            run.now = run.now.max(worker::horizon(&input));
            run.contacts.push(&key, &input)?;
        }
        run.contacts.sort();
        let (mut handles, mut customers) = (Packed::default(), Packed::default());
        run.settle_contacts(&mut handles, &mut customers)?;
        handles.sort();
        run.handles = handles;
        run.settle_handles(&mut customers)?;
        customers.sort();
        run.customers = customers;
        Ok(run)
    }

    /// The door without the decoder: normalising and hashing identifiers, keys, versions, clocks.
    fn let_in(&self, input: &Input) -> Measured {
        let decoded = self.decoded.clone();
        let (mut clocks, mut counts) = (Clocks::default(), Counts::default());
        let (spent, ()) = timed(|| {
            for decoded in decoded {
                let admitted = self.engine.admit(decoded, &PLACE, &mut clocks, &mut counts);
                black_box(admitted).ok();
            }
        });
        (spent, input.lines.len())
    }

    fn contacts(&self) -> Result<Measured> {
        let (mut handles, mut customers) = (Packed::default(), Packed::default());
        let (spent, result) = timed(|| self.settle_contacts(&mut handles, &mut customers));
        result?;
        Ok((spent, self.contacts.len()))
    }

    fn handles(&self) -> Result<Measured> {
        let mut customers = Packed::default();
        let (spent, result) = timed(|| self.settle_handles(&mut customers));
        result?;
        Ok((spent, self.handles.len()))
    }

    /// The stage with its messages' decoding and its rows' encoding, and without them.
    fn customers(&self) -> Result<[Measured; 2]> {
        let mut rows = Rows::default();
        let (spent, result) = timed(|| {
            self.customers
                .each_key(|key, inputs| self.evaluate(key, inputs, &mut rows))
        });
        result?;
        let contacts = rows.contacts;
        let mut decoded = Vec::new();
        self.customers.each_key(|key, inputs| {
            decoded.push((key.to_owned(), inputs));
            Ok(())
        })?;
        let stage = &self.engine.customers;
        let (alone, ()) = timed(|| {
            for (key, inputs) in decoded {
                let mut state = stage_customers::State::default();
                for input in inputs {
                    stage.apply(&key, &mut state, input);
                }
                black_box(stage.evaluate(&key, state, &Now::all(self.now)));
            }
        });
        Ok([(spent, contacts), (alone, contacts)])
    }

    /// The stage as a service drives it: every message is settled as it comes, between a state that is
    /// read and one that is written. With figures, their sums are kept, too, and their rows made. Says how
    /// many bytes are kept of the customers in the end.
    fn one_by_one(&self, figures: Option<&Arc<Figures>>) -> Result<(Spent, usize, usize)> {
        let stage = self.engine.customers.clone();
        let mut stage = match figures {
            None => stage,
            Some(figures) => stage.counting(Arc::clone(figures)),
        };
        let mut counted = Ledger::default();
        if let Some(figures) = figures {
            let generation = counted
                .restored(figures, None)
                .map_err(|what| anyhow!(what))?;
            stage.count_by(generation);
        }
        let (mut messages, mut sent, mut bytes, mut all) = (0, Vec::new(), 0, 0);
        let mut differences = Vec::new();
        let (spent, result) = timed(|| {
            self.customers.each_key(|key, inputs| {
                let mut kept = postcard::to_allocvec(&stage_customers::State::default())?;
                for input in inputs {
                    let at = match &input {
                        CustomerInput::Upsert(upsert) | CustomerInput::UpsertWith(upsert, _) => {
                            upsert.contact.started_at
                        }
                        _ => self.now,
                    };
                    let mut state: stage_customers::State = postcard::from_bytes(&kept)?;
                    stage.apply(key, &mut state, input);
                    stage.settle(key, &mut state, &Now::all(at), &mut sent);
                    kept = postcard::to_allocvec(&state)?;
                    messages += 1;
                    for output in sent.drain(..) {
                        if let (stage_customers::Output::Counted(difference), Some(figures)) =
                            (output, figures)
                        {
                            let when = When {
                                today: figures.day(at),
                                // A service of 2,000 messages a second.
                                time: Millis(messages as i64 / 2),
                                every_ms: 1_000,
                            };
                            differences.push(*difference);
                            // A transaction of 40 ms.
                            if messages % 80 == 0 {
                                counted.count(&differences, when);
                                differences.clear();
                                bytes += counted.tell(figures, when, 80).len();
                                counted.changed(|_, value| bytes += value.map_or(0, <[u8]>::len));
                                counted.committed();
                            }
                        }
                    }
                }
                all += kept.len();
                Ok(())
            })
        });
        result?;
        black_box(bytes);
        Ok((spent, messages, all))
    }

    fn settle_contacts(
        &self,
        handles: &mut Packed<HandleInput>,
        customers: &mut Packed<CustomerInput>,
    ) -> Result<()> {
        let stage = &self.engine.contacts;
        let mut sent = Vec::new();
        self.contacts.each_key(|key, inputs| {
            let mut state = stage_contacts::State::default();
            for input in inputs {
                stage.apply(key, &mut state, input);
            }
            stage.settle(key, &mut state, &Now::all(self.now), &mut sent);
            for output in sent.drain(..) {
                match output {
                    stage_contacts::Output::Handle(key, input) => handles.push(&key, &input)?,
                    stage_contacts::Output::Customer(key, input) => customers.push(&key, &input)?,
                    stage_contacts::Output::Marker(_) => {}
                }
            }
            Ok(())
        })
    }

    fn settle_handles(&self, customers: &mut Packed<CustomerInput>) -> Result<()> {
        let stage = &self.engine.handles;
        let mut sent = Vec::new();
        self.handles.each_key(|key, inputs| {
            let mut state = stage_handles::State::default();
            for input in inputs {
                stage.apply(key, &mut state, input);
            }
            stage.settle(key, &mut state, &Now::all(self.now), &mut sent);
            for stage_handles::Output(key, input) in sent.drain(..) {
                customers.push(&key, &input)?;
            }
            Ok(())
        })
    }

    fn evaluate(&self, key: &str, inputs: Vec<CustomerInput>, rows: &mut Rows) -> Result<()> {
        let stage = &self.engine.customers;
        let mut state = stage_customers::State::default();
        for input in inputs {
            stage.apply(key, &mut state, input);
        }
        let evaluation = stage.evaluate(key, state, &Now::all(self.now));
        rows.contacts += evaluation.contacts.len();
        evaluation.contacts.iter().try_for_each(|row| {
            rows.readings += row.readings.len();
            rows.push(row)
        })?;
        evaluation
            .sessions
            .iter()
            .try_for_each(|row| rows.push(row))?;
        evaluation
            .alerts
            .iter()
            .try_for_each(|row| rows.push(row))?;
        evaluation
            .journeys
            .iter()
            .try_for_each(|row| rows.push(row))
    }

    /// What a contact has of readings, and what of a customer is kept and sent.
    fn print_sizes(&self, name: &str) -> Result<()> {
        let stage = &self.engine.customers;
        let (mut rows, mut sent) = (Rows::default(), Vec::new());
        let (mut customers, mut held, mut told) = (0, 0, 0);
        self.customers.each_key(|key, inputs| {
            let mut state = stage_customers::State::default();
            for input in &inputs {
                stage.apply(key, &mut state, input.clone());
            }
            customers += 1;
            held += postcard::to_allocvec(&state)?.len();
            stage.settle(key, &mut state, &Now::all(self.now), &mut sent);
            sent.clear();
            told += postcard::to_allocvec(&state)?.len();
            self.evaluate(key, inputs, &mut rows)
        })?;
        let contacts = rows.contacts;
        println!(
            "\n{name}: {:.1} readings a contact, {:.1} contacts a customer\n  \
             a customer's state: {} bytes as heard, {} with what was told; rows of a contact: {} bytes",
            rows.readings as f64 / contacts as f64,
            contacts as f64 / customers as f64,
            table::grouped(held as u64 / customers),
            table::grouped(told as u64 / customers),
            rows.bytes / contacts,
        );
        println!(
            "  between stages: {} bytes an event, {} bytes a contact",
            self.contacts.bytes() / self.contacts.len(),
            self.customers.bytes() / contacts,
        );
        Ok(())
    }
}

/// Rows as they are encoded for the tables; they are counted and thrown away.
#[derive(Default)]
struct Rows {
    contacts: usize,
    readings: usize,
    bytes: usize,
    buffer: Vec<u8>,
}

impl Rows {
    fn push(&mut self, row: &impl Serialize) -> Result<()> {
        self.buffer.clear();
        self.buffer = postcard::to_extend(row, std::mem::take(&mut self.buffer))?;
        self.bytes += self.buffer.len();
        Ok(())
    }
}

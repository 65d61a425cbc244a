//! Contacts at a steady rate: how long after its event a result can be read.
//!
//! Event time runs as fast as the clock on the wall. Every contact is an event at its start and one
//! at its end; one of five names only a device, and so goes through the handles stage too.

use crate::deployment::{APPLICATION, Deployment, PARTITIONS, Service};
use crate::figures::Figures;
use crate::process;
use crate::saturation::{commits, send, threads};
use anyhow::Result;
use benches::table::grouped;
use jiff::Timestamp;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A contact lasts this long. Until the first ones end, the rate is half of what was asked for, and
/// nothing is measured.
const LASTS: Duration = Duration::from_secs(5);
/// Records are sent in steps of this length.
const STEP: Duration = Duration::from_millis(1);
/// How many events a second, and for how long.
#[derive(Clone, Copy)]
pub struct Pace {
    /// Events a second.
    pub rate: u64,
    /// Seconds at the full rate.
    pub seconds: u64,
    /// Customers whose contacts come.
    pub customers: u64,
    /// The event time at which they begin, milliseconds.
    pub from_ms: i64,
    /// Number of the first contact.
    pub first_number: u64,
}

impl Pace {
    fn contacts(self) -> u64 {
        self.rate / 2 * (self.seconds + LASTS.as_secs())
    }

    /// The event time at which it ends.
    pub fn until_ms(self) -> i64 {
        self.from_ms + (Duration::from_secs(self.seconds) + LASTS).as_millis() as i64
    }

    /// The first contact that is measured.
    fn first(self) -> u64 {
        self.rate / 2 * LASTS.as_secs()
    }

    /// Goes through the handles stage too.
    fn is_by_handle(number: u64) -> bool {
        number.is_multiple_of(5)
    }

    /// Any customer: contacts of one are far apart.
    fn customer(self, number: u64) -> u64 {
        let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) % self.customers
    }
}

/// Microseconds of the clock on the wall at which both events of each contact were sent.
struct Sent {
    starts_us: Vec<AtomicU64>,
    ends_us: Vec<AtomicU64>,
}

fn now_us() -> u64 {
    u64::try_from(Timestamp::now().as_microsecond()).unwrap_or(0)
}

/// Latencies in microseconds.
#[derive(Default)]
struct Samples {
    /// From the first event to the contact's first row: with a customer's id, and with a handle.
    contacts: [Vec<u64>; 2],
    /// From the event that raised it to the alert.
    alerts: [Vec<u64>; 2],
    /// Alerts that were there only after the contact's end had been sent.
    by_end: u64,
}

/// Measures, and says what it found. `read` records were read before; returns how many there are now.
pub fn measure(
    deployment: &Deployment,
    service: &mut Service,
    read: u64,
    pace: Pace,
    figures: &mut Figures,
) -> Result<u64> {
    figures.head("latency: from an event's Kafka timestamp until its result can be read");
    measure_while(deployment, service, read, pace, |_| Ok(()), figures)
}

/// The same, and watches the service meanwhile, until nothing waits any more.
pub fn measure_while(
    deployment: &Deployment,
    service: &mut Service,
    read: u64,
    pace: Pace,
    mut watch: impl FnMut(&Service) -> Result<()>,
    figures: &mut Figures,
) -> Result<u64> {
    let zeros = || (0..pace.contacts()).map(|_| AtomicU64::new(0)).collect();
    let sent = Sent {
        starts_us: zeros(),
        ends_us: zeros(),
    };
    let reader = reader(deployment)?;
    let is_over = AtomicBool::new(false);
    let metrics_before = service.metrics()?;
    let threads_before = process::cpu_by_thread(service.pid());
    let (cpu, broker) = (service.pid(), deployment.broker.pid());
    let before = (process::cpu(cpu), process::cpu(broker), Instant::now());
    let (samples, events, lag) = std::thread::scope(|scope| {
        let reading = scope.spawn(|| read_results(&reader, &sent, pace, &is_over));
        let producing = scope.spawn(|| produce(deployment, pace, &sent));
        let mut watched = Ok(());
        while !producing.is_finished() {
            watched = watched.and_then(|()| watch(service));
            std::thread::sleep(Duration::from_millis(100));
        }
        let produced = producing.join().expect("the producer does not panic");
        let lag = service.metrics().map(|m| m.sum("ricochet_lag_records"));
        let caught_up = match &produced {
            Ok(events) => service.wait_for_lag(read + events),
            Err(_) => Ok(()),
        };
        is_over.store(true, Ordering::Relaxed);
        let samples = reading.join().expect("the reader does not panic");
        watched.and(caught_up)?;
        anyhow::Ok((samples?, produced?, lag?))
    })?;
    let elapsed = before.2.elapsed();
    let wall = elapsed.as_secs_f64();
    let took = |pid, before| process::cpu(pid).saturating_sub(before).as_secs_f64();
    figures.add("events a second", grouped(pace.rate));
    figures.add("seconds", pace.seconds.to_string());
    let (own, brokers) = (took(cpu, before.0), took(broker, before.1));
    figures.add("cores of the service", format!("{:.2}", own / wall));
    figures.add("cores of the broker", format!("{:.2}", brokers / wall));
    figures.add("records waiting at the end", grouped(lag as u64));
    commits(&service.metrics()?, &metrics_before, elapsed, figures);
    threads(service.pid(), &threads_before, figures);
    let [three, four] = samples.contacts;
    figures.add("contacts, three stages", shares(three));
    figures.add("contacts, four stages (by handle)", shares(four));
    let [three, four] = samples.alerts;
    figures.add("alerts, three stages", shares(three));
    figures.add("alerts, four stages (by handle)", shares(four));
    figures.add(
        "alerts that the contact's end raised",
        grouped(samples.by_end),
    );
    Ok(read + events)
}

fn shares(mut samples_us: Vec<u64>) -> String {
    samples_us.sort_unstable();
    let Some(max_us) = samples_us.last() else {
        return "none".to_owned();
    };
    let at = |share: f64| samples_us[((samples_us.len() - 1) as f64 * share) as usize] as f64 / 1e3;
    format!(
        "p50 {:.0} ms, p95 {:.0}, p99 {:.0}, max {:.0} ({} samples)",
        at(0.5),
        at(0.95),
        at(0.99),
        *max_us as f64 / 1e3,
        grouped(samples_us.len() as u64)
    )
}

/// A producer of contacts.
pub fn producer(deployment: &Deployment) -> Result<BaseProducer> {
    Ok(ClientConfig::new()
        .set("bootstrap.servers", deployment.servers())
        .set("enable.idempotence", "true")
        .set("linger.ms", "1")
        .create()?)
}

fn produce(deployment: &Deployment, pace: Pace, sent: &Sent) -> Result<u64> {
    let producer = producer(deployment)?;
    let began_at = Instant::now();
    let mut under_way: VecDeque<(Duration, u64)> = VecDeque::new();
    let (mut started, mut events) = (0, 0);
    while started < pace.contacts() {
        let elapsed = began_at.elapsed();
        let at = Timestamp::from_millisecond(pace.from_ms + elapsed.as_millis() as i64)?;
        while under_way.front().is_some_and(|(due, _)| *due <= elapsed) {
            if let Some((_, number)) = under_way.pop_front() {
                sent.ends_us[number as usize].store(now_us(), Ordering::Relaxed);
                send_event(&producer, pace, pace.first_number + number, at, true);
                events += 1;
            }
        }
        let wanted = (elapsed.as_secs_f64() * (pace.rate / 2) as f64) as u64;
        while started < wanted.min(pace.contacts()) {
            sent.starts_us[started as usize].store(now_us(), Ordering::Relaxed);
            send_event(&producer, pace, pace.first_number + started, at, false);
            under_way.push_back((elapsed + LASTS, started));
            started += 1;
            events += 1;
        }
        producer.poll(Duration::ZERO);
        std::thread::sleep(STEP);
    }
    producer.flush(Duration::from_secs(60))?;
    Ok(events)
}

/// Sends the start or the end of a contact.
pub fn send_event(producer: &BaseProducer, pace: Pace, number: u64, at: Timestamp, is_end: bool) {
    let customer = pace.customer(number);
    let (channel, source, start, id, kind, key) = if Pace::is_by_handle(number) {
        let key = format!("D{customer:08}");
        ("chat", "chatdesk", "started", "live4", "device", key)
    } else {
        let key = format!("C{customer:08}");
        ("phone", "acd", "offered", "live3", "customer_id", key)
    };
    let (event, kind_of_event, rest) = if is_end {
        (
            "z",
            "ended",
            r#""outcome":"handled","wait_ms":2000,"agent":"a001","team":"T01""#,
        )
    } else {
        (
            "a",
            start,
            r#""reason":"billing/invoice/copy","reason_source":"declared","queue":"Q05""#,
        )
    };
    let line = format!(
        r#"{{"tenant":"yardstick","channel":"{channel}","source":"{source}","event_id":"{event}{id}-{number:09}","kind":"{kind_of_event}","occurred_at":"{at}","contact_id":"{id}-{number:09}","identifiers":[{{"type":"{kind}","value":"{key}"}}],{rest}}}"#
    );
    send(producer, &key, &line);
}

/// Reads what is committed from now on.
fn reader(deployment: &Deployment) -> Result<BaseConsumer> {
    let reader: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", deployment.servers())
        .set("group.id", "latency")
        .set("isolation.level", "read_committed")
        .set("enable.auto.commit", "false")
        .set("fetch.wait.max.ms", "10")
        .create()?;
    let mut all = TopicPartitionList::new();
    for table in ["alerts", "contacts"] {
        let topic = format!("{APPLICATION}.{table}");
        for partition in 0..PARTITIONS.cast_signed() {
            let wait = Duration::from_secs(30);
            let (_, end) = reader.fetch_watermarks(&topic, partition, wait)?;
            all.add_partition_offset(&topic, partition, Offset::Offset(end))?;
        }
    }
    reader.assign(&all)?;
    Ok(reader)
}

fn read_results(
    reader: &BaseConsumer,
    sent: &Sent,
    pace: Pace,
    is_over: &AtomicBool,
) -> Result<Samples> {
    let alerts = format!("{APPLICATION}.alerts");
    let mut samples = Samples::default();
    let (mut contacts_seen, mut alerts_seen) = (HashSet::new(), HashSet::new());
    while !is_over.load(Ordering::Relaxed) {
        let Some(message) = reader.poll(Duration::from_millis(100)) else {
            continue;
        };
        let message = message?;
        let read_us = now_us();
        let (Some(key), Some(value)) = (message.key(), message.payload()) else {
            continue;
        };
        let is_alert = message.topic() == alerts;
        // The key of a contact's row ends with its id. In an alert it is the first id that is
        // said, in JSON and in Avro; of an alert the first record is the one that raised it.
        let number = contact_number(if is_alert { value } else { key });
        let place = number.and_then(|number| number.checked_sub(pace.first_number));
        let measured = pace.first()..pace.contacts();
        let Some(number) = place.filter(|number| measured.contains(number)) else {
            continue;
        };
        let place = usize::from(Pace::is_by_handle(pace.first_number + number));
        let start_us = sent.starts_us[number as usize].load(Ordering::Relaxed);
        if !is_alert {
            if contacts_seen.insert(number) {
                samples.contacts[place].push(read_us.saturating_sub(start_us));
            }
        } else if alerts_seen.insert(key.to_vec()) {
            let end_us = sent.ends_us[number as usize].load(Ordering::Relaxed);
            let by_end = end_us != 0 && end_us <= read_us;
            samples.by_end += u64::from(by_end);
            let raised_us = if by_end { end_us } else { start_us };
            samples.alerts[place].push(read_us.saturating_sub(raised_us));
        }
    }
    Ok(samples)
}

/// The number of the first contact of ours that is named.
fn contact_number(bytes: &[u8]) -> Option<u64> {
    let start = bytes
        .windows(6)
        .position(|window| window == b"live3-" || window == b"live4-")?;
    let digits = bytes.get(start + 6..start + 15)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

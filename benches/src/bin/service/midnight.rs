//! A large number of verdicts that fall due at the same instant, while contacts go on coming.
//!
//! Every contact of a day falls due at its end in the readings of the window `intraday`. So contacts
//! of a day are brought first; then time comes to the day's end, and to the instant at which the
//! sources have settled it, while contacts of the next day come at a steady rate.

use crate::deployment::{Deployment, Service};
use crate::figures::Figures;
use crate::latency::{self, Pace, producer, send_event};
use anyhow::Result;
use benches::table::grouped;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use std::time::{Duration, Instant};

/// The configuration's time zone and `lateness`.
const TIME_ZONE: &str = "Europe/Paris";
const LATENESS_MS: i64 = 10 * 60_000;
/// Live contacts come for so long before what is due falls due: those of the first seconds do not
/// count.
const BEFORE_MS: i64 = 6_000;
/// Numbers of the contacts that fall due, apart from those of the live ones.
const FIRST_NUMBER: u64 = 200_000_000;
/// Readings of the window `intraday`.
const READINGS: u64 = 2;

/// Measures, and says what it found. `read` records were read before; returns how many there are
/// now, and the event time that was come to.
pub fn measure(
    deployment: &Deployment,
    service: &mut Service,
    (read, last_ms): (u64, i64),
    (contacts, pace): (u64, Pace),
    figures: &mut Figures,
) -> Result<u64> {
    let zone = TimeZone::get(TIME_ZONE)?;
    let day = Timestamp::from_millisecond(last_ms)?.to_zoned(zone);
    let day = day.checked_add(Span::new().days(1))?;
    let begin = day.with().time(Time::midnight()).build()?.timestamp();
    let noon_ms = begin.as_millisecond() + 12 * 3_600_000;
    let midnight = day.checked_add(Span::new().days(1))?;
    let midnight = midnight.with().time(Time::midnight()).build()?.timestamp();
    let apart = Pace {
        customers: contacts,
        ..pace
    };
    bring(deployment, contacts, apart, noon_ms)?;
    let read = read + contacts * 2;
    service.wait_for_lag(read)?;
    service.wait("timers are due", Duration::from_millis(500), |service| {
        Ok(service.metrics()?.sum("ricochet_timers_due") == 0.0)
    })?;
    let live = Pace {
        from_ms: midnight.as_millisecond() + LATENESS_MS - BEFORE_MS,
        first_number: 100_000_000,
        ..pace
    };
    let sent = service
        .metrics()?
        .sum_where("ricochet_records_sent_total", "topic", "verdicts");
    let began_at = Instant::now();
    let mut over_after = Duration::ZERO;
    let mut due_max: f64 = 0.0;
    let watch = |service: &Service| -> Result<()> {
        let metrics = service.metrics()?;
        let due = metrics.sum_where("ricochet_timers_due", "stage", "customers");
        due_max = due_max.max(due);
        if due > 0.0 {
            over_after = began_at.elapsed();
        }
        Ok(())
    };
    figures.head("midnight: verdicts that fall due at one instant while contacts go on coming");
    figures.add("contacts that fall due", grouped(contacts));
    figures.add("their verdicts", grouped(contacts * READINGS));
    let read = latency::measure_while(deployment, service, read, live, watch, figures)?;
    let after = service
        .metrics()?
        .sum_where("ricochet_records_sent_total", "topic", "verdicts");
    figures.add(
        "verdict records sent meanwhile",
        grouped((after - sent) as u64),
    );
    figures.add("most keys due at a time", grouped(due_max as u64));
    let took = over_after.saturating_sub(Duration::from_millis(BEFORE_MS as u64));
    figures.add(
        "all were said after",
        format!("{:.0} s", took.as_secs_f64()),
    );
    Ok(read)
}

/// Contacts of one day, which begin and end.
fn bring(deployment: &Deployment, contacts: u64, pace: Pace, noon_ms: i64) -> Result<()> {
    let producer = producer(deployment)?;
    for number in 0..contacts {
        // Within an hour, so that nothing else falls due between them.
        let start_ms = noon_ms + (number * 3_000_000 / contacts).cast_signed();
        let number = FIRST_NUMBER + number;
        for (at_ms, is_end) in [(start_ms, false), (start_ms + 5_000, true)] {
            let at = Timestamp::from_millisecond(at_ms)?;
            send_event(&producer, pace, number, at, is_end);
        }
    }
    rdkafka::producer::Producer::flush(&producer, Duration::from_secs(60))?;
    Ok(())
}

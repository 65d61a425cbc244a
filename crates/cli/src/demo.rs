//! `ricochet demo`: a generated day of a brand through the whole engine, told while it happens.

mod clocks;
mod degraded;
mod figures;
mod journeys;
mod live;
mod pace;
mod player;
mod stories;
mod teller;
mod view;
mod words;

use crate::args::{Demo, ProgressWhen};
use crate::progress::Progress;
use crate::report::{self, Report, grouped};
use crate::screen::Screen;
use anyhow::{Result, ensure};
use calendar::{DAY_MS, HOUR_MS};
use figures::Figures;
use journeys::Journeys;
use live::Live;
use model::Millis;
use pace::{Pace, Stop};
use player::Player;
use settings::{Loaded, Meant};
use simulator::workload::day::{self, DayOptions, TimedRecord};
use stage_customers::Output;
use stage_monitor::JourneyDegraded;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;
use teller::Teller;
use view::View;
use worker::Counts;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// With `--speed 0` as much is told as at this speed, which is the default.
const SPEED_OF_READING: f64 = 240.0;
/// Fastest day: all of it in a moment.
const SPEED_MAX: f64 = 1e6;

/// Runs the command.
pub fn run(demo: &Demo) -> Result<u8> {
    ensure!(
        (0.0..=SPEED_MAX).contains(&demo.speed),
        "--speed {}: allowed: 0 (as fast as it can be computed) to {SPEED_MAX}",
        demo.speed
    );
    match tell(demo, &mut Screen::stdout()) {
        // Who reads no further has seen enough.
        Err(error) if is_broken_pipe(&error) => Ok(0),
        told => told.map(|()| 0),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let cause = error.downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// The secret of a demo: its identifiers are invented, and the same seed tells the same day.
fn secret(seed: u64) -> Vec<u8> {
    (0..4_u64)
        .flat_map(|word| xxh3_64_with_seed(&word.to_le_bytes(), seed).to_le_bytes())
        .collect()
}

fn tell<W: Write>(demo: &Demo, screen: &mut Screen<W>) -> Result<()> {
    let options = DayOptions::demo(demo.seed);
    let loaded = Loaded::from_text(&day::day_config(), "the demo's configuration")?;
    let meant = loaded.meant()?;
    let mut engine = meant.engine(|| secret(demo.seed), None, None)?;
    let stop = Stop::on_interrupt();
    opening(demo, &options, &meant, screen)?;
    // Nobody could look at a day that is over in a moment.
    let live = if demo.speed > 0.0 {
        engine.customers = engine.customers.counting(Arc::new(meant.figures()));
        Some(opened(demo, &meant, screen)?)
    } else {
        None
    };
    let mut show = Show {
        meant: &meant,
        screen,
        player: Player::new(&engine, &meant),
        live,
        stop,
        ended_at: None,
    };
    let mut records = day::day(options.clone());
    let first = show.history(&mut records, &options)?;
    show.day(first.into_iter().chain(records), &options, demo.speed)?;
    show.closing(&options, demo.seed)
}

fn opening<W: Write>(
    demo: &Demo,
    options: &DayOptions,
    meant: &Meant,
    screen: &mut Screen<W>,
) -> Result<()> {
    let day = options.date.strftime("%A %-d %B %Y");
    screen.title(&format!(
        "Ricochet demo · {day} · {} · seed {}",
        meant.time_zone, demo.seed
    ))?;
    screen.line(
        "The day of a French brand that sells energy and internet lines: calls, chats, mails, \
         video chats and web visits, as its systems report them, with late and doubled records, \
         wrong clocks and corrections. Brand and customers are invented; the same seed is the same \
         day. It goes event by event through the whole engine, in this one process.",
        0,
    )?;
    screen.blank()?;
    screen.line("What to look for:", 0)?;
    screen.line(
        "▲  A customer came back once too often: told while the phone still rings. Under it stand \
         the contacts that were counted, and how long before this one each had ended; days are \
         calendar days, as a centre counts them.",
        3,
    )?;
    screen.line(
        "✗  A journey broke: a page that failed and then a call, a payment without a confirmation, a \
         mail that nobody answers. Under it stands what matched each step of the rule.",
        3,
    )?;
    screen.line(
        "▼  More journeys of a kind break in one place than normally do: after 14:00 something is \
         released that goes wrong. Told are the page and the version, since when, how many \
         customers, and what it costs.",
        3,
    )?;
    screen.line(
        "── Each hour, the figures of today: how many contacts were repeats, beside yesterday and \
         the same weekday by that time. A repeat is a contact of somebody who had been answered \
         within the seven days before.",
        3,
    )?;
    screen.line(
        "↺  Alerts that are revised or withdrawn: a call turns out to be somebody else's, a reason \
         is corrected, a record came late. Each time the cause is told.",
        3,
    )?;
    screen.blank()?;
    screen.line(
        "Customers appear as keyed hashes: no raw identifier comes past the engine's door. The \
         secret was drawn from the seed; a deployment of yours keeps its own in a file. Ctrl-C \
         ends the day early, with its summary.",
        0,
    )?;
    screen.blank()?;
    Ok(screen.flush()?)
}

/// The live board, on this machine's own address if that can be had.
fn opened<W: Write>(demo: &Demo, meant: &Meant, screen: &mut Screen<W>) -> Result<Live> {
    let mut live = Live::new(meant)?;
    let text = match live.serve(demo.port) {
        Ok(address) => format!("The board is live on http://{address} until the demo ends."),
        Err(error) => format!("There is no live board this time: {error}. Choose another --port."),
    };
    screen.line(&text, 0)?;
    screen.blank()?;
    screen.flush()?;
    live.is_behind();
    Ok(live)
}

/// What is shown, and what is behind it.
struct Show<'a, W> {
    meant: &'a Meant,
    screen: &'a mut Screen<W>,
    player: Player<'a>,
    /// The live board, if there is one.
    live: Option<Live>,
    stop: Stop,
    /// When the reader ended the day, if he did.
    ended_at: Option<Millis>,
}

impl<W: Write> Show<'_, W> {
    /// Replays the days before, and returns the first record of the day itself.
    fn history(
        &mut self,
        records: &mut impl Iterator<Item = TimedRecord>,
        options: &DayOptions,
    ) -> Result<Option<TimedRecord>> {
        let opens_at = options.opens_at_ms();
        let days_before = options.days_before.unsigned_abs();
        let shown = Progress::over_bytes(1, ProgressWhen::Auto);
        let mut first = None;
        for record in records {
            if record.at_ms >= opens_at || self.stop.now() {
                first = Some(record);
                break;
            }
            let left = ((opens_at - record.at_ms) / DAY_MS) as u64;
            shown.stage("days", days_before.saturating_sub(left + 1), days_before);
            let told = self.player.play(&record, false);
            self.show(&told, Millis(record.at_ms));
        }
        let told = self.player.settle_up_to(Millis(opens_at));
        self.show(&told, Millis(opens_at));
        if let Some(live) = &mut self.live {
            live.is_ready(Millis(opens_at));
        }
        shown.finish();
        let contacts = self.player.live.told.contacts.len() as u64;
        let text = format!(
            "The {days_before} days before are replayed: {} records became {} contacts of {} \
             customers. Now the day begins.",
            grouped(self.player.counts().read),
            grouped(contacts),
            grouped(self.player.live.told.customers())
        );
        self.screen.line(&text, 0)?;
        self.screen.blank()?;
        self.screen.flush()?;
        Ok(first)
    }

    /// Gives what was told to the live board. Returns what the monitor has told.
    fn show(&mut self, told: &[Output], now: Millis) -> Vec<JourneyDegraded> {
        let degraded = std::mem::take(&mut self.player.live.degraded);
        if let Some(live) = &mut self.live {
            live.hear_markers(self.player.live.told.markers.iter());
            live.hear_degraded(&degraded);
            live.hear(told, now);
        }
        degraded
    }

    /// Plays the day, hour by hour.
    fn day(
        &mut self,
        records: impl Iterator<Item = TimedRecord>,
        options: &DayOptions,
        speed: f64,
    ) -> Result<()> {
        let opens_at = Millis(options.opens_at_ms());
        let pace = Pace::new(opens_at, speed, self.stop);
        let reading = if speed == 0.0 {
            SPEED_OF_READING
        } else {
            speed
        };
        let mut teller = Teller::new(reading, opens_at, &self.player.live.told.alerts);
        let before = (self.player.counts(), self.player.late);
        let standing = &self.player.live.told.journeys;
        let mut journeys = Journeys::new(reading, opens_at, standing);
        let mut hour_at = opens_at.plus(HOUR_MS);
        let mut on = true;
        for record in records {
            while on && hour_at.0 <= record.at_ms {
                on = pace.wait_until(hour_at);
                if on {
                    self.hour(hour_at, (&teller, &journeys), &before)?;
                }
                hour_at = hour_at.plus(HOUR_MS);
            }
            on = on && pace.wait_until(Millis(record.at_ms));
            if !on {
                break;
            }
            let told = self.player.play(&record, true);
            let degraded = self.show(&told, Millis(record.at_ms));
            let view = View {
                told: &self.player.live.told,
                meant: self.meant,
            };
            teller.hear(&told, Millis(record.at_ms), view, self.screen)?;
            journeys.hear(&told, Millis(record.at_ms), view, self.screen)?;
            for alert in &degraded {
                degraded::tell(alert, Millis(record.at_ms), view, self.screen)?;
            }
        }
        self.player.settle();
        if on {
            let closes_at = Millis(options.closes_at_ms());
            pace.wait_until(closes_at);
            self.hour(closes_at, (&teller, &journeys), &before)
        } else {
            self.ended_at = Some(self.player.horizon());
            Ok(())
        }
    }

    /// The figures of the day so far.
    fn hour(
        &mut self,
        now: Millis,
        (teller, journeys): (&Teller, &Journeys),
        before: &(Counts, u64),
    ) -> Result<()> {
        let zone = self.meant.customers.calendar.zone();
        // Midnight ends the day of which it is the end.
        let end = now.minus(1);
        let title = match words::clock(zone, now).as_str() {
            "00:00" => "24:00".to_owned(),
            clock => clock.to_owned(),
        };
        let (today, repeats) = self.beside(end);
        self.screen.blank()?;
        self.screen.title(&title)?;
        let line = |screen: &mut Screen<W>, name: &str, text: &str| {
            screen.line(&format!("{name:<10} {text}"), 11)
        };
        line(self.screen, "Contacts", &today.contacts_text())?;
        line(self.screen, "Repeats", &repeats)?;
        let alerts = teller.counts;
        let text = format!(
            "{} today, the cost of the repeats",
            today.avoidable_text(&self.meant.currency)
        );
        line(self.screen, "Avoidable", &text)?;
        let text = format!(
            "{} today: {} told here, {} only counted; {} withdrawn again",
            alerts.raised,
            alerts.told,
            alerts.raised - alerts.told,
            alerts.withdrawn
        );
        line(self.screen, "Alerts", &text)?;
        line(self.screen, "Journeys", &journeys.text())?;
        let counts = self.player.counts();
        let rejected = |counts: &Counts| counts.rejected.values().sum::<u64>();
        let text = format!(
            "{} today: {} rejected, {} duplicates, {} late",
            grouped(counts.read - before.0.read),
            rejected(&counts) - rejected(&before.0),
            counts.duplicates - before.0.duplicates,
            self.player.late - before.1
        );
        line(self.screen, "Records", &text)?;
        self.screen.blank()?;
        Ok(self.screen.flush()?)
    }

    /// Today's figures, and its repeats beside those of yesterday and of the same weekday.
    fn beside(&self, end: Millis) -> (Figures, String) {
        let calendar = &self.meant.customers.calendar;
        let headline = self.meant.customers.readings.headline;
        let told = &self.player.live.told;
        let of_day = |days: i64| {
            let from = words::day_start(calendar, end, -days);
            let to = from.plus(end.since(words::day_start(calendar, end, 0)) + 1);
            (from, Figures::between(told, headline, from, to))
        };
        let (_, today) = of_day(0);
        let [yesterday, last_week] = [1, 7].map(|days| {
            let (from, figures) = of_day(days);
            let day = words::at(calendar.zone(), from, "%a %-d %b");
            format!("{day} {}", figures.repeats_text())
        });
        let text = format!("{}; by then {yesterday}, {last_week}", today.repeats_text());
        (today, text)
    }

    /// The summary of everything, three customers, and what to do next.
    fn closing(&mut self, options: &DayOptions, seed: u64) -> Result<()> {
        let summary = self.player.summary(self.meant);
        let counts = self.player.counts();
        let report = Report {
            unknown_kinds: &BTreeMap::new(),
            summary: &summary,
            counts: &counts,
            readings: &self.meant.customers.readings,
            days: report::days(summary.first_at, self.player.horizon()),
            currency: &self.meant.currency,
        };
        let title = self.title(options.days_before);
        self.screen.title(&title)?;
        self.screen.laid_out(&report.text())?;
        self.screen.blank()?;
        self.screen.title("Three customers of the day")?;
        let view = View {
            told: &self.player.live.told,
            meant: self.meant,
        };
        stories::tell(view, Millis(options.opens_at_ms()), self.screen)?;
        self.next(seed)
    }

    fn title(&self, days_before: i64) -> String {
        match self.ended_at {
            None => format!("The {days_before} days before and the day itself, settled"),
            Some(at) => {
                let zone = self.meant.customers.calendar.zone();
                let at = words::date_and_clock(zone, at);
                format!(
                    "Ended at {at}: everything up to then, settled",
                    at = at.trim()
                )
            }
        }
    }

    fn next(&mut self, seed: u64) -> Result<()> {
        self.screen.title("Now with your own contacts")?;
        for text in [
            "1  Say whose they are in a file ricochet.toml, for instance:",
            "     tenant = \"acme\"",
            "     time_zone = \"Europe/Paris\"",
            "2  Export some contacts (JSON lines, CSV, Parquet), and see what they hold:",
            "     ricochet check --config ricochet.toml --input export.csv",
            "3  Settle them: one verdict for each contact and reading, and this summary:",
            "     ricochet replay --config ricochet.toml --input export.csv --output results",
            "4  Ask why one of them counted, repeated, alerted, or did not:",
            "     ricochet explain --config ricochet.toml --input export.csv --contact ID",
        ] {
            self.screen.line(text, 5)?;
        }
        let other = seed.wrapping_add(1);
        let text = format!("Another day: ricochet demo --seed {other}. Faster: --speed 1200.");
        self.screen.line(&text, 0)?;
        Ok(self.screen.flush()?)
    }
}

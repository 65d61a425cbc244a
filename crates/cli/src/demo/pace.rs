//! Waits until a moment of the day has come, and stops where the reader says so.

use model::Millis;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Longest sleep: so soon an interrupt is noticed.
const SLEEP_MAX: Duration = Duration::from_millis(50);
/// Beyond this nobody waits; it keeps durations in their range, however slow the day.
const WAIT_S_MAX: f64 = 1e9;
/// Status of a program that was interrupted.
const INTERRUPTED: i32 = 130;

static STOPPED: AtomicBool = AtomicBool::new(false);

/// Says whether the reader wants to stop.
#[derive(Clone, Copy)]
pub struct Stop(());

impl Stop {
    /// Stops at Ctrl-C or SIGTERM; a second one ends the program on the spot.
    pub fn on_interrupt() -> Stop {
        // Without a handler an interrupt ends the program without a summary: no reason to fail.
        let _ = ctrlc::set_handler(|| {
            if STOPPED.swap(true, Ordering::SeqCst) {
                std::process::exit(INTERRUPTED);
            }
        });
        Stop(())
    }

    /// Whether to stop now.
    pub fn now(self) -> bool {
        STOPPED.load(Ordering::SeqCst)
    }
}

/// The day's time, played at a speed.
pub struct Pace {
    from: Millis,
    began: Instant,
    speed: f64,
    stop: Stop,
}

impl Pace {
    /// `speed`: seconds of the day for each second; 0: no waiting.
    pub fn new(from: Millis, speed: f64, stop: Stop) -> Pace {
        Pace {
            from,
            began: Instant::now(),
            speed,
            stop,
        }
    }

    /// Waits until a moment of the day has come. False: the reader wants to stop.
    pub fn wait_until(&self, at: Millis) -> bool {
        if self.speed == 0.0 {
            return !self.stop.now();
        }
        let due_s = at.since(self.from).max(0) as f64 / 1_000.0 / self.speed;
        let due = Duration::from_secs_f64(due_s.min(WAIT_S_MAX));
        loop {
            if self.stop.now() {
                return false;
            }
            let left = due.saturating_sub(self.began.elapsed());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(SLEEP_MAX));
        }
    }
}

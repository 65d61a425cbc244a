//! Time of the clock on the wall and of this thread on a processor.

use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// What a piece of work took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    /// By the clock on the wall.
    pub wall: Duration,
    /// On a processor: what other programs do meanwhile does not count.
    pub cpu: Duration,
}

/// Measures work that is done on this thread.
pub fn timed<R>(work: impl FnOnce() -> R) -> (Spent, R) {
    let (cpu_before, began) = (cpu(), Instant::now());
    let result = work();
    let spent = Spent {
        wall: began.elapsed(),
        cpu: cpu().saturating_sub(cpu_before),
    };
    (spent, result)
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

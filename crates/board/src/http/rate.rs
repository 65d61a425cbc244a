//! How often somebody may ask.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Requests a second, and how many at once.
const READS: (f64, f64) = (50.0, 300.0);
/// Writes likewise.
const WRITES: (f64, f64) = (5.0, 30.0);
/// Wrong tokens.
const FAILURES: (f64, f64) = (0.2, 10.0);
/// Askers that are remembered; those who have asked least lately are forgotten.
const ASKERS_MAX: usize = 10_000;

/// How much somebody may still ask.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

#[derive(Debug, Default)]
struct Buckets(HashMap<String, Bucket>);

impl Buckets {
    /// What is left to somebody now.
    fn left(&self, by: &str, (rate, most): (f64, f64), now: Instant) -> f64 {
        self.0.get(by).map_or(most, |bucket| {
            let since = now.saturating_duration_since(bucket.at).as_secs_f64();
            (bucket.left + since * rate).min(most)
        })
    }

    fn take(&mut self, by: &str, limit: (f64, f64), now: Instant) -> Result<(), u64> {
        let left = self.left(by, limit, now);
        if left < 1.0 {
            return Err(((1.0 - left) / limit.0).ceil().max(1.0) as u64);
        }
        if self.0.len() >= ASKERS_MAX && !self.0.contains_key(by) {
            // Those who have all they may have need not be remembered.
            let (rate, most) = limit;
            self.0.retain(|_, bucket| {
                let since = now.saturating_duration_since(bucket.at).as_secs_f64();
                bucket.left + since * rate < most
            });
            if self.0.len() >= ASKERS_MAX {
                self.0.clear();
            }
        }
        let bucket = Bucket {
            left: left - 1.0,
            at: now,
        };
        self.0.insert(by.to_owned(), bucket);
        Ok(())
    }
}

/// How often everybody may ask.
#[derive(Debug, Default)]
pub(super) struct Rates {
    reads: Mutex<Buckets>,
    writes: Mutex<Buckets>,
    failures: Mutex<Buckets>,
}

fn lock(buckets: &Mutex<Buckets>) -> MutexGuard<'_, Buckets> {
    buckets.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Rates {
    /// Somebody asks. `Err`: too often; seconds until he may.
    pub(super) fn take(&self, by: &str, is_write: bool) -> Result<(), u64> {
        let now = Instant::now();
        if is_write {
            lock(&self.writes).take(by, WRITES, now)
        } else {
            lock(&self.reads).take(by, READS, now)
        }
    }

    /// Whether somebody who gave wrong tokens may try again.
    pub(super) fn may_try(&self, by: &str) -> Result<(), u64> {
        let left = lock(&self.failures).left(by, FAILURES, Instant::now());
        if left < 1.0 {
            return Err(((1.0 - left) / FAILURES.0).ceil().max(1.0) as u64);
        }
        Ok(())
    }

    pub(super) fn failed(&self, by: &str) {
        // Whether there was anything left was asked before.
        let _ = lock(&self.failures).take(by, FAILURES, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::{ASKERS_MAX, Buckets};
    use std::time::{Duration, Instant};

    #[test]
    fn who_asks_too_often_waits_and_others_do_not() {
        let mut buckets = Buckets::default();
        let limit = (2.0, 3.0);
        let now = Instant::now();
        for _ in 0..3 {
            assert_eq!(buckets.take("a", limit, now), Ok(()));
        }
        assert_eq!(buckets.take("a", limit, now), Err(1));
        assert_eq!(buckets.take("b", limit, now), Ok(()));
        let later = now + Duration::from_millis(600);
        assert_eq!(buckets.take("a", limit, later), Ok(()));
        assert_eq!(buckets.take("a", limit, later), Err(1));
    }

    #[test]
    fn those_who_ask_once_take_no_room() {
        let mut buckets = Buckets::default();
        let now = Instant::now();
        for number in 0..3 * ASKERS_MAX {
            assert_eq!(buckets.take(&number.to_string(), (1.0, 5.0), now), Ok(()));
        }
        assert!(buckets.0.len() <= ASKERS_MAX);
    }
}

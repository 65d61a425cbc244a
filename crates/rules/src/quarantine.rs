//! Identifiers that too many contacts carry: a switchboard, a kiosk, a test account.

/// The local days on which an identifier means too many people to mean one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quarantine {
    /// Days with too many contacts, ascending.
    heavy_days: Vec<i64>,
}

impl Quarantine {
    /// An identifier stays quarantined for this many days after the day that had too many.
    pub const DAYS_AFTER: i64 = 30;

    /// The quarantine of an identifier from the local day of every contact that carries it, with
    /// the greatest number of contacts a day that is still one customer's; 0: no limit.
    #[must_use]
    pub fn of(mut days: Vec<i64>, contacts_per_day_max: u32) -> Quarantine {
        let max = contacts_per_day_max as usize;
        if max == 0 || days.len() <= max {
            return Quarantine::default();
        }
        days.sort_unstable();
        let runs = days.chunk_by(|a, b| a == b).filter(|run| run.len() > max);
        Quarantine {
            heavy_days: runs.map(|run| run[0]).collect(),
        }
    }

    /// The same with days that had too many contacts before those that are known.
    #[must_use]
    pub fn after(mut self, heavy_days: &[i64]) -> Quarantine {
        if !heavy_days.is_empty() {
            self.heavy_days.extend(heavy_days);
            self.heavy_days.sort_unstable();
            self.heavy_days.dedup();
        }
        self
    }

    /// Days with too many contacts, ascending.
    #[must_use]
    pub fn heavy_days(&self) -> &[i64] {
        &self.heavy_days
    }

    /// Whether the identifier is quarantined for a contact that starts on a local day.
    #[must_use]
    pub fn holds(&self, day: i64) -> bool {
        let from = self
            .heavy_days
            .partition_point(|heavy| *heavy < day - Self::DAYS_AFTER);
        self.heavy_days.get(from).is_some_and(|heavy| *heavy <= day)
    }
}

#[cfg(test)]
mod tests {
    use super::Quarantine;

    #[test]
    fn a_heavy_day_quarantines_itself_and_thirty_days_after() {
        let quarantine = Quarantine::of(vec![100, 100, 100, 90], 2);
        assert!(!quarantine.holds(99));
        assert!(quarantine.holds(100));
        assert!(quarantine.holds(130));
        assert!(!quarantine.holds(131));
        assert!(!Quarantine::of(vec![100, 100], 2).holds(100));
        assert!(!Quarantine::of(vec![100; 9], 0).holds(100));
    }
}

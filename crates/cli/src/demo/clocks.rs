//! How far each source has come, and so how far time has.

use model::{Millis, Text};
use settings::Sources;
use std::collections::BTreeMap;

/// The clocks of the sources: what each has spoken of, moved on by the time that passes while it
/// is silent, since nothing of it waits to be read.
pub struct SourceClocks<'a> {
    sources: &'a Sources,
    clocks: BTreeMap<Text, SourceClock>,
}

struct SourceClock {
    at: Millis,
    /// When its last record arrived.
    read_at: Millis,
    lateness_ms: i64,
}

impl SourceClock {
    fn now(&self, arrived_at: Millis) -> Millis {
        self.at.plus(arrived_at.since(self.read_at).max(0))
    }
}

impl SourceClocks<'_> {
    /// No source has spoken yet.
    pub fn new(sources: &Sources) -> SourceClocks<'_> {
        SourceClocks {
            sources,
            clocks: BTreeMap::new(),
        }
    }

    /// A source spoke of `occurred_at` in a record that arrived at `arrived_at`. Says whether the
    /// record came later than its source's lateness allows.
    pub fn read(&mut self, source: &Text, occurred_at: Millis, arrived_at: Millis) -> bool {
        let Some(clock) = self.clocks.get_mut(source) else {
            let lateness_ms = self.sources.get(source).lateness_ms;
            let clock = SourceClock {
                at: occurred_at,
                read_at: arrived_at,
                lateness_ms,
            };
            self.clocks.insert(source.clone(), clock);
            return false;
        };
        let now = clock.now(arrived_at);
        let late = occurred_at < now.minus(clock.lateness_ms);
        clock.at = now.max(occurred_at);
        clock.read_at = arrived_at;
        late
    }

    /// Everything up to this instant has been read of every source, as far as lateness tells.
    pub fn settled(&self, arrived_at: Millis) -> Option<Millis> {
        let clocks = self.clocks.values();
        clocks
            .map(|clock| clock.now(arrived_at).minus(clock.lateness_ms))
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::SourceClocks;
    use model::{Millis, Text};
    use settings::Loaded;

    const CONFIG: &str = "tenant = \"acme\"\ntime_zone = \"Europe/Paris\"\n\
                          [sources.slow]\nlateness = \"20s\"\n[sources.default]\nlateness = \"5s\"\n";

    #[test]
    fn a_silent_source_holds_nobody_back_and_a_late_record_is_late() {
        let loaded = Loaded::from_text(CONFIG, "test").expect("a configuration");
        let meant = loaded.meant().expect("a configuration");
        let mut clocks = SourceClocks::new(&meant.sources);
        assert_eq!(clocks.settled(Millis(0)), None);
        let (fast, slow) = (Text::from("fast"), Text::from("slow"));
        assert!(!clocks.read(&slow, Millis(100_000), Millis(101_000)));
        assert!(!clocks.read(&fast, Millis(100_000), Millis(100_000)));
        assert_eq!(clocks.settled(Millis(101_000)), Some(Millis(80_000)));
        // A minute later the slow source has said nothing, and its clock has moved by a minute.
        assert!(!clocks.read(&fast, Millis(160_000), Millis(161_000)));
        assert_eq!(clocks.settled(Millis(161_000)), Some(Millis(140_000)));
        assert!(clocks.read(&fast, Millis(150_000), Millis(161_000)));
        assert_eq!(
            clocks.settled(Millis(161_000)),
            Some(Millis(140_000)),
            "never back"
        );
    }
}

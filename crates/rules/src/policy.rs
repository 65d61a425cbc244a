use model::{Channel, ChannelSet, Text};

/// When a repeat is told to the business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name, unique.
    pub name: Text,
    /// Raised by whoever changes its meaning; part of the alerts' ids.
    pub version: u32,
    /// Place of its reading in the list of readings.
    pub reading: usize,
    /// Least count: 3 is "the third contact inside the window". At least 2.
    pub count_min: u32,
    /// Channels that it looks at.
    pub channels: ChannelSet,
    /// Reasons, each with what lies below it; empty: any, unknown too.
    pub reasons: Vec<Text>,
    /// Customer tiers; empty: any.
    pub tiers: Vec<Text>,
    /// Milliseconds after a standing alert in which no other is raised; 0: no suppression.
    pub cool_down_ms: i64,
}

impl Policy {
    /// Whether a contact with this channel, reason (may be empty) and tier is its business.
    #[must_use]
    pub fn concerns(&self, channel: Channel, reason: &str, tier: &str) -> bool {
        self.channels.contains(channel)
            && (self.tiers.is_empty() || self.tiers.iter().any(|wanted| wanted == tier))
            && (self.reasons.is_empty()
                || self
                    .reasons
                    .iter()
                    .any(|wanted| is_at_or_below(reason, wanted)))
    }
}

/// Whether a reason path equals another or lies below it.
pub(crate) fn is_at_or_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::is_at_or_below;

    #[test]
    fn a_reason_matches_itself_and_what_lies_below() {
        assert!(is_at_or_below("billing/payment", "billing"));
        assert!(is_at_or_below("billing", "billing"));
        assert!(!is_at_or_below("billings", "billing"));
        assert!(!is_at_or_below("", "billing"));
    }
}

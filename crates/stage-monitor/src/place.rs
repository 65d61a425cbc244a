use model::Text;

/// Stands between the parts of a key; segments cannot hold it.
const BETWEEN: char = '\u{1f}';

/// What is watched: a segment of the entries of a rule in a version.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Name of the rule.
    pub rule: Text,
    /// Its version.
    pub version: u32,
    /// `name=value` pairs with commas between, as in the table `journeys`; empty: all entries.
    pub segment: Text,
}

impl Place {
    /// The key of the segment's state.
    #[must_use]
    pub fn key(&self) -> String {
        let segment = self.segment.replace(BETWEEN, " ");
        format!("{}{BETWEEN}{}{BETWEEN}{segment}", self.rule, self.version)
    }

    /// The rule and version that a key names.
    pub(crate) fn rule_of_key(key: &str) -> (&str, u32) {
        let mut parts = key.splitn(3, BETWEEN);
        let rule = parts.next().unwrap_or_default();
        let version = parts.next().unwrap_or_default();
        (rule, version.parse().unwrap_or_default())
    }

    /// The place that a key names. Whatever else the key may be is a rule's name.
    #[must_use]
    pub fn of_key(key: &str) -> Place {
        let mut parts = key.splitn(3, BETWEEN);
        let mut next = || parts.next().unwrap_or_default();
        let rule = next().into();
        let version = next().parse().unwrap_or_default();
        Place {
            rule,
            version,
            segment: next().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_key_names_its_place() {
        let place = Place {
            rule: "payment-without-confirmation".into(),
            version: 3,
            segment: "page=pay/2,attributes.app_version=7.1".into(),
        };
        assert_eq!(Place::of_key(&place.key()), place);
        assert_eq!(Place::of_key("anything").rule, "anything");
    }
}

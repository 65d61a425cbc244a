use crate::Text;
use crate::words::words;
use serde::{Deserialize, Serialize};

/// An identifier that a contact states. Behind the door the value is a keyed hash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identifier {
    /// `customer_id`, `loyalty`, `email`, `phone`, `device`, or what the tenant declares.
    pub kind: Text,
    /// The normalised value, or its keyed hash.
    pub value: Text,
    /// The platform has checked that it is his.
    pub verified: bool,
}

impl Identifier {
    /// `type:value`, which names a customer or a handle in keys and tables.
    #[must_use]
    pub fn text(&self) -> Text {
        let mut text = Text::with_capacity(self.kind.len() + 1 + self.value.len());
        text.push_str(&self.kind);
        text.push(':');
        text.push_str(&self.value);
        text
    }
}

words! {
    /// How surely a contact's customer is known.
    Confidence {
        /// Seen together with the customer before or after.
        Seen = "seen",
        /// Seen together, and checked by the platform.
        Verified = "verified",
        /// The contact itself states the unique id.
        Unique = "unique",
    }
}

/// How a contact came to its customer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Resolved {
    /// No usable identifier.
    Unknown,
    /// Its identifier means too many people (type of the identifier).
    Quarantined {
        /// Type of the identifier.
        by: Text,
    },
    /// Known, by an identifier of this type.
    Known {
        /// Type of the identifier.
        by: Text,
        /// How surely.
        confidence: Confidence,
        /// The handle has several owners at that time, so none was taken.
        conflict: bool,
    },
}

impl Resolved {
    /// Whether the contact belongs to a known customer.
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(self, Resolved::Known { .. })
    }
}

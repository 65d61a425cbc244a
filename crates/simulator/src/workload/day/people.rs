//! The brand's customers, each a function of their number. Every identifier is fictitious: mail
//! addresses of the reserved domains, phone numbers of the ranges that are kept free for fiction.

use crate::workload::dice::Dice;

/// Ranges of ten thousand numbers each that the French numbering plan keeps for fiction.
const PHONE_PREFIXES: [&str; 6] = [
    "+3319900", "+3326191", "+3335301", "+3346571", "+3353649", "+3363998",
];

/// Numbers that are given to customers; the last hundred of a range are the brand's own.
const PHONES_PER_PREFIX: u64 = 9_900;

/// A customer, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Customer(pub(super) u64);

impl Customer {
    /// Somebody; the first numbers come more often than the last ones.
    pub(super) fn draw(dice: &mut Dice, customers: u64) -> Self {
        let skew = dice.unit().powf(1.25);
        Self(((skew * customers as f64) as u64).min(customers.saturating_sub(1)))
    }

    pub(super) fn customer_id(self) -> String {
        format!("C{:06}", self.0)
    }

    /// E.164. Every sixteenth pair of customers is a household with one line; beyond the numbers
    /// that there are, customers are known by other means.
    pub(super) fn phone(self) -> Option<String> {
        let line = if self.0 % 32 == 1 { self.0 - 1 } else { self.0 };
        let prefix = PHONE_PREFIXES.get((line / PHONES_PER_PREFIX) as usize)?;
        // A step that shares no factor with the length spreads neighbours over the range.
        Some(format!(
            "{prefix}{:04}",
            line % PHONES_PER_PREFIX * 7_919 % PHONES_PER_PREFIX
        ))
    }

    pub(super) fn email(self) -> String {
        let domain = if self.0.is_multiple_of(3) {
            "example.com"
        } else {
            "example.org"
        };
        format!("c{:06}@{domain}", self.0)
    }

    /// The cookie of the browser, or the installation of the app.
    pub(super) fn device(self, is_app: bool) -> String {
        let kind = if is_app { "app" } else { "web" };
        let mixed = self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(is_app);
        format!("{kind}-{mixed:016x}")
    }

    pub(super) fn tier(self) -> &'static str {
        match self.0 % 20 {
            0 => "premium",
            1..=5 => "plus",
            _ => "standard",
        }
    }
}

/// The `identifiers` of an event, as JSON.
pub(super) fn identifiers(list: &[(&str, &str, bool)]) -> String {
    let mut json = String::from("[");
    for (index, (kind, value, is_verified)) in list.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        json.push_str("{\"type\":\"");
        json.push_str(kind);
        json.push_str("\",\"value\":\"");
        json.push_str(value);
        json.push_str(if *is_verified {
            "\",\"verified\":true}"
        } else {
            "\"}"
        });
    }
    json.push(']');
    json
}

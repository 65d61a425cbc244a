//! A duration as typed.

use serde::Deserialize;

/// A duration as typed, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Duration(pub i64);

impl TryFrom<String> for Duration {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        calendar::duration_ms(&text)
            .map(Duration)
            .ok_or_else(|| format!("`{text}` is no duration"))
    }
}

//! What stands in a URL.

use super::problem::Problem;
use crate::views::{Filter, FilterError};
use std::collections::BTreeSet;

/// Rows of a page if nothing is said.
const LIMIT: usize = 100;
/// Rows of a page at most.
const LIMIT_MAX: usize = 10_000;
/// Bytes of a query.
const QUERY_BYTES_MAX: usize = 8_192;

/// The pairs of a query, decoded.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl From<FilterError> for Problem {
    fn from(error: FilterError) -> Problem {
        Problem::wrong(error.to_string())
    }
}

impl Query {
    /// # Errors
    /// It is too long, or a key stands there twice.
    pub(super) fn read(raw: Option<&str>) -> Result<Query, Problem> {
        let raw = raw.unwrap_or_default();
        if raw.len() > QUERY_BYTES_MAX {
            return Err(Problem::wrong(format!(
                "the query has {} bytes; allowed: at most {QUERY_BYTES_MAX}",
                raw.len()
            )));
        }
        let pairs = form_urlencoded::parse(raw.as_bytes());
        let pairs: Vec<(String, String)> = pairs.into_owned().collect();
        let mut seen = BTreeSet::new();
        if let Some((key, _)) = pairs.iter().find(|(key, _)| !seen.insert(key.as_str())) {
            let key: String = key.chars().take(40).collect();
            return Err(Problem::wrong(format!("{key}: stands there twice")));
        }
        Ok(Query(pairs))
    }

    /// # Errors
    /// A key that this route does not know: it would be left out without a word.
    pub(super) fn knows(&self, keys: &[(&str, &str)], more: &[&str]) -> Result<(), Problem> {
        let is_known =
            |key: &str| keys.iter().any(|(known, _)| *known == key) || more.contains(&key);
        match self.0.iter().find(|(key, _)| !is_known(key)) {
            None => Ok(()),
            Some((key, _)) => {
                let key: String = key.chars().take(40).collect();
                let known = keys.iter().map(|(known, _)| *known);
                let known: Vec<&str> = known.chain(more.iter().copied()).collect();
                let known = known.join(", ");
                Err(Problem::wrong(format!(
                    "`{key}` is no key; allowed: {known}"
                )))
            }
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let mut pairs = self.0.iter();
        let found = pairs.find(|(one, _)| one == key);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn filter(&self) -> Result<Filter, Problem> {
        let pairs = self.0.iter();
        Ok(Filter::read(
            pairs.map(|(key, value)| (key.as_str(), value.as_str())),
        )?)
    }

    /// How many rows are asked for.
    pub(super) fn limit(&self) -> Result<usize, Problem> {
        let Some(limit) = self.get("limit") else {
            return Ok(LIMIT);
        };
        let read = limit.parse().ok();
        let read = read.filter(|limit| (1..=LIMIT_MAX).contains(limit));
        read.ok_or_else(|| {
            let found: String = limit.chars().take(40).collect();
            Problem::wrong(format!("limit: found `{found}`; allowed: 1 to {LIMIT_MAX}"))
        })
    }

    /// Where the page before ended.
    pub(super) fn cursor<T>(&self, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Problem> {
        let Some(cursor) = self.get("cursor") else {
            return Ok(None);
        };
        let read = read(cursor).map(Some);
        read.ok_or_else(|| Problem::wrong("cursor: not one that this route has given"))
    }
}

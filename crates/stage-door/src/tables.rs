//! The tenant's tables of codes, made quick to ask.

use crate::settings::{StepMatch, StepRow, Tables};
use model::Text;
use std::collections::BTreeMap;

/// The tables of codes.
pub(crate) struct Compiled {
    pub(crate) reasons: Codes,
    pub(crate) queues: Codes,
    pub(crate) dispositions: Codes,
    pub(crate) steps: Steps,
    automatic_senders: Vec<Text>,
}

impl Compiled {
    pub(crate) fn new(tables: &Tables) -> Compiled {
        let reasons = tables
            .reasons
            .iter()
            .map(|row| (&row.source, &row.code, &row.reason));
        let queues = tables
            .queues
            .iter()
            .map(|row| (&row.source, &row.queue, &row.reason));
        let dispositions = tables.dispositions.iter();
        let dispositions = dispositions.map(|row| (&row.source, &row.code, &row.disposition));
        Compiled {
            reasons: Codes::new(reasons),
            queues: Codes::new(queues),
            dispositions: Codes::new(dispositions),
            steps: Steps::new(&tables.steps),
            // Addresses are compared as they are normalised.
            automatic_senders: tables
                .automatic_senders
                .iter()
                .map(|glob| glob.trim().to_lowercase().into())
                .collect(),
        }
    }

    /// Whether mail from this address is automatic.
    pub(crate) fn is_automatic_sender(&self, address: &str) -> bool {
        if self.automatic_senders.is_empty() {
            return false;
        }
        let address = address.trim().to_lowercase();
        self.automatic_senders
            .iter()
            .any(|glob| matches(glob, &address))
    }
}

/// Codes of sources to the tenant's words.
#[derive(Default)]
pub(crate) struct Codes {
    /// By code: words of each source, those of every source (an empty one) among them.
    words: BTreeMap<Text, Vec<(Text, Text)>>,
}

impl Codes {
    fn new<'a>(rows: impl Iterator<Item = (&'a Text, &'a Text, &'a Text)>) -> Codes {
        let mut codes = Codes::default();
        for (source, code, word) in rows {
            codes
                .words
                .entry(code.clone())
                .or_default()
                .push((source.clone(), word.clone()));
        }
        codes
    }

    /// The word for a source's code: its own row before that of every source.
    pub(crate) fn word(&self, source: &str, code: &str) -> Option<&Text> {
        let words = self.words.get(code)?;
        let of = |wanted: &str| words.iter().find(|(source, _)| source == wanted);
        of(source).or_else(|| of("")).map(|(_, word)| word)
    }
}

/// The table of steps. Of the rows that match, the first holds.
pub(crate) struct Steps {
    rows: Vec<StepRow>,
    by_event: BTreeMap<Text, usize>,
    /// Rows on URLs by what stands before their first `*`, in order. So one search finds the
    /// longest text that the URL begins with, and the others are its parents.
    prefixes: Vec<Prefix>,
}

struct Prefix {
    text: Text,
    /// The longest other prefix that this one begins with.
    parent: Option<usize>,
    /// Rows, in order, each with what follows the prefix; `None`: nothing may.
    rows: Vec<(usize, Option<Text>)>,
}

impl Steps {
    fn new(rows: &[StepRow]) -> Steps {
        let mut by_event = BTreeMap::new();
        let mut by_prefix: BTreeMap<Text, Vec<(usize, Option<Text>)>> = BTreeMap::new();
        for (place, row) in rows.iter().enumerate() {
            match &row.matches {
                StepMatch::Event(name) => {
                    by_event.entry(name.clone()).or_insert(place);
                }
                StepMatch::Url(glob) => {
                    let star = glob.find('*');
                    let prefix = Text::from(&glob[..star.unwrap_or(glob.len())]);
                    let rest = star.map(|star| Text::from(&glob[star..]));
                    by_prefix.entry(prefix).or_default().push((place, rest));
                }
            }
        }
        let mut prefixes: Vec<Prefix> = Vec::with_capacity(by_prefix.len());
        for (text, rows) in by_prefix {
            let mut parent = prefixes.len().checked_sub(1);
            while let Some(place) = parent
                && !text.starts_with(prefixes[place].text.as_str())
            {
                parent = prefixes[place].parent;
            }
            prefixes.push(Prefix { text, parent, rows });
        }
        Steps {
            rows: rows.to_vec(),
            by_event,
            prefixes,
        }
    }

    /// The row for a URL without query, or else for a page's name, or else for a kind.
    pub(crate) fn row(
        &self,
        url: Option<&str>,
        page: Option<&str>,
        kind: &str,
    ) -> Option<&StepRow> {
        let by_event = |name: &str| self.by_event.get(name).copied();
        let place = url
            .and_then(|url| self.by_url(url))
            .or_else(|| page.and_then(by_event))
            .or_else(|| by_event(kind))?;
        self.rows.get(place)
    }

    fn by_url(&self, url: &str) -> Option<usize> {
        let behind = self
            .prefixes
            .partition_point(|prefix| prefix.text.as_str() <= url);
        let mut first = None;
        let mut next = behind.checked_sub(1);
        while let Some(place) = next {
            let prefix = &self.prefixes[place];
            next = prefix.parent;
            let Some(rest) = url.strip_prefix(prefix.text.as_str()) else {
                continue;
            };
            let fits = |(_, glob): &&(usize, Option<Text>)| match glob {
                None => rest.is_empty(),
                Some(glob) => matches(glob, rest),
            };
            let row = prefix.rows.iter().find(fits).map(|(row, _)| *row);
            first = match (first, row) {
                (Some(first), Some(row)) => Some(row.min(first)),
                (first, row) => first.or(row),
            };
        }
        first
    }
}

/// Whether a text fits a glob, in which `*` stands for any text.
fn matches(glob: &str, text: &str) -> bool {
    let Some((head, mut tail)) = glob.split_once('*') else {
        return glob == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    // The earliest place of each middle part leaves most to those after it.
    while let Some((part, rest)) = tail.split_once('*') {
        let Some(at) = text.find(part) else {
            return false;
        };
        text = &text[at + part.len()..];
        tail = rest;
    }
    text.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::StepStatus;
    use proptest::prelude::*;

    fn row(matches: StepMatch) -> StepRow {
        let status = StepStatus::Completed;
        StepRow {
            matches,
            step: "".into(),
            status,
            reason: "".into(),
            page: "".into(),
        }
    }

    #[test]
    fn globs() {
        let table = [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*", "", true),
            ("*b", "ab", true),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*a", "a", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "acb", false),
            ("*-robot@example.org", "a-robot@example.org", true),
        ];
        for (glob, text, expected) in table {
            assert_eq!(matches(glob, text), expected, "{glob} {text}");
        }
    }

    proptest! {
        #[test]
        fn the_first_row_that_matches_is_found(
            globs in proptest::collection::vec("[ab/]{0,3}[*]?[ab]{0,2}[*]?", 0..20), url in "[ab/]{0,6}",
        ) {
            let rows: Vec<StepRow> =
                globs.iter().map(|glob| row(StepMatch::Url(glob.as_str().into()))).collect();
            let steps = Steps::new(&rows);
            let expected = globs.iter().position(|glob| matches(glob, &url));
            prop_assert_eq!(steps.by_url(&url), expected);
        }
    }

    #[test]
    fn url_before_page_before_kind_and_own_source_before_every() {
        let rows = [
            row(StepMatch::Event("page_view".into())),
            row(StepMatch::Event("Help".into())),
            row(StepMatch::Url("https://shop.example/*".into())),
        ];
        let steps = Steps::new(&rows);
        let found = |url, page, kind| {
            steps
                .row(url, page, kind)
                .map(|found| rows.iter().position(|row| row == found).unwrap())
        };
        assert_eq!(
            found(Some("https://shop.example/a"), Some("Help"), "page_view"),
            Some(2)
        );
        assert_eq!(
            found(Some("https://other.example/a"), Some("Help"), "page_view"),
            Some(1)
        );
        assert_eq!(found(None, Some("Other"), "page_view"), Some(0));
        assert_eq!(found(None, None, "login"), None);

        let texts: Vec<[Text; 3]> = [["", "D", "any"], ["acd", "D", "own"], ["crm", "T", "t"]]
            .map(|row| row.map(Text::from))
            .to_vec();
        let codes = Codes::new(
            texts
                .iter()
                .map(|[source, code, word]| (source, code, word)),
        );
        let word = |source, code| codes.word(source, code).map(Text::as_str);
        assert_eq!(word("acd", "D"), Some("own"));
        assert_eq!(word("crm", "D"), Some("any"));
        assert_eq!(word("acd", "T"), None);
    }
}

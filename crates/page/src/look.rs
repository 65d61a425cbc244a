//! How somebody looks at a page: what stands in its URL beside the filter. Nothing is kept anywhere
//! else, so that a view can be sent, and *back* goes back.

use crate::texts::Language;
use board::views::Filter;

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// As in the URL.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// The keys of the URL that are no filter's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// `lang=fr`, else what the browser asks for, else what is configured.
    pub language: Language,
    /// The language stands in the URL.
    pub language_is_chosen: bool,
    /// `theme=dark`; nothing: as the system has it.
    pub theme: Option<Theme>,
    /// `format=wall`: larger type, to be read from afar.
    pub wall: bool,
    /// `open=reason:billing/payment`: the row that shows what is behind it.
    pub open: Option<String>,
    /// What is looked at.
    pub filter: Filter,
}

/// The code of a language: `fr`.
#[must_use]
pub fn code(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::French => "fr",
    }
}

/// The language that a code names.
#[must_use]
pub fn language(code: &str) -> Option<Language> {
    match code {
        "en" => Some(Language::English),
        "fr" => Some(Language::French),
        _ => None,
    }
}

/// The first language of an `Accept-Language` header that the page speaks. Browsers send them in the
/// order in which they are wished for.
#[must_use]
pub fn accepted(header: &str) -> Option<Language> {
    header.split(',').find_map(|wish| {
        let (tag, weight) = wish.split_once(';').unwrap_or((wish, ""));
        let refused = weight
            .trim()
            .strip_prefix("q=0")
            .is_some_and(|rest| rest.trim_matches(['.', '0']).is_empty());
        let code = tag
            .trim()
            .split('-')
            .next()
            .unwrap_or("")
            .to_ascii_lowercase();
        language(&code).filter(|_| !refused)
    })
}

impl Look {
    /// Reads the decoded pairs of a query; `language` is for whoever has not chosen one. Values that
    /// mean nothing are as if they were not there.
    #[must_use]
    pub fn read(pairs: &[(String, String)], filter: Filter, or_language: Language) -> Look {
        let value = |key: &str| {
            let pair = pairs.iter().find(|(name, _)| name == key);
            pair.map(|(_, value)| value.as_str())
                .filter(|value| !value.is_empty())
        };
        let chosen = value("lang").and_then(language);
        Look {
            language: chosen.unwrap_or(or_language),
            language_is_chosen: chosen.is_some(),
            theme: value("theme").and_then(|name| {
                [Theme::Light, Theme::Dark]
                    .into_iter()
                    .find(|theme| theme.name() == name)
            }),
            wall: value("format") == Some("wall"),
            open: value("open").map(|open| open.chars().take(330).collect()),
            filter,
        }
    }

    /// The pairs that are no filter's, without the opened row.
    #[must_use]
    pub fn own_pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if self.language_is_chosen {
            pairs.push(("lang", code(self.language).to_owned()));
        }
        pairs.extend(self.theme.map(|theme| ("theme", theme.name().to_owned())));
        if self.wall {
            pairs.push(("format", "wall".to_owned()));
        }
        pairs
    }

    /// The address of this look at a page.
    #[must_use]
    pub fn href(&self, path: &str) -> String {
        let mut pairs = self.filter.pairs();
        pairs.extend(self.own_pairs());
        pairs.extend(self.open.clone().map(|open| ("open", open)));
        let query: Vec<String> = pairs
            .iter()
            .map(|(key, value)| format!("{key}={}", encoded(value)))
            .collect();
        if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", query.join("&"))
        }
    }

    /// The address after a change.
    #[must_use]
    pub fn href_with(&self, path: &str, change: impl FnOnce(&mut Look)) -> String {
        let mut look = self.clone();
        change(&mut look);
        look.href(path)
    }
}

/// A value as it stands in a query.
#[must_use]
pub fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' | b':' => {
                text.push(char::from(byte));
            }
            b' ' => text.push('+'),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// The pairs of a query, decoded; what is no UTF-8 is replaced.
#[must_use]
pub fn decoded(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded_value(key), decoded_value(value))
        })
        .collect()
}

fn decoded_value(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while place < bytes.len() {
        let hex = text
            .get(place + 1..place + 3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[place], hex) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                place += 2;
            }
            (b'+', _) => decoded.push(b' '),
            (byte, _) => decoded.push(byte),
        }
        place += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_comes_back_as_it_went() {
        for value in [
            "a b", "é/è", "100 %", "<script>", "a&b=c", "سلام", "+", "%zz",
        ] {
            let query = format!("key={}", encoded(value));
            assert_eq!(decoded(&query), vec![("key".to_owned(), value.to_owned())]);
        }
        assert_eq!(
            decoded("a=%ff"),
            vec![("a".to_owned(), "\u{fffd}".to_owned())]
        );
        assert_eq!(decoded("a=%"), vec![("a".to_owned(), "%".to_owned())]);
    }

    #[test]
    fn the_first_language_that_is_spoken_is_taken() {
        assert_eq!(
            accepted("de, fr-CA;q=0.8, en;q=0.5"),
            Some(Language::French)
        );
        assert_eq!(accepted("en-GB,en;q=0.9"), Some(Language::English));
        assert_eq!(accepted("fr;q=0, en"), Some(Language::English));
        assert_eq!(accepted("de, *"), None);
    }

    #[test]
    fn a_look_is_its_url() {
        let pairs = decoded("theme=dark&format=wall&lang=fr&open=reason:a%20b&channel=phone");
        let filter = pairs
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let filter = Filter::read(filter).unwrap();
        let look = Look::read(&pairs, filter, Language::English);
        assert_eq!(
            look.href("/"),
            "/?channel=phone&lang=fr&theme=dark&format=wall&open=reason:a+b"
        );
        assert_eq!(
            Look::read(
                &decoded(&look.href("")[1..]),
                look.filter.clone(),
                Language::English
            ),
            look
        );
    }
}

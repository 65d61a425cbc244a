//! Texts that many rows share, each held once.

use crate::views::TEXT_CHARACTERS_MAX;
use model::Text;
use std::collections::HashMap;

/// Different texts that are held; beyond, every new one is `…`.
pub(crate) const NAMES_MAX: usize = 200_000;

/// Longest text that is held whole, bytes.
const WHOLE_BYTES_MAX: usize = 2_000;

/// A text's place. 0 is the empty one, 1 stands for all beyond the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(u32);

impl Name {
    pub(crate) const EMPTY: Name = Name(0);
    const BEYOND: Name = Name(1);

    pub(crate) fn is_empty(self) -> bool {
        self == Name::EMPTY
    }
}

/// The texts.
#[derive(Debug)]
pub(crate) struct Names {
    texts: Vec<Text>,
    places: HashMap<Text, Name>,
}

impl Default for Names {
    fn default() -> Names {
        let texts = vec![Text::default(), Text::from("…")];
        let places = HashMap::from([(Text::default(), Name::EMPTY), ("…".into(), Name::BEYOND)]);
        Names { texts, places }
    }
}

impl Names {
    pub(crate) fn take(&mut self, text: &str) -> Name {
        self.take_text(cut(text))
    }

    /// A text that is not cut, as it names a row; one that is far too long is one of those beyond.
    pub(crate) fn take_whole(&mut self, text: &str) -> Name {
        if text.len() > WHOLE_BYTES_MAX {
            return Name::BEYOND;
        }
        self.take_text(text.into())
    }

    fn take_text(&mut self, text: Text) -> Name {
        if let Some(name) = self.places.get(text.as_str()) {
            return *name;
        }
        if self.texts.len() >= NAMES_MAX {
            return Name::BEYOND;
        }
        let name = Name(u32::try_from(self.texts.len()).unwrap_or(1));
        self.texts.push(text.clone());
        self.places.insert(text, name);
        name
    }

    pub(crate) fn take_some(&mut self, text: Option<&Text>) -> Name {
        text.map_or(Name::EMPTY, |text| self.take(text))
    }

    pub(crate) fn find(&self, text: &str) -> Option<Name> {
        self.places.get(text).copied()
    }

    pub(crate) fn text(&self, name: Name) -> &str {
        self.texts.get(name.0 as usize).map_or("", Text::as_str)
    }

    /// As views say it: nothing where it is empty.
    pub(crate) fn some(&self, name: Name) -> Option<String> {
        (!name.is_empty()).then(|| self.text(name).to_owned())
    }
}

/// A text from outside, at most [`TEXT_CHARACTERS_MAX`] characters long.
pub(crate) fn cut(text: &str) -> Text {
    match text.char_indices().nth(TEXT_CHARACTERS_MAX) {
        None => text.into(),
        Some((at, _)) => format!("{}…", &text[..at]).into(),
    }
}

/// A link that a browser may follow: `http` or `https`, else nothing.
pub(crate) fn safe_link(link: Option<&Text>) -> Option<Box<str>> {
    const BYTES_MAX: usize = 2_000;
    let link = link.filter(|link| link.len() <= BYTES_MAX)?;
    let (scheme, rest) = link.split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let is_plain = !rest.is_empty() && !rest.chars().any(|one| one.is_control() || one == ' ');
    (is_web && is_plain).then(|| link.as_str().into())
}

#[cfg(test)]
mod tests {
    use super::{Name, Names, cut, safe_link};

    #[test]
    fn what_is_long_is_cut_and_what_is_beyond_the_limit_is_one() {
        assert_eq!(cut("<script>"), "<script>");
        assert_eq!(cut(&"é".repeat(10_000)).chars().count(), 301);
        let mut names = Names::default();
        assert_eq!(names.take(""), Name::EMPTY);
        let right_to_left = names.take("فاتورة");
        assert_eq!(names.text(right_to_left), "فاتورة");
        for number in 0..super::NAMES_MAX + 10 {
            names.take(&number.to_string());
        }
        let beyond = names.take("one more");
        assert_eq!(names.text(beyond), "…");
        assert_eq!(names.take("فاتورة"), right_to_left);
    }

    #[test]
    fn only_what_a_browser_may_follow_is_a_link() {
        let safe = |link: &str| safe_link(Some(&link.into())).is_some();
        assert!(safe("https://crm.example/contacts/1"));
        for wrong in [
            "javascript://%0aalert(1)",
            "javascript:alert(1)",
            "//crm",
            "",
            "http://",
        ] {
            assert!(!safe(wrong), "{wrong}");
        }
    }
}

//! Who may ask for what.

use super::HttpError;
use std::fmt;
use std::hint::black_box;
use std::path::Path;

/// What somebody may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Everything, the process itself too.
    Operator,
    /// What the business sees.
    Supervisor,
}

/// The tokens that let users in. They cannot be printed.
#[derive(Clone)]
pub(super) struct Tokens(Vec<(Role, String)>);

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} tokens", self.0.len())
    }
}

/// A token is at least so long, so that nobody guesses it.
const LENGTH_MIN: usize = 16;

impl Tokens {
    /// Reads a file: a token a line, `operator:TOKEN` or `supervisor:TOKEN`; one without a role is
    /// an operator's. Empty lines and lines that begin with `#` are left out.
    ///
    /// # Errors
    /// The file cannot be read, a token is too short or has characters that no header can hold, or
    /// there is none.
    pub(super) fn read(path: &Path) -> Result<Tokens, HttpError> {
        let text = std::fs::read_to_string(path).map_err(|source| HttpError::TokenFile {
            path: path.to_owned(),
            source,
        })?;
        Tokens::parse(&text).map_err(|(line, what)| HttpError::Tokens {
            path: path.to_owned(),
            line,
            what,
        })
    }

    fn parse(text: &str) -> Result<Tokens, (Option<usize>, &'static str)> {
        let mut tokens = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (role, token) = match line.split_once(':') {
                None => (Role::Operator, line),
                Some(("operator", token)) => (Role::Operator, token.trim()),
                Some(("supervisor", token)) => (Role::Supervisor, token.trim()),
                Some(_) => return Err((Some(index + 1), "allowed roles: operator, supervisor")),
            };
            if token.len() < LENGTH_MIN {
                return Err((Some(index + 1), "a token has at least 16 characters"));
            }
            if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                let what = "a token has letters, digits and signs of ASCII only, without spaces";
                return Err((Some(index + 1), what));
            }
            tokens.push((role, token.to_owned()));
        }
        if tokens.is_empty() {
            return Err((None, "there is no token in it"));
        }
        Ok(Tokens(tokens))
    }

    /// The role that a token gives. Takes as long whichever it is, or none.
    pub(super) fn role(&self, given: &str) -> Option<Role> {
        let mut found = None;
        for (role, token) in &self.0 {
            if is_same(token.as_bytes(), given.as_bytes()) {
                found = Some(*role);
            }
        }
        found
    }
}

/// Compares all bytes, whichever differs first: how long it takes tells nobody how much was right.
fn is_same(token: &[u8], given: &[u8]) -> bool {
    let mut differs = token.len() ^ given.len();
    for (place, byte) in given.iter().enumerate() {
        let own = token.get(place % token.len().max(1)).copied().unwrap_or(0);
        differs |= black_box(usize::from(own ^ byte));
    }
    differs == 0
}

/// Where in the file, as messages say it.
pub(super) fn at_line(line: Option<usize>) -> String {
    line.map_or(String::new(), |line| format!(", line {line}"))
}

#[cfg(test)]
mod tests {
    use super::{Role, Tokens};

    #[test]
    fn a_token_gives_its_role() {
        let text = "# for Prometheus\noperator: 0123456789abcdef\n\nsupervisor:fedcba9876543210\r\nplain-token-of-an-operator\n";
        let tokens = Tokens::parse(text).unwrap();
        assert_eq!(tokens.role("0123456789abcdef"), Some(Role::Operator));
        assert_eq!(tokens.role("fedcba9876543210"), Some(Role::Supervisor));
        assert_eq!(
            tokens.role("plain-token-of-an-operator"),
            Some(Role::Operator)
        );
        for wrong in [
            "",
            "0123456789abcde",
            "0123456789abcdeF",
            "0123456789abcdef0",
            "operator",
        ] {
            assert_eq!(tokens.role(wrong), None, "{wrong}");
        }
        assert_eq!(tokens.role(&"0123456789abcdef".repeat(2)), None);
        assert_eq!(format!("{tokens:?}"), "3 tokens");
    }

    #[test]
    fn a_file_that_lets_nobody_or_anybody_in_is_refused() {
        let what = |text| Tokens::parse(text).unwrap_err();
        assert_eq!(what("# none\n"), (None, "there is no token in it"));
        assert_eq!(what("\nshort").0, Some(2));
        assert_eq!(
            what("admin:0123456789abcdef").1,
            "allowed roles: operator, supervisor"
        );
        assert_eq!(what("0123456789 abcdef").0, Some(1));
    }
}

//! Where a registry is, and who we are there.

use crate::RegistryError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// Where one node of a registry is, and how to be let in.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// The base of all paths, without user and password and without a slash at its end.
    pub(crate) base: String,
    /// The header `authorization`, if there is a user.
    pub(crate) authorization: Option<String>,
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.base, out)
    }
}

impl Address {
    /// Reads `http[s]://[user:password@]host[:port][/path]`; `%40` in user or password is `@`.
    fn parse(address: &str) -> Result<Address, RegistryError> {
        let found = address.split_once("://");
        let Some((scheme @ ("http" | "https"), rest)) = found else {
            // What stands here may hold a password in any place.
            let address = "as configured".to_owned();
            let why = "expected a URL that begins with http:// or https://";
            return Err(RegistryError::Address { address, why });
        };
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let base = format!("{scheme}://{host}{}", path.trim_end_matches('/'));
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"?#\"<>\\^`{|}".contains(&byte);
        if host.is_empty() || !base.bytes().all(is_plain) {
            let why = "expected http[s]://[user:password@]host[:port][/path]";
            return Err(RegistryError::Address { address: base, why });
        }
        let authorization = user.map(authorization).transpose();
        match authorization {
            Ok(authorization) => Ok(Address {
                base,
                authorization,
            }),
            Err(why) => Err(RegistryError::Address { address: base, why }),
        }
    }
}

/// Several nodes of one registry, separated by commas: whichever answers will do.
///
/// # Errors
/// One of them is no address.
pub(crate) fn parse(addresses: &str) -> Result<Vec<Address>, RegistryError> {
    addresses
        .split(',')
        .map(|address| Address::parse(address.trim()))
        .collect()
}

/// The header that states a user (RFC 7617), out of `user:password` as a URL has it.
fn authorization(user: &str) -> Result<String, &'static str> {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let (Some(name), Some(password)) = (decoded(name), decoded(password)) else {
        return Err("expected two hexadecimal digits after each % of user and password");
    };
    let both = [&name[..], b":", &password[..]].concat();
    Ok(format!("Basic {}", STANDARD.encode(both)))
}

/// A part of a URL with its `%xx` replaced.
fn decoded(part: &str) -> Option<Vec<u8>> {
    let mut bytes = part.bytes();
    let mut decoded = Vec::with_capacity(part.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        decoded.push((high * 16 + low) as u8);
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(addresses: &str) -> Vec<(String, Option<String>)> {
        let parsed = parse(addresses).unwrap().into_iter();
        parsed
            .map(|address| (address.base, address.authorization))
            .collect()
    }

    #[test]
    fn an_address_may_state_a_user_and_a_path() {
        let plain = |base: &str| (base.to_owned(), None);
        assert_eq!(
            check("http://localhost:8081"),
            [plain("http://localhost:8081")]
        );
        assert_eq!(
            check("https://a.example/apis/ccompat/v7/, http://[::1]:8081/"),
            [
                plain("https://a.example/apis/ccompat/v7"),
                plain("http://[::1]:8081")
            ]
        );
        // RFC 7617: "Aladdin" and "open sesame".
        assert_eq!(
            check("http://Aladdin:open%20sesame@a.example"),
            [(
                "http://a.example".to_owned(),
                Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned())
            )]
        );
        let at = STANDARD.encode("u:p@s:s");
        assert_eq!(
            check("http://u:p%40s:s@a.example")[0].1,
            Some(format!("Basic {at}"))
        );
    }

    #[test]
    fn a_wrong_address_is_refused_without_its_password() {
        for wrong in [
            "",
            "localhost:8081",
            "ftp://u:hush@a.example",
            "http://",
            "http://u:hush@",
            "http://u:hush%4@a.example",
            "http://u:hush@a.example/ x",
            "http://u:hush@a.example/?x=1",
            "http://a.example,,",
        ] {
            let error = parse(wrong).expect_err(wrong);
            assert!(matches!(error, RegistryError::Address { .. }), "{wrong}");
            assert!(!error.to_string().contains("hush"), "{error}");
        }
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        let address = Address::parse("https://u:hush@a.example/x").unwrap();
        assert_eq!(format!("{address:?}"), "\"https://a.example/x\"");
    }
}

//! Identifiers: normalised, blocked where they mean nobody, then hashed.

use crate::numbers::{Numbers, Remembered};
use crate::settings::{Pseudonymise, Settings};
use hmac::{Hmac, KeyInit, Mac};
use model::{Identifier, Text};
use sha2::Sha256;
use xxhash_rust::xxh3::xxh3_64;

/// Words that stand for nobody, in any case.
const NOBODY: &[&str] = &[
    "anonymous",
    "unknown",
    "withheld",
    "private",
    "restricted",
    "unavailable",
    "null",
    "none",
    "n/a",
];
/// Length of the longest of them.
const NOBODY_LENGTH_MAX: usize = 11;
/// Bytes of a keyed hash that are kept.
const HASH_BYTES: usize = 16;

/// What became of an identifier.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It names somebody; the value is normalised and hashed.
    Somebody(Identifier),
    /// It is blocked: it names nobody.
    Nobody,
    /// Its type is none that the tenant uses.
    OfUnknownType,
}

/// Turns identifiers as records state them into identifiers that may leave the door.
pub(crate) struct Identify {
    types: Vec<Text>,
    numbers: Numbers,
    /// What the tenant blocks, normalised as phone numbers, as mail addresses and as anything else.
    blocked: [Vec<Text>; 3],
    key: Option<Hmac<Sha256>>,
}

/// How an identifier is normalised.
#[derive(Clone, Copy)]
enum Form {
    Phone = 0,
    Email = 1,
    Other = 2,
}

impl Form {
    fn of(kind: &str) -> Form {
        match kind {
            "phone" => Form::Phone,
            "email" => Form::Email,
            _ => Form::Other,
        }
    }
}

impl Identify {
    /// The key's length has been checked.
    pub(crate) fn new(settings: &Settings, numbers: Numbers) -> Identify {
        let mut types: Vec<Text> = settings.unique.clone();
        types.extend(settings.handles.iter().cloned());
        // A visit belongs to a device, whether or not the tenant resolves customers by devices.
        types.push("device".into());
        let key = match &settings.pseudonymise {
            Pseudonymise::Plain => None,
            Pseudonymise::Keyed(secret) => {
                Some(Hmac::new_from_slice(&secret.key).expect("HMAC takes keys of any length"))
            }
        };
        let mut identify = Identify {
            types,
            numbers,
            blocked: Default::default(),
            key,
        };
        let mut remembered = Remembered::default();
        for form in [Form::Phone, Form::Email, Form::Other] {
            let mut blocked = Vec::new();
            for value in &settings.block {
                blocked.extend(identify.normal(form, value, &mut remembered));
            }
            blocked.sort();
            identify.blocked[form as usize] = blocked;
        }
        identify
    }

    /// An identifier as it may leave the door.
    pub(crate) fn see(&self, raw: &Identifier, remembered: &mut Remembered) -> Seen {
        if !self.types.contains(&raw.kind) {
            return Seen::OfUnknownType;
        }
        let form = Form::of(&raw.kind);
        let Some(normal) = self.normal(form, &raw.value, remembered) else {
            return Seen::Nobody;
        };
        let blocked = &self.blocked[form as usize];
        if blocked
            .binary_search_by(|value| value.as_str().cmp(&normal))
            .is_ok()
        {
            return Seen::Nobody;
        }
        let value = match &self.key {
            None => normal,
            Some(key) => hashed(key, &raw.kind, &normal),
        };
        Seen::Somebody(Identifier {
            kind: raw.kind.clone(),
            value,
            verified: raw.verified,
        })
    }

    /// The normalised value; `None` if it means nobody.
    fn normal(&self, form: Form, raw: &str, remembered: &mut Remembered) -> Option<Text> {
        let bare = match form {
            Form::Phone => without_uri(raw.trim()),
            Form::Email | Form::Other => raw.trim(),
        };
        if means_nobody(bare) {
            return None;
        }
        match form {
            Form::Phone => {
                let number = self.numbers.read(bare, remembered)?;
                (!means_nobody(&number)).then_some(number)
            }
            Form::Email
                if bare
                    .bytes()
                    .any(|byte| !byte.is_ascii() || byte.is_ascii_uppercase()) =>
            {
                Some(bare.to_lowercase().into())
            }
            Form::Email | Form::Other => Some(bare.into()),
        }
    }
}

/// Sorts identifiers and says what tells them from others: their hash, types and values included.
pub(crate) fn identity(identifiers: &mut [Identifier], buffer: &mut String) -> u64 {
    identifiers.sort_unstable();
    buffer.clear();
    for Identifier {
        kind,
        value,
        verified,
    } in identifiers
    {
        let verified = if *verified { "true" } else { "false" };
        for part in [kind.as_str(), ":", value, ":", verified, "\n"] {
            buffer.push_str(part);
        }
    }
    xxh3_64(buffer.as_bytes())
}

/// The number in a `tel:`, `sip:` or `sips:` URI.
fn without_uri(text: &str) -> &str {
    let schemes = ["tel:", "sip:", "sips:"];
    let starts = |scheme: &&str| {
        text.get(..scheme.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    };
    let Some(scheme) = schemes.iter().find(|scheme| starts(scheme)) else {
        return text;
    };
    let number = &text[scheme.len()..];
    number[..number.find(['@', ';']).unwrap_or(number.len())].trim()
}

/// Whether the value is empty, one of the words for nobody, or nothing but zeros.
fn means_nobody(value: &str) -> bool {
    let is_word = value.len() <= NOBODY_LENGTH_MAX
        && NOBODY.iter().any(|word| word.eq_ignore_ascii_case(value));
    is_word
        || value
            .bytes()
            .all(|byte| matches!(byte, b'0' | b'+' | b' ' | b'-'))
}

/// The keyed hash of an identifier: the first 16 bytes of HMAC-SHA256 over `type:value`, in the URL
/// alphabet of base 64 without padding, 22 characters.
fn hashed(key: &Hmac<Sha256>, kind: &str, value: &str) -> Text {
    let mut hash = key.clone();
    hash.update(kind.as_bytes());
    hash.update(b":");
    hash.update(value.as_bytes());
    let hash = hash.finalize().into_bytes();
    base64url(&hash[..HASH_BYTES])
}

fn base64url(bytes: &[u8]) -> Text {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut letters = [0; HASH_BYTES.div_ceil(3) * 4];
    let mut length = 0;
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..=chunk.len() {
            letters[length] = ALPHABET[(bits >> (18 - 6 * place)) as usize & 63];
            length += 1;
        }
    }
    Text::from(std::str::from_utf8(&letters[..length]).expect("the alphabet is ASCII"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_standard() {
        // RFC 4648, section 10, without padding, and RFC 4231, test case 2.
        for (text, expected) in [
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64url(text.as_bytes()), expected);
        }
        let key = Hmac::new_from_slice(b"Jefe").unwrap();
        let mut plain = key.clone();
        plain.update(b"what do ya want for nothing?");
        assert_eq!(
            plain.finalize().into_bytes()[..8],
            [0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e]
        );
        let hash = hashed(&key, "phone", "+33199000001");
        assert_eq!(hash.len(), 22);
        let mut same = key.clone();
        same.update(b"phone:+33199000001");
        assert_eq!(hash, base64url(&same.finalize().into_bytes()[..16]));
    }

    #[test]
    fn who_is_nobody() {
        for nobody in [
            "",
            "Anonymous",
            "N/A",
            "null",
            "0",
            "+00 00-0",
            "unavailable",
        ] {
            assert!(means_nobody(nobody), "{nobody}");
        }
        for somebody in ["anon", "C1", "100", "+33199000001", "nobody@example.org"] {
            assert!(!means_nobody(somebody), "{somebody}");
        }
    }

    #[test]
    fn numbers_are_taken_out_of_uris() {
        let table = [
            ("tel:+33199000001", "+33199000001"),
            ("TEL:+33-1-99;ext=5", "+33-1-99"),
            ("sip:+33199000001@example.org;user=phone", "+33199000001"),
            ("sips:0199000001@example.org", "0199000001"),
            ("+33199000001", "+33199000001"),
            ("é", "é"),
        ];
        for (uri, expected) in table {
            assert_eq!(without_uri(uri), expected);
        }
    }
}

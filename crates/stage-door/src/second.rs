//! The second hash: what is remembered of something that was forgotten.

use crate::settings::Pseudonymise;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What the key of the second hash is derived by.
const DERIVED_BY: &[u8] = b"ricochet erasures 1";

/// A hash of hashes, under a key of its own that is derived from the secret. It tells whether
/// something is what was forgotten, and nothing else.
#[derive(Clone)]
pub struct SecondHash(Hmac<Sha256>);

impl std::fmt::Debug for SecondHash {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SecondHash").finish_non_exhaustive()
    }
}

impl SecondHash {
    /// From the secret that identifiers are hashed by.
    #[must_use]
    pub fn new(secret: &[u8]) -> SecondHash {
        let keyed = |key: &[u8]| {
            Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length")
        };
        let mut derived = keyed(secret);
        derived.update(DERIVED_BY);
        SecondHash(keyed(&derived.finalize().into_bytes()))
    }

    pub(crate) fn of_settings(pseudonymise: &Pseudonymise) -> SecondHash {
        match pseudonymise {
            Pseudonymise::Plain => SecondHash::new(b""),
            Pseudonymise::Keyed(secret) => SecondHash::new(&secret.key),
        }
    }

    /// The first 16 bytes of HMAC-SHA256 of a text.
    #[must_use]
    pub fn of(&self, text: &str) -> u128 {
        let mut hash = self.0.clone();
        hash.update(text.as_bytes());
        let hash = hash.finalize().into_bytes();
        hash[..16]
            .iter()
            .fold(0, |number, byte| number << 8 | u128::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_depends_on_the_secret_and_on_the_text() {
        let (one, other) = (SecondHash::new(&[1; 32]), SecondHash::new(&[2; 32]));
        assert_eq!(one.of("a"), SecondHash::new(&[1; 32]).of("a"));
        assert_ne!(one.of("a"), one.of("b"));
        assert_ne!(one.of("a"), other.of("a"));
    }
}

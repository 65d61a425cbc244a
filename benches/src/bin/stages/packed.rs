//! Messages to a stage as `replay` keeps them between two stages: encoded, grouped by their key.

use anyhow::Result;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use xxhash_rust::xxh3::xxh3_64;

/// Encoded messages, each with its key.
pub struct Packed<T> {
    bytes: Vec<u8>,
    /// Hash of the key, and where the message begins.
    places: Vec<(u64, usize)>,
    messages: PhantomData<fn(T) -> T>,
}

impl<T> Default for Packed<T> {
    fn default() -> Packed<T> {
        Packed {
            bytes: Vec::new(),
            places: Vec::new(),
            messages: PhantomData,
        }
    }
}

impl<T: Serialize + DeserializeOwned> Packed<T> {
    /// Adds a message under a key.
    pub fn push(&mut self, key: &str, message: &T) -> Result<()> {
        self.places
            .push((xxh3_64(key.as_bytes()), self.bytes.len()));
        self.bytes = postcard::to_extend(&(key, message), std::mem::take(&mut self.bytes))?;
        Ok(())
    }

    /// Puts messages of one key beside each other.
    pub fn sort(&mut self) {
        self.places.sort_unstable();
    }

    /// The number of messages.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Bytes of all messages.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Decodes the messages, key by key.
    pub fn each_key(&self, mut each: impl FnMut(&str, Vec<T>) -> Result<()>) -> Result<()> {
        let mut of_key: (&str, Vec<T>) = ("", Vec::new());
        for (_, place) in &self.places {
            let (key, message): (&str, T) = postcard::from_bytes(&self.bytes[*place..])?;
            if key != of_key.0 {
                let (key, messages) = std::mem::replace(&mut of_key, (key, Vec::new()));
                if !messages.is_empty() {
                    each(key, messages)?;
                }
            }
            of_key.1.push(message);
        }
        let (key, messages) = of_key;
        if messages.is_empty() {
            return Ok(());
        }
        each(key, messages)
    }
}

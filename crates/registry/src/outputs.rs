//! Under which ids our own records are written.

use crate::{Client, RegistryError};

/// A topic of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output<'a> {
    /// Its full name.
    pub topic: &'a str,
    /// The Avro schema of its records.
    pub schema: &'a str,
}

/// How a topic's schema stands in the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is there, under this id.
    Registered(u32),
    /// It would be taken: the subject has none yet, or one that it is compatible with.
    Welcome,
}

/// The subject of a topic's values.
#[must_use]
pub fn subject(topic: &str) -> String {
    format!("{topic}-value")
}

/// The ids of our topics' schemas, in their order. What the registry does not have yet is
/// registered; where all are there nothing is written, so that the right to read suffices.
///
/// # Errors
/// A schema is incompatible with what its subject has, or refused, or the registry cannot be asked.
pub fn register(client: &Client, outputs: &[Output<'_>]) -> Result<Vec<u32>, RegistryError> {
    let id = |output: &Output<'_>| {
        let subject = subject(output.topic);
        match client.find(&subject, output.schema)? {
            Some(id) => Ok(id),
            None => client.register(&subject, output.schema),
        }
    };
    outputs.iter().map(id).collect()
}

/// How our topics' schemas stand in the registry, in their order. Writes nothing.
///
/// # Errors
/// A schema is incompatible with what its subject has, or refused, or the registry cannot be asked.
pub fn verify(client: &Client, outputs: &[Output<'_>]) -> Result<Vec<Standing>, RegistryError> {
    let standing = |output: &Output<'_>| {
        let subject = subject(output.topic);
        match client.find(&subject, output.schema)? {
            Some(id) => Ok(Standing::Registered(id)),
            None => client
                .check(&subject, output.schema)
                .map(|()| Standing::Welcome),
        }
    };
    outputs.iter().map(standing).collect()
}

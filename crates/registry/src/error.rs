//! What can go wrong with a registry.

use thiserror::Error;

/// What a registry refused, or that it could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RegistryError {
    /// The address cannot be one of a registry.
    #[error("registry address {address}: {why}")]
    Address {
        /// As configured, without user and password.
        address: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It does not answer, or not as a registry that lets us in. Asking again later may help.
    #[error("registry {address}: {why}")]
    Unreachable {
        /// Where it was looked for, without user and password.
        address: String,
        /// What happened.
        why: String,
    },
    /// It answered: there is no such schema, subject or version.
    #[error("registry: {0}")]
    Unknown(String),
    /// It answered: a schema is not compatible with what the subject has.
    #[error(
        "subject {subject}: our schema is not compatible with {latest}: {why}; the topic belongs to \
         another application or to a newer release: choose another application_id, or use that \
         release, or, if nobody reads those records any more, delete the subject and begin again"
    )]
    Incompatible {
        /// The subject.
        subject: String,
        /// What it has, such as `its version 3`.
        latest: String,
        /// What does not fit.
        why: String,
    },
    /// It answered: it does not take what it was given.
    #[error("registry: refused with error code {code}: {message}")]
    Refused {
        /// Its own code, such as 42201 for a schema that is none; else the status of HTTP.
        code: u32,
        /// Its own words.
        message: String,
    },
}

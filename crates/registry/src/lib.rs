//! The Schema Registry: which schema a record was written with, and under which id our own records
//! are written.
//!
//! It speaks the REST interface of Confluent's registry, which others have as well (Apicurio under
//! `/apis/ccompat/v7`, Karapace, Redpanda). A record's value is framed as `0x00`, the schema's id as
//! four bytes with the big end first, then the Avro datum.
//!
//! Invariant: the only crate that knows the registry, its framing and its ids. A decoder gets a
//! reader of the writer's schema and a datum.
//! Invariant: nothing that is called for each record waits for the network: a schema that is not
//! known is fetched by a thread of its own.
//! Invariant: an id that the registry does not have and a registry that does not answer are told
//! apart: the former rejects a record, the latter only makes it wait.
//! Invariant: no user name and no password is ever shown.

mod address;
mod client;
mod error;
mod framing;
mod outputs;
mod schemas;

pub use client::{Client, Written};
pub use error::RegistryError;
pub use framing::{Framing, PREFIX_BYTES, prefix, split};
pub use outputs::{Output, Standing, register, subject, verify};
pub use schemas::{Lookup, Opened, Schema, Schemas};

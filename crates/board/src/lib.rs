//! The live board's side of the server: keeps what the output tables say, within limits, and answers
//! what people ask of it.
//!
//! [`views`] is the contract with whoever shows it: plain values, no markup and no sentence in any
//! language.
//!
//! Invariant: decides nothing about a contact; it only shows what stages have decided.

pub mod views;

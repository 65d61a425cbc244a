//! The binary as users meet it: files in, exit status, messages and files out.

// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used)]

mod arrival;
mod case;
mod damage;
mod data_sets;
mod explains;
mod figures;
mod formats;
mod helps;
mod interrupts;
mod limits;
mod notes;
mod patterns;
mod records;
mod refusals;
mod rules;

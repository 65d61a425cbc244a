//! What customers did, as text, and what the product says of it, as text beside it.
//!
//! A story is written so that whoever runs a contact centre can read and contest it: `notation` is
//! the whole language. `check` runs it through the oracle and compares that in plain words with what
//! stands beside the story; then through the engine in every way that must not matter (whole or live,
//! restarted, doubled, backwards, partitioned, in drawn schedules) and compares every column of every
//! table. `check_told` is for what was told meanwhile.
//!
//! | module | stories about |
//! |---|---|
//! | `contacts` | what a contact is: legs, versions, ends, reasons |
//! | `mail` | threads of mails |
//! | `visits` | web contacts |
//! | `roles` | what counts |
//! | `windows` | windows, readings, sessions |
//! | `verdicts` | what became of a contact, and when that is said |
//! | `identity` | whose contact it is |
//! | `alerts` | what is told to the business |
//! | `bounds` | limits, clocks, bad input |
//! | `cases` | what a first design gets wrong |
//! | `journeys` | the journey rules that work out of the box: each rule at its bounds, late, taken back |
//! | `former` | states that former releases wrote |
//!
//! Invariant: nothing depends on this crate, and all of it is compiled for tests only.

#[cfg(test)]
mod check;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod former;
#[cfg(test)]
mod notation;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod times;
#[cfg(test)]
mod told;
#[cfg(test)]
mod topics;
#[cfg(test)]
mod ways;
#[cfg(test)]
mod words;

#[cfg(test)]
mod alerts;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod contacts;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod journeys;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod verdicts;
#[cfg(test)]
mod visits;
#[cfg(test)]
mod windows;

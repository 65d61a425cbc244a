//! The rules of the house as tests: what a reader of `docs/architecture.md` is promised, and what no
//! compiler checks. Run them with `cargo test -p house`.
//!
//! | module | rule |
//! |---|---|
//! | `layers` | arrows between crates point down; the oracle shares no code with the engine |
//! | `pure` | the crates below `worker` know no clock, randomness, thread, file, socket, environment |
//! | `maps` | the map of crates and the table of dependencies in the docs are those of the tree |
//! | `words` | no rows of other people's data, no path of a machine, no word that does not belong |
//! | `commands` | every command in the README and the docs exists, with its flags |
//! | `sizes` | functions and files that outgrew a screen are listed; the worst fail |
//!
//! Invariant: nothing depends on this crate, and all of it is compiled for tests only.
//!
//! Each rule is a plain function from text to complaints, so that a second test can show that it
//! complains: a check that cannot fail is worthless.

#[cfg(test)]
mod commands;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod maps;
#[cfg(test)]
mod pure;
#[cfg(test)]
mod scan;
#[cfg(test)]
mod sizes;
#[cfg(test)]
mod tree;
#[cfg(test)]
mod words;

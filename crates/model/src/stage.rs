use crate::{Absorbed, Millis};

/// A stage: what it keeps under a key, and what it sends on.
///
/// `apply` only remembers; `settle` says what follows from everything remembered, given that time
/// has come to `now` and that everything up to then was read. So a batch of inputs may be applied
/// before one `settle`, and what is said last never depends on how inputs were batched or ordered.
pub trait Stage {
    /// One compact value under one key.
    type State: Default;
    /// What comes in.
    type Input;
    /// What goes out.
    type Output;

    /// Remembers an input.
    fn apply(&self, key: &str, state: &mut Self::State, input: Self::Input) -> Absorbed;

    /// Sends what has changed since the last call. Without news it sends nothing.
    fn settle(&self, key: &str, state: &mut Self::State, now: Millis, out: &mut Vec<Self::Output>);

    /// The first instant at which time alone may change what `settle` says.
    fn deadline(&self, state: &Self::State, now: Millis) -> Option<Millis>;
}

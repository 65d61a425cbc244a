use crate::{Absorbed, Deadlines, Now, Terms, Text};

/// A stage: what it keeps under a key, and what it sends on.
///
/// `apply` only remembers; `settle` says what follows from everything remembered, given that time
/// has come to `now` and that everything up to then was read. So a batch of inputs may be applied
/// before one `settle`, and what is said last never depends on how inputs were batched or ordered.
///
/// Time is not one instant: each decision asks how far the sources have come that can bring what it
/// waits for, such as `now.settled(Brings::channels(scope.channels))`.
pub trait Stage: Clone {
    /// One compact value under one key.
    type State: Default;
    /// What comes in.
    type Input;
    /// What goes out.
    type Output;

    /// The schema of [`Stage::State`] as bytes. It rises whenever those bytes change their meaning,
    /// so that states in a log are never read as what they are not.
    const SCHEMA: u8 = 1;

    /// Reads a state that was written under a former schema; `None`: that is no longer possible,
    /// and the service stops with a word on what to do.
    fn read_former(&self, _schema: u8, _state: &[u8]) -> Option<Self::State> {
        None
    }

    /// Remembers an input.
    fn apply(&self, key: &str, state: &mut Self::State, input: Self::Input) -> Absorbed;

    /// Sends what has changed since the last call. Without news it sends nothing.
    fn settle(&self, key: &str, state: &mut Self::State, now: &Now, out: &mut Vec<Self::Output>);

    /// Adds the first instants at which time alone may change what the last `settle` of this state
    /// has said, each with what it waits for.
    fn deadlines(&self, state: &Self::State, out: &mut Deadlines);

    /// What the configuration names and the states number: see [`Terms`].
    fn terms(&self) -> Vec<Text> {
        Vec::new()
    }

    /// The stage as a task of it works, by the task's own table.
    #[must_use]
    fn with_terms(&self, _terms: &Terms) -> Self {
        self.clone()
    }
}

//! Stories about the journey rules that work out of the box. Of each rule: a match at the very bound,
//! the same one step beyond it, something that comes late, and something that takes back what was
//! told. Every story is also told with a restart after every line, and with every line twice.
//!
//! A line of what is expected says when it was told, of whom, and which contacts or signals (`e3`: the
//! third record) its steps were; `in the end` is what stands.

mod answers;
mod returns;
mod visits;

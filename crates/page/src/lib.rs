//! The live board's pages: what people see in a browser, in French and in English.
//!
//! Everything is written on the server, so that the first view reads without a script; a small script then
//! listens to what changes and replaces parts. The words stand in [`texts`], numbers and times are written by
//! [`format`], pictures are SVG ([`charts`]).
//!
//! Invariant: all text that came from outside is escaped, by the template language; nothing is written as
//! markup that is not written in this crate.
//! Invariant: no page loads anything from another host, and none has a script or a style inside.
//! Invariant: nothing is kept between two requests: all that a page shows stands in its URL and in the views.

pub mod assets;
pub mod charts;
pub mod format;
pub mod look;
pub mod pages;
pub mod parts;
pub mod router;
pub mod texts;
pub mod viewer;

pub use router::{Source, router};

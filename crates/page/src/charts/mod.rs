//! Pictures, drawn on the server as SVG: they need no script, and they scale with the type.
//!
//! Shapes stand in an inner picture that is stretched to the room there is; text and dots stand
//! outside of it at percentages, so that they are never stretched. No picture has a colour of its own:
//! classes of the style sheet have.

mod bars;
mod flow;
mod lanes;
mod line;
mod scale;
mod signs;
mod spark;

pub use bars::bar;
pub use flow::flow;
pub use lanes::{Broken, lanes};
pub use line::{Chart, Dot, Label, Series, line};
pub use scale::{Scale, ticks};
pub use signs::{Sign, channel_icon, mark, sign};
pub use spark::spark;

/// Width and height of the inner, stretched picture.
pub(crate) const SIDE: f64 = 1000.0;

/// A place inside a picture, with one digit: pictures are most of a page's weight.
pub(crate) fn place(value: f64) -> String {
    let value = if value.is_finite() { value } else { 0.0 };
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A percentage of the room there is, for a share between 0 and 1.
pub(crate) fn percent(share: f64) -> String {
    format!("{}%", place(share.clamp(-1.0, 2.0) * 100.0))
}

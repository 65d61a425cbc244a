//! What a figure is, on demand: its formula, its reading, and what it leaves out.

use crate::format::Format;
use crate::texts::Explained;
use maud::{Markup, html};

/// The sign beside a figure that opens its explanation. `reading`: of figures that have one.
#[must_use]
pub fn why(format: &Format, explained: &Explained, reading: Option<&str>) -> Markup {
    let texts = format.texts();
    html! {
        details.why {
            summary aria-label=((texts.what_is)(explained.title)) title=((texts.what_is)(explained.title)) {
                span aria-hidden="true" { "i" }
            }
            div {
                dl {
                    dt { (texts.formula) }
                    dd { (explained.formula) }
                    @if let Some(reading) = reading {
                        dt { (texts.reading) }
                        dd { (reading) }
                    }
                    dt { (texts.leaves_out) }
                    dd { (explained.leaves_out) }
                }
            }
        }
    }
}

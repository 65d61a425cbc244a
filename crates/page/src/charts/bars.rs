//! A bar inside a table.

use super::percent;
use maud::{Markup, html};

/// A bar as long as `share` of the room, which starts at nought. The number stands beside it, so it says nothing
/// by itself.
#[must_use]
pub fn bar(share: f64) -> Markup {
    let share = if share.is_finite() {
        share.clamp(0.0, 1.0)
    } else {
        0.0
    };
    html! {
        svg class="bar" aria-hidden="true" {
            rect class="back" width="100%" height="100%" rx="3" {}
            @if share > 0.0 { rect class="full" width=(percent(share)) height="100%" rx="3" {} }
        }
    }
}

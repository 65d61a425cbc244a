//! Nothing is here.

use super::layout::layout;
use crate::look::Look;
use crate::texts::Texts;
use maud::{Markup, html};

/// The page for an address that leads nowhere.
#[must_use]
pub fn missing(look: &Look) -> Markup {
    let texts = Texts::of(look.language);
    let body = html! {
        main.story #content {
            section.card {
                h1 { (texts.not_found) }
                p { (texts.not_found_more) }
                p { a.button href=(look.href_with("/", |look| look.open = None)) { (texts.back) } }
            }
        }
    };
    layout(look, texts.not_found, false, body)
}

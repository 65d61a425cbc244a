//! What every page is wrapped in.

use crate::assets;
use crate::look::{Look, code};
use crate::texts::Texts;
use maud::{DOCTYPE, Markup, html};

/// A page. `title` comes before the product's name.
pub(super) fn layout(look: &Look, title: &str, listens: bool, body: Markup) -> Markup {
    let texts = Texts::of(look.language);
    html! {
        (DOCTYPE)
        html lang=(code(look.language)) data-theme=[look.theme.map(crate::look::Theme::name)] data-format=[look.wall.then_some("wall")] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="same-origin";
                meta name="color-scheme" content=(look.theme.map_or("light dark", crate::look::Theme::name));
                title { (title) " · Ricochet" }
                link rel="icon" href=(assets::ICON.path()) type="image/svg+xml";
                link rel="stylesheet" href=(assets::STYLE.path());
                script src=(assets::SCRIPT.path()) type="module" {}
            }
            body data-listens[listens] {
                a.skip href="#content" { (texts.skip) }
                (body)
            }
        }
    }
}

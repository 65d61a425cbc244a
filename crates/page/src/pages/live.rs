//! The live page.

use super::layout::layout;
use crate::parts::{self, Shown};
use maud::{Markup, html};

/// The live page. `wrong`: the filter of the URL could not be read, and everything is shown.
#[must_use]
pub fn live(shown: Shown<'_>, wrong: Option<&str>) -> Markup {
    let texts = shown.texts();
    let version = shown.view.freshness.version;
    let body = html! {
        (parts::head(shown, true, "/"))
        @if let Some(wrong) = wrong {
            div.notice role="alert" { strong { (texts.filter_wrong) } " " bdi { (wrong) } }
        }
        (parts::notices(shown))
        (parts::lost(shown))
        main #content data-version=(version) data-at=(shown.view.at.0) {
            @match parts::empty(shown) {
                Some(empty) => (empty),
                None => {
                    (parts::now(shown))
                    (parts::causes(shown))
                    (parts::people(shown))
                    (parts::journeys(shown))
                    (parts::flow(shown))
                    (parts::resolved(shown))
                    (parts::quality(shown))
                }
            }
        }
        (parts::foot(shown))
    };
    let rate = parts::share(shown.format, &shown.view.now.repeat_rate);
    let title = match parts::empty(shown) {
        Some(_) => texts.title.to_owned(),
        None => format!("{rate} · {}", texts.title),
    };
    layout(shown.look, &title, true, body)
}

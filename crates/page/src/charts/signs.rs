//! Signs and the icons of channels. They never stand alone: words say the same.

use maud::{Markup, html};
use model::Channel;

/// What a sign says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Above what is normal.
    Above,
    /// Below what is normal.
    Below,
    /// All is well.
    Well,
    /// Look at this.
    Look,
}

/// Draws a sign; it is hidden from whoever does not see, to whom the words beside it say the same.
#[must_use]
pub fn sign(sign: Sign) -> Markup {
    let (class, path) = match sign {
        Sign::Above => ("sign full", "M8 2.5 14.5 13.5H1.5Z"),
        Sign::Below => ("sign full", "M8 13.5 1.5 2.5h13Z"),
        Sign::Well => ("sign open", "m2.5 8.5 4 4 7-9"),
        Sign::Look => ("sign open", "M8 2v7.5M8 13.4v.2"),
    };
    html! {
        svg class=(class) viewBox="0 0 16 16" aria-hidden="true" { path d=(path) {} }
    }
}

/// The icon of a channel; its name stands beside it or is its label.
#[must_use]
pub fn channel_icon(channel: Channel) -> Markup {
    let path = match channel {
        Channel::Phone => {
            "M5.5 3 8 7 6.3 8.8a10 10 0 0 0 5 5L13 12l4 2.5c.2 1.5-1 3-2.6 3C8 17 3 12 2.5 5.6 2.5 4 4 2.8 5.5 3Z"
        }
        Channel::Chat => "M3 4h14v10H9l-4 3.5V14H3ZM6.5 7.5h7M6.5 10.5h4.5",
        Channel::Email => "M2.5 4.5h15v11h-15ZM2.5 5.5l7.5 5.5 7.5-5.5",
        Channel::Video => "M2.5 5.5h10v9h-10ZM12.5 9l5-3v8l-5-3",
        Channel::Web => {
            "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15ZM2.5 10h15M10 2.5c-5 5-5 10 0 15 5-5 5-10 0-15Z"
        }
    };
    html! {
        svg class="channel" viewBox="0 0 20 20" aria-hidden="true" { path d=(path) {} }
    }
}

/// The product's mark: something that comes back.
#[must_use]
pub fn mark() -> Markup {
    html! {
        svg class="mark" viewBox="0 0 24 24" aria-hidden="true" {
            path d="M3 5 10.5 19 16 9.5l5 5M21 10v4.5h-4.5" {}
        }
    }
}

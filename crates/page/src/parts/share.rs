//! Rates, with their counts where a rate would say more than it knows.

use crate::charts::{Sign, sign};
use crate::format::{DASH, Format};
use board::views::{Normal, Place, Share};
use maud::{Markup, html};

/// A rate; of fewer than thirty its counts; of nothing a dash.
#[must_use]
pub fn share(format: &Format, of: &Share) -> String {
    match of.value {
        None => DASH.to_owned(),
        Some(_) if of.as_counts => counts(format, of),
        Some(value) => format.percent(value),
    }
}

/// So many of so many.
#[must_use]
pub fn counts(format: &Format, of: &Share) -> String {
    let texts = format.texts();
    (texts.so_many_of)(
        &format.decimal(of.numerator, 0),
        &format.whole(of.denominator),
    )
}

/// The span between the quartiles of normal days: `14.9–16.8 %`.
#[must_use]
pub fn normal_range(format: &Format, normal: &Normal) -> String {
    let lower = format.decimal(normal.lower * 100.0, 1);
    format!("{lower}–{}", format.percent(normal.upper))
}

/// The sign of a place and its words, which say the same.
#[must_use]
pub fn place_sign(format: &Format, place: Place) -> Markup {
    let texts = format.texts();
    html! {
        @match place {
            Place::Above => { span.act { (sign(Sign::Above)) " " (texts.above_normal) } }
            Place::Below => { span { (sign(Sign::Below)) " " (texts.below_normal) } }
            Place::Within => { span { (texts.within_normal) } }
            Place::Unknown => { span.soft { (texts.no_normal) } }
        }
    }
}

//! What was settled at once: days that are over, and young days at the same age.

use super::causes::basis;
use super::{Shown, counts, normal_range, place_sign, share, why};
use crate::charts::{Chart, Dot, Label, Series, line, ticks};
use crate::texts::Explained;
use board::views::{MaturedDay, Place, Resolution, YoungDay};
use maud::{Markup, html};

/// First interaction resolution, and the first call's.
#[must_use]
pub fn resolved(shown: Shown<'_>) -> Markup {
    let (texts, resolved) = (shown.texts(), &shown.view.resolved);
    html! {
        section.card #resolved data-part="resolved" aria-labelledby="resolved-title" {
            header { h2 #resolved-title { (texts.resolved) } span.more { (shown.csv("resolved")) } }
            (resolution(shown, &resolved.fir, texts.fir, &texts.explained.fir))
            @if let Some(fcr) = &resolved.fcr {
                div.beside {
                    (texts.fcr) " " strong { (share(shown.format, &fcr.matured)) }
                    (why(shown.format, &texts.explained.fcr, Some(&texts.reading_words(&fcr.reading))))
                }
            }
        }
    }
}

fn resolution(shown: Shown<'_>, of: &Resolution, name: &str, explained: &Explained) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    let reading = texts.reading_words(&of.reading);
    html! {
        div.two {
            div {
                div { span.soft { (name) } (why(format, explained, Some(&reading))) }
                p.big data-value="fir" { (share(format, &of.matured)) }
                p.soft.small {
                    @if of.matured.denominator > 0 {
                        @if !of.matured.as_counts { (counts(format, &of.matured)) ", " }
                        (texts.windows_over)
                    } @else { (texts.nothing_matured) }
                }
                (matured(shown, &of.days))
            }
            div {
                h3 { (texts.young) (why(format, &texts.explained.young, Some(&reading))) }
                (young(shown, &of.young))
            }
        }
        (basis(shown, &of.basis))
    }
}

fn matured(shown: Shown<'_>, days: &[MaturedDay]) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    let points: Vec<(f64, Option<f64>)> = days
        .iter()
        .map(|day| {
            (
                f64::from(day.day.0),
                day.share.value.filter(|_| !day.share.as_counts),
            )
        })
        .collect();
    let known: Vec<(f64, f64)> = points
        .iter()
        .filter_map(|(at, value)| Some((*at, (*value)?)))
        .collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        return html! {};
    };
    if known.len() < 2 {
        return html! {};
    }
    let up = ticks(known.iter().map(|(_, value)| *value), 2, 0.02);
    let date = |at: f64| format.date_words(board::views::Day(at as i32).date());
    let chart = Chart {
        says: (texts.fir_chart_says)(&date(first.0), &date(last.0)),
        class: "short",
        across: (first.0, last.0),
        up: up
            .iter()
            .map(|value| (*value, format.percent_whole(*value)))
            .collect(),
        labels: [first, last]
            .map(|(at, _)| Label {
                at: *at,
                text: date(*at),
            })
            .to_vec(),
        band: Vec::new(),
        series: vec![Series {
            class: "line",
            points,
        }],
        upright: None,
        dots: vec![Dot {
            at: last.0,
            value: last.1,
            class: "",
            text: format.percent(last.1),
        }],
    };
    line(&chart)
}

/// Young days as rows: a share that still falls, beside what it was of former days at that age.
fn young(shown: Shown<'_>, days: &[YoungDay]) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    html! {
        @if days.is_empty() {
            p.soft { (texts.no_young) }
        } @else {
            table {
                caption.hidden { (texts.young) }
                thead { tr {
                    th scope="col" { (texts.day) }
                    th scope="col" { span.hidden { (texts.age) } }
                    th.number scope="col" { (texts.not_back) }
                    th.number.wide scope="col" { (texts.same_age) }
                    th scope="col" { span.hidden { (texts.compared) } }
                } }
                tbody { @for day in days.iter().rev().take(8) { tr.young-day {
                    th scope="row" { (format.date_words(day.day.date())) }
                    td.soft { "J+" (day.age_days) }
                    td.number.dashed { (share(format, &day.not_back)) }
                    td.number.wide.soft { @match &day.normal { Some(normal) => (normal_range(format, normal)), None => "–" } }
                    td { @if day.place != Place::Unknown { (place_sign(format, day.place)) } }
                } } }
            }
        }
    }
}

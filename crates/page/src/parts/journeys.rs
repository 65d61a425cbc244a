//! Journeys that break: those that are degraded with their picture, then every rule.

use super::causes::samples;
use super::{Shown, share, why};
use crate::charts::{Chart, Dot, Label, Series, Sign, line, sign, ticks};
use board::views::{Degraded, RuleRow};
use maud::{Markup, html};

/// How many rules are shown before the rest folds.
const RULES_SHOWN: usize = 6;
/// The same on a wall, where titles take two lines.
const RULES_ON_A_WALL: usize = 3;
/// How many degraded journeys have a picture.
const PICTURES: usize = 2;

/// The part.
#[must_use]
pub fn journeys(shown: Shown<'_>) -> Markup {
    let (texts, format, journeys) = (shown.texts(), shown.format, &shown.view.journeys);
    let (going_on, over): (Vec<&Degraded>, Vec<&Degraded>) = journeys
        .degraded
        .iter()
        .partition(|one| one.over_since.is_none());
    let rules_max = if shown.look.wall {
        RULES_ON_A_WALL
    } else {
        RULES_SHOWN
    };
    let (first, rest) = journeys.rules.split_at(journeys.rules.len().min(rules_max));
    html! {
        section.card #journeys data-part="journeys" aria-labelledby="journeys-title" {
            header {
                h2 #journeys-title { (texts.journeys) }
                (why(format, &texts.explained.journeys, None))
                span.more { (shown.csv("journeys")) }
            }
            @for (place, one) in going_on.iter().enumerate() { (degraded(shown, one, place < PICTURES)) }
            @if going_on.is_empty() {
                p.soft {
                    @if journeys.has_monitor { (texts.none_degraded) } @else { (texts.no_monitor) }
                }
            }
            @if !over.is_empty() {
                details { summary { ((texts.over)(&format.whole(over.len() as u64))) }
                    @for one in over { (degraded(shown, one, false)) }
                }
            }
            @if journeys.rules.is_empty() {
                p.empty { strong { (texts.no_rules) } (texts.no_rules_more) }
            } @else {
                (rules(shown, first, true))
                @if !rest.is_empty() {
                    @let any_open = rest.iter().any(|rule| shown.is_open(&format!("rule:{}", rule.rule)));
                    details open[any_open] { summary { ((texts.other_rules)(&format.whole(rest.len() as u64))) } (rules(shown, rest, false)) }
                }
            }
        }
    }
}

fn degraded(shown: Shown<'_>, one: &Degraded, with_picture: bool) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    let now = shown.view.at.0;
    html! {
        article.degraded {
            p {
                span.act { (sign(Sign::Above)) " " bdi { (texts.words(&one.title)) } }
                @for segment in &one.segment { " " span.tag { bdi { (segment) } } }
            }
            p {
                ((texts.degraded_since)(&format.when(one.since.0, now)))
                @if let Some(over) = one.over_since { ", " ((texts.over_since)(&format.when(over.0, now))) }
                @if let Some(customers) = one.customers {
                    " · " strong { ((texts.customers)(customers, &format.whole(customers))) }
                }
                @if let Some(cost) = one.cost { " · " strong { (format.amount(cost)) } }
                @if let (Some(breaks), Some(expected)) = (one.breaks, one.expected) {
                    " · " ((texts.breaks_of_expected)(&format.decimal(breaks, 0), &format.decimal(expected, 1)))
                }
            }
            @if with_picture { (picture(shown, one)) }
        }
    }
}

/// Breaks seen against expected, since it began.
fn picture(shown: Shown<'_>, one: &Degraded) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    let Some(last) = one.told.last() else {
        return html! {};
    };
    let from = one.since.0;
    // Both begin at nought when it began.
    let points = |value: fn(&board::views::ExpectedAndSeen) -> f64| -> Vec<(f64, Option<f64>)> {
        let told = one.told.iter().filter(|point| point.at.0 > from);
        let told = told.map(|point| (point.at.0 as f64, Some(value(point))));
        std::iter::once((from as f64, Some(0.0)))
            .chain(told)
            .collect()
    };
    let to = last.at.0.max(from + 60_000);
    let up = ticks([0.0, last.seen, last.expected], 2, 1.0);
    let labels = [from, to].map(|at| Label {
        at: at as f64,
        text: format.clock(at),
    });
    let chart = Chart {
        says: (texts.breaks_of_expected)(
            &format.decimal(last.seen, 0),
            &format.decimal(last.expected, 1),
        ),
        class: "short",
        across: (from as f64, to as f64),
        up: up
            .iter()
            .map(|value| (*value, format.decimal(*value, 0)))
            .collect(),
        labels: labels.to_vec(),
        band: Vec::new(),
        series: vec![
            Series {
                class: "expected",
                points: points(|point| point.expected),
            },
            Series {
                class: "seen",
                points: points(|point| point.seen),
            },
        ],
        upright: None,
        dots: vec![Dot {
            at: to as f64,
            value: last.seen,
            class: "act",
            text: format.decimal(last.seen, 0),
        }],
    };
    html! {
        figure {
            (line(&chart))
            figcaption.key {
                span { svg.chart viewBox="0 0 26 11" aria-hidden="true" { path.seen d="M1 5.5H25" {} } (texts.key_seen) }
                span { svg.chart viewBox="0 0 26 11" aria-hidden="true" { path.expected d="M1 5.5H25" {} } (texts.key_expected) }
            }
        }
    }
}

fn rules(shown: Shown<'_>, rules: &[RuleRow], with_head: bool) -> Markup {
    let texts = shown.texts();
    html! {
        table {
            caption.hidden { (texts.journeys) }
            thead class=[(!with_head).then_some("hidden")] { tr {
                th scope="col" { (texts.rule) }
                th.number.wide scope="col" { (texts.rule_rate) }
                th.number scope="col" { (texts.broken) }
                th.number scope="col" { (texts.cost) }
            } }
            tbody { @for rule in rules { (row(shown, rule)) } }
        }
    }
}

fn row(shown: Shown<'_>, rule: &RuleRow) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    let key = format!("rule:{}", rule.rule);
    let is_open = shown.is_open(&key);
    html! {
        tr data-row {
            th.name scope="row" {
                a href=(shown.toggled(&key, "journeys")) aria-expanded=(is_open.to_string()) data-inside { bdi { (texts.words(&rule.title)) } }
            }
            td.number.wide { @match &rule.rate { Some(rate) => (share(format, rate)), None => span.soft { "–" } } }
            td.number { (format.whole(rule.broken)) }
            td.number { (format.amount(rule.cost.amount)) }
        }
        @if is_open { tr.opened { td colspan="4" { (samples(shown, &rule.samples)) } } }
    }
}

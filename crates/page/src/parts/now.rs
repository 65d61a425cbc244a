//! Is today normal?

use super::{Shown, counts, normal_range, place_sign, share, why};
use crate::charts::{Chart, Dot, Label, Series, Sign, channel_icon, line, sign, ticks};
use board::views::{BandPoint, Change, ChannelVolume, LinePoint, Now, Place};
use maud::{Markup, html};

const HOUR_MS: i64 = 3_600_000;
/// A day's line begins where a tenth of its contacts has come.
const SHARE_OF_A_DAY: u64 = 10;

/// The headline, its day, and what goes with it.
#[must_use]
pub fn now(shown: Shown<'_>) -> Markup {
    let (texts, format, now) = (shown.texts(), shown.format, &shown.view.now);
    let reading = texts.reading_words(&shown.view.reading);
    let figure_class = if now.place == Place::Above {
        "figure act"
    } else {
        "figure"
    };
    html! {
        section.card #now data-part="now" aria-labelledby="now-title" {
            h2.hidden #now-title { (texts.now) }
            div.now {
                div.headline {
                    div { span.soft { (texts.repeat_rate) } (why(format, &texts.explained.repeat_rate, Some(&reading))) }
                    div class=(figure_class) {
                        span data-value="repeat_rate" { (share(format, &now.repeat_rate)) }
                        @match now.place {
                            Place::Above => span.sign { (sign(Sign::Above)) },
                            Place::Below => span.sign { (sign(Sign::Below)) },
                            Place::Within | Place::Unknown => {}
                        }
                    }
                    p { (place_sign(format, now.place)) }
                    @if let Some(normal) = &now.normal {
                        div.soft {
                            ((texts.normal_is)(&normal_range(format, normal)))
                            (why(format, &texts.explained.normal, None))
                        }
                    }
                    p.soft.small {
                        @if !now.repeat_rate.as_counts { (counts(format, &now.repeat_rate)) " · " }
                        (reading)
                    }
                }
                div { (day(shown)) }
                (facts(shown))
                @if !now.changes.is_empty() {
                    ul.changes aria-label=(texts.last_hour) {
                        li.soft { (texts.last_hour) }
                        @for change in &now.changes { li { (changed(shown, change)) } }
                    }
                }
            }
        }
    }
}

fn facts(shown: Shown<'_>) -> Markup {
    let (texts, format, now) = (shown.texts(), shown.format, &shown.view.now);
    html! {
        dl.facts {
            div.fact {
                dt { (texts.contacts) (why(format, &texts.explained.contacts, None)) }
                dd {
                    span data-value="contacts" { (format.whole(now.contacts)) }
                    @if let Some(normal) = &now.contacts_normal {
                        " " span.small { ((texts.normal_short)(&format.decimal(normal.median, 0))) }
                    }
                }
            }
            @for volume in &now.channels { (channel(shown, volume)) }
            div.fact {
                dt { (texts.identified) (why(format, &texts.explained.identified, None)) }
                dd data-value="coverage" { (share(format, &now.coverage)) }
            }
            div.fact {
                dt { (texts.avoidable) (why(format, &texts.explained.avoidable_cost, Some(&texts.reading_words(&shown.view.reading)))) }
                dd {
                    span data-value="avoidable_cost" { (format.amount(now.avoidable_cost.amount)) }
                    @if now.avoidable_cost.is_partial() { " " span.small { (texts.partial) } }
                }
            }
            div.fact {
                dt { (texts.open_alerts) (why(format, &texts.explained.open_alerts, None)) }
                dd { a href="#people" data-value="open_alerts" { (format.whole(now.open_alerts)) } }
            }
        }
    }
}

fn channel(shown: Shown<'_>, volume: &ChannelVolume) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    html! {
        div.fact {
            dt { (channel_icon(volume.channel)) (texts.channel(volume.channel)) }
            dd { (format.whole(volume.contacts)) }
        }
    }
}

/// The day's line over the band of normal days; of a longer period a line of dates.
fn day(shown: Shown<'_>) -> Markup {
    let (texts, format, now) = (shown.texts(), shown.format, &shown.view.now);
    // The first contacts of a morning make a rate that jumps, and an axis on which the day looks flat.
    let counted = now.line.last().map_or(0, |last| last.so_far.denominator);
    let of_one_day = now.span.from == now.span.to;
    let least = if of_one_day {
        counted / SHARE_OF_A_DAY
    } else {
        0
    };
    let is_steady =
        |point: &&LinePoint| !point.so_far.as_counts && point.so_far.denominator >= least;
    let known: Vec<&LinePoint> = now.line.iter().filter(is_steady).collect();
    let Some(chart) = day_chart(shown, &known) else {
        return html! { p.empty { strong { (texts.too_early) } (texts.too_early_more) } };
    };
    html! {
        figure {
            (line(&chart))
            figcaption.key {
                span { (key("line")) (texts.key_today) }
                @if !chart.band.is_empty() { span { (key("band")) (texts.key_normal) } }
                @if let Some((_, from)) = chart.up.first() { span { ((texts.axis_from)(from)) } }
                (table(shown, &known, now))
            }
        }
        @if now.line.len() > known.len() && known.len() < 2 { p.soft.small { (format.texts().below_thirty) } }
    }
}

/// What a line or an area of a picture looks like.
fn key(class: &str) -> Markup {
    html! {
        svg viewBox="0 0 26 11" aria-hidden="true" class="chart" {
            @if class == "band" { rect.band width="26" height="11" {} }
            @else { path class=(class) d="M1 5.5H25" {} }
        }
    }
}

fn day_chart(shown: Shown<'_>, known: &[&LinePoint]) -> Option<Chart> {
    let (texts, format, now) = (shown.texts(), shown.format, &shown.view.now);
    let last = known.last()?;
    let of_one_day = now.span.from == now.span.to;
    let first_at = known.first()?.at.0;
    // The night before anything comes says nothing.
    let from = if of_one_day {
        first_at - first_at.rem_euclid(HOUR_MS)
    } else {
        first_at
    };
    let band: Vec<&BandPoint> = now.band.iter().filter(|point| point.at.0 >= from).collect();
    let to = band
        .last()
        .map_or(last.at.0, |point| point.at.0.max(last.at.0))
        .max(from + HOUR_MS);
    let values = known.iter().filter_map(|point| point.so_far.value);
    let bounds = band
        .iter()
        .flat_map(|point| [point.normal.lower, point.normal.upper]);
    let up = ticks(values.chain(bounds), 3, 0.005);
    let digits = if up.len() > 1 && (up[1] - up[0]) < 0.0099 {
        1
    } else {
        0
    };
    let value = last.so_far.value.unwrap_or_default();
    let place = shown.view.now.place;
    let rate = share(format, &last.so_far);
    let says = match &now.normal {
        Some(normal) => (texts.chart_says_normal)(
            &rate,
            &format.when(last.at.0, shown.view.at.0),
            &normal_range(format, normal),
        ),
        None => (texts.chart_says)(&rate, &format.when(last.at.0, shown.view.at.0)),
    };
    Some(Chart {
        says,
        class: "",
        across: (from as f64, to as f64),
        up: up
            .iter()
            .map(|value| (*value, percent_text(shown, *value, digits)))
            .collect(),
        labels: labels(shown, from, to, of_one_day),
        band: band
            .iter()
            .map(|point| (point.at.0 as f64, point.normal.lower, point.normal.upper))
            .collect(),
        series: vec![
            Series {
                class: "usual",
                points: band
                    .iter()
                    .map(|point| (point.at.0 as f64, Some(point.normal.median)))
                    .collect(),
            },
            Series {
                class: "line",
                points: known
                    .iter()
                    .map(|point| (point.at.0 as f64, point.so_far.value))
                    .collect(),
            },
        ],
        upright: of_one_day.then_some(last.at.0 as f64),
        dots: vec![Dot {
            at: last.at.0 as f64,
            value,
            class: if place == Place::Above { "act" } else { "" },
            text: rate,
        }],
    })
}

fn percent_text(shown: Shown<'_>, value: f64, digits: usize) -> String {
    if digits == 0 {
        shown.format.percent_whole(value)
    } else {
        shown.format.percent(value)
    }
}

/// Hours of a day, or dates: about eight of them.
fn labels(shown: Shown<'_>, from: i64, to: i64, of_one_day: bool) -> Vec<Label> {
    let unit = if of_one_day { HOUR_MS } else { 24 * HOUR_MS };
    let count = (to - from) / unit;
    let every = unit * (count / 8 + 1);
    let places = (0..)
        .map(|place| from + place * every)
        .take_while(|at| *at <= to);
    let text = |at: i64| {
        if of_one_day {
            shown.format.clock(at)
        } else {
            shown.format.date(at - HOUR_MS)
        }
    };
    places
        .map(|at| Label {
            at: at as f64,
            text: text(at),
        })
        .collect()
}

/// The same as words, hour by hour, for whoever does not see the picture.
fn table(shown: Shown<'_>, known: &[&LinePoint], now: &Now) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    let of_one_day = now.span.from == now.span.to;
    let rows = known.iter().enumerate().filter(|(place, point)| {
        !of_one_day || point.at.0.rem_euclid(HOUR_MS) == 0 || place + 1 == known.len()
    });
    html! {
        details {
            summary { (texts.as_table) }
            table {
                caption.hidden { (texts.repeat_rate) }
                thead { tr {
                    th scope="col" { (texts.until) }
                    th.number scope="col" { (texts.repeat_rate) }
                    th.number scope="col" { (texts.contacts) }
                    th.number scope="col" { (texts.key_normal) }
                } }
                tbody { @for (_, point) in rows { tr {
                    th scope="row" { (format.when(point.at.0, shown.view.at.0)) }
                    td.number { (share(format, &point.so_far)) }
                    td.number { (format.whole(point.contacts)) }
                    td.number {
                        @if let Some(band) = now.band.iter().find(|band| band.at == point.at) { (normal_range(format, &band.normal)) }
                        @else { "–" }
                    }
                } } }
            }
        }
    }
}

fn changed(shown: Shown<'_>, change: &Change) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    let now = shown.view.at.0;
    let clock = |at: &board::views::At| format.when(at.0, now);
    match change {
        Change::JourneyDegraded {
            at, title, segment, ..
        } => html! {
            span.act { (sign(Sign::Above)) " " bdi { (texts.words(title)) } " " bdi { (segment.join(" · ")) } }
            " " ((texts.degraded_since)(&clock(at)))
        },
        Change::SourceSilent { at, source } => html! {
            span.act { (sign(Sign::Look)) " " ((texts.source_silent)(source, &clock(at))) }
        },
        Change::Marker { at, kind, name } => html! {
            bdi { (kind) } " " bdi { (name) } " " ((texts.at_time)(&clock(at)))
        },
        Change::RepeatRate { last, before } => html! {
            (texts.repeat_rate) " " (share(format, last)) ", " ((texts.after)(&share(format, before)))
        },
        Change::Contacts { last, before } => html! {
            (texts.contacts) " " (format.whole(*last)) ", " ((texts.after)(&format.whole(*before)))
        },
        Change::Reason {
            reason,
            last,
            before,
        } => html! {
            bdi { (reason) } " " ((texts.repeats)(*last, &format.whole(*last))) ", " ((texts.after)(&format.whole(*before)))
        },
        Change::Alerts {
            raised,
            withdrawn,
            closed,
        } => html! {
            ((texts.alerts_changed)(&format.whole(*raised), &format.whole(*withdrawn), &format.whole(*closed)))
        },
    }
}

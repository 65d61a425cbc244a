//! A line over time, over a band of what is normal.

use super::{SIDE, Scale, percent, place};
use maud::{Markup, html};

/// A line chart, in values.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// What it shows, for whoever does not see it.
    pub says: String,
    /// Class beside `chart`.
    pub class: &'static str,
    /// What stands at the left and right edge.
    pub across: (f64, f64),
    /// Values of the grid, upwards; the first and last are the edges.
    pub up: Vec<(f64, String)>,
    /// Words along the lower edge.
    pub labels: Vec<Label>,
    /// Lower and upper bound of the band, by place across.
    pub band: Vec<(f64, f64, f64)>,
    /// Lines, by the class that draws them.
    pub series: Vec<Series>,
    /// An upright at this place, such as now.
    pub upright: Option<f64>,
    /// Points with their own words.
    pub dots: Vec<Dot>,
}

/// A line.
#[derive(Clone, Debug)]
pub struct Series {
    /// Class of the style sheet.
    pub class: &'static str,
    /// Places across and values, from left to right; no value breaks the line.
    pub points: Vec<(f64, Option<f64>)>,
}

/// A word at the lower edge.
#[derive(Clone, Debug)]
pub struct Label {
    /// Where.
    pub at: f64,
    /// What.
    pub text: String,
}

/// A point.
#[derive(Clone, Debug)]
pub struct Dot {
    /// Where.
    pub at: f64,
    /// How high.
    pub value: f64,
    /// Class beside `dot`.
    pub class: &'static str,
    /// What stands above it.
    pub text: String,
}

/// Draws it. Without a grid there is no picture.
#[must_use]
pub fn line(chart: &Chart) -> Markup {
    let (Some(first), Some(last)) = (chart.up.first(), chart.up.last()) else {
        return html! {};
    };
    let across = Scale::new(chart.across.0, chart.across.1);
    let up = Scale::new(first.0, last.0);
    let x = |at: f64| across.share(at);
    let y = |value: f64| 1.0 - up.share(value).clamp(-0.02, 1.02);
    html! {
        svg class={"chart " (chart.class)} role="img" aria-label=(chart.says) {
            @for (value, _) in &chart.up {
                line class="grid" x1="0" x2="100%" y1=(percent(y(*value))) y2=(percent(y(*value))) {}
            }
            svg width="100%" height="100%" viewBox={"0 0 " (SIDE) " " (SIDE)} preserveAspectRatio="none" {
                @if chart.band.len() > 1 { path class="band" d=(band(&chart.band, x, y)) {} }
                @for series in &chart.series {
                    path class=(series.class) d=(path(&series.points, x, y)) {}
                }
            }
            @for (value, text) in &chart.up {
                text x="0" y=(percent(y(*value))) dy="-4" { (text) }
            }
            @for label in &chart.labels {
                text x=(percent(x(label.at))) y="100%" dy="16" text-anchor=(anchor(x(label.at))) { (label.text) }
            }
            @if let Some(at) = chart.upright {
                line class="now" x1=(percent(x(at))) x2=(percent(x(at))) y1="0" y2="100%" {}
            }
            @for dot in &chart.dots {
                circle class={"dot " (dot.class)} cx=(percent(x(dot.at))) cy=(percent(y(dot.value))) r="5" {}
                text class="last" x=(percent(x(dot.at))) y=(percent(y(dot.value))) dx=(beside(x(dot.at)))
                    dy="-9" text-anchor=(anchor(x(dot.at))) { (dot.text) }
            }
        }
    }
}

/// Words at an edge stay inside.
fn anchor(share: f64) -> &'static str {
    match share {
        share if share < 0.04 => "start",
        share if share > 0.94 => "end",
        _ => "middle",
    }
}

fn beside(share: f64) -> &'static str {
    if share > 0.94 { "6" } else { "0" }
}

fn path(points: &[(f64, Option<f64>)], x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> String {
    let mut text = String::new();
    let mut pen_is_down = false;
    for (at, value) in points {
        let Some(value) = value.filter(|value| value.is_finite()) else {
            pen_is_down = false;
            continue;
        };
        let word = if pen_is_down { 'L' } else { 'M' };
        text.push(word);
        text.push_str(&format!(
            "{} {}",
            place(x(*at) * SIDE),
            place(y(value) * SIDE)
        ));
        pen_is_down = true;
    }
    text
}

fn band(points: &[(f64, f64, f64)], x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> String {
    let upper = points.iter().map(|(at, _, upper)| (*at, *upper));
    let lower = points.iter().rev().map(|(at, lower, _)| (*at, *lower));
    let corners = upper
        .chain(lower)
        .map(|(at, value)| format!("{} {}", place(x(at) * SIDE), place(y(value) * SIDE)));
    let corners: Vec<String> = corners.collect();
    format!("M{}Z", corners.join("L"))
}

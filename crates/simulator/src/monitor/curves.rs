//! The curves of the documentation, as SVG.

use std::fmt::Write;

use super::traffic::Kind;
use super::verdict::{Delays, Hits, PROMISED, Study, quantile};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 470.0;
/// The plotting area: left, top, right, bottom.
const AREA: [f64; 4] = [64.0, 56.0, 740.0, 410.0];
/// Breaks an hour, and minutes, from the least to the greatest; both on logarithmic scales.
const RATES: [f64; 2] = [9.0, 450.0];
const MINUTES: [f64; 2] = [3.0, 300.0];

fn x(rate: f64) -> f64 {
    AREA[0] + (rate / RATES[0]).ln() / (RATES[1] / RATES[0]).ln() * (AREA[2] - AREA[0])
}

fn y(minutes: f64) -> f64 {
    let clamped = minutes.clamp(MINUTES[0], MINUTES[1]);
    AREA[3] - (clamped / MINUTES[0]).ln() / (MINUTES[1] / MINUTES[0]).ln() * (AREA[3] - AREA[1])
}

/// A line through points, from left to right.
fn line(svg: &mut String, points: &[(f64, f64)], style: &str) {
    let points: Vec<String> = points
        .iter()
        .map(|(rate, minutes)| format!("{:.1},{:.1}", x(*rate), y(*minutes)))
        .collect();
    put(
        svg,
        &format!(
            r#"<polyline fill="none" {style} points="{}"/>"#,
            points.join(" ")
        ),
    );
}

fn put(svg: &mut String, text: &str) {
    svg.push_str(text);
    svg.push('\n');
}

fn label(svg: &mut String, at: (f64, f64), anchor: &str, text: &str) {
    let (x, y) = at;
    put(
        svg,
        &format!(
            r##"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" fill="#333">{text}</text>"##
        ),
    );
}

/// The curves of a study: how soon a doubled hazard is found, over the traffic of the segment.
#[must_use]
pub fn svg(study: &Study) -> String {
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">"#
    );
    put(
        &mut svg,
        r##"<rect width="100%" height="100%" fill="#fff"/>"##,
    );
    let title = "A doubled hazard in one segment: minutes from onset to alert (median)";
    put(
        &mut svg,
        &format!(
            r##"<text x="{}" y="24" font-size="15" fill="#111">{title}</text>"##,
            AREA[0]
        ),
    );
    axes(&mut svg);
    medians(&mut svg, study);
    promises(&mut svg);
    put(&mut svg, "</svg>");
    svg
}

/// A curve for each sort of disturbance, and what is what.
fn medians(svg: &mut String, study: &Study) {
    let open = Hits::Open { segments: 1 };
    band(svg, &of(study, Kind::Swings, open));
    let curves = [
        (
            Hits::Release,
            "#b35806",
            "a release: new entries only, 1 segment",
        ),
        (
            Hits::Open { segments: 50 },
            "#542788",
            "all open entries, 50 segments",
        ),
        (
            open,
            "#1b7837",
            "all open entries, 1 segment (band: quartiles)",
        ),
    ];
    for (number, (hits, colour, words)) in curves.into_iter().enumerate() {
        let delays = of(study, Kind::Swings, hits);
        let points = |pick: &dyn Fn(&Delays) -> f64| -> Vec<(f64, f64)> {
            let point = |delays: &&Delays| (delays.rate, pick(delays));
            delays.iter().map(point).collect()
        };
        let solid = format!(r#"stroke="{colour}" stroke-width="2.5""#);
        let median = |delays: &Delays| quantile(&delays.minutes, 0.5);
        line(svg, &points(&median), &solid);
        let dashed = format!(r#"stroke="{colour}" stroke-width="1.2" stroke-dasharray="4 3""#);
        let known = |delays: &Delays| quantile(&delays.known_minutes, 0.5);
        line(svg, &points(&known), &dashed);
        legend(svg, number, &solid, words);
    }
    let dashed = r##"stroke="#555" stroke-width="1.2" stroke-dasharray="4 3""##;
    legend(
        svg,
        3,
        dashed,
        "the same, by a test that knows the true hazard",
    );
}

/// A circle for each median that is promised.
fn promises(svg: &mut String) {
    for (rate, minutes) in PROMISED {
        let (x, y) = (x(rate), y(minutes));
        let place = format!(r#"cx="{x:.1}" cy="{y:.1}" r="4.5""#);
        let circle = format!(r##"<circle {place} fill="none" stroke="#111" stroke-width="1.6"/>"##);
        put(svg, &circle);
    }
    let words = "circles: at most so long is promised for one segment";
    label(svg, (AREA[0], HEIGHT - 12.0), "start", words);
}

/// The delays of one curve, by rate.
fn of(study: &Study, kind: Kind, hits: Hits) -> Vec<&Delays> {
    let fits = |delays: &&Delays| delays.kind == kind && delays.hits == hits;
    let mut delays: Vec<&Delays> = study.delays.iter().filter(fits).collect();
    delays.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    delays
}

fn axes(svg: &mut String) {
    for rate in [10.0, 20.0, 40.0, 80.0, 120.0, 200.0, 400.0] {
        let at = x(rate);
        let [_, top, _, bottom] = AREA;
        put(
            svg,
            &format!(r##"<path d="M{at:.1} {top}V{bottom}" stroke="#e4e4e4"/>"##),
        );
        label(svg, (at, AREA[3] + 16.0), "middle", &rate.to_string());
    }
    for minutes in [5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 240.0] {
        let at = y(minutes);
        let [left, _, right, _] = AREA;
        put(
            svg,
            &format!(r##"<path d="M{left} {at:.1}H{right}" stroke="#e4e4e4"/>"##),
        );
        label(svg, (AREA[0] - 6.0, at + 4.0), "end", &minutes.to_string());
    }
    let middle = (AREA[0] + AREA[2]) / 2.0;
    label(
        svg,
        (middle, AREA[3] + 34.0),
        "middle",
        "breaks expected in an hour",
    );
    label(svg, (AREA[0] - 40.0, AREA[1] - 12.0), "start", "minutes");
}

/// Between the quartiles.
fn band(svg: &mut String, delays: &[&Delays]) {
    let edge = |share: f64| {
        let point = move |delays: &&Delays| {
            let minutes = quantile(&delays.minutes, share);
            format!("{:.1},{:.1}", x(delays.rate), y(minutes))
        };
        delays.iter().map(point).collect::<Vec<String>>()
    };
    let mut points = edge(0.25);
    points.extend(edge(0.75).into_iter().rev());
    let points = points.join(" ");
    put(
        svg,
        &format!(r##"<polygon fill="#1b7837" fill-opacity="0.13" points="{points}"/>"##),
    );
}

fn legend(svg: &mut String, number: usize, style: &str, words: &str) {
    let (left, top) = (AREA[2] - 320.0, AREA[1] + 14.0 + 18.0 * number as f64);
    put(svg, &format!(r#"<path d="M{left} {top}h28" {style}/>"#));
    label(svg, (left + 36.0, top + 4.0), "start", words);
}

#[cfg(test)]
mod tests {
    use super::{x, y};

    #[test]
    fn more_traffic_is_to_the_right_and_a_longer_delay_further_up() {
        assert!(x(20.0) < x(200.0) && y(60.0) < y(10.0));
        assert_eq!(y(f64::INFINITY), super::AREA[1]);
    }
}

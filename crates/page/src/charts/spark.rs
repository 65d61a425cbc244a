//! A line as small as a word.

use super::{Scale, place};
use maud::{Markup, html};

const WIDTH: f64 = 74.0;
const HEIGHT: f64 = 24.0;
const EDGE: f64 = 3.0;

/// Draws the values from left to right; what has none leaves a gap. Fewer than two values are no line. The least
/// value stands at the bottom, but what differs by less than a fifth of the greatest looks flat.
#[must_use]
pub fn spark(values: &[Option<f64>], says: &str) -> Markup {
    let known = || {
        values
            .iter()
            .flatten()
            .copied()
            .filter(|value| value.is_finite())
    };
    if known().count() < 2 {
        return html! {};
    }
    let most = known().fold(f64::MIN_POSITIVE, f64::max);
    let least = known().fold(most, f64::min);
    let up = Scale::new(least.min(most * 0.8), most);
    let across = Scale::new(0.0, (values.len() - 1) as f64);
    let at = |index: usize, value: f64| {
        let x = EDGE + across.share(index as f64) * (WIDTH - 2.0 * EDGE);
        let y = HEIGHT - EDGE - up.share(value) * (HEIGHT - 2.0 * EDGE);
        (place(x), place(y))
    };
    let (mut path, mut last, mut pen_is_down) = (String::new(), None, false);
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value.filter(|value| value.is_finite()) else {
            pen_is_down = false;
            continue;
        };
        let (x, y) = at(index, value);
        path.push_str(&format!("{}{x} {y}", if pen_is_down { 'L' } else { 'M' }));
        pen_is_down = true;
        last = Some((x, y));
    }
    html! {
        svg class="spark" viewBox={"0 0 " (WIDTH) " " (HEIGHT)} role="img" aria-label=(says) {
            path d=(path) {}
            @if let Some((x, y)) = last { circle cx=(x) cy=(y) r="2.5" {} }
        }
    }
}

//! From values to places.

/// A span of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Stands at 0.
    pub from: f64,
    /// Stands at 1; above `from`.
    pub to: f64,
}

impl Scale {
    /// The span, widened where it would be empty.
    #[must_use]
    pub fn new(from: f64, to: f64) -> Scale {
        let fits = from.is_finite() && to.is_finite() && to > from;
        Scale {
            from,
            to: if fits { to } else { from + 1.0 },
        }
    }

    /// Where a value stands, between 0 and 1 if it is inside.
    #[must_use]
    pub fn share(&self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from)
    }
}

/// Round values over a span that holds all `values`: about `count` steps. The first and last of them are the
/// ends of the axis. `least` is the smallest step that makes sense.
#[must_use]
pub fn ticks(values: impl IntoIterator<Item = f64>, count: usize, least: f64) -> Vec<f64> {
    let finite = values.into_iter().filter(|value| value.is_finite());
    let (low, high) = finite.fold((f64::MAX, f64::MIN), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if low > high {
        return vec![0.0, least];
    }
    let step = step((high - low).max(least) / count.max(1) as f64).max(least);
    let first = (low / step).floor();
    let last = ((high / step).ceil()).max(first + 1.0);
    // A span of values has few steps by the choice of the step: the bound is for what is not foreseen.
    let steps = ((last - first) as usize).min(50);
    (0..=steps)
        .map(|place| (first + place as f64) * step)
        .collect()
}

/// 1, 2 or 5 times a power of ten, not below.
fn step(raw: f64) -> f64 {
    let power = 10_f64.powf(raw.max(1e-9).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    steps
        .into_iter()
        .find(|step| *step >= raw * 0.999)
        .unwrap_or(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_values() {
        let rounded = |values: Vec<f64>| -> Vec<String> {
            values.iter().map(|value| format!("{value:.2}")).collect()
        };
        assert_eq!(
            rounded(ticks([0.149, 0.184], 3, 0.01)),
            ["0.14", "0.16", "0.18", "0.20"]
        );
        assert_eq!(
            rounded(ticks([0.0, 63.0], 3, 1.0)),
            ["0.00", "50.00", "100.00"]
        );
        assert_eq!(rounded(ticks([0.5, 0.5], 3, 0.01)), ["0.50", "0.51"]);
        assert_eq!(rounded(ticks([], 3, 0.01)), ["0.00", "0.01"]);
        assert_eq!(rounded(ticks([f64::NAN], 3, 0.01)), ["0.00", "0.01"]);
    }
}

//! Rows of table `figures`.

use super::Day;
use model::Channel;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_128;

/// A row of table `figures`, tasks added up.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct FigureItem {
    /// The local date.
    pub date: Day,
    /// Local hour, 0 to 23; nothing: the whole day.
    pub hour: Option<u8>,
    /// The figure.
    pub figure: String,
    /// The journey rule.
    pub rule: Option<String>,
    /// The reading's window.
    pub window: Option<String>,
    /// The reading's scope.
    pub scope: Option<String>,
    /// The reading's mode: `any` or `same`.
    pub reason_mode: Option<String>,
    /// The channel before.
    #[schema(value_type = Option<String>)]
    pub from_channel: Option<Channel>,
    /// The channel; nothing: all.
    #[schema(value_type = Option<String>)]
    pub channel: Option<Channel>,
    /// `key=value` pairs; nothing: not broken down.
    pub segment: Option<String>,
    /// Local days after the date.
    pub age_days: Option<u8>,
    /// Numerator through denominator; of a plain count the numerator.
    pub value: Option<f64>,
    /// What was counted.
    pub numerator: f64,
    /// Of how many; nothing of a plain count.
    pub denominator: Option<u64>,
    /// Time alone changes nothing any more.
    pub matured: bool,
}

impl FigureItem {
    /// A hash of all columns that no other row has alike, but for the date.
    pub(crate) fn name(&self) -> u128 {
        let FigureItem {
            date: _,
            hour,
            figure,
            rule,
            window,
            scope,
            reason_mode,
            from_channel,
            channel,
            segment,
            age_days,
            value: _,
            numerator: _,
            denominator: _,
            matured: _,
        } = self;
        let name = (
            (figure, hour, rule, window, scope, reason_mode),
            (from_channel, channel, segment, age_days),
        );
        xxh3_128(format!("{name:?}").as_bytes())
    }
}

//! Durations as counts between fixed bounds, so that histograms of any two rows can be added.

/// Upper bounds of the buckets, milliseconds, each included in its bucket: 5 s up to 14 days. What is
/// longer falls into one more bucket.
pub const BOUNDS_MS: [i64; 18] = [
    5_000,
    10_000,
    15_000,
    20_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    1_200_000,
    1_800_000,
    3_600_000,
    14_400_000,
    28_800_000,
    86_400_000,
    172_800_000,
    604_800_000,
    1_209_600_000,
];

/// The bucket of a duration in milliseconds; what is negative falls into the first.
#[must_use]
pub fn bucket_of(duration_ms: i64) -> u8 {
    BOUNDS_MS.partition_point(|bound| *bound < duration_ms) as u8
}

/// What a bucket is called in tables: its upper bound in milliseconds, or `more`.
#[must_use]
pub fn bucket_text(bucket: u8) -> String {
    let bound = BOUNDS_MS.get(usize::from(bucket));
    bound.map_or_else(|| "more".into(), ToString::to_string)
}

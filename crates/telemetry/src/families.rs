//! Samples, gathered into what Prometheus calls families.

use crate::names::{Kind, Name};
use prometheus::proto::{
    Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType,
};
use std::collections::BTreeMap;

/// Families of samples, by name.
#[derive(Default)]
pub(crate) struct Families(BTreeMap<&'static str, MetricFamily>);

impl Families {
    /// Adds a sample; the label values stand in the order of the metric's labels.
    pub(crate) fn add(&mut self, name: &Name, values: &[&str], value: f64) {
        let mut metric = Metric::from_label(labels(name, values));
        match name.kind {
            Kind::Counter => {
                let mut counter = Counter::default();
                counter.set_value(value);
                metric.set_counter(counter);
            }
            Kind::Gauge => {
                let mut gauge = Gauge::default();
                gauge.set_value(value);
                metric.set_gauge(gauge);
            }
            Kind::Histogram => unreachable!("a histogram is added by its buckets"),
        }
        self.push(name, metric);
    }

    /// Adds a whole number. Beyond 2^53 its last digits are lost, which is as Prometheus has it.
    pub(crate) fn count(&mut self, name: &Name, values: &[&str], value: u64) {
        self.add(name, values, value as f64);
    }

    /// Adds a histogram: `counts` has one more entry than `bounds`, for what lies above them.
    pub(crate) fn histogram(
        &mut self,
        name: &Name,
        values: &[&str],
        bounds: impl Iterator<Item = f64>,
        counts: &[u64],
        sum: f64,
    ) {
        let mut histogram = Histogram::default();
        let mut below = 0;
        let buckets = bounds.zip(counts).map(|(bound, count)| {
            below += count;
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(bound);
            bucket.set_cumulative_count(below);
            bucket
        });
        histogram.set_bucket(buckets.collect());
        histogram.set_sample_count(counts.iter().sum());
        histogram.set_sample_sum(sum);
        let mut metric = Metric::from_label(labels(name, values));
        metric.set_histogram(histogram);
        self.push(name, metric);
    }

    /// All of them, in order of name.
    pub(crate) fn finish(self) -> Vec<MetricFamily> {
        self.0.into_values().collect()
    }

    fn push(&mut self, name: &Name, metric: Metric) {
        let family = self.0.entry(name.name).or_insert_with(|| {
            let mut family = MetricFamily::default();
            family.set_name(name.name.to_owned());
            family.set_help(name.help.to_owned());
            family.set_field_type(match name.kind {
                Kind::Counter => MetricType::COUNTER,
                Kind::Gauge => MetricType::GAUGE,
                Kind::Histogram => MetricType::HISTOGRAM,
            });
            family
        });
        family.mut_metric().push(metric);
    }
}

fn labels(name: &Name, values: &[&str]) -> Vec<LabelPair> {
    assert_eq!(
        name.labels.len(),
        values.len(),
        "labels of {} and their values",
        name.name
    );
    let pairs = name.labels.iter().zip(values);
    pairs
        .map(|(label, value)| {
            let mut pair = LabelPair::default();
            pair.set_name((*label).to_owned());
            pair.set_value((*value).to_owned());
            pair
        })
        .collect()
}

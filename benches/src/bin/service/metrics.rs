//! The metrics of a process, as anybody sees them at `/metrics`.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

/// All samples of one answer.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Vec<(String, f64)>);

impl Metrics {
    /// Asks a process for them.
    pub fn of(address: &str) -> Result<Metrics> {
        let mut stream = TcpStream::connect(address)?;
        let request = "GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        let lines = body.lines().filter(|line| !line.starts_with('#'));
        let samples = lines.filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        Ok(Metrics(samples.collect()))
    }

    fn of_name<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
        self.0.iter().filter_map(move |(sample, value)| {
            let labels = sample.strip_prefix(name)?;
            (labels.is_empty() || labels.starts_with('{')).then_some((labels, *value))
        })
    }

    /// The sum over all labels.
    pub fn sum(&self, name: &str) -> f64 {
        self.of_name(name).map(|(_, value)| value).sum()
    }

    /// The sum of the samples that have a label of this value.
    pub fn sum_where(&self, name: &str, label: &str, value: &str) -> f64 {
        let wanted = format!("{label}=\"{value}\"");
        let samples = self.of_name(name);
        samples
            .filter(|(labels, _)| labels.contains(&wanted))
            .map(|(_, value)| value)
            .sum()
    }

    /// Sums by the values of a label.
    pub fn by(&self, name: &str, label: &str) -> BTreeMap<String, f64> {
        let start = format!("{label}=\"");
        let mut sums: BTreeMap<String, f64> = BTreeMap::new();
        for (labels, value) in self.of_name(name) {
            let behind = labels.split_once(&start).map(|(_, behind)| behind);
            if let Some((word, _)) = behind.and_then(|behind| behind.split_once('"')) {
                *sums.entry(word.to_owned()).or_default() += value;
            }
        }
        sums
    }
}

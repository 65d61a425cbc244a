//! The figures of `summary.json` and of what `replay` prints at its end (`docs/semantics.md`, 9).

use figures::{Figure, FigureRow};
use model::{
    Alert, Channel, Class, ContactResult, Millis, Money, Readings, Resolved, Text, Verdict,
};
use serde_json::{Map, Value, json};
use settings::Meant;
use std::collections::BTreeMap;
use worker::{Bucket, Counts};

/// What is counted in a reading, over known customers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadingFigures {
    /// Contacts that take part as followers.
    pub identified: u64,
    /// Of these, contacts with a reason.
    pub with_reason: u64,
    /// Of the identified, repeats.
    pub repeats: u64,
    /// Of these, retries.
    pub retries: u64,
    /// Origins whose window has passed.
    pub origins_matured: u64,
    /// Of these, resolved.
    pub origins_resolved: u64,
    /// Contacts whose customer gave up.
    pub lost: u64,
}

impl ReadingFigures {
    /// First Interaction Resolution: resolved among matured origins.
    #[must_use]
    pub fn fir(&self) -> Option<f64> {
        ratio(self.origins_resolved, self.origins_matured)
    }

    fn merge(&mut self, other: &ReadingFigures) {
        self.identified += other.identified;
        self.with_reason += other.with_reason;
        self.repeats += other.repeats;
        self.retries += other.retries;
        self.origins_matured += other.origins_matured;
        self.origins_resolved += other.origins_resolved;
        self.lost += other.lost;
    }

    /// Repeats among identified followers.
    #[must_use]
    pub fn repeat_rate(&self) -> Option<f64> {
        ratio(self.repeats, self.identified)
    }
}

/// The sum of the known amounts.
fn sum(amount: Option<Money>, other: Option<Money>) -> Option<Money> {
    match (amount, other) {
        (Some(amount), Some(other)) => Some(amount.plus(other)),
        (amount, other) => amount.or(other),
    }
}

fn ratio(numerator: u64, denominator: u64) -> Option<f64> {
    (denominator > 0).then(|| numerator as f64 / denominator as f64)
}

/// What a reason costs, in the headline reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// Identified followers.
    pub contacts: u64,
    /// Of these, repeats.
    pub repeats: u64,
    /// Cost of the repeats; `None` if no cost is known.
    pub avoidable_cost: Option<Money>,
}

/// Everything that the summary says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Contacts, in order of [`Channel::ALL`].
    pub contacts: [u64; 5],
    /// Of these, contacts of known customers.
    pub identified: u64,
    /// Contacts whose handle had several owners, so that none was taken.
    pub identity_conflicts: u64,
    /// In order of configuration.
    pub readings: Vec<ReadingFigures>,
    /// By reason path; empty for unknown.
    pub reasons: BTreeMap<Text, Reason>,
    /// Alerts by policy.
    pub alerts: BTreeMap<Text, u64>,
    /// Broken journeys by rule.
    pub journeys: BTreeMap<Text, u64>,
    /// Start of the first contact.
    pub first_at: Option<Millis>,
    /// Numerator and denominator over all dates of the figures of table `figures` that add up: those
    /// without a reading and those of the headline. Empty if they were not counted.
    pub figures: BTreeMap<&'static str, (f64, Option<u64>)>,
}

impl Summary {
    /// Adds the rows of table `figures` that add up over dates.
    pub fn add_figures(&mut self, rows: &[FigureRow], headline: usize) {
        // Customers are counted anew on each date, returns at each age, and a pair is half a sentence.
        let is_apart = |row: &FigureRow| {
            let is_pair = row.from_channel.is_some() && row.figure != Figure::AvoidableCost;
            let is_of_date = matches!(row.figure, Figure::Customers | Figure::RepeatingCustomers);
            is_pair || is_of_date || row.age_days.is_some() || !row.segment.is_empty()
        };
        for row in rows.iter().filter(|row| !is_apart(row)) {
            let is_headline = |place: u16| usize::from(place) == headline;
            if row.rule.is_empty() && row.reading.is_none_or(is_headline) {
                let (numerator, denominator) = self.figures.entry(row.figure.name()).or_default();
                *numerator += row.numerator;
                if let Some(number) = row.denominator {
                    *denominator = Some(denominator.unwrap_or(0) + number);
                }
            }
        }
    }

    fn figures_json(&self) -> Value {
        let figure = |(name, (numerator, denominator)): (&&str, &(f64, Option<u64>))| {
            let share = |of: u64| (of > 0).then(|| numerator / of as f64);
            let value = denominator.map_or(Some(*numerator), share);
            let numbers = json!({
                "numerator": numerator, "denominator": denominator, "value": value,
            });
            ((*name).to_owned(), numbers)
        };
        Value::Object(self.figures.iter().map(figure).collect())
    }

    /// Adds the contacts that the cap cut off: they have no rows, but they count in the volumes.
    pub fn add_capped(&mut self, counts: &Counts) {
        for (channel, cut) in counts.contacts_capped.iter().enumerate() {
            self.contacts[channel] += cut;
            self.identified += cut;
        }
    }

    /// A summary of nothing yet, with every reading, policy and journey rule of the configuration.
    #[must_use]
    pub fn of(meant: &Meant) -> Summary {
        let customers = &meant.customers;
        let policies = customers.policies.iter().map(|policy| &policy.name);
        let rules = customers.rules.current().map(|rule| &rule.name);
        Summary {
            readings: vec![ReadingFigures::default(); customers.readings.list.len()],
            alerts: policies.map(|policy| (policy.clone(), 0)).collect(),
            journeys: rules.map(|rule| (rule.clone(), 0)).collect(),
            ..Summary::default()
        }
    }

    /// Adds a stretch of a settled history.
    pub fn add(&mut self, bucket: &Bucket, headline: usize, now: Millis) {
        for contact in &bucket.contacts {
            self.add_contact(contact, headline, now);
        }
        for journey in &bucket.journeys {
            *self.journeys.entry(journey.rule.clone()).or_default() += 1;
        }
        for Alert { policy, .. } in &bucket.alerts {
            *self.alerts.entry(policy.clone()).or_default() += 1;
        }
    }

    /// Adds what another summary of the same readings says.
    pub fn merge(&mut self, other: &Summary) {
        let both = self.contacts.iter_mut().zip(other.contacts);
        both.for_each(|(contacts, others)| *contacts += others);
        self.identified += other.identified;
        self.identity_conflicts += other.identity_conflicts;
        for (figures, others) in self.readings.iter_mut().zip(&other.readings) {
            figures.merge(others);
        }
        for (path, others) in &other.reasons {
            let reason = self.reasons.entry(path.clone()).or_default();
            reason.contacts += others.contacts;
            reason.repeats += others.repeats;
            reason.avoidable_cost = sum(reason.avoidable_cost, others.avoidable_cost);
        }
        for (policy, alerts) in &other.alerts {
            *self.alerts.entry(policy.clone()).or_default() += alerts;
        }
        for (rule, journeys) in &other.journeys {
            *self.journeys.entry(rule.clone()).or_default() += journeys;
        }
        self.first_at = match (self.first_at, other.first_at) {
            (Some(first), Some(others)) => Some(first.min(others)),
            (first, others) => first.or(others),
        };
    }

    fn add_contact(&mut self, result: &ContactResult, headline: usize, now: Millis) {
        let started_at = result.contact.started_at;
        self.first_at = Some(
            self.first_at
                .map_or(started_at, |first| first.min(started_at)),
        );
        self.contacts[result.contact.channel as usize] += 1;
        if result.customer.is_empty() {
            return;
        }
        self.identified += 1;
        if matches!(result.resolved, Resolved::Known { conflict: true, .. }) {
            self.identity_conflicts += 1;
        }
        for reading in &result.readings {
            let takes_part = result.roles.follower && reading.count > 0;
            let figures = &mut self.readings[usize::from(reading.reading)];
            figures.identified += u64::from(takes_part);
            figures.with_reason += u64::from(takes_part && result.contact.reason.is_some());
            figures.repeats += u64::from(reading.class == Some(Class::Repeat));
            figures.retries += u64::from(reading.class == Some(Class::Retry));
            let matured = reading.origin && reading.due_at.is_some_and(|due_at| now >= due_at);
            figures.origins_matured += u64::from(matured);
            figures.origins_resolved += u64::from(matured && reading.verdict == Verdict::Resolved);
            figures.lost += u64::from(reading.verdict == Verdict::Lost);
            if usize::from(reading.reading) == headline && takes_part {
                self.add_to_reason(result, reading.class);
            }
        }
    }

    fn add_to_reason(&mut self, result: &ContactResult, class: Option<Class>) {
        let reason = result.contact.reason.as_ref();
        let path = reason.map_or("", |reason| reason.path.as_str());
        if !self.reasons.contains_key(path) {
            self.reasons.insert(path.into(), Reason::default());
        }
        let reason = self
            .reasons
            .get_mut(path)
            .expect("it was put in if it was missing");
        reason.contacts += 1;
        if class == Some(Class::Repeat) {
            reason.repeats += 1;
            reason.avoidable_cost = sum(reason.avoidable_cost, result.cost);
        }
    }

    /// All contacts.
    #[must_use]
    pub fn contacts_total(&self) -> u64 {
        self.contacts.iter().sum()
    }

    /// Share of the contacts whose customer is known.
    #[must_use]
    pub fn coverage(&self) -> Option<f64> {
        ratio(self.identified, self.contacts_total())
    }

    /// The content of `summary.json`, its times apart. `days` is the length of the history.
    #[must_use]
    pub fn json(&self, counts: &Counts, readings: &Readings, days: f64) -> Map<String, Value> {
        let by_channel = Channel::ALL.iter().zip(self.contacts);
        let contacts: Map<String, Value> = by_channel
            .map(|(channel, count)| (channel.name().into(), count.into()))
            .collect();
        let named = readings.list.iter().zip(&self.readings);
        let readings: Map<String, Value> = named
            .map(|(reading, figures)| (reading.name.to_string(), reading_json(figures)))
            .collect();
        let counted = |counts: &BTreeMap<Text, u64>, of: &str| {
            let number = |(name, count): (&Text, &u64)| {
                let per_day = *count as f64 / days.max(1.0);
                (name.to_string(), json!({of: count, "per_day": per_day}))
            };
            counts.iter().map(number).collect::<Map<String, Value>>()
        };
        let fields = [
            ("read", json!(counts.read)),
            ("decoded", json!(counts.decoded)),
            ("ignored", json!(counts.ignored)),
            ("rejected", json!(counts.rejected)),
            ("new", json!(counts.new)),
            ("duplicates", json!(counts.duplicates)),
            ("too_late", json!(counts.too_late)),
            ("conflicting", json!(counts.conflicting)),
            ("incomplete", json!(counts.incomplete)),
            ("events_cut", json!(counts.events_cut)),
            ("contacts", Value::Object(contacts)),
            (
                "contacts_capped",
                json!(counts.contacts_capped.iter().sum::<u64>()),
            ),
            ("customers", json!(counts.customers)),
            ("identity_conflicts", json!(self.identity_conflicts)),
            ("coverage", json!(self.coverage())),
            ("readings", Value::Object(readings)),
            ("policies", Value::Object(counted(&self.alerts, "alerts"))),
            ("rules", Value::Object(counted(&self.journeys, "broken"))),
            ("figures", self.figures_json()),
        ];
        fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

fn reading_json(figures: &ReadingFigures) -> Value {
    json!({
        "identified": figures.identified,
        "repeats": figures.repeats,
        "retries": figures.retries,
        "origins_matured": figures.origins_matured,
        "origins_resolved": figures.origins_resolved,
        "fir": figures.fir(),
        "lost": figures.lost,
    })
}

//! The readings and policies of the configuration as a task knows them: by numbers that stay, and
//! since when they hold. A list in a configuration may change while the states that speak of it
//! stay: a reading or policy that is added holds for contacts that start after it.

use crate::readings::Row;
use crate::{Counted, Settings};
use calendar::{Anchor, Span, Window};
use model::{Contact, Millis, Reading, Terms, Text};
use rules::Policy;
use rules::journeys::{Rule, RuleSet};
use std::sync::Arc;

/// What a task knows of the readings and policies, in the order of the configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Number and first instant of each reading.
    readings: Vec<(u16, Millis)>,
    /// First instant of each policy.
    policies: Vec<Millis>,
    /// The journey rules, each with the time in which it holds.
    pub(crate) rules: Arc<RuleSet>,
    /// Until then another process may use others: chains of theirs cannot be cut here.
    others_until: Option<Millis>,
}

impl Known {
    /// All from the beginning, each at its place: what needs no table.
    pub(crate) fn all(settings: &Settings) -> Known {
        let places = 0..settings.readings.list.len() as u16;
        Known {
            readings: places.map(|place| (place, Millis::MIN)).collect(),
            policies: vec![Millis::MIN; settings.policies.len()],
            rules: holding(&settings.rules, |_| Millis::MIN),
            others_until: None,
        }
    }

    /// As a table says, of which all terms of this configuration are part.
    pub(crate) fn of(settings: &Settings, table: &Terms, all: &[Text]) -> Known {
        let find = |text: Text| table.find(&text).unwrap_or((u16::MAX, Millis::MIN));
        let readings = settings.readings.list.iter();
        let policies = settings.policies.iter();
        Known {
            readings: readings
                .map(|reading| find(of_reading(settings, reading)))
                .collect(),
            policies: policies.map(|policy| find(of_policy(policy)).1).collect(),
            rules: holding(&settings.rules, |rule| find(of_rule(rule)).1),
            others_until: table.others_until(all),
        }
    }

    /// The number of the reading at a place.
    pub(crate) fn number(&self, place: usize) -> u16 {
        self.readings[place].0
    }

    /// The place of the reading with a number; `None` if it is not in the configuration.
    pub(crate) fn place(&self, number: u16) -> Option<usize> {
        self.readings.iter().position(|(known, _)| *known == number)
    }

    /// Whether the reading at a place holds for a contact that starts at an instant.
    pub(crate) fn holds(&self, place: usize, started_at: Millis) -> bool {
        started_at >= self.readings[place].1
    }

    /// Whether the policy at a place does.
    pub(crate) fn raises(&self, place: usize, started_at: Millis) -> bool {
        started_at >= self.policies[place]
    }

    /// Whether no other process knows of readings that this one does not.
    pub(crate) fn is_alone(&self, now: Millis) -> bool {
        self.others_until.is_none_or(|until| now > until)
    }

    /// Takes away what does not hold for a contact yet.
    pub(crate) fn keep_holding(&self, contact: &Contact, row: &mut Row) {
        let started_at = contact.started_at;
        let readings = &mut row.readings;
        readings.retain(|result| self.holds(usize::from(result.reading), started_at));
    }

    /// What counts, by numbers instead of places; what a former one says of other readings stays.
    pub(crate) fn numbered(&self, counted: Counted, former: Option<&Counted>) -> Counted {
        let classes = counted.classes.iter();
        let own = classes.map(|(place, class)| (self.number(usize::from(*place)), *class));
        let former = former.into_iter().flat_map(|former| &former.classes);
        let others = former.filter(|(number, _)| self.place(*number).is_none());
        Counted {
            classes: own.chain(others.copied()).collect(),
            ..counted
        }
    }

    /// What counts, by places again.
    pub(crate) fn placed(&self, counted: &Counted) -> Counted {
        let classes = counted.classes.iter();
        let own = classes.filter_map(|(number, class)| Some((self.place(*number)? as u16, *class)));
        Counted {
            classes: own.collect(),
            ..counted.clone()
        }
    }
}

/// The texts of all readings and policies: what is another text is another reading.
pub(crate) fn terms(settings: &Settings) -> Vec<Text> {
    let readings = settings.readings.list.iter();
    let readings = readings.map(|reading| of_reading(settings, reading));
    let policies = settings.policies.iter().map(of_policy);
    let rules = settings.rules.rules().iter().map(of_rule);
    readings.chain(policies).chain(rules).collect()
}

/// The rules, each from when it came up to when a later version of it came.
fn holding(rules: &Arc<RuleSet>, since: impl Fn(&Rule) -> Millis) -> Arc<RuleSet> {
    let times = |rule: &Rule| {
        let later = rules.rules().iter();
        let later = later.filter(|other| other.name == rule.name && other.version > rule.version);
        let until = later.map(&since).min();
        (since(rule), until.unwrap_or(Millis::MAX))
    };
    Arc::new(rules.holding(times))
}

fn of_rule(rule: &Rule) -> Text {
    format!("rule {} {}", rule.name, rule.version).into()
}

fn of_reading(settings: &Settings, reading: &Reading) -> Text {
    let Window { span, anchor } = settings.windows[reading.window];
    let (span, length) = match span {
        Span::CalendarDays(days) => ("calendar_days", i64::from(days)),
        Span::BusinessDays(days) => ("business_days", i64::from(days)),
        Span::Rolling(length_ms) => ("rolling", length_ms),
    };
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::End => "end",
    };
    let channels = model::Channel::ALL.iter().copied();
    let scope = &settings.readings.scopes[reading.scope];
    let channels = channels.filter(|channel| scope.channels.contains(*channel));
    let channels: Vec<&str> = channels.map(model::Channel::name).collect();
    let depth = match reading.mode {
        model::Mode::Any => 0,
        model::Mode::Same => settings.readings.reason_depth,
    };
    let channels = channels.join(",");
    format!(
        "{}\n{span} {length} {anchor}\n{channels}\n{depth}",
        reading.name
    )
    .into()
}

fn of_policy(policy: &Policy) -> Text {
    format!("policy {} {}", policy.name, policy.version).into()
}

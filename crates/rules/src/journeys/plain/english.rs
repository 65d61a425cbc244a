//! Rules in English.

use super::super::keys::{Compared, Keys, NumberKey, Operator, TextKey, TruthKey};
use super::super::rule::{Decide, From, Rule, Segment, Step};
use super::Words;
use super::phrase::hours_text;
use super::phrase::{self, Vocabulary};
use calendar::Span;

pub(super) struct English;

impl Words for English {
    fn entry(&self) -> &'static str {
        "It begins with"
    }

    fn then(&self, bound: &str) -> String {
        match bound {
            "" => "Then comes".to_string(),
            bound => format!("Then, {bound}, comes"),
        }
    }

    fn perhaps(&self, bound: &str) -> String {
        match bound {
            "" => "Perhaps comes".to_string(),
            bound => format!("Perhaps, {bound}, comes"),
        }
    }

    fn not(&self, bound: &str) -> String {
        format!("And there is not, {bound},")
    }

    fn bound(&self, span: Span, from: From, anchors: &[&Step]) -> String {
        let names = phrase::names(anchors, "and of", self);
        let instant = match from {
            From::Start => format!("the start of {names}"),
            From::End => format!("the end of {names}"),
            From::DueAt => format!("the time agreed in {names}"),
        };
        let day = |days: u32, kind: &str| {
            let plural = if days == 1 { "" } else { "s" };
            format!("no later than {days} {kind} day{plural} after the day of {instant}")
        };
        match span {
            Span::Rolling(0) => format!("up to {instant}"),
            Span::Rolling(rolling_ms) => {
                format!("within {} after {instant}", hours_text(rolling_ms))
            }
            Span::CalendarDays(0) => format!("on the day of {instant}"),
            Span::CalendarDays(days) => day(days, "calendar"),
            Span::BusinessDays(days) => day(days, "working"),
        }
    }

    fn until(&self, step: &str) -> String {
        format!("before {}", self.quoted(step))
    }

    fn pattern(&self, step: &Step) -> String {
        phrase::pattern(step, self)
    }

    fn compared(&self, step: &Step, anchors: &[&Step]) -> String {
        let names = phrase::names(anchors, "and", self);
        let mut text = String::new();
        for what in &step.same {
            if *what == Compared::Contact {
                text.push_str(&format!(", in the very contact of {names}"));
                continue;
            }
            text.push_str(&format!(", with the same {} as {names}", what.name()));
        }
        for what in &step.differs {
            text.push_str(&format!(", with another {} than {names}", what.name()));
        }
        text
    }

    fn decide(&self, decide: Decide, has_absence: bool) -> &'static str {
        match (decide, has_absence) {
            (_, false) => "It is told when the last step is there.",
            (Decide::Early, true) => {
                "It is told as soon as the time is up, and taken back if what was missing turns up \
                 late."
            }
            (Decide::Settled, true) => {
                "It is told when the time is up and nothing can come late any more."
            }
        }
    }

    fn segments(&self, segments: &[Segment]) -> String {
        let names: Vec<String> = segments.iter().map(Segment::name).collect();
        format!("It is watched by {}.", names.join(", "))
    }

    fn heading(&self, rule: &Rule) -> String {
        let title = phrase::title(&rule.title.en, &rule.name);
        format!("{} (version {}): {title}", rule.name, rule.version)
    }
}

impl Vocabulary for English {
    fn or(&self) -> &'static str {
        "or"
    }

    fn noun(&self, keys: &Keys) -> String {
        if let Some(names) = phrase::asked(keys, TextKey::Signal, self) {
            return format!("the signal {names}");
        }
        let step = phrase::asked(keys, TextKey::Step, self);
        let kind = phrase::asked(keys, TextKey::Kind, self);
        match (step, kind) {
            (Some(step), Some(kind)) => format!("the step {step} as the event {kind}"),
            (Some(step), None) => format!("the step {step}"),
            (None, Some(kind)) => format!("the event {kind} in a contact"),
            (None, None) if keys.looks_inside() => "a step of a visit".to_string(),
            (None, None) => match keys.text(TextKey::Signal) {
                Some(_) => "a signal".to_string(),
                None => "a contact".to_string(),
            },
        }
    }

    fn text(&self, key: TextKey, not: bool, values: &str) -> String {
        let (is, on) = if not {
            ("is not", "not on")
        } else {
            ("is", "on")
        };
        match key {
            TextKey::Channel => format!("{on} {values}"),
            TextKey::Source => format!("whose source {is} {values}"),
            TextKey::Medium => format!("whose medium {is} {values}"),
            TextKey::Kind => format!("whose kind {is} {values}"),
            TextKey::Direction => format!("whose direction {is} {values}"),
            TextKey::Initiation => format!("whose initiation {is} {values}"),
            TextKey::Outcome => format!("whose outcome {is} {values}"),
            TextKey::Disposition => format!("where what the agent did {is} {values}"),
            TextKey::Reason => format!("whose reason {is} {values} or below"),
            TextKey::Tier => format!("whose tier {is} {values}"),
            TextKey::Party => format!("whose party {is} {values}"),
            TextKey::Step => format!("whose step {is} {values}"),
            TextKey::StepStatus if not => format!("not {values}"),
            TextKey::StepStatus => values.to_string(),
            TextKey::Page => format!("whose page {is} {values}"),
            TextKey::Signal => format!("whose name {is} {values}"),
            TextKey::Purpose => format!("whose purpose {is} {values}"),
        }
    }

    fn attribute(&self, name: &str, not: bool, values: &str) -> String {
        let is = if not { "is not" } else { "is" };
        format!("whose attribute {} {is} {values}", self.quoted(name))
    }

    fn number(&self, key: NumberKey, operator: Operator, value: &str) -> String {
        let subject = match key {
            NumberKey::Wait => "with a wait of",
            NumberKey::Duration => "with a length of",
            NumberKey::Legs => "with a number of legs of",
            NumberKey::Score => "with a score of",
            NumberKey::Amount => "with an amount of",
        };
        let compared = match operator {
            Operator::Above => "more than",
            Operator::AtLeast => "at least",
            Operator::Below => "less than",
            Operator::AtMost => "at most",
            Operator::Equal => "exactly",
        };
        format!("{subject} {compared} {value}")
    }

    fn truth(&self, key: TruthKey, wanted: bool) -> String {
        match (key, wanted) {
            (TruthKey::Automatic, true) => "made by a machine",
            (TruthKey::Automatic, false) => "not made by a machine",
            (TruthKey::Follower, true) => "which counts as coming back",
            (TruthKey::Follower, false) => "which does not count as coming back",
            (TruthKey::Open, true) => "without waiting for the end of the contact",
            (TruthKey::Open, false) => "in a contact that has ended",
            (TruthKey::Completed, true) => "begun and completed in its visit",
            (TruthKey::Completed, false) => "begun and not completed in its visit",
        }
        .to_string()
    }

    fn count(&self, least: u32) -> String {
        match least {
            1 => "at least once in one contact".to_string(),
            least => format!("at least {least} times in one contact"),
        }
    }

    fn word(&self, key: TextKey, value: &str) -> String {
        if key == TextKey::Channel && value == "assisted" {
            return "an assisted channel".to_string();
        }
        let is_closed = matches!(
            key,
            TextKey::Channel
                | TextKey::Direction
                | TextKey::Initiation
                | TextKey::Outcome
                | TextKey::StepStatus
        );
        if is_closed {
            value.to_string()
        } else {
            self.quoted(value)
        }
    }

    fn one_of(&self) -> &'static str {
        "one of these:"
    }

    fn bound_of(&self, name: &str) -> String {
        format!("the bound of {name}")
    }

    fn quoted(&self, name: &str) -> String {
        format!("“{name}”")
    }
}

//! What can never be, and what is probably not meant.

mod keys;

use super::finding::{Finding, Weight};
use super::keys::Compared;
use super::rule::{From, Rule, Step};
use super::set::Known;
use super::test_of::{Target, Test};
use super::times::can_bring;
use calendar::Span;
use model::{Channel, SignalName};

/// Gathers what is found in one rule.
struct Check<'c> {
    rule: &'c Rule,
    known: &'c Known<'c>,
    findings: &'c mut Vec<Finding>,
}

/// Checks a rule by itself.
pub(super) fn rule(rule: &Rule, known: &Known<'_>, findings: &mut Vec<Finding>) {
    let mut check = Check {
        rule,
        known,
        findings,
    };
    for place in 0..rule.steps.len() {
        check.keys(place);
        check.brought(place);
        check.entry_or_not(place);
        check.absence(place);
        check.anchors(place);
        check.compared(place);
    }
    check.bounds_that_exclude();
    check.contradictions();
    if rule.steps.len() == 1 && check.asks_nothing(0) {
        let what = "matches every contact".to_string();
        check.say(Weight::Warning, 0, "", what);
    }
}

/// Checks rules beside each other.
pub(super) fn rules(rules: &[Rule], findings: &mut Vec<Finding>) {
    let rules: Vec<&Rule> = rules.iter().filter(|rule| !rule.former).collect();
    for (place, rule) in rules.iter().enumerate() {
        for other in &rules[..place] {
            let Some(what) = overlap(rule, other) else {
                continue;
            };
            findings.push(Finding {
                file: rule.file.clone(),
                line: rule.line,
                key: format!("rule \"{}\"", rule.name),
                what,
                weight: Weight::Warning,
            });
        }
    }
}

fn overlap(rule: &Rule, other: &Rule) -> Option<String> {
    let pairs = || rule.steps.iter().zip(&other.steps);
    let at = format!("`{}` ({}:{})", other.name, other.file, other.line);
    let same = pairs()
        .filter(|(own, other)| own.says_the_same(other))
        .count();
    let opposite = |(own, other): (&Step, &Step)| {
        let turned = Step {
            absent: !own.absent,
            ..own.clone()
        };
        turned.says_the_same(other)
    };
    let (length, of_other) = (rule.steps.len(), other.steps.len());
    if same == length && length == of_other {
        return Some(format!("says the same as {at}"));
    }
    if same == length.min(of_other) {
        let (wide, narrow) = if length < of_other {
            (rule.name.as_str(), other.name.as_str())
        } else {
            (other.name.as_str(), rule.name.as_str())
        };
        return Some(format!(
            "overlaps with {at}: what breaks `{narrow}` has the steps of `{wide}`"
        ));
    }
    let turned = pairs().filter(|pair| opposite(*pair)).count();
    if length == of_other && same + 1 == length && turned == 1 {
        return Some(format!("says the opposite of {at}: every entry breaks one"));
    }
    None
}

impl Check<'_> {
    fn say(&mut self, weight: Weight, place: usize, key: &str, what: String) {
        let step = &self.rule.steps[place];
        let dot = if key.is_empty() { "" } else { "." };
        self.findings.push(Finding {
            file: self.rule.file.clone(),
            line: step.line_of(key),
            key: format!("rule \"{}\".steps[{}]{dot}{key}", self.rule.name, place + 1),
            what,
            weight,
        });
    }

    fn wrong(&mut self, place: usize, key: &str, what: impl Into<String>) {
        self.say(Weight::Error, place, key, what.into());
    }

    /// What does not fit the tenant: a mistake in a rule of his own; a built-in rule is idle then.
    fn does_not_fit(&mut self, place: usize, key: &str, what: String) {
        let weight = if self.rule.built_in {
            Weight::Warning
        } else {
            Weight::Error
        };
        self.say(weight, place, key, what);
    }

    fn asks_nothing(&self, place: usize) -> bool {
        let pattern = &self.rule.steps[place].pattern;
        pattern.common.is_empty() && pattern.any.iter().all(|keys| keys.is_empty())
    }

    /// Whether some source can bring what a step looks for.
    fn brought(&mut self, place: usize) {
        let sources = self.known.sources;
        if sources.is_empty() {
            return;
        }
        let from_rest = |test: &Test| {
            test.sources.as_ref().is_none_or(|wanted| {
                let named =
                    |value: &model::Text| sources.iter().any(|source| source.name == *value);
                wanted.not || !wanted.values.iter().all(named)
            })
        };
        let can = |test: &Test| {
            sources.iter().any(|source| {
                if source.name.is_empty() {
                    let mut unnamed = test.clone();
                    unnamed.sources = None;
                    from_rest(test) && can_bring(&unnamed, "", source.channels, &source.signals)
                } else {
                    can_bring(test, &source.name, source.channels, &source.signals)
                }
            })
        };
        let tests = &self.rule.steps[place].pattern.tests;
        if !tests.iter().any(can) {
            let wanted: Vec<&str> = tests.iter().flat_map(wanted_of).collect();
            let what = format!(
                "no source brings it (it needs one of: {}); see `brings` of the sources",
                wanted.join(", ")
            );
            self.does_not_fit(place, "", what);
        }
    }

    fn entry_or_not(&mut self, place: usize) {
        let step = &self.rule.steps[place];
        let stated = |key: &str| step.key_lines.iter().any(|(name, _)| name == key);
        if place == 0 {
            if step.absent {
                self.wrong(
                    0,
                    "not",
                    "the first step is the entry: it cannot be an absence",
                );
            }
            for key in [
                "within", "until", "of", "from", "same", "differs", "optional",
            ] {
                if stated(key) {
                    self.wrong(
                        0,
                        key,
                        "the first step is the entry: nothing comes before it",
                    );
                }
            }
        } else {
            if stated("from") && step.within.is_none() {
                self.wrong(place, "from", "there is no `within` that it could be for");
            }
            let again = step.same.contains(&Compared::Contact);
            if !step.absent && !step.optional && step.within.is_none() && !again {
                let what = "has no `within`: entries stay open as long as contacts are kept";
                self.say(Weight::Warning, place, "", what.to_string());
            }
        }
    }

    fn absence(&mut self, place: usize) {
        let step = &self.rule.steps[place];
        let steps = &self.rule.steps;
        if !step.absent {
            if step.until.is_some() {
                self.wrong(place, "until", "only a `not` step lasts until another");
            }
            return;
        }
        if step.optional {
            self.wrong(place, "optional", "an absence cannot be optional");
        }
        if step.within.is_none() && step.until.is_none() && place > 0 {
            let what = "an absence without an end; allowed: within = \"24h\" or until = \"STEP\"";
            self.wrong(place, "", what);
        }
        let Some(until) = step.until.map(|until| &steps[until]) else {
            return;
        };
        if until.absent {
            let what = format!("`{}` is an absence: it has no moment", until.name);
            self.wrong(place, "until", what);
        } else if until.optional && step.within.is_none() {
            let what = format!(
                "an absence without an end: `{}` is optional, so `within` is needed as well",
                until.name
            );
            self.wrong(place, "until", what);
        } else if !until.optional && step.within.is_some() {
            let what = format!(
                "both `within` and `until` are here, and `{}` is not optional; allowed: one of them",
                until.name
            );
            self.wrong(place, "until", what);
        }
    }

    fn anchors(&mut self, place: usize) {
        let step = &self.rule.steps[place];
        for anchor in &step.of {
            let anchor = &self.rule.steps[*anchor];
            let name = &anchor.name;
            if anchor.optional {
                let what = format!("`{name}` is optional; allowed: a step that has to happen");
                self.wrong(place, "of", what);
            } else if anchor.absent && anchor.within.is_none() {
                let what = format!("`{name}` is an absence without a bound: it has no moment");
                self.wrong(place, "of", what);
            } else if anchor.absent && step.from == From::DueAt && step.within.is_some() {
                let what = format!("`{name}` is an absence: it has no due_at");
                self.wrong(place, "from", what);
            }
        }
    }

    fn compared(&mut self, place: usize) {
        let step = &self.rule.steps[place];
        if place == 0 || (step.same.is_empty() && step.differs.is_empty()) {
            return;
        }
        let anchors = step.of.iter().map(|anchor| &self.rule.steps[*anchor]);
        let anchors: Vec<&Step> = anchors.filter(|anchor| !anchor.absent).collect();
        if anchors.is_empty() {
            self.wrong(
                place,
                "of",
                "names absences only: there is nothing to compare with",
            );
        }
        for what in &step.same {
            if step.differs.contains(what) {
                let what = format!("`{}` cannot be the same and differ", what.name());
                self.wrong(place, "differs", what);
            }
        }
        for anchor in anchors {
            let (own, other) = (channels(step), channels(anchor));
            let shared = own.iter().any(|channel| other.contains(channel));
            let by_channel = [Compared::Channel, Compared::Contact, Compared::Thread];
            for what in by_channel.iter().filter(|what| step.same.contains(what)) {
                let no_thread = *what == Compared::Thread && !own.contains(&Channel::Email);
                if !shared || no_thread {
                    let what = format!(
                        "`{}` can never be that of `{}`: they share no channel that has one",
                        what.name(),
                        anchor.name
                    );
                    self.wrong(place, "same", what);
                }
            }
            if step.differs.contains(&Compared::Channel) && own.len() == 1 && own == other {
                let what = format!("`channel` can only be that of `{}`", anchor.name);
                self.wrong(place, "differs", what);
            }
        }
    }

    /// Bounds that end before an earlier absence lets the step begin.
    fn bounds_that_exclude(&mut self) {
        let steps = &self.rule.steps;
        // By step and earlier step: the least time between them, milliseconds.
        let mut gaps: Vec<Vec<i64>> = Vec::new();
        for (place, step) in steps.iter().enumerate() {
            let before = (0..place).filter(|before| {
                let of = step.of.contains(before);
                of || !step.absent && !steps[*before].absent && !steps[*before].optional
            });
            let before: Vec<usize> = before.collect();
            let rolling_ms = match step.within {
                Some(Span::Rolling(rolling_ms)) => Some(rolling_ms),
                Some(Span::CalendarDays(_) | Span::BusinessDays(_)) | None => None,
            };
            let gap = |earlier: usize| {
                let through = |before: &usize| match earlier.cmp(before) {
                    std::cmp::Ordering::Less => gaps[*before][earlier],
                    std::cmp::Ordering::Equal | std::cmp::Ordering::Greater => 0,
                };
                if step.absent && step.from != From::DueAt {
                    // The bound is passed one millisecond after it.
                    let own_ms = rolling_ms.map_or(0, |rolling_ms| rolling_ms + 1);
                    let least = step.of.iter().map(|anchor| {
                        if *anchor < earlier {
                            0
                        } else {
                            through(anchor) + own_ms
                        }
                    });
                    return least.min().unwrap_or(0);
                }
                before.iter().map(through).max().unwrap_or(0)
            };
            let own: Vec<i64> = (0..place).map(gap).collect();
            gaps.push(own);
        }
        for (place, own) in gaps.iter().enumerate() {
            let step = &steps[place];
            let Some(Span::Rolling(rolling_ms)) = step.within.filter(|_| !step.absent) else {
                continue;
            };
            let alike = steps.iter().filter(|other| other.absent);
            let alike = alike.clone().all(|other| other.from == step.from);
            let excluded = step.of.iter().any(|anchor| own[*anchor] > rolling_ms);
            if alike && excluded {
                let what = "can never be met: an absence that it comes after lasts longer";
                self.wrong(place, "within", what);
            }
        }
    }

    /// A step that has to happen and must not.
    fn contradictions(&mut self) {
        for (place, step) in self.rule.steps.iter().enumerate() {
            if !step.absent || step.within.is_none() {
                continue;
            }
            let asked = |other: &&Step| {
                let no_longer = match (other.within, step.within) {
                    (Some(Span::Rolling(a)), Some(Span::Rolling(b))) => a <= b,
                    (Some(Span::CalendarDays(a)), Some(Span::CalendarDays(b)))
                    | (Some(Span::BusinessDays(a)), Some(Span::BusinessDays(b))) => a <= b,
                    _ => false,
                };
                !other.absent
                    && !other.optional
                    && no_longer
                    && other.from == step.from
                    && other.of == step.of
                    && other.pattern == step.pattern
                    && other.same == step.same
                    && other.differs == step.differs
            };
            if let Some(other) = self.rule.steps.iter().find(asked) {
                let what = format!(
                    "can never be met: `{}` asks for what must be absent here",
                    other.name
                );
                self.wrong(place, "", what);
            }
        }
    }
}

/// The channels of contacts that a step can match.
fn channels(step: &Step) -> Vec<Channel> {
    let fits = |channel: &&Channel| {
        let mut tests = step.pattern.tests.iter();
        tests.any(|test| test.channels.contains(**channel))
    };
    Channel::ALL.iter().filter(fits).copied().collect()
}

/// The channels or signals that a test looks for.
fn wanted_of(test: &Test) -> Vec<&'static str> {
    match test.target {
        Target::Signal => {
            let taken = SignalName::ALL
                .iter()
                .filter(|name| test.takes_signal(**name));
            taken.map(|name| name.name()).collect()
        }
        Target::Contact | Target::Inside => {
            let fits = |channel: &&Channel| test.channels.contains(**channel);
            let fitting = Channel::ALL.iter().filter(fits);
            fitting.map(|channel| channel.name()).collect()
        }
    }
}

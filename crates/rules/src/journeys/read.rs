//! Rule files: TOML text to rules, each mistake with its place.

use super::finding::{Finding, Weight};
use super::keys::{Compare, Compared, Keys, Match, NumberKey, Operator, TextKey, TruthKey};
use super::rule::{Decide, From, Pattern, Rule, Segment, Step, Title};
use super::test_of::Test;
use crate::nearest::did_you_mean;
use calendar::{DAY_MS, Span, duration_ms};
use model::{Millis, Scope, Text};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Days beyond which a bound is refused: so long nothing is kept.
const DAYS_MAX: u32 = 366;
/// Steps of one rule.
const STEPS_MAX: usize = 16;

const RULE_KEYS: &[&str] = &[
    "name",
    "version",
    "title",
    "decide",
    "steps",
    "segment_by",
    "enabled",
];
const STEP_KEYS: &[&str] = &[
    "name", "not", "optional", "within", "until", "of", "from", "same", "differs", "any",
];

/// What one `[[rule]]` declares.
#[derive(Clone)]
pub(super) struct Declared {
    pub name: Text,
    pub version: u32,
    pub enabled: bool,
    pub file: String,
    pub line: usize,
    /// `None` if it has a mistake, or is switched off without saying its steps.
    pub rule: Option<Rule>,
}

/// The rules of one file.
pub(super) fn read(
    file: &str,
    text: &str,
    scopes: &[Scope],
    findings: &mut Vec<Finding>,
) -> Vec<Declared> {
    let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    let mut reader = Reader {
        file,
        line_starts: std::iter::once(0)
            .chain(breaks.map(|(at, _)| at + 1))
            .collect(),
        scopes,
        rule: String::new(),
        findings,
    };
    let root = match DeTable::parse(text) {
        Ok(root) => root.into_inner(),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let line = reader.line(at);
            reader.wrong(line, "", format!("no TOML: {}", error.message().trim_end()));
            return Vec::new();
        }
    };
    for (key, value) in &root {
        if key.get_ref() != "rule" {
            let near = did_you_mean(key.get_ref(), ["rule"]);
            let what = format!("unknown key `{}`; allowed: [[rule]]{near}", key.get_ref());
            let line = reader.line(value.span().start.min(key.span().start));
            reader.wrong(line, "", what);
        }
    }
    let Some(rules) = root.get("rule") else {
        return Vec::new();
    };
    let Some(list) = rules.get_ref().as_array() else {
        let line = reader.line(rules.span().start);
        let what = format!("found {}; allowed: [[rule]]", found(rules.get_ref()));
        reader.wrong(line, "rule", what);
        return Vec::new();
    };
    let declared = list.iter().filter_map(|rule| reader.rule(rule));
    declared.collect()
}

/// What was found, for people.
fn found(value: &DeValue<'_>) -> String {
    match value.as_str() {
        Some(text) => format!("`{text}`"),
        None => format!("{} {}", "a value of type", value.type_str()),
    }
}

struct Reader<'r> {
    file: &'r str,
    line_starts: Vec<usize>,
    scopes: &'r [Scope],
    /// The rule at hand, as findings name it.
    rule: String,
    findings: &'r mut Vec<Finding>,
}

type Value<'v, 'i> = &'v Spanned<DeValue<'i>>;

/// A step whose references are still names.
struct Named {
    step: Step,
    of: Option<Vec<(Text, usize)>>,
    until: Option<(Text, usize)>,
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at)
    }

    fn line_of(&self, value: Value<'_, '_>) -> usize {
        self.line(value.span().start)
    }

    fn wrong(&mut self, line: usize, key: &str, what: String) {
        let key = match (self.rule.as_str(), key) {
            (rule, "") => rule.to_string(),
            ("", key) => key.to_string(),
            (rule, key) => format!("{rule}.{key}"),
        };
        self.findings.push(Finding {
            file: self.file.to_string(),
            line,
            key,
            what,
            weight: Weight::Error,
        });
    }

    fn refuse(&mut self, value: Value<'_, '_>, key: &str, allowed: &str) {
        let what = format!("found {}; allowed: {allowed}", found(value.get_ref()));
        self.wrong(self.line_of(value), key, what);
    }

    fn known_keys(&mut self, table: &DeTable<'_>, within: &str, known: &[&str]) {
        for (key, _) in table {
            let name = key.get_ref().as_ref();
            let is_attribute = name.starts_with("attributes.") && known.contains(&"attributes");
            if !known.contains(&name) && !is_attribute {
                let near = did_you_mean(name, known.iter().copied());
                let what = format!("unknown key `{name}`; allowed: {}{near}", known.join(", "));
                self.wrong(self.line(key.span().start), within, what);
            }
        }
    }

    fn rule(&mut self, value: Value<'_, '_>) -> Option<Declared> {
        let before = self.findings.len();
        self.rule = "rule".to_string();
        let Some(table) = value.get_ref().as_table() else {
            self.refuse(value, "", "a table");
            return None;
        };
        let line = self.line_of(value);
        let Some(name) = self.text(table, "name").filter(|name| !name.is_empty()) else {
            if self.findings.len() == before {
                self.wrong(line, "", "has no name".to_string());
            }
            return None;
        };
        self.rule = format!("rule \"{name}\"");
        self.known_keys(table, "", RULE_KEYS);
        if name.trim() != name || name.chars().any(char::is_control) {
            let what = "allowed: a name without spaces around it".to_string();
            self.wrong(line, "name", what);
        }
        let enabled = self.truth(table, "enabled", "").unwrap_or(true);
        let version = self.version(table);
        let decide = self.word(table, "decide", &["early", "settled"]);
        let title = self.title(table);
        let segment_by = self.segments(table);
        let steps = match table.get("steps") {
            None if !enabled => Vec::new(),
            None => {
                let what = "has no steps; a rule that is only switched off has enabled = false";
                self.wrong(line, "", what.to_string());
                Vec::new()
            }
            Some(steps) => self.steps(steps),
        };
        let is_right = self.findings.len() == before && !steps.is_empty();
        let rule = is_right.then(|| Rule {
            name: name.clone(),
            version,
            title,
            decide: match decide.as_deref() {
                Some("early") => Decide::Early,
                _ => Decide::Settled,
            },
            steps,
            segment_by,
            file: self.file.to_string(),
            line,
            built_in: false,
            former: false,
            holds_from: Millis::MIN,
            holds_until: Millis::MAX,
        });
        Some(Declared {
            name,
            version,
            enabled,
            file: self.file.to_string(),
            line,
            rule,
        })
    }

    fn version(&mut self, table: &DeTable<'_>) -> u32 {
        let Some(value) = table.get("version") else {
            return 1;
        };
        let number = value.get_ref().as_integer();
        let number = number.and_then(|number| number.as_str().parse::<u32>().ok());
        if number.is_none_or(|number| number == 0) {
            self.refuse(value, "version", "a whole number from 1");
        }
        number.unwrap_or(1)
    }

    fn title(&mut self, table: &DeTable<'_>) -> Title {
        let Some(value) = table.get("title") else {
            return Title::default();
        };
        if let Some(text) = value.get_ref().as_str() {
            return Title {
                en: text.into(),
                fr: text.into(),
            };
        }
        let Some(titles) = value.get_ref().as_table() else {
            self.refuse(value, "title", "a text, or { en = \"...\", fr = \"...\" }");
            return Title::default();
        };
        self.known_keys(titles, "title", &["en", "fr"]);
        Title {
            en: self.text(titles, "en").unwrap_or_default(),
            fr: self.text(titles, "fr").unwrap_or_default(),
        }
    }

    fn segments(&mut self, table: &DeTable<'_>) -> Vec<Segment> {
        let mut segments = Vec::new();
        for (name, line) in self.list(table, "segment_by", "segment_by") {
            match name.strip_prefix("attributes.") {
                Some(attribute) if !attribute.is_empty() => {
                    segments.push(Segment::Attribute(attribute.into()));
                }
                _ if Segment::FIELDS.contains(&name.as_str()) => {
                    segments.push(Segment::Field(name));
                }
                _ => {
                    let known = Segment::FIELDS.join(", ");
                    let near = did_you_mean(&name, Segment::FIELDS.iter().copied());
                    let what = format!("found `{name}`; allowed: {known}, attributes.NAME{near}");
                    self.wrong(line, "segment_by", what);
                }
            }
        }
        if segments.len() > 3 {
            let line = table
                .get("segment_by")
                .map_or(0, |value| self.line_of(value));
            let what = format!("found {}; allowed: up to three", segments.len());
            self.wrong(line, "segment_by", what);
        }
        segments
    }

    /// A text that is not empty.
    fn text(&mut self, table: &DeTable<'_>, key: &str) -> Option<Text> {
        let value = table.get(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.refuse(value, key, "a text");
        }
        text.map(Into::into)
    }

    fn truth(&mut self, table: &DeTable<'_>, key: &str, within: &str) -> Option<bool> {
        let value = table.get(key)?;
        let truth = value.get_ref().as_bool();
        if truth.is_none() {
            self.refuse(value, &dotted(within, key), "true, false");
        }
        truth
    }

    fn word(&mut self, table: &DeTable<'_>, key: &str, words: &[&str]) -> Option<String> {
        let value = table.get(key)?;
        let word = value.get_ref().as_str();
        if word.is_none_or(|word| !words.contains(&word)) {
            let near = did_you_mean(word.unwrap_or_default(), words.iter().copied());
            self.refuse(value, key, &format!("{}{near}", words.join(", ")));
            return None;
        }
        word.map(str::to_string)
    }

    /// A text, or a list of texts, each with its line.
    fn list(&mut self, table: &DeTable<'_>, key: &str, full: &str) -> Vec<(Text, usize)> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let items: Vec<Value<'_, '_>> = match value.get_ref().as_array() {
            Some(items) if items.is_empty() => {
                let what = "found an empty list; leave it out".to_string();
                self.wrong(self.line_of(value), full, what);
                return Vec::new();
            }
            Some(items) => items.iter().collect(),
            None => vec![value],
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(text) if !text.is_empty() => {
                    texts.push((text.into(), self.line_of(item)));
                }
                _ => self.refuse(item, full, "a text that is not empty, or a list of such"),
            }
        }
        texts
    }

    fn steps(&mut self, value: Value<'_, '_>) -> Vec<Step> {
        let Some(list) = value.get_ref().as_array() else {
            self.refuse(value, "steps", "a list of steps");
            return Vec::new();
        };
        if list.is_empty() || list.len() > STEPS_MAX {
            let what = format!("found {} steps; allowed: 1 to {STEPS_MAX}", list.len());
            self.wrong(self.line_of(value), "steps", what);
            return Vec::new();
        }
        let mut named: Vec<Named> = Vec::new();
        for (place, item) in list.iter().enumerate() {
            let key = format!("steps[{}]", place + 1);
            match item.get_ref().as_table() {
                Some(table) => {
                    let step = self.step(table, &key, place, self.line_of(item));
                    let twice = named.iter().find(|other| other.step.name == step.step.name);
                    if let Some(first) = twice {
                        let (name, line) = (&step.step.name, first.step.line);
                        let what = format!("the name `{name}` stands twice, first in line {line}");
                        self.wrong(step.step.line, &key, what);
                    }
                    named.push(step);
                }
                None => self.refuse(item, &key, "a table such as { channel = \"phone\" }"),
            }
        }
        if named.len() < list.len() {
            return Vec::new();
        }
        self.resolve(named)
    }

    fn step(&mut self, table: &DeTable<'_>, key: &str, place: usize, line: usize) -> Named {
        let keys = match_keys();
        let known: Vec<&str> = STEP_KEYS.iter().chain(&keys).copied().collect();
        self.known_keys(table, key, &known);
        let at = |name: &str| dotted(key, name);
        let lines = table
            .iter()
            .map(|(name, _)| (name.get_ref().to_string(), self.line(name.span().start)));
        let key_lines: Vec<(String, usize)> = lines.collect();
        let common = self.keys(table, key);
        let any = self.alternatives(table, key);
        let from = self.word_at(table, "from", &at("from"), &["start", "end", "due_at"]);
        let names = |reader: &mut Self, name: &str| -> Option<Vec<(Text, usize)>> {
            table.get(name)?;
            Some(reader.list(table, name, &at(name)))
        };
        let of = names(self, "of");
        let until = names(self, "until").and_then(|names| names.into_iter().next());
        let step = Step {
            name: self
                .text_at(table, "name", &at("name"))
                .unwrap_or_else(|| format!("step{}", place + 1).into()),
            absent: self.truth(table, "not", key).unwrap_or(false),
            optional: self.truth(table, "optional", key).unwrap_or(false),
            within: self.within(table, &at("within")),
            until: None,
            of: Vec::new(),
            from: match from.as_deref() {
                Some("start") => From::Start,
                Some("due_at") => From::DueAt,
                _ => From::End,
            },
            same: self.compared(table, "same", &at("same")),
            differs: self.compared(table, "differs", &at("differs")),
            needs_due_at: false,
            pattern: Pattern {
                tests: Test::all_of(&common, &any, self.scopes),
                counted: common.count.is_some() || any.iter().any(|keys| keys.count.is_some()),
                common,
                any,
            },
            line,
            key_lines,
        };
        Named { step, of, until }
    }

    fn text_at(&mut self, table: &DeTable<'_>, name: &str, key: &str) -> Option<Text> {
        let value = table.get(name)?;
        let text = value.get_ref().as_str().filter(|text| !text.is_empty());
        if text.is_none() {
            self.refuse(value, key, "a text that is not empty");
        }
        text.map(Into::into)
    }

    fn word_at(
        &mut self,
        table: &DeTable<'_>,
        name: &str,
        key: &str,
        words: &[&str],
    ) -> Option<String> {
        let text = self.text_at(table, name, key)?;
        if !words.contains(&text.as_str()) {
            let near = did_you_mean(&text, words.iter().copied());
            let what = format!("found `{text}`; allowed: {}{near}", words.join(", "));
            let line = table.get(name).map_or(0, |value| self.line_of(value));
            self.wrong(line, key, what);
        }
        Some(text.to_string())
    }

    fn alternatives(&mut self, table: &DeTable<'_>, key: &str) -> Vec<Keys> {
        let Some(value) = table.get("any") else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array().filter(|items| !items.is_empty()) else {
            self.refuse(value, &dotted(key, "any"), "a list of tables, not empty");
            return Vec::new();
        };
        let mut any = Vec::new();
        for (place, item) in items.iter().enumerate() {
            let key = format!("{key}.any[{}]", place + 1);
            match item.get_ref().as_table() {
                Some(table) => {
                    self.known_keys(table, &key, &match_keys());
                    any.push(self.keys(table, &key));
                }
                None => self.refuse(item, &key, "a table such as { channel = \"phone\" }"),
            }
        }
        any
    }

    fn within(&mut self, table: &DeTable<'_>, key: &str) -> Option<Span> {
        let value = table.get("within")?;
        let allowed = format!(
            "a duration such as 24h, working days such as 2bd, a calendar day such as j+7; at most \
             {DAYS_MAX} days"
        );
        let span = value.get_ref().as_str().and_then(span);
        if span.is_none() {
            self.refuse(value, key, &allowed);
        }
        span
    }

    fn compared(&mut self, table: &DeTable<'_>, name: &str, key: &str) -> Vec<Compared> {
        let mut compared = Vec::new();
        for (word, line) in self.list(table, name, key) {
            match Compared::from_name(&word) {
                Some(what) if !compared.contains(&what) => compared.push(what),
                Some(_) => self.wrong(line, key, format!("`{word}` stands twice")),
                None => {
                    let words: Vec<&str> = Compared::ALL.iter().map(|what| what.name()).collect();
                    let near = did_you_mean(&word, words.iter().copied());
                    let what = format!("found `{word}`; allowed: {}{near}", words.join(", "));
                    self.wrong(line, key, what);
                }
            }
        }
        compared
    }

    /// The match keys of a step or of one of its alternatives.
    fn keys(&mut self, table: &DeTable<'_>, key: &str) -> Keys {
        let mut keys = Keys::default();
        for text in TextKey::ALL {
            if let Some(value) = table.get(text.name())
                && let Some(wanted) = self.matched(value, &dotted(key, text.name()))
            {
                keys.texts.push((*text, wanted));
            }
        }
        for number in NumberKey::ALL {
            if let Some(value) = table.get(number.name()) {
                let compare = self.compare(value, &dotted(key, number.name()), Some(*number));
                keys.numbers
                    .extend(compare.map(|compare| (*number, compare)));
            }
        }
        for truth in TruthKey::ALL {
            let wanted = self.truth(table, truth.name(), key);
            keys.truths.extend(wanted.map(|wanted| (*truth, wanted)));
        }
        keys.attributes = self.attributes(table, key);
        if let Some(value) = table.get("count") {
            let full = dotted(key, "count");
            let least = self.compare(value, &full, None).map(|compare| {
                let least = match compare.operator {
                    Operator::AtLeast => compare.value,
                    Operator::Above => compare.value.saturating_add(1),
                    Operator::Below | Operator::AtMost | Operator::Equal => 0,
                };
                u32::try_from(least).unwrap_or(0)
            });
            if least == Some(0) {
                let allowed = "at least one, such as \">= 2\": it is met when so many are there";
                self.refuse(value, &full, allowed);
            }
            keys.count = least.filter(|least| *least > 0);
        }
        keys
    }

    fn attributes(&mut self, table: &DeTable<'_>, key: &str) -> Vec<(Text, Match)> {
        let mut attributes = Vec::new();
        let full = dotted(key, "attributes");
        for (name, value) in table {
            let name = name.get_ref().as_ref();
            if let Some(attribute) = name.strip_prefix("attributes.") {
                let wanted = self.matched(value, &dotted(key, name));
                attributes.extend(wanted.map(|wanted| (attribute.into(), wanted)));
            }
        }
        if let Some(value) = table.get("attributes") {
            match value.get_ref().as_table() {
                Some(own) => {
                    for (name, value) in own {
                        let wanted = self.matched(value, &dotted(&full, name.get_ref()));
                        let name: Text = name.get_ref().as_ref().into();
                        attributes.extend(wanted.map(|wanted| (name, wanted)));
                    }
                }
                None => self.refuse(value, &full, "attributes.NAME = \"...\""),
            }
        }
        attributes.sort_by(|a, b| a.0.cmp(&b.0));
        attributes
    }

    /// A value, a list, or `{ not = ... }`.
    fn matched(&mut self, value: Value<'_, '_>, key: &str) -> Option<Match> {
        let allowed = "a text, a list of texts, or { not = ... }";
        let (not, values) = match value.get_ref().as_table() {
            None => (false, value),
            Some(table) => {
                self.known_keys(table, key, &["not"]);
                let Some(values) = table.get("not") else {
                    self.refuse(value, key, allowed);
                    return None;
                };
                (true, values)
            }
        };
        let items: Vec<Value<'_, '_>> = match values.get_ref().as_array() {
            Some(items) => items.iter().collect(),
            None => vec![values],
        };
        let mut texts: Vec<Text> = Vec::new();
        for item in &items {
            let word = item.get_ref().as_str().filter(|text| !text.is_empty());
            if word.is_none() {
                self.refuse(item, key, allowed);
            }
            texts.extend(word.map(Text::from));
        }
        if items.is_empty() {
            let what = format!("found an empty list; allowed: {allowed}");
            self.wrong(self.line_of(value), key, what);
        }
        (!texts.is_empty()).then_some(Match { not, values: texts })
    }

    fn compare(
        &mut self,
        value: Value<'_, '_>,
        key: &str,
        of: Option<NumberKey>,
    ) -> Option<Compare> {
        let compare = match value.get_ref().as_str() {
            Some(text) => compare(text, of),
            None => None,
        };
        if compare.is_none() {
            let example = match of {
                Some(NumberKey::Wait | NumberKey::Duration) => "\"> 15s\"",
                Some(NumberKey::Legs | NumberKey::Score | NumberKey::Amount) | None => "\">= 3\"",
            };
            let allowed = format!("a comparison (> >= < <= =) such as {example}");
            self.refuse(value, key, &allowed);
        }
        compare
    }

    /// Names of steps become their places.
    fn resolve(&mut self, named: Vec<Named>) -> Vec<Step> {
        let names: Vec<Text> = named.iter().map(|named| named.step.name.clone()).collect();
        let mut steps: Vec<Step> = Vec::new();
        for (place, named) in named.into_iter().enumerate() {
            let key = format!("steps[{}]", place + 1);
            let Named {
                mut step,
                of,
                until,
            } = named;
            step.of = match of {
                None => place.checked_sub(1).into_iter().collect(),
                Some(of) => {
                    let mut places = Vec::new();
                    for (name, line) in of {
                        let key = dotted(&key, "of");
                        let anchor = self.place_of(&names, &name, line, &key);
                        match anchor {
                            Some(anchor) if anchor >= place => {
                                let what = format!("`{name}` does not come before this step");
                                self.wrong(line, &key, what);
                            }
                            anchor => places.extend(anchor),
                        }
                    }
                    places.sort_unstable();
                    places.dedup();
                    places
                }
            };
            if let Some((name, line)) = until {
                let key = dotted(&key, "until");
                step.until = self.place_of(&names, &name, line, &key);
                if step.until.is_some_and(|until| until <= place) {
                    let what = format!("`{name}` does not come after this step");
                    self.wrong(line, &key, what);
                    step.until = None;
                }
            }
            steps.push(step);
        }
        for place in 0..steps.len() {
            if steps[place].from == From::DueAt && steps[place].within.is_some() {
                for anchor in steps[place].of.clone() {
                    steps[anchor].needs_due_at = true;
                }
            }
        }
        steps
    }

    fn place_of(&mut self, names: &[Text], name: &str, line: usize, key: &str) -> Option<usize> {
        let place = names.iter().position(|known| known == name);
        if place.is_none() {
            let near = did_you_mean(name, names.iter().map(Text::as_str));
            let what = format!(
                "there is no step `{name}`; allowed: {}{near}",
                names.join(", ")
            );
            self.wrong(line, key, what);
        }
        place
    }
}

fn match_keys() -> Vec<&'static str> {
    let texts = TextKey::ALL.iter().map(|key| key.name());
    let numbers = NumberKey::ALL.iter().map(|key| key.name());
    let truths = TruthKey::ALL.iter().map(|key| key.name());
    let all = texts.chain(numbers).chain(truths);
    all.chain(["count", "attributes"]).collect()
}

fn dotted(within: &str, key: &str) -> String {
    if within.is_empty() {
        key.to_string()
    } else {
        format!("{within}.{key}")
    }
}

/// A bound as people write it.
fn span(text: &str) -> Option<Span> {
    let days = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let days = is_number.then(|| digits.parse::<u32>().ok()).flatten()?;
        (days <= DAYS_MAX).then_some(days)
    };
    if let Some(digits) = text.strip_prefix("j+").or_else(|| text.strip_prefix("J+")) {
        return days(digits).map(Span::CalendarDays);
    }
    if let Some(digits) = text.strip_suffix("bd") {
        return days(digits).map(Span::BusinessDays);
    }
    let rolling_ms = duration_ms(text)?;
    (rolling_ms <= i64::from(DAYS_MAX) * DAY_MS).then_some(Span::Rolling(rolling_ms))
}

fn compare(text: &str, of: Option<NumberKey>) -> Option<Compare> {
    const OPERATORS: &[(&str, Operator)] = &[
        (">=", Operator::AtLeast),
        ("<=", Operator::AtMost),
        (">", Operator::Above),
        ("<", Operator::Below),
        ("=", Operator::Equal),
    ];
    let text = text.trim();
    let (sign, operator) = OPERATORS.iter().find(|(sign, _)| text.starts_with(sign))?;
    let typed = text[sign.len()..].trim();
    let value = match of {
        Some(NumberKey::Wait | NumberKey::Duration) => duration_ms(typed)?,
        Some(NumberKey::Score | NumberKey::Amount) => {
            let number: f64 = typed.parse().ok()?;
            model::Money::from_units(number)?.0
        }
        Some(NumberKey::Legs) | None => typed.parse().ok()?,
    };
    Some(Compare {
        operator: *operator,
        value,
        typed: typed.into(),
    })
}

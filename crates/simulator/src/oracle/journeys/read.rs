//! Rule files, as the oracle reads them. That they are right is the engine's business.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Value;

use super::super::config::{Extent, millionths};

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// What its breaks are watched by.
    pub segment_by: Vec<String>,
    /// Absences are told by what was seen.
    pub is_early: bool,
    /// The first is the entry.
    pub steps: Vec<Step>,
}

/// A step of a rule.
#[derive(Clone, Debug)]
pub struct Step {
    /// What must not be found.
    pub not: bool,
    /// It need not match.
    pub optional: bool,
    /// Each alternative with all keys that stand beside `any`.
    pub ways: Vec<Way>,
    /// The count that stands beside `any`, or alone.
    pub count: Option<usize>,
    /// How long after its anchors.
    pub within: Option<Extent>,
    /// The place of the step that ends an absence.
    pub until: Option<usize>,
    /// The places of its anchors.
    pub of: Vec<usize>,
    /// `start`, `end` or `due_at`.
    pub from: String,
    /// What is the same as with each anchor.
    pub same: Vec<String>,
    /// What is another than with each anchor.
    pub differs: Vec<String>,
}

/// The keys of one alternative, as typed.
#[derive(Clone, Debug)]
pub struct Way {
    /// Keys and what is asked of each.
    pub keys: Vec<(String, Value)>,
    /// The alternative's own count.
    pub count: Option<usize>,
}

impl Way {
    /// Whether a key is stated.
    pub fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|(stated, _)| stated == key)
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    rule: Vec<Typed>,
}

#[derive(Deserialize)]
struct Typed {
    name: String,
    version: Option<u32>,
    decide: Option<String>,
    enabled: Option<bool>,
    segment_by: Option<Vec<String>>,
    #[serde(default)]
    steps: Vec<toml::Table>,
}

/// The rules that hold, of several texts, each laid over those before it.
pub fn read(texts: &[&str]) -> Result<Vec<Rule>, String> {
    let mut rules: Vec<Rule> = Vec::new();
    for text in texts {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut own: BTreeMap<String, Typed> = BTreeMap::new();
        for typed in file.rule {
            let before = own
                .get(&typed.name)
                .map_or(0, |other| other.version.unwrap_or(1));
            if typed.version.unwrap_or(1) > before {
                own.insert(typed.name.clone(), typed);
            }
        }
        rules.retain(|rule| !own.contains_key(&rule.name));
        for (name, typed) in own {
            if typed.enabled != Some(false) {
                rules.push(Rule {
                    name,
                    version: typed.version.unwrap_or(1),
                    segment_by: typed.segment_by.unwrap_or_default(),
                    is_early: typed.decide.as_deref() == Some("early"),
                    steps: steps(&typed.steps)?,
                });
            }
        }
    }
    Ok(rules)
}

fn steps(typed: &[toml::Table]) -> Result<Vec<Step>, String> {
    let names: Vec<Option<&str>> = typed
        .iter()
        .map(|step| step.get("name")?.as_str())
        .collect();
    let place = |name: &str| {
        let found = names.iter().position(|known| *known == Some(name));
        found.ok_or(format!("no step {name}"))
    };
    let mut steps = Vec::new();
    for (at, table) in typed.iter().enumerate() {
        let texts = |key: &str| table.get(key).map(list);
        let places = |names: Vec<String>| names.iter().map(|name| place(name)).collect();
        let of: Result<Vec<usize>, String> = match texts("of") {
            Some(names) => places(names),
            None => Ok(if at == 0 { Vec::new() } else { vec![at - 1] }),
        };
        let until = table.get("until").and_then(Value::as_str);
        steps.push(Step {
            not: is_true(table, "not"),
            optional: is_true(table, "optional"),
            ways: ways(table),
            count: count(table),
            within: table.get("within").and_then(Value::as_str).map(extent),
            until: until.map(place).transpose()?,
            of: of?,
            from: texts("from").map_or("end".to_string(), |texts| texts[0].clone()),
            same: texts("same").unwrap_or_default(),
            differs: texts("differs").unwrap_or_default(),
        });
    }
    Ok(steps)
}

fn is_true(table: &toml::Table, key: &str) -> bool {
    table.get(key).and_then(Value::as_bool) == Some(true)
}

fn count(table: &toml::Table) -> Option<usize> {
    let typed = table.get("count")?.as_str()?;
    let number = |text: &str| text.trim().parse::<usize>().ok();
    match typed.strip_prefix(">=") {
        Some(least) => number(least),
        None => number(typed.strip_prefix('>')?).map(|above| above + 1),
    }
}

const OF_STEPS: &[&str] = &[
    "name", "not", "optional", "within", "until", "of", "from", "same", "differs", "any", "count",
];

fn ways(table: &toml::Table) -> Vec<Way> {
    let keys = |table: &toml::Table| {
        let mut keys: Vec<(String, Value)> = Vec::new();
        for (key, value) in table {
            match (key.as_str(), value) {
                ("attributes", Value::Table(own)) => {
                    let each = own.iter();
                    keys.extend(
                        each.map(|(name, value)| (format!("attributes.{name}"), value.clone())),
                    );
                }
                (key, _) if OF_STEPS.contains(&key) => {}
                (key, value) => keys.push((key.to_string(), value.clone())),
            }
        }
        keys
    };
    let beside = keys(table);
    let Some(any) = table.get("any").and_then(Value::as_array) else {
        return vec![Way {
            keys: beside,
            count: None,
        }];
    };
    let own = any.iter().filter_map(Value::as_table);
    own.map(|own| Way {
        keys: beside.iter().cloned().chain(keys(own)).collect(),
        count: count(own),
    })
    .collect()
}

/// The kinds of events that rules ask for by name.
pub fn kinds(rules: &[Rule]) -> Vec<String> {
    let steps = rules.iter().flat_map(|rule| &rule.steps);
    let keys = steps.flat_map(|step| &step.ways).flat_map(|way| &way.keys);
    let asked = keys.filter(|(key, _)| key == "kind");
    asked.flat_map(|(_, wanted)| list(wanted)).collect()
}

/// A text or a list of texts.
pub fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(list).collect(),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}

/// `24h`, `2bd`, `j+7`.
fn extent(text: &str) -> Extent {
    let number = |text: &str| text.parse::<i64>().unwrap_or(0);
    if let Some(days) = text.strip_prefix("j+") {
        return Extent::CalendarDays(number(days));
    }
    match text.strip_suffix("bd") {
        Some(days) => Extent::BusinessDays(number(days)),
        None => Extent::Rolling(length(text)),
    }
}

/// Milliseconds of a text such as `1h30min`.
fn length(text: &str) -> i64 {
    let mut total = 0;
    let mut rest = text;
    while let Some(unit_at) = rest.find(|c: char| !c.is_ascii_digit()) {
        let (number, tail) = rest.split_at(unit_at);
        let end = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let unit = match &tail[..end] {
            "ms" => 1,
            "s" => 1_000,
            "min" => 60_000,
            "h" => 3_600_000,
            _ => 86_400_000,
        };
        total += number.parse::<i64>().unwrap_or(0) * unit;
        rest = &tail[end..];
    }
    total
}

/// Whether a number satisfies a comparison such as `> 15s` or `>= 3`.
pub fn satisfies(key: &str, typed: &str, number: i64) -> bool {
    let signs = ["<=", ">=", "<", ">", "="];
    let Some(sign) = signs.iter().find(|sign| typed.starts_with(**sign)) else {
        return false;
    };
    let text = typed[sign.len()..].trim();
    let value = match key {
        "wait" | "duration" => length(text),
        "legs" => text.parse().unwrap_or(0),
        _ => millionths(text.parse().unwrap_or(0.0)),
    };
    match *sign {
        "<=" => number <= value,
        ">=" => number >= value,
        "<" => number < value,
        ">" => number > value,
        _ => number == value,
    }
}

//! Compares what was typed with the list of keys: unknown keys, wrong types, values out of range.

use crate::keys::{KEYS, Kind, LeftOut, Node, dotted, is_chosen, tree};
use crate::layers::Origin;
use crate::nearest::did_you_mean;
use crate::problem::{Place, Problem};
use jiff::civil::Date;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where each key stands, by its dotted path.
pub(crate) type Places = BTreeMap<String, Place>;

/// Walks through what was typed.
pub(crate) struct Examination<'a> {
    origin: &'a Origin,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// Where each key stands.
    pub places: Places,
}

/// Examines the whole configuration.
pub(crate) fn examine<'a>(root: &DeTable<'_>, origin: &'a Origin) -> Examination<'a> {
    let mut examination = Examination {
        origin,
        problems: Vec::new(),
        places: Places::new(),
    };
    examination.places.insert(String::new(), origin.whole());
    examination.table(tree(), root, "");
    examination
}

impl Examination<'_> {
    fn wrong(&mut self, place: Place, key: &str, what: String) {
        self.problems.push(Problem {
            place,
            key: key.to_owned(),
            what,
        });
    }

    fn table(&mut self, node: &Node, table: &DeTable<'_>, path: &str) {
        for (name, value) in table {
            let key = dotted(path, name.get_ref());
            let is_table = matches!(value.get_ref(), DeValue::Table(_));
            let span = if is_table { name.span() } else { value.span() };
            let place = self.origin.place(&span);
            self.places.insert(key.clone(), place.clone());
            match node.child(name.get_ref()) {
                None => {
                    let place = self.origin.place(&name.span());
                    let what = unknown(node, name.get_ref());
                    self.wrong(place, &key, what);
                }
                Some(_) if !allowed_name(node, name.get_ref()) => {
                    let known = crate::keys::channels();
                    let what = format!(
                        "is no channel; allowed: {}{}",
                        known.join(", "),
                        did_you_mean(name.get_ref(), known.iter().copied())
                    );
                    self.wrong(place, &key, what);
                }
                Some(child) => self.value(child, value, &key, place),
            }
        }
        for (name, child) in &node.children {
            let required = child.key.filter(|key| key.default == LeftOut::Required);
            if let Some(required) = required
                && !table.contains_key(*name)
            {
                let place = self
                    .places
                    .get(path)
                    .cloned()
                    .unwrap_or(self.origin.whole());
                let what = format!("is missing; for example {name} = {}", required.example);
                self.wrong(place, &dotted(path, name), what);
            }
        }
    }

    fn value(&mut self, node: &Node, value: &Spanned<DeValue<'_>>, path: &str, place: Place) {
        if let Some(key) = node.key {
            return self.leaf(&key.kind, value, path, place);
        }
        match (node.list, value.get_ref()) {
            (false, DeValue::Table(table)) => self.table(node, table, path),
            (true, DeValue::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{path}[{}]", index + 1);
                    let place = self.origin.place(&item.span());
                    self.places.insert(path.clone(), place.clone());
                    match item.get_ref() {
                        DeValue::Table(table) => self.table(node, table, &path),
                        other => self.mismatch(place, &path, other, "a table"),
                    }
                }
            }
            (false, other) => self.mismatch(place, path, other, "a table"),
            (true, other) => self.mismatch(place, path, other, "a list of tables"),
        }
    }

    fn mismatch(&mut self, place: Place, path: &str, found: &DeValue<'_>, allowed: &str) {
        self.wrong(
            place,
            path,
            format!("found {}; allowed: {allowed}", found_text(found)),
        );
    }

    fn leaf(&mut self, kind: &Kind, value: &Spanned<DeValue<'_>>, path: &str, place: Place) {
        match (kind, value.get_ref()) {
            (Kind::List(item_kind), DeValue::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{path}[{}]", index + 1);
                    let place = self.origin.place(&item.span());
                    self.places.insert(path.clone(), place.clone());
                    self.leaf(item_kind, item, &path, place);
                }
            }
            (Kind::Codes { columns }, DeValue::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{path}[{}]", index + 1);
                    let place = self.origin.place(&item.span());
                    self.places.insert(path.clone(), place.clone());
                    self.row(columns, item.get_ref(), &path, place);
                }
            }
            (_, found) if fits(kind, found) => {}
            (Kind::Word(words), DeValue::String(text)) => {
                let near = did_you_mean(text, words.iter().copied());
                let what = format!("found `{text}`; allowed: {}{near}", words.join(", "));
                self.wrong(place, path, what);
            }
            (_, found) => self.mismatch(place, path, found, &kind.allowed()),
        }
    }

    /// A row of a table of codes that stands in the configuration itself.
    fn row(&mut self, columns: &[(&str, bool)], row: &DeValue<'_>, path: &str, place: Place) {
        let table = match (row, columns) {
            (DeValue::Table(table), [_, _, ..]) => table,
            (DeValue::String(text), [_]) if !text.is_empty() => return,
            (other, [_]) => return self.mismatch(place, path, other, "a text that is not empty"),
            (other, _) => return self.mismatch(place, path, other, "a table"),
        };
        let names = || columns.iter().map(|(name, _)| *name);
        for (name, value) in table {
            let path = dotted(path, name.get_ref());
            let place = self.origin.place(&name.span());
            if !names().any(|known| known == name.get_ref().as_ref()) {
                let allowed = names().collect::<Vec<_>>().join(", ");
                self.wrong(place, &path, format!("unknown column; allowed: {allowed}"));
            } else if !matches!(value.get_ref(), DeValue::String(_)) {
                self.mismatch(place, &path, value.get_ref(), "a text");
            }
        }
    }
}

/// Whether a name may stand where the tenant chooses names.
fn allowed_name(node: &Node, name: &str) -> bool {
    node.chosen() != Some("CHANNEL") || crate::keys::channels().contains(&name)
}

/// What to say of a key that is none: the nearest key beside it, or where a key of that name is.
fn unknown(node: &Node, name: &str) -> String {
    let near = did_you_mean(name, node.names());
    let same_name = |path: &&str| path.rsplit('.').next() == Some(name);
    let elsewhere = KEYS.iter().map(|key| key.path).find(same_name);
    match elsewhere {
        Some(path) if near.is_empty() => format!("unknown key here; there is `{path}`"),
        _ if node.chosen().is_none() => {
            let names: Vec<&str> = node.names().filter(|name| !is_chosen(name)).collect();
            format!("unknown key; allowed: {}{near}", names.join(", "))
        }
        _ => format!("unknown key{near}"),
    }
}

fn fits(kind: &Kind, value: &DeValue<'_>) -> bool {
    match (kind, value) {
        (Kind::Text | Kind::Codes { .. }, DeValue::String(text)) => !text.trim().is_empty(),
        (Kind::TextOrEmpty, DeValue::String(_)) | (Kind::Bool, DeValue::Boolean(_)) => true,
        (Kind::Word(words), DeValue::String(text)) => words.contains(&text.as_ref()),
        (Kind::Date, DeValue::String(text)) => text.len() == 10 && text.parse::<Date>().is_ok(),
        (Kind::Integer { min, max }, DeValue::Integer(number)) => {
            let number = i64::from_str_radix(number.as_str(), number.radix());
            number.is_ok_and(|number| (*min..=*max).contains(&number))
        }
        (Kind::Number { max }, DeValue::Integer(number)) => {
            let number = i64::from_str_radix(number.as_str(), number.radix());
            number.is_ok_and(|number| (0.0..=*max).contains(&(number as f64)))
        }
        (Kind::Number { max }, DeValue::Float(number)) => number
            .as_str()
            .parse::<f64>()
            .is_ok_and(|number| (0.0..=*max).contains(&number)),
        (Kind::Duration { min_ms, max_ms }, DeValue::String(text)) => calendar::duration_ms(text)
            .is_some_and(|found_ms| (*min_ms..=*max_ms).contains(&found_ms)),
        _ => false,
    }
}

/// What was found, for a message.
pub(crate) fn found_text(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("`{text}`"),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(truth) => format!("{truth}"),
        DeValue::Datetime(date) => format!("the date {date}"),
        DeValue::Array(_) => "a list".into(),
        DeValue::Table(_) => "a table".into(),
    }
}

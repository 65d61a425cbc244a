//! Lays built-in defaults, file and environment over each other.
//!
//! Everything stays a table of the `toml` package, whose values know where they stood: in the file
//! by their span; a variable of the environment has a span beyond the end of the file, a default the
//! last one of all.

use crate::keys::{KEYS, Kind, LeftOut, Node, dotted, is_chosen, tree};
use crate::nearest::did_you_mean;
use crate::problem::{Place, Problem};
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What a variable's name begins with.
const PREFIX: &str = "RICOCHET__";

/// Tells where a span is.
pub(crate) struct Origin {
    /// The file, as given.
    path: String,
    /// Where each line of it begins.
    line_starts: Vec<usize>,
    end: usize,
    variables: Vec<String>,
}

impl Origin {
    /// The origin of a file's text and of the variables laid over it.
    pub(crate) fn new(path: &str, text: &str, variables: &[(String, String)]) -> Origin {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Origin {
            path: path.to_owned(),
            line_starts: std::iter::once(0)
                .chain(breaks.map(|(at, _)| at + 1))
                .collect(),
            end: text.len(),
            variables: variables.iter().map(|(name, _)| name.clone()).collect(),
        }
    }

    /// Where a span is.
    pub(crate) fn place(&self, span: &Range<usize>) -> Place {
        if span.start <= self.end {
            let line = self
                .line_starts
                .partition_point(|start| *start <= span.start);
            return Place::File {
                path: self.path.clone(),
                line,
            };
        }
        match self.variables.get(span.start - self.end - 1) {
            Some(variable) => Place::Environment {
                variable: variable.clone(),
            },
            None => Place::BuiltIn,
        }
    }

    /// The file as a whole.
    pub(crate) fn whole(&self) -> Place {
        Place::File {
            path: self.path.clone(),
            line: 0,
        }
    }

    fn of_variable(&self, index: usize) -> Range<usize> {
        self.end + 1 + index..self.end + 1 + index
    }
}

/// The windows that hold where none is named, as TOML: those of `meant::readings::windows`, to which a
/// test compares them.
const WINDOWS: &str = "{ intraday = { calendar_days = 0 }, \"24h\" = { rolling = \"24h\" }, \
                       \"j+7\" = { calendar_days = 7 }, \"j+30\" = { calendar_days = 30 } }";

const BUILT_IN: Range<usize> = usize::MAX..usize::MAX;

/// The variables that speak to us, in order of their names, so that a table comes before its keys.
pub(crate) fn variables(env: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut ours: Vec<_> = env.filter(|(name, _)| name.starts_with(PREFIX)).collect();
    ours.sort();
    ours
}

fn no_toml(error: toml::de::Error, origin: &Origin) -> Problem {
    Problem {
        place: origin.place(&error.span().unwrap_or(0..0)),
        key: String::new(),
        what: format!(
            "no TOML: {}",
            error.message().trim_end().replace('\n', ", ")
        ),
    }
}

/// Reads the file's text and lays variables over it and defaults under it.
pub(crate) fn lay<'i>(
    text: &'i str,
    variables: &'i [(String, String)],
    origin: &Origin,
    problems: &mut Vec<Problem>,
) -> DeTable<'i> {
    let (root, errors) = DeTable::parse_recoverable(text);
    problems.extend(errors.into_iter().map(|error| no_toml(error, origin)));
    let mut root = root.into_inner();
    let of_a_window = |name: &str| {
        let mut segments = name[PREFIX.len()..].split("__");
        let is_windows = segments
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case("windows"));
        is_windows && segments.next().is_some()
    };
    if !root.contains_key("windows") && variables.iter().any(|(name, _)| of_a_window(name)) {
        // The file names none, so that the variables speak of the built-in ones.
        let windows = DeValue::parse(WINDOWS).expect("the built-in windows are TOML");
        let mut windows = Spanned::new(BUILT_IN, windows.into_inner());
        move_to(&mut windows, &BUILT_IN);
        root.insert(Spanned::new(BUILT_IN, "windows".into()), windows);
    }
    for (index, (name, value)) in variables.iter().enumerate() {
        let segments: Vec<&str> = name[PREFIX.len()..].split("__").collect();
        let variable = Variable {
            segments: &segments,
            value,
            span: origin.of_variable(index),
        };
        if let Err((key, what)) = put(&mut root, tree(), &variable, 0, "") {
            let place = Place::Environment {
                variable: name.clone(),
            };
            problems.push(Problem { place, key, what });
        }
    }
    date_texts(&mut root);
    let rest = root.entry(Spanned::new(BUILT_IN, "sources".into()));
    let rest = rest.or_insert_with(|| Spanned::new(BUILT_IN, DeValue::Table(DeTable::new())));
    fill_one(rest, "default");
    for key in KEYS {
        if let LeftOut::Is(default) = key.default {
            let segments: Vec<&str> = key.path.split('.').collect();
            fill(&mut root, &segments, default);
        }
    }
    root
}

/// Makes sure that a table has a table of that name.
fn fill_one(value: &mut Spanned<DeValue<'_>>, name: &'static str) {
    if let DeValue::Table(table) = value.get_mut()
        && !table.contains_key(name)
    {
        let empty = Spanned::new(BUILT_IN, DeValue::Table(DeTable::new()));
        table.insert(Spanned::new(BUILT_IN, name.into()), empty);
    }
}

/// One variable of the environment.
struct Variable<'v, 'i> {
    segments: &'v [&'i str],
    value: &'i str,
    span: Range<usize>,
}

/// Lays a variable over a table; the error is the key and what is wrong.
fn put<'i>(
    table: &mut DeTable<'i>,
    node: &Node,
    variable: &Variable<'_, 'i>,
    depth: usize,
    path: &str,
) -> Result<(), (String, String)> {
    let segment = variable.segments[depth];
    let name = meant_name(table, node, segment).map_err(|what| (path.to_owned(), what))?;
    let path = dotted(path, &name);
    let Some(child) = node.child(&name).filter(|_| !segment.is_empty()) else {
        let what = format!("unknown key{}", did_you_mean(&name, node.names()));
        return Err((path, what));
    };
    if depth + 1 == variable.segments.len() {
        let value = read(child, variable).map_err(|what| (path, what))?;
        table.insert(Spanned::new(variable.span.clone(), name.into()), value);
        return Ok(());
    }
    if child.list || child.children.is_empty() {
        return Err((
            path,
            "has no keys below it; set it as a whole, in TOML".into(),
        ));
    }
    let key = Spanned::new(variable.span.clone(), Cow::Owned(name));
    let empty = || Spanned::new(variable.span.clone(), DeValue::Table(DeTable::new()));
    match table.entry(key).or_insert_with(empty).get_mut() {
        DeValue::Table(below) => put(below, child, variable, depth + 1, &path),
        _ => Err((path, "is no table in the file".into())),
    }
}

/// The name that a segment of a variable stands for: one of the table, one that is known, or, where
/// the tenant chooses names, its lower case. Letters in any case; `_` stands for any other sign.
fn meant_name(table: &DeTable<'_>, node: &Node, segment: &str) -> Result<String, String> {
    let plain = |name: &str| {
        let sign = |letter: char| {
            if letter.is_alphanumeric() {
                letter
            } else {
                '_'
            }
        };
        name.to_lowercase().chars().map(sign).collect::<String>()
    };
    let wanted = plain(segment);
    let typed = table.keys().map(|name| name.get_ref().as_ref());
    let typed: Vec<&str> = typed.filter(|name| plain(name) == wanted).collect();
    match typed[..] {
        [] => {}
        [name] => return Ok(name.to_owned()),
        _ if typed.contains(&segment) => return Ok(segment.to_owned()),
        _ => return Err(format!("`{segment}` can mean `{}`", typed.join("` and `"))),
    }
    let known = node.names().find(|name| plain(name) == wanted);
    Ok(known.map_or_else(|| segment.to_lowercase(), str::to_owned))
}

/// A variable's value, as the type of its key reads it. What does not fit stays a text, which is
/// then refused with all other wrong types.
fn read<'i>(node: &Node, variable: &Variable<'_, 'i>) -> Result<Spanned<DeValue<'i>>, String> {
    let text = variable.value;
    let as_text = || DeValue::String(Cow::Borrowed(text));
    let is_toml = text.starts_with(['[', '{']);
    let value = match node.key.map(|key| key.kind) {
        Some(Kind::Bool | Kind::Integer { .. } | Kind::Number { .. }) => {
            DeValue::parse(text).map_or_else(|_| as_text(), Spanned::into_inner)
        }
        Some(Kind::List(_)) if !is_toml => {
            let items = text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty());
            let item = |item| Spanned::new(0..0, DeValue::String(Cow::Borrowed(item)));
            DeValue::Array(items.map(item).collect())
        }
        Some(Kind::List(_) | Kind::Codes { .. }) | None if is_toml => {
            let parsed = DeValue::parse(text).map_err(|error| {
                format!(
                    "no TOML: {}",
                    error.message().trim_end().replace('\n', ", ")
                )
            })?;
            parsed.into_inner()
        }
        Some(_) => as_text(),
        None => {
            return Err("is a table; allowed: a table in TOML, such as { name = ... }".into());
        }
    };
    let mut value = Spanned::new(variable.span.clone(), value);
    move_to(&mut value, &variable.span);
    Ok(value)
}

/// Gives a value, and all in it, another place.
fn move_to(value: &mut Spanned<DeValue<'_>>, span: &Range<usize>) {
    let moved = match std::mem::replace(value.get_mut(), DeValue::Boolean(false)) {
        DeValue::Array(items) => {
            let mut items = items;
            items.iter_mut().for_each(|item| move_to(item, span));
            DeValue::Array(items)
        }
        DeValue::Table(table) => {
            let moved = table.into_iter().map(|(name, mut value)| {
                move_to(&mut value, span);
                (Spanned::new(span.clone(), name.into_inner()), value)
            });
            DeValue::Table(moved.collect())
        }
        other => other,
    };
    *value = Spanned::new(span.clone(), moved);
}

/// Puts a default under every table that its path leads to. A table is made where the path names
/// it; entries of lists and of tables with names of the tenant are only filled.
fn fill(table: &mut DeTable<'_>, path: &[&'static str], default: &'static str) {
    let (segment, rest) = (path[0], &path[1..]);
    let fill_value = |value: &mut Spanned<DeValue<'_>>| {
        if let DeValue::Table(below) = value.get_mut() {
            fill(below, rest, default);
        }
    };
    if is_chosen(segment) {
        table.iter_mut().for_each(|(_, value)| fill_value(value));
    } else if let Some(name) = segment.strip_suffix("[]") {
        if let Some(DeValue::Array(items)) = table.get_mut(name).map(Spanned::get_mut) {
            items.iter_mut().for_each(fill_value);
        }
    } else if !rest.is_empty() {
        let entry = table.entry(Spanned::new(BUILT_IN, segment.into()));
        let empty = || Spanned::new(BUILT_IN, DeValue::Table(DeTable::new()));
        fill_value(entry.or_insert_with(empty));
    } else if !table.contains_key(segment) {
        let value = DeValue::parse(default)
            .expect("a built-in default is TOML")
            .into_inner();
        let mut value = Spanned::new(BUILT_IN, value);
        move_to(&mut value, &BUILT_IN);
        table.insert(Spanned::new(BUILT_IN, segment.into()), value);
    }
}

/// TOML has dates of its own; a date without quotes means the same as one with them.
fn date_texts(table: &mut DeTable<'_>) {
    table.iter_mut().for_each(|(_, value)| date_text(value));
}

fn date_text(value: &mut Spanned<DeValue<'_>>) {
    match value.get_mut() {
        DeValue::Datetime(date) => {
            let text = date.to_string();
            *value.get_mut() = DeValue::String(Cow::Owned(text));
        }
        DeValue::Array(items) => items.iter_mut().for_each(date_text),
        DeValue::Table(below) => date_texts(below),
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => {}
    }
}

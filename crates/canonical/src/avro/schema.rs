//! A writer's schema, as far as it says how to walk through a datum.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// Deeper or larger than this is no schema of a contact's event, and could be made to grow without
/// bound.
const DEPTH_MAX: u32 = 32;
const NODES_MAX: u32 = 4_096;

/// A text that is no schema of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError(pub(super) String);

impl fmt::Display for SchemaError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "avro schema: {}", self.0)
    }
}

impl std::error::Error for SchemaError {}

/// How a value lies in a datum. References to names are replaced by what they name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Null,
    Boolean,
    /// `int` and `long`, which look alike.
    Long,
    /// A `long` of microseconds.
    Micros,
    Float,
    Double,
    Bytes,
    Text,
    Fixed(usize),
    Enum(Vec<Box<str>>),
    Array(Box<Shape>),
    Map(Box<Shape>),
    Union(Vec<Shape>),
    Record(Vec<(Box<str>, Shape)>),
}

/// Reads a schema that may name what `references` define; each stands behind those that it needs.
pub(super) fn parse(text: &str, references: &[&str]) -> Result<Shape, SchemaError> {
    let references: Vec<Value> = references
        .iter()
        .map(|text| json(text))
        .collect::<Result<_, _>>()?;
    let value = json(text)?;
    let mut parser = Parser::default();
    for reference in &references {
        parser.shape(reference, "", 0)?;
    }
    parser.shape(&value, "", 0)
}

fn json(text: &str) -> Result<Value, SchemaError> {
    serde_json::from_str(text)
        .map_err(|error| SchemaError(format!("not JSON, line {}", error.line())))
}

#[derive(Default)]
struct Parser<'v> {
    /// Definitions by full name, with the namespace in which they stand.
    named: BTreeMap<String, (&'v Value, String)>,
    nodes: u32,
}

impl<'v> Parser<'v> {
    fn shape(&mut self, value: &'v Value, space: &str, depth: u32) -> Result<Shape, SchemaError> {
        self.nodes += 1;
        if depth > DEPTH_MAX || self.nodes > NODES_MAX {
            return Err(SchemaError(
                "too deep, too large, or a type that contains itself".into(),
            ));
        }
        match value {
            Value::String(name) => self.of_name(name, None, space, depth),
            Value::Array(branches) => {
                let branch = |branch| self.shape(branch, space, depth + 1);
                Ok(Shape::Union(
                    branches.iter().map(branch).collect::<Result<_, _>>()?,
                ))
            }
            Value::Object(_) => self.complex(value, space, depth),
            _ => Err(SchemaError("expected a name, a list or an object".into())),
        }
    }

    fn of_name(
        &mut self,
        name: &str,
        logical: Option<&str>,
        space: &str,
        depth: u32,
    ) -> Result<Shape, SchemaError> {
        Ok(match name {
            "null" => Shape::Null,
            "boolean" => Shape::Boolean,
            "long" if logical == Some("timestamp-micros") => Shape::Micros,
            "int" | "long" => Shape::Long,
            "float" => Shape::Float,
            "double" => Shape::Double,
            "bytes" => Shape::Bytes,
            "string" => Shape::Text,
            _ => {
                let full = full_name(name, space);
                let found = self
                    .named
                    .get(&full)
                    .or_else(|| self.named.get(name))
                    .cloned();
                let Some((definition, space)) = found else {
                    return Err(SchemaError(format!(
                        "the type {full} is defined nowhere before"
                    )));
                };
                return self.body(definition, &space, depth + 1);
            }
        })
    }

    fn complex(&mut self, value: &'v Value, space: &str, depth: u32) -> Result<Shape, SchemaError> {
        let Some(kind) = value.get("type") else {
            return Err(SchemaError("an object without type".into()));
        };
        match kind.as_str() {
            Some("record" | "error" | "enum" | "fixed") => {
                let name = value
                    .get("name")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let stated = value
                    .get("namespace")
                    .and_then(Value::as_str)
                    .unwrap_or(space);
                let full = full_name(name, stated);
                let space = full
                    .rsplit_once('.')
                    .map_or("", |(space, _)| space)
                    .to_owned();
                self.named.insert(full, (value, space.clone()));
                self.body(value, &space, depth)
            }
            Some("array") => Ok(Shape::Array(Box::new(
                self.member(value, "items", space, depth)?,
            ))),
            Some("map") => Ok(Shape::Map(Box::new(
                self.member(value, "values", space, depth)?,
            ))),
            Some(name) => {
                let logical = value.get("logicalType").and_then(Value::as_str);
                self.of_name(name, logical, space, depth)
            }
            // A type may be wrapped once more: {"type": {"type": "long", ...}}.
            None => self.shape(kind, space, depth + 1),
        }
    }

    /// What a named type is made of.
    fn body(&mut self, value: &'v Value, space: &str, depth: u32) -> Result<Shape, SchemaError> {
        match value.get("type").and_then(Value::as_str) {
            Some("enum") => {
                let symbols = list(value, "symbols")?.iter();
                let symbols = symbols.map(|symbol| symbol.as_str().unwrap_or_default().into());
                Ok(Shape::Enum(symbols.collect()))
            }
            Some("fixed") => {
                let size = value.get("size").and_then(Value::as_u64);
                let size = size.and_then(|size| usize::try_from(size).ok());
                size.map(Shape::Fixed)
                    .ok_or_else(|| SchemaError("a fixed without size".into()))
            }
            _ => {
                let mut fields = Vec::new();
                for field in list(value, "fields")? {
                    let name = field
                        .get("name")
                        .and_then(Value::as_str)
                        .unwrap_or_default();
                    fields.push((name.into(), self.member(field, "type", space, depth)?));
                }
                Ok(Shape::Record(fields))
            }
        }
    }

    fn member(
        &mut self,
        value: &'v Value,
        name: &str,
        space: &str,
        depth: u32,
    ) -> Result<Shape, SchemaError> {
        let member = value
            .get(name)
            .ok_or_else(|| SchemaError(format!("{name} is missing")))?;
        self.shape(member, space, depth + 1)
    }
}

fn list<'v>(value: &'v Value, name: &str) -> Result<&'v Vec<Value>, SchemaError> {
    let list = value.get(name).and_then(Value::as_array);
    list.ok_or_else(|| SchemaError(format!("{name} is no list")))
}

fn full_name(name: &str, space: &str) -> String {
    if name.contains('.') || space.is_empty() {
        name.to_owned()
    } else {
        format!("{space}.{name}")
    }
}

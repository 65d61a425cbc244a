//! How a file with column names of its own is to be read.

use std::collections::HashMap;

use encoding_rs::Encoding;
use globset::{Glob, GlobMatcher};
use jiff::tz::TimeZone;

use crate::columns::{CANONICAL_NAMES, Target};
use crate::error::FilesError;

/// `[import.NAME]`, as typed. Everything but the name and the match may be left empty.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// NAME.
    pub name: String,
    /// Which files: a pattern such as `acd-*.csv`, matched against the file's name, with and without
    /// `.gz` or `.zst`.
    pub match_glob: String,
    /// Between two fields of CSV: one ASCII character or `tab`. Default: a comma.
    pub separator: String,
    /// Of CSV, a label of the WHATWG encoding standard such as `windows-1252`. Default: UTF-8.
    pub encoding: String,
    /// Of times without offset. Default: that of [`ReadOptions`](crate::ReadOptions).
    pub time_zone: Option<TimeZone>,
    /// Of times, as of `strptime`, such as `%d.%m.%Y %H:%M:%S`. ISO 8601 is always read.
    pub time_format: Option<String>,
    /// Of records that name none.
    pub channel: Option<String>,
    /// Of records that name none.
    pub source: Option<String>,
    /// Of records that name none.
    pub kind: Option<String>,
    /// Column of the file → canonical name, identifier type or `attributes.NAME`.
    pub columns: Vec<(String, String)>,
    /// Canonical name → (value in the file → canonical value). An empty one means absent.
    pub values: Vec<(String, Vec<(String, String)>)>,
}

/// An import as meant.
#[derive(Debug)]
pub(crate) struct Meant {
    pub(crate) separator: u8,
    pub(crate) encoding: &'static Encoding,
    pub(crate) columns: HashMap<String, String>,
    pub(crate) values: HashMap<String, HashMap<String, String>>,
    pub(crate) typed: Import,
    glob: GlobMatcher,
}

impl Meant {
    pub(crate) fn check(typed: Import, identifier_types: &[String]) -> Result<Meant, FilesError> {
        let wrong = |key: &'static str, found: &str, problem: String| FilesError::Import {
            name: typed.name.clone(),
            key,
            found: found.to_owned(),
            problem,
        };
        let glob = Glob::new(&typed.match_glob).map_err(|error| {
            wrong(
                "match",
                &typed.match_glob,
                format!("is no file pattern: {}", error.kind()),
            )
        })?;
        let separator = match typed.separator.as_bytes() {
            [] => b',',
            b"tab" => b'\t',
            [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n') => *byte,
            _ => {
                let problem = "is no separator; allowed is one ASCII character, or tab".to_owned();
                return Err(wrong("separator", &typed.separator, problem));
            }
        };
        let encoding = match typed.encoding.as_str() {
            "" => encoding_rs::UTF_8,
            label => Encoding::for_label(label.as_bytes()).ok_or_else(|| {
                let problem = "is no encoding; allowed are labels such as utf-8, windows-1252, \
                               iso-8859-15, utf-16le";
                wrong("encoding", label, problem.to_owned())
            })?,
        };
        let known = |name: &str| Target::of(name, identifier_types) != Target::Unknown;
        let allowed = || {
            let types = identifier_types.join(", ");
            let names = CANONICAL_NAMES.map(|(name, _)| name).join(", ");
            format!("is no canonical name; allowed are attributes.NAME, {types}, {names}")
        };
        if let Some((_, name)) = typed.columns.iter().find(|(_, name)| !known(name)) {
            return Err(wrong("columns", name, allowed()));
        }
        if let Some((name, _)) = typed.values.iter().find(|(name, _)| !known(name)) {
            return Err(wrong("values", name, allowed()));
        }
        Ok(Meant {
            separator,
            encoding,
            glob: glob.compile_matcher(),
            columns: typed.columns.iter().cloned().collect(),
            values: typed
                .values
                .iter()
                .map(|(name, values)| (name.clone(), values.iter().cloned().collect()))
                .collect(),
            typed,
        })
    }

    pub(crate) fn matches(&self, file_name: &str) -> bool {
        let bare = file_name
            .strip_suffix(".gz")
            .or(file_name.strip_suffix(".zst"));
        self.glob.is_match(file_name) || bare.is_some_and(|name| self.glob.is_match(name))
    }
}

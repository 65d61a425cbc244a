//! The files of journey rules that globs name, and the rules that hold.

use super::{Check, Sources};
use crate::problem::Place;
use globset::{GlobBuilder, GlobMatcher};
use model::{Scope, Text};
use rules::journeys::{Finding, Known, RuleSet, RuleText, SourceBrings, Weight};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Folders below each other that a glob looks into.
const DEPTH_MAX: usize = 16;

/// The files that the globs of `rules` name, sorted.
pub(super) fn rules_files(check: &mut Check<'_>) -> Vec<PathBuf> {
    let mut files = BTreeSet::new();
    for (index, pattern) in check.typed.rules.iter().enumerate() {
        let key = format!("rules[{}]", index + 1);
        match found(check.folder, pattern) {
            Ok(found) if found.is_empty() => {
                check.note(format!("{key}: `{pattern}` names no file"));
            }
            Ok(found) => files.extend(found),
            Err(what) => check.wrong(&key, what),
        }
    }
    files.into_iter().collect()
}

/// What rules may name besides channels and kinds.
pub(super) struct Named<'a> {
    pub scopes: &'a [Scope],
    pub sources: &'a Sources,
    /// Every reason path of the tables; `None`: not looked at.
    pub reasons: Option<&'a [Text]>,
    /// Every step of the tables; `None`: not looked at.
    pub steps: Option<&'a [Text]>,
}

/// The built-in rules with those of the files laid over them, and what was found in them.
pub(super) fn read(files: &[(String, String)], named: &Named<'_>) -> (RuleSet, Vec<Finding>) {
    let brings = |source: &super::Source| SourceBrings {
        name: source.name.clone(),
        channels: source.brings.channel_set(),
        signals: source.brings.signals().collect(),
    };
    let sources: Vec<SourceBrings> = named.sources.all().map(brings).collect();
    let known = Known {
        scopes: named.scopes,
        sources: &sources,
        reasons: named.reasons,
        steps: named.steps,
    };
    let texts: Vec<RuleText<'_>> = files
        .iter()
        .map(|(file, text)| RuleText { file, text })
        .collect();
    RuleSet::read(true, &texts, &known)
}

/// The texts of the files, those that can be read.
fn texts(check: &mut Check<'_>, files: &[PathBuf]) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for path in files {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => texts.push((name, text)),
            Err(error) => {
                let place = Place::File {
                    path: name,
                    line: 0,
                };
                check.wrong_at(place, "", format!("cannot be read: {error}"));
            }
        }
    }
    texts
}

/// The rules that hold, with the texts of their files. Mistakes in them are mistakes of the
/// configuration; what is worth a look is told by `check --rules`.
pub(super) fn rules(
    check: &mut Check<'_>,
    files: &[PathBuf],
    named: &Named<'_>,
) -> (RuleSet, Vec<(String, String)>) {
    let texts = texts(check, files);
    let (rules, findings) = read(&texts, named);
    let wrong = findings.into_iter();
    for finding in wrong.filter(|finding| finding.weight == Weight::Error) {
        let place = Place::File {
            path: finding.file,
            line: finding.line,
        };
        check.wrong_at(place, &finding.key, finding.what);
    }
    (rules, texts)
}

/// The files that a pattern names. A pattern without signs of a glob has to name one.
fn found(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let is_glob = |text: &str| text.contains(['*', '?', '[', '{']);
    if !is_glob(pattern) {
        let path = folder.join(pattern);
        let there = path.is_file();
        return if there {
            Ok(vec![path])
        } else {
            Err(format!("there is no file {}", path.display()))
        };
    }
    let (mut fixed, mut rest) = (folder.to_owned(), pattern);
    while let Some((first, below)) = rest.split_once('/') {
        if is_glob(first) {
            break;
        }
        // A pattern that begins with `/` does not begin in the folder.
        fixed.push(if first.is_empty() { "/" } else { first });
        rest = below;
    }
    let glob = GlobBuilder::new(rest).literal_separator(true).build();
    let glob = glob.map_err(|error| format!("`{pattern}` is no glob: {}", error.kind()))?;
    let mut files = Vec::new();
    walk(
        &fixed,
        &fixed,
        &glob.compile_matcher(),
        DEPTH_MAX,
        &mut files,
    );
    Ok(files)
}

/// Gathers the files below a folder that match. What cannot be read is not there.
fn walk(root: &Path, folder: &Path, glob: &GlobMatcher, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }) else {
        return;
    };
    for entry in entries.flatten() {
        let path = folder.join(entry.file_name());
        if path.is_dir() && depth > 0 {
            walk(root, &path, glob, depth - 1, files);
        } else if path.is_file()
            && path
                .strip_prefix(root)
                .is_ok_and(|below| glob.is_match(below))
        {
            files.push(path);
        }
    }
}

//! The files of journey rules that globs name.

use super::Check;
use globset::{GlobBuilder, GlobMatcher};
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
    if !files.is_empty() {
        let count = files.len();
        check.note(format!(
            "rules: journey rules are not evaluated yet (files: {count})"
        ));
    }
    files.into_iter().collect()
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

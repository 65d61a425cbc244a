//! The project as it lies on disk: its files, its crates, what they depend on.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// The folder of the workspace's `Cargo.toml`.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap().to_path_buf()
}

/// The text of a file, named from the root.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files of the project, committed or about to be, named from the root, in order.
pub fn files() -> Vec<String> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output()
        .expect("git is installed");
    assert!(
        listed.status.success(),
        "git ls-files failed: the project is read from a git clone"
    );
    let text = String::from_utf8(listed.stdout).expect("file names are UTF-8");
    let mut files: Vec<String> = text
        .split_terminator('\0')
        .filter(|path| root().join(path).is_file())
        .map(str::to_owned)
        .collect();
    files.sort();
    files.dedup();
    files
}

/// The Rust files below a folder, named from the root, in order.
pub fn rust_files(below: &str) -> Vec<String> {
    let prefix = format!("{below}/");
    files()
        .into_iter()
        .filter(|path| path.starts_with(&prefix) && path.ends_with(".rs"))
        .collect()
}

/// The crates of the workspace by name.
pub fn crates() -> BTreeMap<String, Package> {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata works");
    metadata
        .packages
        .into_iter()
        .map(|package| (package.name.to_string(), package))
        .collect()
}

/// What a crate depends on when it is used, and not only in its tests. The flag says whether it is
/// one of our own.
pub fn dependencies(package: &Package) -> Vec<(String, bool)> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .map(|dependency| (dependency.name.clone(), dependency.path.is_some()))
        .collect()
}

/// Does `name` fit `pattern`, which may end in `*`?
pub fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    }
}

/// Fails with the complaints, one a line.
pub fn expect_none(rule: &str, complaints: &[String]) {
    assert!(
        complaints.is_empty(),
        "{rule}\n  {}\n",
        complaints.join("\n  ")
    );
}

/// Says something although the test passes: the test harness swallows only what is printed by macro.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

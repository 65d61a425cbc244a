//! The tables of `docs/architecture.md` are those of the tree: a map that has drifted is worse than
//! none.

use std::collections::BTreeSet;

use crate::tree::{crates, expect_none, read, root};

const ARCHITECTURE: &str = "docs/architecture.md";

/// The words in backticks of the first cell of each row of the tables under `heading`.
fn first_cells(text: &str, heading: &str) -> BTreeSet<String> {
    let heading = format!("## {heading}");
    text.lines()
        .skip_while(|line| line.trim() != heading)
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| line.strip_prefix('|')?.split('|').next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

/// What stands only in the tree, and what stands only in the table.
fn differences(tree: &BTreeSet<String>, table: &BTreeSet<String>) -> Vec<String> {
    let missing = tree
        .difference(table)
        .map(|name| format!("{name}: not in the table"));
    let extra = table
        .difference(tree)
        .map(|name| format!("{name}: only in the table"));
    missing.chain(extra).collect()
}

/// The third-party entries of `[workspace.dependencies]`.
fn borrowed(manifest: &str) -> BTreeSet<String> {
    let manifest: toml::Table = manifest.parse().expect("Cargo.toml is TOML");
    let dependencies = manifest["workspace"]["dependencies"].as_table().unwrap();
    dependencies
        .iter()
        .filter(|(_, value)| value.get("path").is_none())
        .map(|(name, _)| name.clone())
        .collect()
}

#[test]
fn the_map_of_crates_is_the_tree() {
    // Crates stand in `crates`, and `benches` beside it.
    let folders = [root().join("crates"), root()];
    let on_disk: BTreeSet<String> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let map = first_cells(&read(ARCHITECTURE), "Map of crates");
    expect_none(
        "docs/architecture.md, \"Map of crates\"",
        &differences(&on_disk, &map),
    );

    let packages: BTreeSet<String> = crates().into_keys().collect();
    expect_none(
        "a crate's folder is named as its package",
        &differences(&on_disk, &packages),
    );
}

#[test]
fn every_dependency_has_a_reason() {
    let table = first_cells(&read(ARCHITECTURE), "Dependencies");
    let complaints = differences(&borrowed(&read("Cargo.toml")), &table);
    expect_none("docs/architecture.md, \"Dependencies\"", &complaints);
}

#[test]
fn a_drifted_table_is_noticed() {
    let text = "\
## Other
| `attic` | x |
## Map of crates
| crate | what |
|---|---|
| `model` | uses `nothing` |
| `rules` `files` | x |
## Next
| `gone` | x |
";
    let table = first_cells(text, "Map of crates");
    assert_eq!(
        table.iter().map(String::as_str).collect::<Vec<_>>(),
        ["files", "model", "rules"]
    );
    let tree: BTreeSet<String> = ["model", "rules", "cli"].map(str::to_owned).into();
    assert_eq!(
        differences(&tree, &table),
        ["cli: not in the table", "files: only in the table"]
    );
    let manifest = "[workspace.dependencies]\nmodel = { path = \"x\" }\ncsv = \"1\"\n";
    assert_eq!(borrowed(manifest).into_iter().collect::<Vec<_>>(), ["csv"]);
}

#[test]
fn the_readme_states_the_rust_version_that_is_used() {
    let manifest: toml::Table = read("Cargo.toml").parse().expect("Cargo.toml is TOML");
    let version = manifest["workspace"]["package"]["rust-version"]
        .as_str()
        .unwrap();
    let stated = format!("Rust {version} or newer");
    assert!(
        read("README.md").contains(&stated),
        "README.md should say \"{stated}\""
    );
}

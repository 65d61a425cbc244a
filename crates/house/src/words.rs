//! What must not stand in any file of the project: rows of data that others lent us, paths of the
//! machine that somebody worked on, words that do not belong to the product.

use std::collections::BTreeSet;
use std::fs;

use crate::tree::{expect_none, files, root, say};

/// Beside the project, where it is lent at all.
const LENT: &str = "../shared/data";

/// Words in any case, and paths as they are. In pieces, so that this file does not run into them.
const WORDS: &[&str] = &[
    concat!("clau", "de"),
    concat!("anthro", "pic"),
    concat!("open", "ai"),
    concat!("chat", "gpt"),
    concat!("co", "pilot"),
    concat!("language", " model"),
    concat!("sub", "agent"),
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("py", "pi.org"),
    concat!("npm", "js.org"),
    concat!("deb.", "debian.org"),
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
];

/// The places of a file where a banned word stands.
fn banned_words(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.to_lowercase();
        for word in WORDS.iter().filter(|word| line.contains(*word)) {
            found.push(format!("{path}:{}: {word}", index + 1));
        }
    }
    found
}

/// What identifies lent data: whole rows, and ids long enough to be nobody else's.
#[derive(Default)]
struct Lent {
    rows: BTreeSet<String>,
    ids: BTreeSet<String>,
}

impl Lent {
    /// Adds the rows of a CSV file, its heading left out.
    fn add(&mut self, text: &str) {
        for row in text.lines().skip(1).filter(|row| row.len() >= 20) {
            self.rows.insert(row.to_owned());
            self.ids.extend(long_ids(row).map(str::to_owned));
        }
    }

    fn found_in(&self, path: &str, text: &str) -> Vec<String> {
        let lent = |line: &str| {
            self.rows.contains(line.trim())
                || line
                    .split('"')
                    .any(|piece| self.rows.contains(piece.trim()))
                || long_ids(line).any(|id| self.ids.contains(id))
        };
        let lines = text.lines().enumerate().filter(|(_, line)| lent(line));
        lines
            .map(|(index, _)| format!("{path}:{}: a row of lent data", index + 1))
            .collect()
    }
}

/// Hashes and UUIDs.
fn long_ids(line: &str) -> impl Iterator<Item = &str> {
    line.split(|mark: char| !(mark.is_ascii_hexdigit() || mark == '-'))
        .filter(|word| word.len() >= 32 && word.bytes().any(|byte| byte.is_ascii_digit()))
}

/// The project's text files with their content. The lock file names the registry by need.
fn texts() -> impl Iterator<Item = (String, String)> {
    files()
        .into_iter()
        .filter(|path| path != "Cargo.lock")
        .filter_map(|path| {
            let text = fs::read_to_string(root().join(&path)).ok()?;
            Some((path, text))
        })
}

#[test]
fn no_word_that_does_not_belong() {
    let found: Vec<String> = texts()
        .flat_map(|(path, text)| banned_words(&path, &text))
        .collect();
    expect_none("these words do not belong to the product", &found);
}

#[test]
fn no_row_of_lent_data() {
    let Ok(folder) = fs::read_dir(root().join(LENT)) else {
        say("house: no_row_of_lent_data skipped, there is no lent data beside the project");
        return;
    };
    let mut lent = Lent::default();
    for entry in folder {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            lent.add(&fs::read_to_string(path).unwrap());
        }
    }
    assert!(
        !lent.rows.is_empty(),
        "there is a folder for lent data, but no row in it"
    );
    let found: Vec<String> = texts()
        .flat_map(|(path, text)| lent.found_in(&path, &text))
        .collect();
    expect_none("rows of lent data must not stand in the project", &found);
}

#[test]
fn a_banned_word_and_a_lent_row_are_noticed() {
    let text = format!("fine\nsee {}main/x", concat!("/wo", "rk/"));
    assert_eq!(
        banned_words("x.md", &text),
        [format!("x.md:2: {}", concat!("/wo", "rk/"))]
    );

    let mut lent = Lent::default();
    lent.add("id,customer,at\nE1,0a0a0a0a-1b1b-2c2c-3d3d-4e4e4e4e4e4e,2001-01-01T00:00:00\nE2,C2,2001-01-01T00:00:01\n");
    assert_eq!(
        lent.found_in("x", "id,customer,at\n E2,C2,2001-01-01T00:00:01 ")
            .len(),
        1
    );
    assert_eq!(
        lent.found_in("x", "let row = \"E2,C2,2001-01-01T00:00:01\";")
            .len(),
        1
    );
    assert_eq!(
        lent.found_in("x", "{\"c\":\"0a0a0a0a-1b1b-2c2c-3d3d-4e4e4e4e4e4e\"}")
            .len(),
        1
    );
    assert!(lent.found_in("x", "E3,C2,2001-01-01T00:00:01").is_empty());
}

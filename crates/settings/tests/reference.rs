//! The reference in `docs/configuration.md` is that of the code, and what it shows can be typed.

// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used)]

use settings::{KEYS, Key, Kind, LeftOut, Loaded, reference};
use std::path::Path;

#[test]
fn the_documentation_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, reference()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == reference(),
        "docs/configuration.md is not that of the code; run UPDATE=1 cargo test -p settings"
    );
}

#[test]
fn every_key_is_in_the_documentation_once() {
    let rows = reference()
        .lines()
        .filter(|line| line.starts_with("| `"))
        .count();
    let columns_of_tables = 5;
    assert_eq!(rows, KEYS.len() + columns_of_tables);
    for key in KEYS {
        assert!(
            key.doc.ends_with('.') && !key.doc.contains('|'),
            "{}",
            key.path
        );
        assert_eq!(
            KEYS.iter().filter(|other| other.path == key.path).count(),
            1,
            "{}",
            key.path
        );
    }
}

/// TOML of a configuration with one more key, under names that the tenant could choose.
fn with(key: &Key, value: &str) -> String {
    let mut path = key.path.replace("CHANNEL", "chat").replace("TYPE", "email");
    for chosen in ["NAME", "SOURCE", "TOPIC", "COLUMN"] {
        path = path.replace(chosen, "x1");
    }
    let path = path.replace("FIELD.VALUE", "outcome.AGENT");
    let (table, name) = path.rsplit_once('.').unwrap_or(("", &path));
    let mut text = String::from("tenant = \"acme\"\ntime_zone = \"Europe/Paris\"\n");
    match table {
        "" if text.contains(&format!("{name} = ")) => {}
        "" => text.push_str(&format!("{name} = {value}\n")),
        "policies[]" if name != "name" => {
            text.push_str(&format!("[[policies]]\nname = \"p\"\n{name} = {value}\n"));
        }
        "figures.segments[]" if name != "keys" => {
            text.push_str(&format!(
                "[[figures.segments]]\nkeys = [\"team\"]\n{name} = {value}\n"
            ));
        }
        table if table.ends_with("[]") => {
            let table = table.trim_end_matches("[]");
            text.push_str(&format!("[[{table}]]\n{name} = {value}\n"));
        }
        "import.x1" if name == "match" => {
            text.push_str(&format!("[{table}]\n{name} = {value}\n"));
        }
        table if table.starts_with("import.x1") => {
            text.push_str("[import.x1]\nmatch = \"*.csv\"\n");
            let below = table
                .trim_start_matches("import.x1")
                .trim_start_matches('.');
            let dot = if below.is_empty() { "" } else { "." };
            text.push_str(&format!("{below}{dot}{name} = {value}\n"));
        }
        table => text.push_str(&format!("[{table}]\n{name} = {value}\n")),
    }
    text
}

#[test]
fn every_example_and_every_default_can_be_typed() {
    for key in KEYS {
        let mut values = vec![key.example];
        if let LeftOut::Is(default) = key.default {
            values.push(default);
        }
        for value in values {
            let text = with(key, value);
            if let Err(error) = Loaded::from_text(&text, key.path) {
                panic!("{error}\n{text}");
            }
        }
    }
}

#[test]
fn every_bound_holds() {
    for key in KEYS {
        let (inside, outside): (Vec<String>, Vec<String>) = match key.kind {
            Kind::Integer { min, max } => (
                vec![min.to_string(), max.to_string()],
                vec![(min - 1).to_string(), (max + 1).to_string()],
            ),
            Kind::Duration { min_ms, max_ms } => (
                vec![format!("\"{min_ms}ms\""), format!("\"{max_ms}ms\"")],
                vec![
                    format!("\"{}ms\"", min_ms - 1),
                    format!("\"{}ms\"", max_ms + 1),
                ],
            ),
            Kind::Number { max } => (
                vec!["0".into(), format!("{max:.1}")],
                vec!["-0.01".into(), "nan".into()],
            ),
            _ => continue,
        };
        for value in inside {
            let text = with(key, &value);
            assert!(Loaded::from_text(&text, "x").is_ok(), "{text}");
        }
        for value in outside {
            let text = with(key, &value);
            assert!(Loaded::from_text(&text, "x").is_err(), "{text}");
        }
    }
}

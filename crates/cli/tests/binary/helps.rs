//! `--help`, and what goes where.

use crate::case::{Case, SMALL, calls, lines};
use std::process::Stdio;

#[test]
fn every_help_shows_an_example_and_fits() {
    let case = Case::new(SMALL);
    for command in ["", "demo", "replay", "check", "explain"] {
        for flag in ["--help", "-h"] {
            let ran = case.run(&format!("{command} {flag}"));
            assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{command}");
            let example = ["Example:\n  ricochet ", "Examples:\n  ricochet "];
            assert!(
                example.iter().any(|start| ran.out.contains(start)),
                "{}",
                ran.out
            );
            for line in ran.out.lines() {
                assert!(line.chars().count() <= 100, "{command}: {line}");
            }
        }
    }
    assert_eq!(
        case.run("help replay").out,
        case.run("replay --help").out,
        "both ways of asking"
    );
    let version = case.run("--version");
    assert_eq!(
        version.out,
        format!("ricochet {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn only_data_goes_to_standard_output_and_nothing_moves_on_a_pipe() {
    let case = Case::new(SMALL);
    case.put("in.jsonl", lines(&calls(200)));
    let replayed = case.run("replay --config c.toml --input in.jsonl --output out --progress auto");
    assert_eq!(replayed.code, Some(0));
    let explained = case.run("explain --config c.toml --input in.jsonl --contact P50");
    assert_eq!(explained.code, Some(0));
    let checked = case.run("check --config c.toml --input in.jsonl --against in.jsonl");
    assert_eq!(checked.code, Some(0));
    for ran in [replayed, explained, checked] {
        for line in ran.err.lines() {
            assert!(line.starts_with("ricochet: note: "), "{line}");
        }
        assert!(!ran.out.contains("ricochet: "), "{}", ran.out);
        assert!(
            !(ran.out + &ran.err).contains(['\r', '\u{1b}']),
            "nothing for a terminal"
        );
    }
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let case = Case::new(SMALL);
    case.put("in.jsonl", lines(&calls(200)));
    for arguments in [
        "explain --config c.toml --input in.jsonl --customer C1",
        "check --config c.toml --input in.jsonl",
        "replay --config c.toml --input in.jsonl --output out",
    ] {
        let mut command = case.command(arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments}: {err}");
        assert!(
            err.lines().all(|line| line.starts_with("ricochet: note: ")),
            "{err}"
        );
    }
    assert!(
        case.path("out/summary.json").exists(),
        "what is written is written"
    );
}

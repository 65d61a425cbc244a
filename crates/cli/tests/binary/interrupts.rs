//! Ctrl-C, and a disk that is full: what is half written is taken away.

use crate::case::{BINARY, Case, SMALL, calls, lines, ran};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Waits until something hidden appears beside the output, which is the folder being written.
fn wait_for_partial(case: &Case) {
    let started = Instant::now();
    while case.left_over().is_empty() {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "it never began to write"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn interrupted(signal: &str, delay_ms: u64) {
    let case = Case::new(SMALL);
    case.put("in.jsonl", lines(&calls(700)).repeat(100));
    let mut command = case.command("replay --config c.toml --input in.jsonl --output out");
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_partial(&case);
    std::thread::sleep(Duration::from_millis(delay_ms));
    // The shell has a `kill` of its own where no package brings one.
    let kill = Command::new("sh")
        .args(["-c", &format!("kill {signal} {}", child.id())])
        .status()
        .unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    // In the blink between the folder and the handler, the signal itself ends the process.
    if output.status.signal().is_none() {
        assert_eq!(output.status.code(), Some(130), "{err}");
        assert!(
            err.ends_with("ricochet: interrupted; nothing was written\n"),
            "{err}"
        );
    }
    assert!(output.stdout.is_empty());
    assert!(!case.path("out").exists());
    assert_eq!(case.left_over(), Vec::<String>::new(), "{err}");
}

#[test]
fn two_runs_into_one_folder_are_told_apart() {
    let case = Case::new(SMALL);
    case.put("big.jsonl", lines(&calls(700)).repeat(100));
    case.put("in.jsonl", lines(&calls(7)));
    let mut first = case
        .command("replay --config c.toml --input big.jsonl --output out")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for_partial(&case);
    let second = case.run("replay --config c.toml --input in.jsonl --output out");
    let process = first.id();
    second.refused(&format!(
        "ricochet: out is being written by another run (process {process}), into \
         ./.out.partial-{process}"
    ));
    assert!(first.wait().unwrap().success(), "the first goes on");
    assert_eq!(case.summary("out")["read"], 70_000);
    // What a killed run has left is named. No process has this number.
    case.put(".later.partial-4194304999/contacts.csv", "");
    case.put(".later.partial-4194304/contacts.csv", "");
    let ran = case.replay("in.jsonl", "later", "");
    let note =
        "note: ./.later.partial-4194304 was left by a run that was killed, and can be removed\n";
    assert!(ran.err.contains(note), "{}", ran.err);
}

#[test]
fn a_report_that_cannot_be_written_is_no_loss_of_tables() {
    let case = Case::new(SMALL);
    case.put("in.jsonl", lines(&calls(7)));
    let mut command = case.command("replay --config c.toml --input in.jsonl --output out");
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let ran = ran(command.stdout(full));
    assert_eq!(ran.code, Some(2));
    assert_eq!(
        ran.errors(),
        "ricochet: the tables in out are complete, but this report could not be written: cannot \
         write to standard output: No space left on device (os error 28)"
    );
    assert_eq!(case.summary("out")["read"], 7);
}

#[test]
fn an_interrupted_replay_leaves_nothing() {
    for delay_ms in [20, 150, 400] {
        interrupted("-INT", delay_ms);
    }
    interrupted("-TERM", 100);
}

/// A limit on the size of files is the full disk that everybody can have: the write fails in the
/// middle of a table.
#[test]
fn a_disk_that_is_full_is_told_and_leaves_nothing() {
    let case = Case::new(SMALL);
    case.put("in.jsonl", lines(&calls(700)));
    for format in ["csv", "parquet", "jsonl", "avro"] {
        let script = format!(
            "ulimit -f 4; exec '{BINARY}' replay --config c.toml --input in.jsonl \
             --output out --format {format}"
        );
        let mut shell = Command::new("sh");
        let ran = ran(shell.args(["-c", &script]).current_dir(case.path(".")));
        assert_eq!(ran.code, Some(2), "{format}: {ran:?}");
        assert_eq!(ran.out, "", "{format}");
        let (told, why) = (ran.errors(), "File too large (os error 27)");
        assert!(
            told.starts_with("ricochet: cannot write ./.out.partial-"),
            "{format}: {told}"
        );
        assert!(
            told.ends_with(why) && told.matches(why).count() == 1,
            "{format}: {told}"
        );
        assert!(!case.path("out").exists());
        assert_eq!(case.left_over(), Vec::<String>::new());
    }
}

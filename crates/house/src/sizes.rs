//! A function fits on a screen, a file can be read in one sitting. Those that do not are listed at
//! every run; the worst of them fail. Tests are not counted.

use crate::scan::Scan;
use crate::tree::{expect_none, read, rust_files, say};

const FUNCTION_LINES_LISTED: usize = 70;
const FUNCTION_LINES_MAX: usize = 110;
const FILE_LINES_LISTED: usize = 700;
const FILE_LINES_MAX: usize = 900;

/// The lines of what is long, and a complaint for each thing that is too long.
fn long(path: &str, text: &str) -> (Vec<String>, Vec<String>) {
    let scan = Scan::of(path, text);
    let (mut listed, mut too_long) = (Vec::new(), Vec::new());
    let mut judge = |lines: usize, listed_from: usize, max: usize, what: String| {
        if lines > max {
            too_long.push(format!("{what}: {lines} lines, at most {max} are allowed"));
        } else if lines > listed_from {
            listed.push(format!("{what}: {lines} lines"));
        }
    };
    let lines = text.lines().count() - scan.test_lines;
    judge(lines, FILE_LINES_LISTED, FILE_LINES_MAX, path.to_owned());
    for function in &scan.functions {
        let what = format!("{path}:{}: fn {}", function.line, function.name);
        judge(
            function.lines,
            FUNCTION_LINES_LISTED,
            FUNCTION_LINES_MAX,
            what,
        );
    }
    (listed, too_long)
}

#[test]
fn functions_and_files_can_be_read() {
    let (mut listed, mut too_long) = (Vec::new(), Vec::new());
    for path in ["crates", "benches"].into_iter().flat_map(rust_files) {
        let of_tests = ["/tests/", "/benches/", "/examples/"]
            .iter()
            .any(|part| path.contains(part));
        if !of_tests && !path.ends_with("tests.rs") {
            let (more_listed, more_too_long) = long(&path, &read(&path));
            listed.extend(more_listed);
            too_long.extend(more_too_long);
        }
    }
    if !listed.is_empty() {
        say(&format!(
            "house: long, but not yet too long:\n  {}",
            listed.join("\n  ")
        ));
    }
    expect_none("too long to be read", &too_long);
}

#[test]
fn what_is_too_long_is_noticed() {
    let function = |lines: usize| format!("fn f() {{\n{}}}\n", "    g();\n".repeat(lines - 2));
    let counts = |text: &str| {
        let (listed, too_long) = long("x.rs", text);
        (listed.len(), too_long.len())
    };
    assert_eq!(counts(&function(70)), (0, 0));
    assert_eq!(counts(&function(71)), (1, 0));
    assert_eq!(counts(&function(111)), (0, 1));
    assert_eq!(counts(&"// a line\n".repeat(701)), (1, 0));
    assert_eq!(counts(&"// a line\n".repeat(901)), (0, 1));
    assert_eq!(
        counts(&format!("#[cfg(test)]\nmod tests {{\n{}}}", function(950))),
        (0, 0)
    );
    assert_eq!(counts(&format!("impl S {{\n{}}}", function(90))), (1, 0));
}

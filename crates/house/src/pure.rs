//! The crates below `worker` are pure: time, ids and files come in as arguments. So a run can be
//! repeated to the byte, and a test needs neither a clock nor a disk.

use crate::scan::{Found, Scan};
use crate::tree::{crates, dependencies, expect_none, fits, read, rust_files};

const PURE: &[&str] = &[
    "model",
    "calendar",
    "rules",
    "canonical",
    "figures",
    "consumer-*",
    "stage-*",
];

/// What a pure crate may not name, and everything below it.
const BANNED: &[&str] = &[
    "std::fs",
    "std::net",
    "std::os",
    "std::thread",
    "std::env",
    "std::process",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "std::hash::RandomState",
    "std::hash::DefaultHasher",
    "std::collections::hash_map::RandomState",
    "std::collections::hash_map::DefaultHasher",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "jiff::tz::TimeZone::system",
    "rand",
    "rand_chacha",
    "getrandom",
    "fastrand",
    "tokio",
    "rayon",
    "print!",
    "println!",
    "eprint!",
    "eprintln!",
    "thread_local!",
];

/// Crates that a pure crate may not depend on, even if it never names them.
const BANNED_CRATES: &[&str] = &[
    "rand*",
    "getrandom",
    "fastrand",
    "tokio*",
    "futures*",
    "async-*",
    "rayon*",
    "crossbeam*",
];

/// Maps with a hasher that is seeded anew in every process; the number of type arguments that a
/// type must have to name another hasher.
const MAPS: &[(&str, usize)] = &[
    ("std::collections::HashMap", 3),
    ("std::collections::HashSet", 2),
    ("std::collections::hash_map::HashMap", 3),
    ("std::collections::hash_set::HashSet", 2),
    ("hashbrown::HashMap", 3),
    ("hashbrown::HashSet", 2),
    ("hashbrown::HashTable", 1),
];

/// What of the ban list a path runs into.
fn banned(found: &Found) -> Option<&'static str> {
    // A name that stands alone is a variable, unless it is imported or a macro.
    if found.names.len() == 1 && !found.import && !found.names[0].ends_with('!') {
        return None;
    }
    let path = found
        .names
        .join("::")
        .replace("core::", "std::")
        .replace("alloc::", "std::");
    let below = |path: &str, ban: &str| {
        path.strip_prefix(ban)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let glob = path.strip_suffix("::*").filter(|_| found.import);
    BANNED
        .iter()
        .find(|ban| below(&path, ban) || glob.is_some_and(|parent| below(ban, parent)))
        .copied()
        .or_else(|| random_map(found, &path))
}

/// A map whose order is another one in every process. A bare import is harmless: its use is found.
fn random_map(found: &Found, path: &str) -> Option<&'static str> {
    let (map, wanted) = MAPS.iter().find(|(map, _)| {
        path.strip_prefix(map)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    })?;
    let with_default_hasher = path.ends_with("::new") || path.ends_with("::with_capacity");
    let too_few = found.generics.is_some_and(|count| count < *wanted);
    (!found.import && (with_default_hasher || too_few)).then_some(*map)
}

/// The places of a file that are not pure.
fn impure(path: &str, text: &str) -> Vec<String> {
    let scan = Scan::of(path, text);
    let paths = scan.paths.iter().filter_map(|found| {
        let ban = banned(found)?;
        Some((
            found.line,
            format!("{} ({ban} is banned)", found.names.join("::")),
        ))
    });
    let asyncs = scan
        .asyncs
        .iter()
        .map(|line| (*line, "async is banned".to_owned()));
    let mut all: Vec<_> = paths.chain(asyncs).collect();
    all.sort();
    all.dedup();
    all.into_iter()
        .map(|(line, what)| format!("{path}:{line}: {what}"))
        .collect()
}

#[test]
fn pure_crates_are_pure() {
    let mut wrong = Vec::new();
    for (name, package) in crates() {
        if !PURE.iter().any(|pattern| fits(pattern, &name)) {
            continue;
        }
        for (dependency, _) in dependencies(&package) {
            if BANNED_CRATES
                .iter()
                .any(|pattern| fits(pattern, &dependency))
            {
                wrong.push(format!("crates/{name}/Cargo.toml: depends on {dependency}"));
            }
        }
        for path in rust_files(&format!("crates/{name}/src")) {
            if !path.ends_with("tests.rs") && !path.contains("/tests/") {
                wrong.extend(impure(&path, &read(&path)));
            }
        }
    }
    expect_none(
        "a pure crate knows no clock, chance, thread, file, socket, environment",
        &wrong,
    );
}

#[test]
fn what_is_not_pure_is_noticed() {
    let lines = |text: &str| impure("x.rs", text);
    for text in [
        "use std::fs;",
        "use std::{fmt, net::TcpStream};",
        "use std::time::*;",
        "use std::collections::*;",
        "use std::time; fn f() { time::Instant::now(); }",
        "use std::time::Instant as Moment;",
        "use std::collections::HashMap; struct S { m: HashMap<u8, u8> }",
        "use hashbrown::HashMap; fn f() { let m = HashMap::new(); }",
        "fn f() { let m = hashbrown::HashSet::<u8>::with_capacity(1); }",
        "fn f() { x.collect::<std::collections::HashSet<u8>>(); }",
        "async fn f() {}",
        "fn f() { let a = async { 1 }; }",
        "fn f() { println!(\"{}\", 1); }",
        "fn f() { format!(\"{:?}\", std::env::args()); }",
        "use jiff::Timestamp; fn f() -> i64 { Timestamp::now().as_millisecond() }",
        "mod inner { fn f() { rand::random() } }",
        "impl S { fn f() { std::thread::sleep(d) } }",
    ] {
        assert_eq!(lines(text).len(), 1, "{text}: {:?}", lines(text));
    }
    let at_line = lines("// one\nfn f() {\n    std::env::var(\"X\");\n}");
    assert_eq!(at_line, ["x.rs:3: std::env::var (std::env is banned)"]);
}

#[test]
fn what_is_pure_is_left_alone() {
    for text in [
        "use std::time::Duration;",
        "use std::collections::{BTreeMap, HashMap}; type M = HashMap<u8, u8, Fixed>;",
        "use hashbrown::HashMap; fn f() { let m: HashMap<u8, u8, H> = HashMap::default(); }",
        "/// Not std::fs at all. \nfn f() { let text = \"std::env\"; }",
        "#[cfg(test)] mod tests { use std::fs; }",
        "#[test] fn f() { std::fs::read(x); }",
        "fn f(instant: u64, rand: u8) -> u64 { instant + rand as u64 }",
        "use crate::time::Instant;",
    ] {
        let found = impure("x.rs", text);
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

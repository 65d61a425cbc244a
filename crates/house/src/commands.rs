//! Every command that the README and the docs tell a reader to type exists, with its flags.

use std::path::PathBuf;
use std::process::Command;

use crate::tree::{expect_none, files, read, root, say};

/// A line to type, and where it stands.
struct Typed {
    place: String,
    words: Vec<String>,
}

/// The commands of a Markdown file: the lines of its `sh` blocks, and those that begin with `$` in
/// its `console` blocks. A backslash at the end of a line goes on in the next.
fn typed(path: &str, text: &str) -> Vec<Typed> {
    let mut all: Vec<Typed> = Vec::new();
    let mut block: Option<&str> = None;
    let mut goes_on = false;
    for (index, line) in text.lines().enumerate() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            block = if block.is_some() {
                None
            } else {
                Some(language.trim())
            };
            goes_on = false;
            continue;
        }
        let command = match block {
            Some("sh" | "bash") => line.trim(),
            Some("console") if goes_on => line.trim(),
            Some("console") => line.trim().strip_prefix("$ ").unwrap_or(""),
            _ => continue,
        };
        let words = command.trim_end_matches('\\').split_whitespace();
        let words = words
            .take_while(|word| !word.starts_with('#'))
            .map(str::to_owned);
        if goes_on {
            all.last_mut()
                .expect("something went before")
                .words
                .extend(words);
        } else {
            let place = format!("{path}:{}", index + 1);
            all.push(Typed {
                place,
                words: words.collect(),
            });
        }
        goes_on = command.ends_with('\\');
    }
    all.retain(|typed| !typed.words.is_empty());
    all
}

/// What is wrong with the use of a program whose help is `help_of(command)`; that of no command is
/// `help_of("")`.
fn complaints(typed: &Typed, help_of: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let command = typed.words.get(1).map_or("", String::as_str);
    let command = if command.starts_with('-') {
        ""
    } else {
        command
    };
    let Some(help) = help_of(command) else {
        return vec![format!(
            "{}: there is no command \"{command}\"",
            typed.place
        )];
    };
    let flags = typed
        .words
        .iter()
        .skip(1)
        .take_while(|word| *word != "|" && *word != ">");
    flags
        .filter_map(|word| {
            word.strip_prefix("--")
                .map(|flag| flag.split('=').next().unwrap_or(""))
        })
        .filter(|flag| !flag.is_empty() && *flag != "help" && *flag != "version")
        .filter(|flag| !help.contains(&format!("--{flag}")))
        .map(|flag| format!("{}: {command} has no flag --{flag}", typed.place))
        .collect()
}

/// The help text of a command, or nothing where the program refuses the command.
fn help(program: &PathBuf, command: &str) -> Option<String> {
    let words = [command, "--help"];
    let words = words.iter().filter(|word| !word.is_empty());
    let output = Command::new(program)
        .args(words)
        .current_dir(root())
        .output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `ricochet`, where it has been built. `./dev test` says where, and then it must be there.
fn ricochet() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("RICOCHET_BINARY") {
        return Some(path.into());
    }
    let usual = root().join("target/debug/ricochet");
    usual.exists().then_some(usual)
}

/// The help of `./dev` for a command that its own list names: its help itself refuses nothing.
fn dev_help(command: &str) -> Option<String> {
    let dev = root().join("dev");
    let all = help(&dev, "").expect("./dev --help works");
    let listed = all
        .lines()
        .any(|line| line.split_whitespace().next() == Some(command));
    (command.is_empty() || listed).then(|| help(&dev, command))?
}

#[test]
fn commands_of_the_docs_exist() {
    let mut wrong = Vec::new();
    let ricochet = ricochet();
    if ricochet.is_none() {
        say("house: ricochet's commands in the docs are skipped, it has not been built");
    }
    for path in files().iter().filter(|path| path.ends_with(".md")) {
        for typed in typed(path, &read(path)) {
            let program = typed.words[0].as_str();
            if program == "./dev" {
                wrong.extend(complaints(&typed, &dev_help));
            } else if program == "ricochet" || program.ends_with("/ricochet") {
                let Some(ricochet) = &ricochet else { continue };
                wrong.extend(complaints(&typed, &|command| help(ricochet, command)));
            }
        }
    }
    expect_none("commands in the docs", &wrong);
}

#[test]
fn the_readme_shows_dev_and_ricochet() {
    let readme = typed("README.md", &read("README.md"));
    for program in ["./dev", "ricochet"] {
        let shown = readme.iter().any(|typed| typed.words[0].ends_with(program));
        assert!(shown, "README.md shows no command of {program}");
    }
}

#[test]
fn a_command_that_does_not_exist_is_noticed() {
    let text = "\
```console
$ ricochet replay --config a.toml \\
    --output out --bogus  # a remark
ricochet nonsense
$ ricochet nonsense
```
```toml
ricochet = 1
```
";
    let help_of = |command: &str| match command {
        "replay" => Some("--config F --output DIR".to_owned()),
        _ => None,
    };
    let typed = typed("x.md", text);
    let all: Vec<String> = typed
        .iter()
        .flat_map(|typed| complaints(typed, &help_of))
        .collect();
    let expected = [
        "x.md:2: replay has no flag --bogus",
        "x.md:5: there is no command \"nonsense\"",
    ];
    assert_eq!(all, expected);
    assert!(dev_help("nonsense").is_none() && dev_help("mutants").unwrap().contains("--some"));
}

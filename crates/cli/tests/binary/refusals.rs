//! Wrong use, wrong configuration, inputs and outputs that cannot be: status 2, one clear message,
//! and nothing is written.

use crate::case::{Case, SMALL, calls, lines};
use std::os::unix::fs::PermissionsExt;

fn case() -> Case {
    let case = Case::new(SMALL);
    case.put("in.jsonl", lines(&calls(20)));
    case
}

/// Checks what is told of a configuration, by every command that takes one.
#[track_caller]
fn wrong_configuration(text: &str, message: &str) {
    let case = case();
    case.put("c.toml", text);
    for command in [
        "replay --config c.toml --input in.jsonl --output out",
        "check --config c.toml",
        "check --config c.toml --rules --input in.jsonl --against in.jsonl",
        "explain --config c.toml --input in.jsonl --contact P1",
    ] {
        case.run(command).refused(message);
        assert!(!case.path("out").exists());
    }
}

#[test]
fn configurations_that_cannot_be() {
    wrong_configuration(
        "tenant = \"acme\"\ntime_zone = \"Europe/Pari\"\n",
        "ricochet: c.toml:2: time_zone: found `Europe/Pari`; allowed: an IANA name such as \
         Europe/Paris; did you mean `Europe/Paris`?",
    );
    wrong_configuration(
        &format!(
            "{}\n[[policies]]\nname = \"often\"\nreading = \"j+9 assisted any\"\n",
            SMALL.replace("policies = []\n", "")
        ),
        "ricochet: c.toml:10: policies[1].reading: found `j+9 assisted any`, which is not evaluated; \
         allowed: one of the readings, `window scope mode`; did you mean `j+7 assisted any`?",
    );
    wrong_configuration(
        "tenant = \"acme\"\ntime_zone = \"Europe/Paris\"\nrules = [\"none.toml\"]\n",
        "ricochet: c.toml:3: rules[1]: there is no file none.toml",
    );
}

#[test]
fn what_could_never_be_read_or_raised_is_refused() {
    let import = |keys: &str| format!("{SMALL}[import.acd]\nmatch = \"acd.csv\"\n{keys}\n");
    for (format, why) in [
        ("%Q", "which says no date"),
        ("%H:%M", "which says no date"),
        ("%!", "which has a letter that strftime does not know"),
    ] {
        wrong_configuration(
            &import(&format!("time_format = \"{format}\"")),
            &format!(
                "ricochet: c.toml:10: import.acd.time_format: found `{format}`, {why}; for example \
                 %d/%m/%Y %H:%M:%S"
            ),
        );
    }
    wrong_configuration(
        &format!("{SMALL}[kafka.topics.\"acme.calls\"]\nformat = \"xml\"\n"),
        "ricochet: c.toml:9: kafka.topics.\"acme.calls\".format: found `xml`; allowed: canonical-avro, \
         canonical-json",
    );
    let policy = |keys: &str| {
        let without = SMALL.replace("policies = []\n", "contacts_per_customer_max = 5\n");
        format!("{without}[[policies]]\n{keys}\n")
    };
    wrong_configuration(
        &policy("channels = [\"web\"]"),
        "ricochet: c.toml:9: policies[1].channels: found web, and the policy's reading `j+7 assisted \
         any` looks at none of them: its scope is phone, chat, email, video",
    );
    wrong_configuration(
        &policy("channels = [\"all\"]\ncount_min = 6"),
        "ricochet: c.toml:10: policies[1].count_min: found 6, but a customer keeps \
         contacts_per_customer_max = 5 contacts: it would never be raised",
    );
    let case = case();
    case.put("c.toml", import("kind = \"dance\""));
    let ran = case.run("check --config c.toml");
    let note = "import.acd.kind: `dance` is an unknown kind: its rows are kept as plain activity";
    assert_eq!(ran.code, Some(0));
    assert!((ran.out + &ran.err).contains(note));
}

#[test]
fn the_environment_speaks_of_built_in_windows() {
    let case = Case::new("tenant = \"acme\"\ntime_zone = \"Europe/Paris\"\n");
    for (variable, value, told) in [
        (
            "RICOCHET__WINDOWS__J_7__CALENDAR_DAYS",
            "9",
            "9 calendar days from the end",
        ),
        (
            "RICOCHET__WINDOWS__J_7__FROM",
            "start",
            "7 calendar days from the start",
        ),
    ] {
        let mut command = case.command("check --config c.toml");
        let ran = crate::case::ran(command.env(variable, value));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let has = |text: &str| ran.out.contains(text);
        assert!(
            has(told) && has("rolling 24h") && has("30 calendar days"),
            "{}",
            ran.out
        );
        assert!(has("0 calendar days") && !has("windows.j_7"), "{}", ran.out);
    }
}

#[test]
fn all_mistakes_of_a_configuration_are_told_at_once() {
    wrong_configuration(
        "tenant = \"acme\"\nsilence = \"2h\"\n[windows]\nw = { rolling = \"1m\" }\n\
         [[policies]]\nname = \"often\"\nreading = \"w assisted any\"\ncount_min = 0\n",
        "ricochet: c.toml: time_zone: is missing; for example time_zone = \"Europe/Paris\"\n\
         c.toml:2: silence: unknown key here; there is `channels.CHANNEL.silence`\n\
         c.toml:4: windows.w.rolling: found `1m`; allowed: a duration such as 15s, 30min, 24h, 7d, \
         from 1ms to 400d\nc.toml:8: policies[1].count_min: found the number 0; allowed: a whole number from 1 to 10000",
    );
}

#[test]
fn a_configuration_that_is_not_there() {
    let ran = case().run("check --config none.toml");
    ran.refused(
        "ricochet: cannot read the configuration none.toml: No such file or directory (os error 2)",
    );
}

#[test]
fn the_environment_is_told_by_its_variable() {
    let case = case();
    let mut command = case.command("check --config c.toml");
    command.env("RICOCHET__TIME_ZONE", "Mars/Base");
    let ran = crate::case::ran(&mut command);
    assert_eq!(ran.code, Some(2));
    let message =
        "ricochet: environment variable RICOCHET__TIME_ZONE: time_zone: found `Mars/Base`";
    assert!(ran.err.starts_with(message), "{}", ran.err);
}

#[test]
fn rules_are_said_in_plain_words_and_their_mistakes_are_refused() {
    let case = case();
    case.put("c.toml", format!("rules = [\"rules/*.toml\"]\n{SMALL}"));
    let rule = "[[rule]]\nname = \"paid\"\nversion = 1\n\
                steps = [{ name = \"paid\", channel = \"web\", step = \"payment\" }]\n";
    case.put("rules/paid.toml", rule);
    let checked = case.run("check --config c.toml --rules");
    assert_eq!(checked.code, Some(0), "{}", checked.err);
    let told =
        "  paid (version 1): paid\n    1. (paid) It begins with the step “payment”, on web.\n";
    assert!(checked.out.contains(told), "{}", checked.out);
    assert!(
        checked.out.contains("\nJourney rules: 18\n"),
        "{}",
        checked.out
    );
    case.put("rules/bad.toml", "[[rule]]\nname = = 1\n");
    let checked = case.run("check --config c.toml --rules");
    assert_eq!((checked.code, checked.out.as_str()), (Some(2), ""));
    let told = "ricochet: rules/bad.toml:2: ";
    assert!(checked.errors().starts_with(told), "{}", checked.err);
    // A rule that can never match stops a replay as well: nothing is written.
    case.put("rules/bad.toml", rule.replace("step =", "stepp ="));
    let ran = case.run("replay --config c.toml --input in.jsonl --output out");
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("rules/bad.toml:4: "), "{}", ran.err);
    assert!(!case.path("out").exists());
}

#[test]
fn inputs_that_cannot_be_read() {
    let case = case();
    std::fs::create_dir(case.path("empty")).unwrap();
    case.put("notes.txt", "hello");
    case.put("of/notes.txt", "hello");
    case.put("locked.jsonl", lines(&calls(1)));
    std::os::unix::fs::symlink("nowhere", case.path("dangling.jsonl")).unwrap();
    let allowed = ".jsonl, .ndjson, .json, .csv, .parquet, .avro, each also with .gz or .zst";
    let mut messages = vec![
        (
            "none.jsonl",
            "cannot read none.jsonl: No such file or directory (os error 2)".to_owned(),
        ),
        (
            "dangling.jsonl",
            "cannot read dangling.jsonl: No such file or directory (os error 2)".to_owned(),
        ),
        (
            "empty",
            format!("empty is a folder without any input file; allowed are {allowed}"),
        ),
        (
            "notes.txt",
            format!("notes.txt: unknown kind of file `txt`; allowed are {allowed}"),
        ),
        (
            "of",
            format!("of/notes.txt: unknown kind of file `txt`; allowed are {allowed}"),
        ),
    ];
    let locked = case.path("locked.jsonl");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Who is root may read everything.
    if std::fs::File::open(&locked).is_err() {
        let message = "cannot read locked.jsonl: Permission denied (os error 13)".to_owned();
        messages.push(("locked.jsonl", message));
    }
    for (input, message) in messages {
        let command = format!("replay --config c.toml --input in.jsonl {input} --output out");
        case.run(&command).refused(&format!("ricochet: {message}"));
        let command = format!("explain --config c.toml --input {input} --contact P1");
        case.run(&command).refused(&format!("ricochet: {message}"));
        assert!(!case.path("out").exists());
        assert_eq!(case.left_over(), Vec::<String>::new());
    }
}

#[test]
fn an_output_folder_that_holds_something_stays_as_it_is() {
    let case = case();
    case.put("full/letter.txt", "dear");
    case.put("file", "dear");
    let exists = "exists already; allowed: a folder that does not exist, or is empty";
    for (output, message) in [
        ("full", format!("full {exists}")),
        ("file", format!("file {exists}")),
        (
            "file/out",
            "cannot write file/out: Not a directory (os error 20)".to_owned(),
        ),
        ("..", ".. is no name for an output folder".to_owned()),
        ("/", "/ is no name for an output folder".to_owned()),
    ] {
        let command = format!("replay --config c.toml --input in.jsonl --output {output}");
        case.run(&command).refused(&format!("ricochet: {message}"));
    }
    assert_eq!(std::fs::read_dir(case.path("full")).unwrap().count(), 1);
    std::fs::create_dir(case.path("empty")).unwrap();
    case.replay("in.jsonl", "empty", "");
    case.replay("in.jsonl", "new/folder/out", "");
    case.put("history/in.jsonl", lines(&calls(3)));
    let ran = case.replay("history", "history/out", "");
    let note = "note: history/out lies in the input history: the next run would read its tables as \
                events\n";
    assert!(ran.err.contains(note), "{}", ran.err);
}

#[test]
fn arguments_that_cannot_be() {
    let case = case();
    let replay = "replay --config c.toml --input in.jsonl --output out";
    case.run(&format!("{replay} --tables verdicts,verdict")).refused(
        "ricochet: --tables verdict: no such table; allowed: contacts, verdicts, sessions, alerts, \
         journeys, figures, samples, markers, dead_letters",
    );
    case.run(&format!("{replay} --until yesterday")).refused(
        "ricochet: --until yesterday: not an instant; allowed: RFC 3339 such as \
         2026-03-01T00:00:00+01:00",
    );
    for (arguments, named) in [
        ("", "Usage: ricochet <COMMAND>"),
        ("reply", "unrecognized subcommand 'reply'"),
        ("replay --config c.toml --input in.jsonl", "--output <DIR>"),
        ("replay --config c.toml --output out", "--input <PATH>..."),
        ("replay --input in.jsonl --output out", "--config <FILE>"),
        (
            &format!("{replay} --format xml"),
            "[possible values: parquet, csv, jsonl, avro]",
        ),
        (
            &format!("{replay} --progress maybe"),
            "[possible values: auto, never]",
        ),
        (
            &format!("{replay} --strickt"),
            "unexpected argument '--strickt'",
        ),
        ("check", "--config <FILE>"),
        (
            "explain --config c.toml --input in.jsonl",
            "<--contact <ID>|--customer <ID>>",
        ),
        (
            "explain --config c.toml --input in.jsonl --contact P1 --customer C1",
            "cannot be used with",
        ),
        ("demo --seed -1", "invalid value '-1' for '--seed <N>'"),
        ("demo --seed many", "invalid value 'many' for '--seed <N>'"),
    ] {
        let ran = case.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments}");
        assert!(ran.err.contains(named), "{arguments}: {}", ran.err);
    }
    assert!(!case.path("out").exists());
}

#[test]
fn tables_that_are_not_named_are_not_written() {
    let case = case();
    let ran = case.run(
        "replay --config c.toml --input in.jsonl --output out --format csv \
         --tables verdicts,contacts,verdicts",
    );
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let entries = std::fs::read_dir(case.path("out")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["contacts.csv", "summary.json", "verdicts.csv"]);
}

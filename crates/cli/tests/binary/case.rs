//! One test's folder, and the binary run in it.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_ricochet");

/// A configuration with one reading, which keeps what is written small.
pub const SMALL: &str = "tenant = \"acme\"\ntime_zone = \"Europe/Paris\"\ncountry = \"FR\"\n\
                         readings = [\"j+7 assisted any\"]\npolicies = []\n\
                         [identity]\npseudonymise = false\n";

/// A row of a table, by column.
pub type Row = BTreeMap<String, String>;

/// A folder in which the binary is run, so that messages name files without it.
pub struct Case {
    folder: TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    /// Exit status; `None`: ended by a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Case {
    /// A folder with the configuration `c.toml`.
    pub fn new(config: &str) -> Case {
        let case = Case {
            folder: tempfile::tempdir().unwrap(),
        };
        case.put("c.toml", config);
        case
    }

    /// The path of a file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file; folders above it are created.
    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// A command of the binary that runs in the folder, without the environment's configuration.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path());
        let ours = std::env::vars_os().map(|(name, _)| name);
        for name in ours.filter(|name| name.to_string_lossy().starts_with("RICOCHET__")) {
            command.env_remove(name);
        }
        command
    }

    /// Runs the binary; arguments are separated by blanks.
    pub fn run(&self, arguments: &str) -> Ran {
        ran(&mut self.command(arguments))
    }

    /// Replays `input` into `out` as CSV, which must succeed, and returns what was said.
    pub fn replay(&self, input: &str, out: &str, more: &str) -> Ran {
        let ran = self.run(&format!(
            "replay --config c.toml --input {input} --output {out} --format csv {more}"
        ));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        self.equations_hold(out);
        ran
    }

    /// `summary.json` of an output folder.
    pub fn summary(&self, out: &str) -> Value {
        let text = std::fs::read(self.path(out).join("summary.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    /// Checks both equations of bad input.
    pub fn equations_hold(&self, out: &str) {
        let summary = self.summary(out);
        let count = |name: &str| summary[name].as_u64().unwrap();
        let sum = |name: &str| -> u64 {
            let counts = summary[name].as_object().unwrap().values();
            counts.map(|count| count.as_u64().unwrap()).sum()
        };
        let decoded = count("decoded");
        assert_eq!(count("read"), decoded + sum("ignored") + sum("rejected"));
        assert_eq!(
            decoded,
            count("new") + count("duplicates") + count("too_late")
        );
        let dead = rows(&self.path(out).join("dead_letters.csv"));
        assert_eq!(
            dead.len() as u64,
            sum("rejected"),
            "each has its dead letter"
        );
    }

    /// A table of an output folder, written as CSV.
    pub fn table(&self, out: &str, name: &str) -> Vec<Row> {
        rows(&self.path(out).join(format!("{name}.csv")))
    }

    /// Dead letters as `file:line reason`, in order.
    pub fn dead(&self, out: &str) -> Vec<String> {
        let letters = self.table(out, "dead_letters");
        let told = letters
            .iter()
            .map(|row| format!("{}:{} {}", row["topic"], row["line"], row["reason"]));
        told.collect()
    }

    /// Names of everything in the folder but what the test has put there, hidden files included.
    pub fn left_over(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with('.')).collect()
    }
}

/// Runs a command to its end.
pub fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ran {
    /// What was said on standard error besides notes.
    pub fn errors(&self) -> String {
        let lines = self.err.lines().filter(|line| !line.contains(": note: "));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Checks that nothing was done, with this message.
    #[track_caller]
    pub fn refused(&self, message: &str) {
        assert_eq!(self.code, Some(2), "{self:?}");
        assert_eq!(self.out, "", "only data goes to standard output");
        assert_eq!(self.errors(), message);
    }
}

/// The rows of a CSV file.
pub fn rows(path: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let names = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        let cells = names.iter().zip(&record);
        cells
            .map(|(name, cell)| (name.into(), cell.into()))
            .collect()
    };
    reader
        .records()
        .map(|record| row(record.unwrap()))
        .collect()
}

/// A handled call of five minutes, on a day of March 2026 at an hour, UTC.
pub fn call(id: &str, customer: &str, day: u32, hour: u32) -> Value {
    json!({
        "channel": "phone", "kind": "contact", "event_id": format!("e-{id}"), "contact_id": id,
        "occurred_at": format!("2026-03-{day:02}T{hour:02}:00:00Z"),
        "started_at": format!("2026-03-{day:02}T{hour:02}:00:00Z"),
        "ended_at": format!("2026-03-{day:02}T{hour:02}:05:00Z"),
        "outcome": "handled",
        "identifiers": [{"type": "customer_id", "value": customer}],
    })
}

/// The same record with some fields replaced; null removes one.
pub fn with(record: &Value, fields: Value) -> Value {
    let mut record = record.clone();
    let object = record.as_object_mut().unwrap();
    for (name, value) in fields.as_object().unwrap() {
        match value {
            Value::Null => object.remove(name),
            value => object.insert(name.clone(), value.clone()),
        };
    }
    record
}

/// Records as JSON lines.
pub fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

/// Many calls, 744 at most: customers C0 to C6 come in turn, one call an hour.
pub fn calls(count: u32) -> Vec<Value> {
    assert!(count <= 744, "March has no more hours");
    let one = |at: u32| {
        call(
            &format!("P{at}"),
            &format!("C{}", at % 7),
            1 + at / 24,
            at % 24,
        )
    };
    (0..count).map(one).collect()
}

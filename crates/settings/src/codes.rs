//! Tables of codes: out of CSV files, TOML files, or the configuration itself.

use crate::examine::found_text;
use crate::keys::{KEYS, Kind};
use crate::meant::Check;
use crate::nearest::did_you_mean;
use crate::problem::{Place, Problem};
use crate::typed::Codes;
use model::{StepStatus, Text};
use stage_door::{DispositionRow, QueueRow, ReasonRow, StepMatch, StepRow, Tables};
use std::collections::BTreeMap;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// The line of a record. Its position is that of the empty lines before it, if there are any.
fn record_line(text: &str, at: usize) -> usize {
    let breaks = text.as_bytes()[at..]
        .iter()
        .take_while(|byte| b"\r\n".contains(byte))
        .count();
    text[..at + breaks].matches('\n').count() + 1
}

/// Names of the columns, and whether each has to be filled.
type Columns = &'static [(&'static str, bool)];

/// A row: where it stands and its cells in the order of the columns, spaces around them removed.
struct Row {
    place: Place,
    cells: Vec<Text>,
}

/// Reads all tables. Paths are relative to the folder of the configuration.
pub(crate) fn tables(check: &mut Check<'_>) -> Tables {
    let typed = &check.typed.tables;
    let reasons = rows(check, "reasons", typed.reasons.as_ref());
    no_doubles(check, "reasons", &reasons, &[0, 1]);
    reason_paths(check, "reasons", &reasons, 2);
    let queues = rows(check, "queues", typed.queues.as_ref());
    no_doubles(check, "queues", &queues, &[0, 1]);
    reason_paths(check, "queues", &queues, 2);
    let steps = rows(check, "steps", typed.steps.as_ref());
    reason_paths(check, "steps", &steps, 4);
    let dispositions = rows(check, "dispositions", typed.dispositions.as_ref());
    no_doubles(check, "dispositions", &dispositions, &[0, 1]);
    let senders = rows(check, "automatic_senders", typed.automatic_senders.as_ref());
    no_doubles(check, "automatic_senders", &senders, &[0]);
    Tables {
        reasons: each(reasons, |[source, code, reason]| ReasonRow {
            source,
            code,
            reason,
        }),
        queues: each(queues, |[source, queue, reason]| QueueRow {
            source,
            queue,
            reason,
        }),
        steps: step_rows(check, steps),
        dispositions: each(dispositions, |[source, code, disposition]| DispositionRow {
            source,
            code,
            disposition,
        }),
        automatic_senders: each(senders, |[sender]| sender),
    }
}

fn each<const N: usize, T>(rows: Vec<Row>, make: impl Fn([Text; N]) -> T) -> Vec<T> {
    let cells = rows.into_iter().map(|row| row.cells.try_into());
    cells
        .map(|cells| make(cells.expect("a row has a cell for each column")))
        .collect()
}

/// A row looks at URLs, at events, or at both, which is two rows.
fn step_rows(check: &mut Check<'_>, rows: Vec<Row>) -> Vec<StepRow> {
    no_doubles(
        check,
        "steps",
        rows.iter().filter(|row| !row.cells[0].is_empty()),
        &[0],
    );
    no_doubles(
        check,
        "steps",
        rows.iter().filter(|row| !row.cells[1].is_empty()),
        &[1],
    );
    let mut steps = Vec::new();
    for row in rows {
        let [url, event, step, status, reason, page] =
            <[Text; 6]>::try_from(row.cells).expect("a row has a cell for each column");
        let meant = match status.as_str() {
            "" => Some(StepStatus::Completed),
            word => StepStatus::from_name(word),
        };
        if meant.is_none() {
            let words: Vec<&str> = StepStatus::ALL.iter().map(|status| status.name()).collect();
            let near = did_you_mean(&status, words.iter().copied());
            let what = format!("status `{status}`; allowed: {}{near}", words.join(", "));
            check.wrong_at(row.place.clone(), "tables.steps", what);
        }
        if url.is_empty() && event.is_empty() {
            let what = "a row has neither url nor event".to_string();
            check.wrong_at(row.place.clone(), "tables.steps", what);
        }
        let matches = [
            (url, StepMatch::Url as fn(Text) -> StepMatch),
            (event, StepMatch::Event),
        ];
        for (text, make) in matches.into_iter().filter(|(text, _)| !text.is_empty()) {
            steps.push(StepRow {
                matches: make(text),
                step: step.clone(),
                status: meant.unwrap_or(StepStatus::Completed),
                reason: reason.clone(),
                page: page.clone(),
            });
        }
    }
    steps
}

/// What is wrong with a reason path, if anything.
pub(crate) fn reason_path_problem(path: &str) -> Option<String> {
    let empty = path.split('/').any(|level| level.trim().is_empty());
    empty.then(|| {
        format!("reason `{path}`; allowed: levels that are not empty, such as billing/payment")
    })
}

fn reason_paths(check: &mut Check<'_>, name: &str, rows: &[Row], column: usize) {
    for row in rows {
        let path = &row.cells[column];
        if !path.is_empty()
            && let Some(what) = reason_path_problem(path)
        {
            check.wrong_at(row.place.clone(), &format!("tables.{name}"), what);
        }
    }
}

fn no_doubles<'r>(
    check: &mut Check<'_>,
    name: &str,
    rows: impl IntoIterator<Item = &'r Row>,
    columns: &[usize],
) {
    let mut seen: BTreeMap<Vec<&Text>, &Place> = BTreeMap::new();
    for row in rows {
        let code: Vec<&Text> = columns.iter().map(|column| &row.cells[*column]).collect();
        let text = match code[..] {
            [source, code] if !source.is_empty() => format!("`{code}` of source `{source}`"),
            [.., code] => format!("`{code}`"),
            [] => continue,
        };
        if let Some(first) = seen.get(&code) {
            let what = format!("{text} stands twice, first at {first}");
            check.wrong_at(row.place.clone(), &format!("tables.{name}"), what);
        } else {
            seen.insert(code, &row.place);
        }
    }
}

/// The rows of a table, wherever they are.
fn rows(check: &mut Check<'_>, name: &'static str, codes: Option<&Codes>) -> Vec<Row> {
    let path = format!("tables.{name}");
    let key = KEYS
        .iter()
        .find(|key| key.path == path)
        .expect("the table is a key");
    let Kind::Codes { columns } = key.kind else {
        unreachable!("the key takes codes")
    };
    let mut reader = Reader {
        key: path,
        columns,
        rows: Vec::new(),
        problems: Vec::new(),
    };
    match codes {
        None => {}
        Some(Codes::File(file)) => {
            let place = check.place(&reader.key);
            reader.file(name, &check.folder.join(file), place);
        }
        Some(Codes::Texts(texts)) => {
            for (index, text) in texts.iter().enumerate() {
                let place = check.place(&format!("tables.{name}[{}]", index + 1));
                reader.row(place, vec![text.as_str().into()]);
            }
        }
        Some(Codes::Rows(rows)) => {
            for (index, row) in rows.iter().enumerate() {
                let place = check.place(&format!("tables.{name}[{}]", index + 1));
                let cell = |(name, _): &(&str, bool)| row.get(*name).map_or("", String::as_str);
                reader.row(
                    place,
                    columns.iter().map(|column| cell(column).into()).collect(),
                );
            }
        }
    }
    check.problems.append(&mut reader.problems);
    reader.rows
}

struct Reader {
    key: String,
    columns: Columns,
    rows: Vec<Row>,
    problems: Vec<Problem>,
}

impl Reader {
    fn wrong(&mut self, place: Place, what: String) {
        self.problems.push(Problem {
            place,
            key: self.key.clone(),
            what,
        });
    }

    fn allowed(&self) -> String {
        self.columns
            .iter()
            .map(|(name, _)| *name)
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn row(&mut self, place: Place, cells: Vec<Text>) {
        let cells: Vec<Text> = cells.iter().map(|cell| cell.trim().into()).collect();
        for (cell, (name, required)) in cells.iter().zip(self.columns) {
            if *required && cell.is_empty() {
                self.wrong(place.clone(), format!("a row without {name}"));
            }
        }
        self.rows.push(Row { place, cells });
    }

    fn file(&mut self, name: &str, path: &Path, place: Place) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                return self.wrong(place, format!("cannot read {}: {error}", path.display()));
            }
        };
        let file = path.display().to_string();
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => self.csv(&file, text),
            Some("toml") => self.toml(name, &file, text),
            _ => self.wrong(
                place,
                format!("found {file}; allowed: a file .csv or .toml"),
            ),
        }
    }

    fn csv(&mut self, file: &str, text: &str) {
        let at = |line: usize| Place::File {
            path: file.to_owned(),
            line,
        };
        let heading = text.lines().next().unwrap_or("");
        let semicolons = heading.contains(';') && !heading.contains(',');
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(if semicolons { b';' } else { b',' })
            .trim(csv::Trim::All)
            .flexible(true)
            .from_reader(text.as_bytes());
        let headers = match reader.headers() {
            Ok(headers) => headers.clone(),
            Err(error) => return self.wrong(at(1), format!("no CSV: {error}")),
        };
        let mut places = Vec::new();
        for (name, required) in self.columns {
            places.push(headers.iter().position(|header| header == *name));
            if *required && !headers.iter().any(|header| header == *name) {
                self.wrong(
                    at(1),
                    format!("has no column {name}; allowed: {}", self.allowed()),
                );
            }
        }
        for (index, header) in headers.iter().enumerate() {
            let known = self.columns.iter().any(|(name, _)| *name == header);
            if !known || headers.iter().take(index).any(|before| before == header) {
                let what = if known { "stands twice" } else { "is unknown" };
                let allowed = self.allowed();
                self.wrong(
                    at(1),
                    format!("column `{header}` {what}; allowed: {allowed}"),
                );
            }
        }
        if !self.problems.is_empty() {
            return;
        }
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error
                        .position()
                        .map_or(0, |position| position.line() as usize);
                    return self.wrong(at(line), format!("no CSV: {error}"));
                }
            };
            let line = record
                .position()
                .map_or(0, |at| record_line(text, at.byte() as usize));
            if record.len() != headers.len() {
                let what = format!("{} cells; allowed: {}", record.len(), headers.len());
                self.wrong(at(line), what);
                continue;
            }
            let cell = |place: &Option<usize>| place.and_then(|place| record.get(place));
            let cells = places
                .iter()
                .map(|place| cell(place).unwrap_or("").into())
                .collect();
            self.row(at(line), cells);
        }
    }

    /// A TOML file may hold several tables; what belongs to the others is passed over.
    fn toml(&mut self, name: &str, file: &str, text: &str) {
        let line_of = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        let place = |at: usize| Place::File {
            path: file.to_owned(),
            line: line_of(at),
        };
        let root = match DeTable::parse(text) {
            Ok(root) => root.into_inner(),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                return self.wrong(
                    place(at),
                    format!("no TOML: {}", error.message().trim_end()),
                );
            }
        };
        let is_table = |found: &str| {
            KEYS.iter()
                .any(|key| key.path.strip_prefix("tables.") == Some(found))
        };
        for found in root.keys().filter(|found| !is_table(found.get_ref())) {
            let what = format!("unknown table `{}`; allowed: [[{name}]]", found.get_ref());
            self.wrong(place(found.span().start), what);
        }
        let Some(value) = root.get(name) else {
            return self.wrong(place(0), format!("holds no [[{name}]]"));
        };
        let DeValue::Array(items) = value.get_ref() else {
            let what = format!("found {}; allowed: [[{name}]]", found_text(value.get_ref()));
            return self.wrong(place(value.span().start), what);
        };
        for item in items {
            let at = place(item.span().start);
            match item.get_ref() {
                DeValue::Table(table) => self.toml_row(at, table, &place),
                DeValue::String(text) if self.columns.len() == 1 => {
                    self.row(at, vec![text.as_ref().into()]);
                }
                other => self.wrong(at, format!("found {}; allowed: a table", found_text(other))),
            }
        }
    }

    fn toml_row(&mut self, at: Place, table: &DeTable<'_>, place: &dyn Fn(usize) -> Place) {
        for (name, value) in table {
            let known = self
                .columns
                .iter()
                .any(|(known, _)| known == name.get_ref());
            if !known {
                let what = format!(
                    "unknown column `{}`; allowed: {}",
                    name.get_ref(),
                    self.allowed()
                );
                self.wrong(place(name.span().start), what);
            } else if value.get_ref().as_str().is_none() {
                let found = found_text(value.get_ref());
                let what = format!("{}: found {found}; allowed: a text", name.get_ref());
                self.wrong(place(value.span().start), what);
            }
        }
        let cell = |(name, _): &(&str, bool)| {
            table
                .get(*name)
                .and_then(|value| value.get_ref().as_str())
                .unwrap_or("")
                .into()
        };
        let cells = self.columns.iter().map(cell).collect();
        self.row(at, cells);
    }
}

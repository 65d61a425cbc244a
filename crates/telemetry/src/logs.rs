//! Logs: to standard error, one line each, as text for people or as JSON for collectors.
//!
//! What a line may say is a rule of the house that no type can keep: messages are lower-case
//! fragments, data stands in fields, `error` means somebody must act, `warn` somebody should look,
//! `info` a change of the process, and nothing is said per event above `trace`. Never is there an
//! identifier of a customer in it, in clear or hashed, nor a record's bytes: name the topic, the
//! partition and the offset instead.

use std::io::IsTerminal;
use thiserror::Error;
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// How a line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line: `timestamp`, `level`, `target`, `fields`.
    Json,
}

/// Logs could not be set up.
#[derive(Debug, Error)]
pub enum LogsError {
    /// The filter cannot be read.
    #[error(
        "log filter `{filter}`: {source}; allowed: a level (error, warn, info, debug, trace, off), \
         or parts such as info,kafka=debug"
    )]
    Filter {
        /// The filter as typed.
        filter: String,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// Logs were set up before.
    #[error("logs were set up twice")]
    Twice,
}

/// Writes logs to standard error from now on. The filter is a level, or levels by crate:
/// `info,kafka=debug`.
///
/// # Errors
/// The filter cannot be read, or logs were set up before.
pub fn logs(format: Format, filter: &str) -> Result<(), LogsError> {
    let ansi = std::io::stderr().is_terminal();
    let subscriber = subscriber(format, filter, ansi, std::io::stderr)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogsError::Twice)
}

/// What listens, writing to anything.
fn subscriber<W>(
    format: Format,
    filter: &str,
    ansi: bool,
    writer: W,
) -> Result<Box<dyn Subscriber + Send + Sync>, LogsError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter).map_err(|source| LogsError::Filter {
        filter: filter.to_owned(),
        source,
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(ansi);
    Ok(match format {
        Format::Text => Box::new(builder.finish()),
        Format::Json => Box::new(builder.json().with_current_span(false).finish()),
    })
}

#[cfg(test)]
mod tests {
    use super::{Format, subscriber};
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn said(format: Format, filter: &str) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(format, filter, false, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(stage = "door", tasks = 3, "tasks assigned");
            tracing::debug!("a detail");
        });
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn text_is_one_line_with_its_fields() {
        let said = said(Format::Text, "info");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(" INFO "), "{said}");
        assert!(
            said.ends_with("tasks assigned stage=\"door\" tasks=3\n"),
            "{said}"
        );
    }

    #[test]
    fn json_is_one_object_a_line() {
        let said = said(Format::Json, "debug");
        let lines: Vec<serde_json::Value> = said
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["level"], "INFO");
        assert_eq!(lines[0]["fields"]["message"], "tasks assigned");
        assert_eq!(lines[0]["fields"]["tasks"], 3);
        assert!(lines[0]["timestamp"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn a_filter_can_be_for_one_crate() {
        assert_eq!(
            said(Format::Text, "warn,telemetry=debug").lines().count(),
            2
        );
        assert_eq!(said(Format::Text, "warn").lines().count(), 0);
    }

    #[test]
    fn a_filter_that_cannot_be_read_says_what_is_allowed() {
        let error = subscriber(Format::Text, "kafka=loud", false, std::io::sink);
        let Err(error) = error else {
            panic!("it was read");
        };
        let text = error.to_string();
        assert!(text.contains("log filter `kafka=loud`"), "{text}");
        assert!(text.contains("allowed: a level (error, warn"), "{text}");
    }
}

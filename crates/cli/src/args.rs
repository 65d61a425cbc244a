//! The command line as typed.

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Finds customers who have to come back, over phone, chat, email, video and web.
#[derive(Debug, Parser)]
#[command(
    name = "ricochet",
    version,
    max_term_width = 100,
    after_help = "Example:\n  ricochet replay --config ricochet.toml --input exports/ \
                  --output results\n\nExit status: 0 done; 1 with --strict, some input was \
                  rejected; 2 wrong use,\nwrong configuration or an unreadable input; 3 an outside \
                  service could not be reached\nor refused; 130 interrupted."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show a generated day of five channels, live in the terminal; no broker, no files.
    #[command(after_help = "Example:\n  ricochet demo --seed 7 --speed 600")]
    Demo(Demo),
    /// Settle a history of events: contacts, verdicts, sessions, alerts, and what was refused.
    #[command(
        after_help = "Example:\n  ricochet replay --config ricochet.toml --input exports/ \
                      --output results --format parquet"
    )]
    Replay(Replay),
    /// Check the configuration, and say what a sample of events holds.
    #[command(
        after_help = "Examples:\n  ricochet check --config ricochet.toml\n  ricochet check \
                      --config ricochet.toml --input sample.jsonl"
    )]
    Check(Check),
    /// Tell the story of a contact or a customer: why it counted, repeated, alerted, or did not.
    #[command(
        after_help = "Examples:\n  ricochet explain --config ricochet.toml --input exports/ \
                      --contact 8F31\n  ricochet explain --config ricochet.toml --input exports/ \
                      --customer customer_id:4711"
    )]
    Explain(Explain),
    /// Run as a service on Apache Kafka, until SIGTERM or SIGINT.
    #[command(
        after_help = "Examples:\n  ricochet run --config ricochet.toml\n  ricochet run --config \
                      ricochet.toml --stage customers --log-format json"
    )]
    Run(Run),
    /// Make the topics of the service, or check them.
    #[command(
        after_help = "Examples:\n  ricochet topics --config ricochet.toml init --partitions 16 \
                      --from 2026-03-01T00:00:00Z\n  ricochet topics --config ricochet.toml \
                      verify\n\n`ricochet topics init --help` lists the options of init."
    )]
    Topics(Topics),
    /// Ask the running service to forget somebody, and wait until it has. The identifier is read
    /// from standard input.
    #[command(
        after_help = "Example:\n  ricochet erase --config ricochet.toml --type customer_id < \
                      identifier.txt\n\nThe identifier never stands on a command line, in a log or \
                      in a message."
    )]
    Erase(Erase),
}

/// Arguments of `erase`.
#[derive(Debug, Args)]
pub struct Erase {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Type of the identifier: customer_id, email, phone, loyalty, device, or the tenant's own.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: String,
    /// Seconds to wait for the confirmation.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub wait: u64,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The stage that this process runs.
    #[arg(long, value_name = "STAGE", default_value = "all")]
    pub stage: RunStage,
    /// Form of the log, which goes to standard error.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// What is logged: error, warn, info, debug or trace, or `target=level` separated by commas.
    #[arg(long, value_name = "FILTER", default_value = "info")]
    pub log: String,
}

/// Stages of `run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RunStage {
    /// Lets records in.
    Door,
    /// Makes contacts out of events.
    Contacts,
    /// Finds whose a handle is.
    Handles,
    /// Says what a customer's chain means.
    Customers,
    /// Watches journeys; comes with a later release.
    Monitor,
    /// The live page; comes with a later release.
    Board,
    /// All of them, in one process.
    All,
}

/// Forms of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Arguments of `topics`.
#[derive(Debug, Args)]
pub struct Topics {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// What to do.
    #[command(subcommand)]
    pub action: TopicsAction,
}

/// What `topics` does.
#[derive(Debug, Subcommand)]
pub enum TopicsAction {
    /// Create what is missing of our own topics, and commit where reading starts. What is there
    /// stays as it is, committed offsets too.
    Init {
        /// Where the sources are read from: earliest, latest, or a time, RFC 3339.
        #[arg(long, value_name = "WHERE", default_value = "earliest")]
        from: String,
        /// Partitions of each of our topics that has to be created.
        #[arg(long, value_name = "N", default_value_t = 8)]
        partitions: u32,
    },
    /// Compare the topics with what the service needs: partitions, settings, start offsets.
    Verify,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Another seed is another day.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        allow_negative_numbers = true
    )]
    pub seed: u64,
    /// Seconds of the day for each second of yours; 0: as fast as it can be computed.
    #[arg(long, value_name = "X", default_value_t = 240.0)]
    pub speed: f64,
    /// Port of the live page, which a later release brings; accepted now.
    #[arg(long, value_name = "P", default_value_t = 8080)]
    pub port: u16,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Files or folders: .jsonl .csv .parquet .avro, also with .gz or .zst.
    #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
    pub input: Vec<PathBuf>,
    /// Folder to write; it must not exist yet, or be empty.
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
    /// Format of the tables.
    #[arg(long, value_name = "FORMAT", default_value = "parquet")]
    pub format: TableFormat,
    /// Keep the order of the lines and let lateness act as it would have.
    #[arg(long)]
    pub as_arrived: bool,
    /// End of time, RFC 3339; later events are ignored. Default: the latest instant of the events.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Tables to write, separated by commas: contacts, verdicts, sessions, alerts, journeys, figures,
    /// samples, markers, dead_letters; default: all.
    #[arg(long, value_name = "TABLES", value_delimiter = ',')]
    pub tables: Vec<String>,
    /// Exit with status 1 if a record was rejected.
    #[arg(long)]
    pub strict: bool,
    /// Show progress on a terminal, or never.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub progress: ProgressWhen,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Say every journey rule in plain words, and what is worth a look in their files.
    #[arg(long)]
    pub rules: bool,
    /// A sample of events: say what it holds.
    #[arg(long, value_name = "SAMPLE", num_args = 1..)]
    pub input: Vec<PathBuf>,
    /// A history: say what journey rules and policies would have told, how often a day, with ten
    /// examples of each, and how many of them concern what others tell of as well.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub against: Vec<PathBuf>,
    /// With --against: only these rules and policies; all others are what they may overlap with.
    #[arg(long, value_name = "NAME", num_args = 1.., requires = "against")]
    pub only: Vec<String>,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("whose").required(true)))]
pub struct Explain {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Files or folders, as for replay.
    #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
    pub input: Vec<PathBuf>,
    /// Id of a contact.
    #[arg(long, value_name = "ID", group = "whose")]
    pub contact: Option<String>,
    /// A customer: `type:value` as in the tables, or the value of a unique identifier.
    #[arg(long, value_name = "ID", group = "whose")]
    pub customer: Option<String>,
    /// End of time, RFC 3339, as for replay.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}

/// Formats of the output tables.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TableFormat {
    /// Apache Parquet.
    Parquet,
    /// Comma-separated values.
    Csv,
    /// JSON lines.
    Jsonl,
    /// Avro container files.
    Avro,
}

/// When to show progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressWhen {
    /// On a terminal.
    Auto,
    /// Never.
    Never,
}

//! The binary `ricochet`: arguments as typed, one module for each command, exit codes as a contract.
//!
//! Exit status: 0 done; 1 it ran and, with `--strict`, some input was rejected; 2 wrong use, wrong
//! configuration or an unreadable input; 3 an outside service could not be reached or refused; 130
//! interrupted.

mod args;
mod check;
mod demo;
mod entry;
mod explain;
mod intake;
mod interrupt;
mod output;
mod progress;
mod replay;
mod report;
mod screen;
mod service;
mod story;

use args::{Arguments, Command};
use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// It ran, but some input was rejected and `--strict` was given.
const REJECTED: u8 = 1;
/// Wrong use, wrong configuration or an unreadable input.
const WRONG: u8 = 2;
/// An outside service could not be reached or refused.
const OUTSIDE: u8 = 3;

fn main() -> ExitCode {
    interrupt::outlive_full_files();
    let arguments = Arguments::parse();
    let done = match &arguments.command {
        Command::Demo(demo) => demo::run(demo),
        Command::Replay(replay) => replay::run(replay),
        Command::Check(check) => check::run(check),
        Command::Explain(explain) => explain::run(explain),
        Command::Run(run) => service::run(run),
        Command::Topics(topics) => service::topics(topics),
        Command::Erase(erase) => service::erase(erase),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            interrupt::wait_if_interrupted();
            eprintln!("ricochet: {}", told(&error));
            ExitCode::from(if is_outside(&error) { OUTSIDE } else { WRONG })
        }
    }
}

/// Whether an outside service could not be reached, or refused.
fn is_outside(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<kafka::admin::AdminError>() || cause.is::<registry::RegistryError>()
    })
}

/// An error with its causes, each told once: many messages quote the one below them.
fn told(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

//! A server's process: it does not outlive the program that started it, however that ends.

use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What the guard does. The folder may be the only one in a temporary one.
const AT_THE_END: &str = r#"read -r _; kill -9 "$1"; sleep 0.2; rm -rf "$2"; rmdir "${2%/*}""#;

/// A running process with its log.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// Waits for the end of its standard input, which is the end of this program, and then kills
    /// the child and deletes the log's folder: nothing else does that for a server in a `static`,
    /// or after a `kill -9`.
    guard: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a command; what it prints is appended to the log.
    ///
    /// # Errors
    /// The program or the log cannot be opened.
    pub(crate) fn start(command: &mut Command, log: &Path) -> io::Result<Process> {
        let output = File::options().create(true).append(true).open(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        let guard = Command::new("sh")
            .args(["-c", AT_THE_END, "sh", &child.id().to_string()])
            .arg(log.parent().unwrap_or(log))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Process {
            child,
            guard,
            log: log.to_owned(),
        })
    }

    /// Its number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("a child has a number");
        // A process that has ended already needs no signal.
        let _ = kill_process(pid, signal);
    }

    /// Has it ended by itself?
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The last lines that it printed.
    pub(crate) fn last_lines(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Asks it to end, waits, and kills it when it has not ended by then.
    pub(crate) fn stop(mut self, wait: Duration) {
        self.signal(Signal::TERM);
        let deadline = Instant::now() + wait;
        while Instant::now() < deadline && !self.has_ended() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The guard goes first: once the child is gone, its number may be somebody else's.
        let _ = self.guard.kill();
        let _ = self.guard.wait();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

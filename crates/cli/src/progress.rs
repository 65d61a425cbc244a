//! Progress on standard error, on a terminal only.

use crate::args::ProgressWhen;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// Shows how far a command has come.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Progress over so many bytes of input, or nothing.
    pub fn over_bytes(bytes: u64, when: ProgressWhen) -> Progress {
        let shown = when == ProgressWhen::Auto && std::io::stderr().is_terminal();
        let target = if shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(bytes), target);
        let style = ProgressStyle::with_template(
            "{prefix:<10} [{bar:30}] {percent:>3} %  {bytes}/{total_bytes}  {msg}  {eta} left",
        );
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix("reading");
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress { bar }
    }

    /// The input is read up to a byte; so many records a second.
    pub fn read(&self, bytes: u64, records: u64) {
        self.bar.set_position(bytes);
        let seconds = self.bar.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!(
            "{records} events, {:.0}/s",
            records as f64 / seconds
        ));
    }

    /// A stage has come so far.
    pub fn stage(&self, stage: &'static str, done: u64, of: u64) {
        if self.bar.prefix() != stage {
            let style =
                ProgressStyle::with_template("{prefix:<10} [{bar:30}] {percent:>3} %  {eta} left");
            self.bar
                .set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.bar.set_prefix(stage);
            self.bar.reset_eta();
        }
        self.bar.set_length(of);
        self.bar.set_position(done);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

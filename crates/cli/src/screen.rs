//! Where a person reads: lines that fit, and one accent for what wants action.

use std::io::{self, IsTerminal, Write};

/// Longest line, columns.
const COLUMNS_MAX: usize = 100;
/// Below this nothing can be wrapped sensibly.
const COLUMNS_MIN: usize = 40;

/// Marks in a text where the accent begins and ends; they take no room.
pub const ACT: char = '\u{1}';
/// See [`ACT`].
pub const CALM: char = '\u{2}';

const ACCENT: &str = "\u{1b}[1;33m";
const PLAIN: &str = "\u{1b}[0m";

/// Writes lines that are no wider than the terminal, nor than 100 columns.
pub struct Screen<W> {
    out: W,
    is_blank: bool,
    columns: usize,
    colour: bool,
}

impl Screen<io::Stdout> {
    /// Standard output: in colour on a terminal, unless `NO_COLOR` or a dumb terminal forbids it.
    pub fn stdout() -> Screen<io::Stdout> {
        let out = io::stdout();
        let on_terminal = out.is_terminal();
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let dumb = set("TERM").is_none_or(|term| term == "dumb");
        let columns = if on_terminal {
            terminal_size::terminal_size().map_or(COLUMNS_MAX, |(width, _)| usize::from(width.0))
        } else {
            COLUMNS_MAX
        };
        let colour = on_terminal && !dumb && set("NO_COLOR").is_none();
        Screen::new(out, columns, colour)
    }
}

impl<W: Write> Screen<W> {
    /// A screen of so many columns.
    pub fn new(out: W, columns: usize, colour: bool) -> Screen<W> {
        Screen {
            out,
            is_blank: true,
            columns: columns.clamp(COLUMNS_MIN, COLUMNS_MAX),
            colour,
        }
    }

    /// An empty line, unless there is one already.
    pub fn blank(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.is_blank, true) {
            return Ok(());
        }
        self.out.write_all(b"\n")
    }

    /// A line, or as many as it takes: those after the first are indented by `hanging`.
    pub fn line(&mut self, text: &str, hanging: usize) -> io::Result<()> {
        let lines = wrapped(text, self.columns, hanging);
        self.is_blank = text.trim().is_empty();
        let mut accent = false;
        for line in lines {
            let mut shown = String::with_capacity(line.len() + 8);
            if accent && self.colour {
                shown.push_str(ACCENT);
            }
            for character in line.chars() {
                match character {
                    ACT | CALM => {
                        accent = character == ACT;
                        if self.colour {
                            shown.push_str(if accent { ACCENT } else { PLAIN });
                        }
                    }
                    other => shown.push(other),
                }
            }
            if accent && self.colour {
                shown.push_str(PLAIN);
            }
            shown.push('\n');
            self.out.write_all(shown.as_bytes())?;
        }
        Ok(())
    }

    /// A title with a rule up to the margin.
    pub fn title(&mut self, text: &str) -> io::Result<()> {
        let rule = self.columns.saturating_sub(width(text) + 4);
        self.line(&format!("── {text} {}", "─".repeat(rule)), 0)
    }

    /// Lines that are laid out already; where they are too wide they are wrapped.
    pub fn laid_out(&mut self, text: &str) -> io::Result<()> {
        for line in text.lines() {
            let indent = line
                .chars()
                .take_while(|character| *character == ' ')
                .count();
            self.line(line, indent + 2)?;
        }
        Ok(())
    }

    /// Shows what was written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn width(text: &str) -> usize {
    text.chars()
        .filter(|character| !matches!(*character, ACT | CALM))
        .count()
}

/// The lines of a text, none wider than `columns` unless one word is. What fits keeps its spaces,
/// and so does what stands left of `hanging`, if a word ends there.
fn wrapped(text: &str, columns: usize, hanging: usize) -> Vec<String> {
    let text = text.trim_end();
    if width(text) <= columns {
        return vec![text.to_owned()];
    }
    let hanging = hanging.min(columns / 2);
    let label = text.char_indices().nth(hanging).map_or(0, |(end, _)| end);
    let indent = text.len() - text.trim_start_matches(' ').len();
    let kept = if text[..label].ends_with(' ') {
        label
    } else {
        indent.min(columns / 2)
    };
    let mut lines = vec![text[..kept].to_owned()];
    let mut empty = true;
    for word in text[kept..].split(' ').filter(|word| !word.is_empty()) {
        let last = lines.last_mut().expect("it begins with a line");
        if !empty && width(last) + 1 + width(word) > columns {
            lines.push(" ".repeat(hanging) + word);
            continue;
        }
        if !empty {
            last.push(' ');
        }
        last.push_str(word);
        empty = false;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{ACT, CALM, Screen, wrapped};

    #[test]
    fn what_fits_keeps_its_spaces_and_what_does_not_is_wrapped() {
        assert_eq!(wrapped("  a   b ", 40, 4), ["  a   b"]);
        let text = "10:42  third contact   in seven days of one customer";
        let lines = wrapped(text, 20, 7);
        assert_eq!(
            lines,
            [
                "10:42  third contact",
                "       in seven days",
                "       of one",
                "       customer"
            ]
        );
    }

    #[test]
    fn the_accent_goes_on_in_the_next_line_and_never_into_a_file() {
        let text = format!("{ACT}{}{CALM} calm", "act ".repeat(12).trim_end());
        let shown = |colour| {
            let mut out = Vec::new();
            Screen::new(&mut out, 40, colour)
                .line(&text, 2)
                .expect("memory");
            String::from_utf8(out).expect("text")
        };
        assert!(!shown(false).contains('\u{1b}') && !shown(false).contains(ACT));
        assert_eq!(shown(true).matches("\u{1b}[1;33m").count(), 2);
        assert_eq!(shown(true).matches("\u{1b}[0m").count(), 2);
        assert!(shown(true).ends_with("\u{1b}[0m calm\n"));
    }
}

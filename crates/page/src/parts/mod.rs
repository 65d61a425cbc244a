//! The parts of the page: each answers one question, and is replaced as a whole when its figures change.

mod causes;
mod flow;
mod head;
mod journeys;
mod notice;
mod now;
mod people;
mod quality;
mod resolved;
mod share;
mod why;

pub use causes::causes;
pub use flow::flow;
pub use head::{foot, head};
pub use journeys::journeys;
pub use notice::{empty, lost, notices};
pub use now::now;
pub use people::{act_name, acts, here, people, what};
pub use quality::quality;
pub use resolved::resolved;
pub use share::{counts, normal_range, place_sign, share};
pub use why::why;

use crate::format::Format;
use crate::look::{Look, encoded};
use crate::texts::Texts;
use crate::viewer::Viewer;
use board::views::View;
use maud::{Markup, html};

/// Rows of a list on a wall.
const ROWS_ON_A_WALL: usize = 5;

/// What a part is made of.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The figures.
    pub view: &'a View,
    /// How they are looked at.
    pub look: &'a Look,
    /// How they are written.
    pub format: &'a Format,
    /// Who looks.
    pub viewer: &'a Viewer,
}

impl Shown<'_> {
    /// The words.
    #[must_use]
    pub fn texts(&self) -> &'static Texts {
        self.format.texts()
    }

    /// How many rows of a list are shown: a wall is not scrolled.
    #[must_use]
    pub fn rows_max(&self, else_max: usize) -> usize {
        if self.look.wall {
            ROWS_ON_A_WALL
        } else {
            else_max
        }
    }

    /// Is this row opened?
    #[must_use]
    pub fn is_open(&self, name: &str) -> bool {
        self.look.open.as_deref() == Some(name)
    }

    /// The link that downloads a part's table.
    #[must_use]
    pub fn csv(&self, table: &str) -> Markup {
        let mut pairs = self.look.filter.pairs();
        if table == "alerts" {
            // Alerts are no figures: they have neither reading nor rank.
            pairs.retain(|(key, _)| !matches!(*key, "reading" | "by"));
            pairs.push(("standing", "open".to_owned()));
        }
        pairs.push(("format", "csv".to_owned()));
        let pairs = pairs
            .iter()
            .map(|(key, value)| format!("{key}={}", encoded(value)));
        let pairs: Vec<String> = pairs.collect();
        let href = format!("/api/v1/{table}?{}", pairs.join("&"));
        html! { a.csv href=(href) download title=(self.texts().csv) { "CSV" span.hidden { " " (self.texts().csv) } } }
    }

    /// The address at which a row is opened, or closed if it is open.
    #[must_use]
    pub fn toggled(&self, name: &str, part: &str) -> String {
        let open = (!self.is_open(name)).then(|| name.to_owned());
        let href = self.look.href_with("/", |look| look.open = open);
        format!("{href}#{part}")
    }
}

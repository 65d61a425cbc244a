//! The table that is printed.

/// Figures in the order in which they were found.
#[derive(Default)]
pub struct Figures(Vec<(String, Option<String>)>);

impl Figures {
    /// Begins a part of the table.
    pub fn head(&mut self, name: &str) {
        self.0.push((name.to_owned(), None));
    }

    /// Adds a figure.
    pub fn add(&mut self, name: &str, figure: impl Into<String>) {
        self.0.push((name.to_owned(), Some(figure.into())));
    }

    /// Prints all of them.
    pub fn print(&self) {
        for (name, figure) in &self.0 {
            match figure {
                None => println!("\n{name}"),
                Some(figure) => println!("  {name:46} {figure}"),
            }
        }
    }
}

//! The pages as they are written, and as they behave in a real browser.

mod browser;
mod day;
mod hostile;
mod real;
mod server;
mod states;

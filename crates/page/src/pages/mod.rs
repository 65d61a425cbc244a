//! Whole pages.

mod layout;
mod live;
mod missing;
mod story;

pub use live::live;
pub use missing::missing;
pub use story::{Story, story};

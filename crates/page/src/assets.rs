//! What pages load beside themselves: a style sheet, a script, an icon. All of it is in the binary, and its
//! address holds a hash of it, so that browsers keep it until it changes.

use std::sync::LazyLock;
use xxhash_rust::xxh3::xxh3_64;

/// A file that is in the binary.
#[derive(Debug)]
pub struct Asset {
    /// Its name in the address.
    pub name: &'static str,
    /// What it is.
    pub content_type: &'static str,
    /// What it says.
    pub body: &'static str,
    path: LazyLock<String>,
}

/// The style sheet.
pub static STYLE: Asset = Asset {
    name: "board.css",
    content_type: "text/css; charset=utf-8",
    body: include_str!("../assets/board.css"),
    path: LazyLock::new(|| STYLE.hashed()),
};

/// The script.
pub static SCRIPT: Asset = Asset {
    name: "board.js",
    content_type: "text/javascript; charset=utf-8",
    body: include_str!("../assets/board.js"),
    path: LazyLock::new(|| SCRIPT.hashed()),
};

/// The icon of the browser's tab.
pub static ICON: Asset = Asset {
    name: "icon.svg",
    content_type: "image/svg+xml",
    body: include_str!("../assets/icon.svg"),
    path: LazyLock::new(|| ICON.hashed()),
};

/// All of them.
pub static ALL: [&Asset; 3] = [&STYLE, &SCRIPT, &ICON];

impl Asset {
    fn hashed(&self) -> String {
        format!(
            "/assets/{:016x}/{}",
            xxh3_64(self.body.as_bytes()),
            self.name
        )
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

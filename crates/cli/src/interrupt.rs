//! Ctrl-C and SIGTERM: what is half written must not be found later.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

static PARTIAL: Mutex<Option<PathBuf>> = Mutex::new(None);
static INSTALLED: Once = Once::new();

/// Status of a program that was interrupted.
const INTERRUPTED: i32 = 130;

/// Removes a folder if the program is interrupted before [`finished`] is called.
pub fn remove_when_interrupted(folder: &Path) {
    *PARTIAL.lock().unwrap_or_else(PoisonError::into_inner) = Some(folder.to_owned());
    INSTALLED.call_once(|| {
        // Without a handler the folder stays, hidden and recognisable: not worth failing for.
        let _ = ctrlc::set_handler(|| {
            let partial = PARTIAL
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some(folder) = partial {
                let _ = std::fs::remove_dir_all(&folder);
                eprintln!("\nricochet: interrupted; nothing was written");
            }
            std::process::exit(INTERRUPTED);
        });
    });
}

/// The folder has become what it should be.
pub fn finished() {
    *PARTIAL.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

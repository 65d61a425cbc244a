//! Ctrl-C, SIGTERM and files that grow too large: what is half written must not be found later.

use anyhow::Result;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

static PARTIAL: Mutex<Option<PathBuf>> = Mutex::new(None);
static INSTALLED: Once = Once::new();
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Status of a program that was interrupted.
const INTERRUPTED_STATUS: i32 = 130;
/// How often the folder is removed while other threads still put files into it.
const REMOVALS_MAX: u32 = 100;

/// Removes a folder if the program is interrupted before [`finish`] has put it in its place.
pub fn remove_when_interrupted(folder: &Path) {
    *PARTIAL.lock().unwrap_or_else(PoisonError::into_inner) = Some(folder.to_owned());
    INSTALLED.call_once(|| {
        // Without a handler the folder stays, hidden and recognisable: not worth failing for.
        let _ = ctrlc::set_handler(|| {
            INTERRUPTED.store(true, Ordering::SeqCst);
            // Held to the end of the process: nothing may be put in its place any more.
            let mut partial = PARTIAL.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(folder) = partial.take() {
                remove(&folder);
                eprintln!("\nricochet: interrupted; nothing was written");
            }
            std::process::exit(INTERRUPTED_STATUS);
        });
    });
}

fn remove(folder: &Path) {
    for _ in 0..REMOVALS_MAX {
        if std::fs::remove_dir_all(folder).is_ok() || !folder.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A folder for what does not fit in memory, which is gone when the program is, interrupted or not.
pub fn scratch() -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    remove_when_interrupted(folder.path());
    Ok(folder)
}

/// Lets the folder become what it should be. An interruption comes before that or after it.
pub fn finish<E>(place: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
    let mut partial = PARTIAL.lock().unwrap_or_else(PoisonError::into_inner);
    place()?;
    *partial = None;
    Ok(())
}

/// A file that grows beyond what the process may write is an error like a full disk, and not the end
/// of the process by a signal, which would leave what is half written.
pub fn outlive_full_files() {
    #[cfg(unix)]
    {
        let seen = std::sync::Arc::new(AtomicBool::new(false));
        // Without it the signal ends the process, as it did before: not worth failing for.
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, seen);
    }
}

/// Does not return if the program was interrupted: what fails then fails because of that.
pub fn wait_if_interrupted() {
    while INTERRUPTED.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(10));
    }
}

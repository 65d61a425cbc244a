//! The output folder: there as a whole, or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::FilesError;
use crate::table::Table;
use crate::write::{Format, TableWriter};

/// A folder that is written beside its place, under a hidden name, and takes its place when it is
/// complete. Dropped before that, it leaves nothing behind.
pub struct OutputFolder {
    target: PathBuf,
    partial: PathBuf,
    leftovers: Vec<PathBuf>,
    finished: bool,
}

fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> FilesError {
    let path = path.to_path_buf();
    move |source| FilesError::Unwritable { path, source }
}

impl OutputFolder {
    /// Prepares the folder `dir`. Folders above it are created.
    ///
    /// # Errors
    /// When `dir` exists and is not an empty folder, or the disk refuses.
    pub fn create(dir: &Path) -> Result<OutputFolder, FilesError> {
        let Some(name) = dir.file_name() else {
            return Err(FilesError::OutputName {
                path: dir.to_path_buf(),
            });
        };
        check_free(dir)?;
        let parent = parent(dir);
        fs::create_dir_all(parent).map_err(unwritable(parent))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(".partial-");
        let leftovers = of_others(parent, &hidden);
        if let Some((process, partial)) = leftovers.iter().find(|(process, _)| is_alive(*process)) {
            return Err(FilesError::OutputBusy {
                path: dir.to_path_buf(),
                process: *process,
                partial: partial.clone(),
            });
        }
        hidden.push(std::process::id().to_string());
        let partial = parent.join(hidden);
        // One that is there is what a killed process of the same number has left.
        match fs::remove_dir_all(&partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(unwritable(&partial)(error));
            }
            _ => fs::create_dir(&partial).map_err(unwritable(&partial))?,
        }
        Ok(OutputFolder {
            target: dir.to_path_buf(),
            partial,
            leftovers: leftovers.into_iter().map(|(_, partial)| partial).collect(),
            finished: false,
        })
    }

    /// What runs that were killed have left beside the folder. They stay: a run in another container
    /// looks like a dead one from here.
    #[must_use]
    pub fn leftovers(&self) -> &[PathBuf] {
        &self.leftovers
    }

    /// Where the files are until the folder is finished.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Begins the file of a table.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn table(&self, table: &'static Table, format: Format) -> Result<TableWriter, FilesError> {
        TableWriter::create(table, &self.partial, format)
    }

    /// Writes a JSON file, readable for people, such as `summary.json`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_json(&self, name: &str, value: &Value) -> Result<(), FilesError> {
        let path = self.partial.join(name);
        let write = || -> io::Result<()> {
            let mut file = BufWriter::new(File::create(&path)?);
            serde_json::to_writer_pretty(&mut file, value)?;
            file.write_all(b"\n")?;
            file.into_inner()
                .map_err(io::IntoInnerError::into_error)?
                .sync_all()
        };
        write().map_err(unwritable(&path))
    }

    /// Makes sure that everything is on the disk and puts the folder in its place. The files must
    /// have been finished.
    ///
    /// # Errors
    /// When the disk refuses, or something has come to stand in that place.
    pub fn finish(mut self) -> Result<(), FilesError> {
        sync(&self.partial)?;
        check_free(&self.target)?;
        fs::rename(&self.partial, &self.target).map_err(unwritable(&self.target))?;
        self.finished = true;
        sync(parent(&self.target))
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing can be said here of a failure, and what is left is hidden and has no number of
            // a living process.
            let _ = fs::remove_dir_all(&self.partial);
        }
    }
}

/// Partial folders of other processes in a folder, with the processes' numbers.
fn of_others(parent: &Path, hidden: &std::ffi::OsStr) -> Vec<(u32, PathBuf)> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let others = entries.filter_map(|entry| {
        let name = entry.file_name();
        let rest = name
            .as_encoded_bytes()
            .strip_prefix(hidden.as_encoded_bytes())?;
        let process: u32 = std::str::from_utf8(rest).ok()?.parse().ok()?;
        (process != std::process::id()).then(|| (process, entry.path()))
    });
    others.collect()
}

/// Whether a process runs that is of the same program; where the system does not tell, it does not.
fn is_alive(process: u32) -> bool {
    let name = |process: &str| fs::read(format!("/proc/{process}/comm")).ok();
    name(&process.to_string()).is_some_and(|other| Some(other) == name("self"))
}

fn parent(dir: &Path) -> &Path {
    match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// An empty folder may be replaced; anything else stays as it is.
fn check_free(dir: &Path) -> Result<(), FilesError> {
    let taken = || FilesError::OutputExists {
        path: dir.to_path_buf(),
    };
    match fs::symlink_metadata(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unwritable(dir)(error)),
        Ok(found) if found.is_dir() => {
            let mut entries = fs::read_dir(dir).map_err(unwritable(dir))?;
            if entries.next().is_some() {
                Err(taken())
            } else {
                Ok(())
            }
        }
        Ok(_) => Err(taken()),
    }
}

fn sync(dir: &Path) -> Result<(), FilesError> {
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(unwritable(dir))
}

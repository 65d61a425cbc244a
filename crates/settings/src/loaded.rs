//! Loads a configuration: reads the file, lays the layers, compares them with the keys.

use crate::examine::{Places, examine};
use crate::layers::{Origin, lay, variables};
use crate::meant::{Meant, meant};
use crate::problem::{Problem, Problems, SettingsError};
use crate::typed::Typed;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// A configuration that is right key by key.
#[derive(Debug)]
pub struct Loaded {
    pub(crate) typed: Typed,
    pub(crate) places: Places,
    /// The folder that paths are relative to.
    pub(crate) folder: PathBuf,
}

impl Loaded {
    /// Loads a file, and lays the variables `RICOCHET__...` of the environment over it.
    ///
    /// # Errors
    /// The file cannot be read, or something in it is not what the keys allow.
    pub fn from_file(
        path: &Path,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Loaded, SettingsError> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| SettingsError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        Ok(load(text, &path.display().to_string(), folder, env)?)
    }

    /// Loads a text, without any environment. Messages call it `name`; paths are relative to the
    /// working directory.
    ///
    /// # Errors
    /// Something in it is not what the keys allow.
    pub fn from_text(text: &str, name: &str) -> Result<Loaded, SettingsError> {
        Ok(load(text, name, PathBuf::new(), std::iter::empty())?)
    }

    /// The configuration as the stages take it. Reads the tables of codes and the secret.
    ///
    /// # Errors
    /// All that contradicts something else, does not exist, or cannot be read.
    pub fn meant(&self) -> Result<Meant, Problems> {
        meant(self)
    }
}

fn load(
    text: &str,
    name: &str,
    folder: PathBuf,
    env: impl Iterator<Item = (String, String)>,
) -> Result<Loaded, Problems> {
    let variables = variables(env);
    let origin = Origin::new(name, text, &variables);
    let mut problems = Vec::new();
    let root = lay(text, &variables, &origin, &mut problems);
    if problems.iter().any(|problem| problem.key.is_empty()) {
        // Half a file says nothing of the other half.
        return Err(Problems::sorted(problems));
    }
    let examination = examine(&root, &origin);
    problems.extend(examination.problems);
    if !problems.is_empty() {
        return Err(Problems::sorted(problems));
    }
    let deserializer = toml::Deserializer::from(Spanned::new(0..text.len(), root));
    let typed = Typed::deserialize(deserializer).map_err(|error| {
        // The list of keys lets nothing through that the structs refuse; a test compares them.
        let place = error
            .span()
            .map_or(origin.whole(), |span| origin.place(&span));
        let what = error.message().trim_end().to_owned();
        Problems(vec![Problem {
            place,
            key: String::new(),
            what,
        }])
    })?;
    Ok(Loaded {
        typed,
        places: examination.places,
        folder,
    })
}

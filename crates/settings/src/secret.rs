//! The secret that hashes identifiers, as its file holds it.
//!
//! Invariant: nothing of a secret, nor of a line that should be one, stands in any message.

use stage_door::Secret;
use std::path::Path;

/// The least length of a secret.
const BYTES_MIN: usize = 32;

/// A secret file.
pub(crate) struct SecretFile {
    /// The secret of its last line.
    pub secret: Secret,
    /// Others than its owner may read it.
    pub open_to_others: bool,
}

/// Reads a secret file; the error is a line (0: the whole file) and what is wrong.
pub(crate) fn read(path: &Path) -> Result<SecretFile, (usize, String)> {
    let text =
        std::fs::read_to_string(path).map_err(|error| (0, format!("cannot read: {error}")))?;
    Ok(SecretFile {
        secret: parse(&text)?,
        open_to_others: is_open_to_others(path),
    })
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

fn parse(text: &str) -> Result<Secret, (usize, String)> {
    let mut secrets: Vec<(usize, Secret)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let (number, line) = (index + 1, line.trim());
        if line.is_empty() {
            continue;
        }
        let secret = parse_line(line).map_err(|what| (number, what))?;
        let same = secrets
            .iter()
            .find(|(_, known)| known.version == secret.version);
        if let Some((first, _)) = same {
            let what = format!("version {} stands in line {first} already", secret.version);
            return Err((number, what));
        }
        secrets.push((number, secret));
    }
    let last = secrets
        .pop()
        .ok_or((0, "holds no secret; allowed: lines `version:hex`".into()));
    last.map(|(_, secret)| secret)
}

fn parse_line(line: &str) -> Result<Secret, String> {
    let (version, hex) = match line.split_once(':') {
        Some((version, hex)) => {
            let version = version
                .trim()
                .parse::<u32>()
                .ok()
                .filter(|version| *version > 0);
            let wrong = "the version before `:` is no whole number from 1";
            (version.ok_or(wrong)?, hex.trim())
        }
        None => (1, line),
    };
    if !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) || hex.len() % 2 != 0 {
        return Err("the secret is not in hexadecimal, two digits a byte".into());
    }
    let key: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("both are hexadecimal digits"))
        .collect();
    if key.len() < BYTES_MIN {
        return Err(format!(
            "the secret has {} bytes; allowed: at least {BYTES_MIN}",
            key.len()
        ));
    }
    Ok(Secret { key, version })
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn wrong(text: &str) -> (usize, String) {
        parse(text).unwrap_err()
    }

    #[test]
    fn the_last_line_is_current() {
        let (old, new) = ("ab".repeat(32), "Cd".repeat(40));
        let secret = parse(&format!("{old}\n\n7:{new}\n")).unwrap();
        assert_eq!((secret.version, secret.key), (7, vec![0xcd; 40]));
        assert_eq!(parse(&old).unwrap().version, 1);
    }

    #[test]
    fn wrong_lines_are_refused_and_not_shown() {
        let good = "ab".repeat(32);
        assert_eq!(wrong("").0, 0);
        assert_eq!(wrong(&format!("{good}\n1:{good}")).0, 2);
        for line in [
            "xy".repeat(32),
            "ab".repeat(31),
            "a".repeat(65),
            format!("v2:{good}"),
        ] {
            let (number, what) = wrong(&format!("\n{line}"));
            assert_eq!(number, 2);
            assert!(!what.contains(&line[..10]), "{what}");
        }
    }
}

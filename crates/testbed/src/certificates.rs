//! Certificates of a day: an authority, one for a broker and one for a client.

use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// An authority and what it has signed, in files that go with it.
#[derive(Debug)]
pub struct Certificates {
    /// Deleted when they are dropped.
    folder: TempDir,
}

/// The key of an authority or of a server is of no use to anybody after a day.
const OF_A_DAY: [&str; 8] = [
    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-batch",
];

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl")
        .args(OF_A_DAY)
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("`./dev test` installs openssl");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments:?}: {said}");
}

impl Certificates {
    /// Makes them, for servers on this machine.
    ///
    /// # Panics
    /// There is no `openssl`, or it refuses.
    #[must_use]
    pub fn make() -> Certificates {
        let folder = TempDir::with_prefix("ricochet-certificates-").expect("there is a place");
        let at = folder.path();
        let authority = ["-subj", "/CN=authority of tests"];
        openssl(
            at,
            &[&authority[..], &["-keyout", "ca.key", "-out", "ca.pem"]].concat(),
        );
        for name in ["broker", "client"] {
            let (subject, key) = (format!("/CN={name}"), format!("{name}.key"));
            let certificate = format!("{name}.pem");
            openssl(
                at,
                &[
                    "-subj",
                    &subject,
                    "-keyout",
                    &key,
                    "-out",
                    &certificate,
                    "-addext",
                    "subjectAltName=IP:127.0.0.1",
                    "-addext",
                    "basicConstraints=critical,CA:FALSE",
                    "-CA",
                    "ca.pem",
                    "-CAkey",
                    "ca.key",
                ],
            );
        }
        let both = ["broker.key", "broker.pem"].map(|name| {
            std::fs::read_to_string(at.join(name)).expect("it was written a moment ago")
        });
        std::fs::write(at.join("broker-store.pem"), both.concat()).expect("the folder is ours");
        Certificates { folder }
    }

    /// What the authority signs is trusted by whoever has this.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A client's certificate.
    #[must_use]
    pub fn client(&self) -> PathBuf {
        self.folder.path().join("client.pem")
    }

    /// The key to it.
    #[must_use]
    pub fn client_key(&self) -> PathBuf {
        self.folder.path().join("client.key")
    }

    /// The broker's key and certificate, as Kafka wants them.
    pub(crate) fn broker_store(&self) -> PathBuf {
        self.folder.path().join("broker-store.pem")
    }
}

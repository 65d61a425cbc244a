//! A schema registry: Apicurio, which speaks the REST interface of Confluent's, out of what `./dev
//! test` fetches. Its schemas are kept in a file, so that they and their ids outlive a `kill -9`.

use crate::process::Process;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The version that tests run against; `./dev` fetches it.
const VERSION: &str = "3.3.3";

const READY_WITHIN: Duration = Duration::from_secs(90);

/// Where Confluent's interface begins.
const BASE: &str = "/apis/ccompat/v7";

/// The folder with the registry and its Java: `RICOCHET_REGISTRY`, else `.cache/tools/registry` of
/// the workspace.
///
/// # Errors
/// It is not there; says how to get it.
pub fn registry_folder() -> Result<PathBuf, String> {
    let folder = std::env::var_os("RICOCHET_REGISTRY").map_or_else(
        || {
            let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
            workspace.join(".cache/tools/registry").join(VERSION)
        },
        PathBuf::from,
    );
    let is_there = |part: &str| folder.join(part).is_file();
    if is_there("quarkus-run.jar") && is_there("java/bin/java") {
        return Ok(folder);
    }
    Err(format!(
        "no schema registry in {}: `./dev test` fetches it",
        folder.display()
    ))
}

/// A schema registry of its own. Dropped, it is killed and forgotten.
#[derive(Debug)]
pub struct Registry {
    port: u16,
    management_port: u16,
    process: Option<Process>,
    /// Its schemas and its log; deleted when it is dropped.
    folder: TempDir,
}

impl Registry {
    /// Starts a registry whose subjects ask for backward compatibility, and waits until it answers,
    /// which takes some seconds.
    ///
    /// # Panics
    /// It does not start; says what it printed.
    #[must_use]
    pub fn start() -> Registry {
        let mut registry = Registry::down();
        registry.restart();
        registry
    }

    /// A registry that does not run yet: nobody listens at its address before
    /// [`Registry::restart`].
    ///
    /// # Panics
    /// There is no free port or no place for its files.
    #[must_use]
    pub fn down() -> Registry {
        let free = || TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        // Both at once, so that they differ.
        let (one, other) = (free(), free());
        let port = |listener: &TcpListener| listener.local_addr().expect("it is bound").port();
        Registry {
            port: port(&one),
            management_port: port(&other),
            process: None,
            folder: TempDir::with_prefix("ricochet-registry-").expect("there is a place for it"),
        }
    }

    /// The registry that all tests of this program share, or `None`, with a line that says why,
    /// where there is none. It ends with the program.
    ///
    /// # Panics
    /// There is none although `RICOCHET_REQUIRE_REGISTRY` is set, as `./dev test` does; or it does
    /// not start.
    pub fn shared() -> Option<&'static Registry> {
        static SHARED: OnceLock<Option<Registry>> = OnceLock::new();
        SHARED
            .get_or_init(|| Registry::is_possible().then(Registry::start))
            .as_ref()
    }

    /// Is there a registry to start? Says on standard error how to get one if not.
    ///
    /// # Panics
    /// There is none although `RICOCHET_REQUIRE_REGISTRY` is set.
    #[must_use]
    pub fn is_possible() -> bool {
        match registry_folder() {
            Ok(_) => true,
            Err(why) if std::env::var_os("RICOCHET_REQUIRE_REGISTRY").is_some() => panic!("{why}"),
            Err(why) => {
                eprintln!("skipped: {why}");
                false
            }
        }
    }

    /// Its address, as `registry_url` wants it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{BASE}", self.port)
    }

    /// Ends it in an orderly way.
    pub fn stop(&mut self) {
        if let Some(process) = self.process.take() {
            process.stop(Duration::from_secs(20));
        }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it, again or for the first time, at the same address and with its schemas, and waits
    /// until it answers.
    ///
    /// # Panics
    /// It does not start; says what it printed.
    pub fn restart(&mut self) {
        self.stop();
        let folder = registry_folder().unwrap_or_else(|why| panic!("{why}"));
        let log = self.folder.path().join("registry.log");
        let process = Process::start(&mut self.command(&folder), &log);
        let mut process = process.expect("its Java was there a moment ago");
        let deadline = Instant::now() + READY_WITHIN;
        while !is_answering(self.port) {
            if process.has_ended() || Instant::now() > deadline {
                panic!("the registry did not start:\n{}", process.last_lines());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        self.process = Some(process);
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(folder.join("java/bin/java"));
        command.args(["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
        // Without the delay, what was answered is on disk.
        let file = self.folder.path().join("schemas");
        let url = format!("jdbc:h2:file:{};WRITE_DELAY=0", file.display());
        for (name, value) in [
            ("quarkus.http.host", "127.0.0.1"),
            ("quarkus.http.port", &self.port.to_string()),
            ("quarkus.management.host", "127.0.0.1"),
            ("quarkus.management.port", &self.management_port.to_string()),
            ("quarkus.log.level", "WARN"),
            ("apicurio.datasource.url", &url),
            // Otherwise any schema may follow any other.
            ("apicurio.rules.global.compatibility", "BACKWARD"),
        ] {
            command.arg(format!("-D{name}={value}"));
        }
        command.arg("-jar").arg(folder.join("quarkus-run.jar"));
        command
    }
}

/// Does it list its subjects?
fn is_answering(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(
            stream,
            "GET {BASE}/subjects HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        )?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        Ok(&answer == b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

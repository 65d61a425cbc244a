//! Prometheus's own server: it scrapes and answers queries as it does in a deployment.

use crate::process::Process;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const READY_WITHIN: Duration = Duration::from_secs(60);

/// The server: that of `PATH`, else that of `.cache/tools/prometheus` in the workspace.
///
/// # Errors
/// There is none; says how to get it.
pub fn prometheus_server() -> Result<PathBuf, String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let fetched = workspace.join(".cache/tools/prometheus/usr/bin/prometheus");
    for server in [PathBuf::from("prometheus"), fetched] {
        let mut ask = Command::new(&server);
        ask.arg("--version");
        let answer = ask.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if answer.is_ok_and(|status| status.success()) {
            return Ok(server);
        }
    }
    Err("no Prometheus in PATH or in .cache/tools: `./dev test` fetches it".to_owned())
}

/// A Prometheus of its own. Dropped, it is killed, and what it collected is deleted.
#[derive(Debug)]
pub struct Prometheus {
    port: u16,
    _process: Process,
    /// Its configuration, its data and its log; deleted when it is dropped.
    _folder: TempDir,
}

impl Prometheus {
    /// Is there one to start? Says on standard error how to get one if not.
    ///
    /// # Panics
    /// There is none although `RICOCHET_REQUIRE_PROMETHEUS` is set, as `./dev test` does.
    #[must_use]
    pub fn is_possible() -> bool {
        match prometheus_server() {
            Ok(_) => true,
            Err(why) if std::env::var_os("RICOCHET_REQUIRE_PROMETHEUS").is_some() => {
                panic!("{why}")
            }
            Err(why) => {
                eprintln!("skipped: {why}");
                false
            }
        }
    }

    /// Starts one with a configuration, as YAML, and waits until it answers.
    ///
    /// # Panics
    /// There is none, or it does not start; says what it printed.
    #[must_use]
    pub fn start(configuration: &str) -> Prometheus {
        let server = prometheus_server().unwrap_or_else(|why| panic!("{why}"));
        let folder = TempDir::with_prefix("ricochet-prometheus-").expect("there is a place for it");
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("prometheus.yml"), configuration).expect("its folder can be written");
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        drop(listener);
        let mut command = Command::new(server);
        command
            .arg(format!(
                "--config.file={}",
                path("prometheus.yml").display()
            ))
            .arg(format!("--storage.tsdb.path={}", path("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--log.level=warn");
        let process = Process::start(&mut command, &path("prometheus.log"));
        let mut process = process.expect("it told its version a moment ago");
        let deadline = Instant::now() + READY_WITHIN;
        while get(port, "/-/ready").is_none() {
            if process.has_ended() || Instant::now() > deadline {
                panic!("Prometheus did not start:\n{}", process.last_lines());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Prometheus {
            port,
            _process: process,
            _folder: folder,
        }
    }

    /// The JSON that its interface `/api/v1/NAME` answers, or `None` if it refuses or does not answer.
    #[must_use]
    pub fn api(&self, name: &str, parameters: &[(&str, &str)]) -> Option<String> {
        let mut path = format!("/api/v1/{name}");
        for (place, (key, value)) in parameters.iter().enumerate() {
            let before = if place == 0 { '?' } else { '&' };
            let _ = write!(path, "{before}{key}={}", encoded(value));
        }
        get(self.port, &path)
    }
}

/// As it stands in an address.
fn encoded(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The body of an answer with status 200.
fn get(port: u16, path: &str) -> Option<String> {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        // The older version: its answers come in one piece.
        write!(stream, "GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = ask().ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let is_fine = head.split(' ').nth(1) == Some("200");
    is_fine.then(|| body.to_owned())
}

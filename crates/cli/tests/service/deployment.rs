//! An application on the shared broker: its topics, its processes, what went in and what came out.

use crate::avro::Avro;
use crate::rows::{Tables, figures_of_files, figures_of_topics, of_files, of_topics};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testbed::{Broker, Registry};

/// The binary under test.
const BINARY: &str = env!("CARGO_BIN_EXE_ricochet");
/// Channels, each with a source topic of its own.
const CHANNELS: [&str; 5] = ["phone", "chat", "email", "video", "web"];
/// Partitions of each source topic.
const SOURCE_PARTITIONS: u32 = 2;
/// Outputs that have not changed for so long have settled, however busy the machine is.
const UNCHANGED_MAX: Duration = Duration::from_secs(240);
/// And after this long in any case.
const SETTLED_WITHIN: Duration = Duration::from_secs(900);
/// Lines of the logs of all processes that are shown where something does not settle.
const LINES_SHOWN: usize = 40;

/// A process of the service; it is killed when it is dropped.
pub struct Process {
    child: Child,
    /// Where metrics and health are.
    pub address: String,
}

impl Process {
    /// The number of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as an operator does, and returns its exit status.
    pub fn stop(mut self) -> Option<i32> {
        signal(self.child.id(), "TERM");
        let asked_at = Instant::now();
        while asked_at.elapsed() < Duration::from_secs(30) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it did not end within 30 s");
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// What it answers to `GET path`: the status and the body.
    pub fn get(&self, path: &str) -> (u16, String) {
        get(&self.address, path).unwrap()
    }
}

/// What is answered to `GET path`: the status and the body.
fn get(address: &str, path: &str) -> std::io::Result<(u16, String)> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let cut_short = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok());
    let (_, body) = answer.split_once("\r\n\r\n").ok_or_else(cut_short)?;
    Ok((status.ok_or_else(cut_short)?, body.to_owned()))
}

/// Waits until what is read is what is expected, as long as it goes on changing, and no longer than
/// `within`. Returns what was read last, if it is something else.
fn waited<T: PartialEq>(
    expected: &T,
    read: impl Fn() -> T,
    unchanged_max: Duration,
    within: Duration,
) -> Option<T> {
    let began_at = Instant::now();
    let (mut found, mut changed_at) = (read(), began_at);
    while found != *expected {
        if changed_at.elapsed() > unchanged_max || began_at.elapsed() > within {
            return Some(found);
        }
        std::thread::sleep(Duration::from_millis(500));
        let now = read();
        if now != found {
            (found, changed_at) = (now, Instant::now());
        }
    }
    None
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal by its name, by means of the shell's own `kill`.
pub fn signal(pid: u32, name: &str) {
    let command = format!("kill -{name} {pid}");
    let status = Command::new("sh").args(["-c", &command]).status().unwrap();
    assert!(status.success());
}

/// What the configuration of a generated day begins with; `tables` is TOML that is added.
pub fn head(tables: &str) -> String {
    format!(
        "tenant = \"demo\"\ntime_zone = \"Europe/Paris\"\ncountry = \"FR\"\n{tables}\n\
         [identity]\nsecret_file = \"secret\"\n"
    )
}

/// An application on a broker.
pub struct Deployment {
    folder: TempDir,
    servers: String,
    application_id: String,
    /// What the configuration begins with.
    head: RefCell<String>,
    /// With a registry everything is Avro.
    avro: Option<Avro>,
    /// A channel whose topic the configuration does not name.
    left_out: Cell<Option<&'static str>>,
    /// Where the processes that were started listen, and the last that they have logged.
    addresses: RefCell<Vec<String>>,
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl Deployment {
    /// Makes the source topics and `ricochet topics init`; `None`, with a line that says so, where
    /// there is no Kafka. `tables` is TOML that is added to the configuration.
    pub fn new(application_id: &str, tables: &str) -> Option<Deployment> {
        let servers = Broker::shared()?.bootstrap_servers();
        Some(Deployment::on(
            &servers,
            application_id,
            &head(tables),
            None,
        ))
    }

    /// The same with a registry: events come in as Avro, and tables go out as Avro.
    pub fn with_registry(application_id: &str) -> Option<Deployment> {
        let registry = Registry::shared()?;
        let servers = Broker::shared()?.bootstrap_servers();
        let avro = Avro::new(&registry.url());
        Some(Deployment::on(
            &servers,
            application_id,
            &head(""),
            Some(avro),
        ))
    }

    /// The same on brokers of one's own, with a configuration that begins like this: everything but
    /// `[sources]`, `[http]` and `[kafka]`.
    pub fn on(servers: &str, application_id: &str, head: &str, avro: Option<Avro>) -> Deployment {
        Deployment::of(servers, application_id, head, avro, 4)
    }

    /// The same with so many tasks in each stage.
    pub fn of(
        servers: &str,
        application_id: &str,
        head: &str,
        avro: Option<Avro>,
        partitions: u32,
    ) -> Deployment {
        let deployment = Deployment {
            folder: tempfile::tempdir().unwrap(),
            servers: servers.to_owned(),
            application_id: application_id.to_owned(),
            head: RefCell::new(head.to_owned()),
            avro,
            left_out: Cell::new(None),
            addresses: RefCell::default(),
            lines: Arc::default(),
        };
        std::fs::write(
            deployment.path("secret"),
            format!("1:{}\n", "5a".repeat(32)),
        )
        .unwrap();
        for channel in CHANNELS {
            let topic = deployment.topic(channel);
            testbed::topics::create(&deployment.servers, &topic, SOURCE_PARTITIONS, &[]);
        }
        let partitions = partitions.to_string();
        let init = ["topics", "--config", "a.toml", "init", "--partitions"];
        let (code, text) = deployment.run(&[&init[..], &[partitions.as_str()]].concat());
        assert_eq!(code, Some(0), "{text}");
        deployment
    }

    /// Begins the configuration with something else from now on: processes that run keep theirs.
    pub fn reconfigure(&self, head: &str) {
        self.head.replace(head.to_owned());
    }

    /// Leaves the topic of a channel out of the configuration from now on, or names all.
    pub fn leave_out(&self, channel: Option<&'static str>) {
        self.left_out.set(channel);
    }

    /// The committed records of an output topic that is written as JSON, without tombstones.
    pub fn records(&self, table: &str) -> Vec<Value> {
        let topic = format!("{}.{table}", self.application_id);
        let rows = testbed::topics::read_committed(&self.servers, &topic).into_iter();
        rows.filter_map(|row| row.value)
            .map(|value| serde_json::from_slice(&value).unwrap())
            .collect()
    }

    /// The name of a source topic.
    pub fn topic(&self, channel: &str) -> String {
        format!("{}-{channel}", self.application_id)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The configuration of an instance, as a file.
    fn configure(&self, instance: &str) -> PathBuf {
        use std::fmt::Write as _;
        let mut text = self.head.borrow().clone();
        write!(
            text,
            "\n[sources.default]\nlateness = \"0s\"\n\
             \n[http]\nlisten = \"127.0.0.1:0\"\n\n[kafka]\nbootstrap_servers = \"{}\"\n\
             application_id = \"{}\"\ninstance = \"{instance}\"\n",
            self.servers, self.application_id
        )
        .unwrap();
        if let Some(avro) = &self.avro {
            writeln!(text, "registry_url = \"{}\"", avro.url()).unwrap();
        }
        let left_out = self.left_out.get();
        for channel in CHANNELS.iter().filter(|one| Some(**one) != left_out) {
            writeln!(text, "[kafka.topics.\"{}\"]", self.topic(channel)).unwrap();
        }
        let path = self.path(&format!("{instance}.toml"));
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Runs a command in the folder, with the configuration `a.toml` there.
    pub fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        self.configure("a");
        let output = Command::new(BINARY)
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), out + &err)
    }

    /// Starts a process of the service, with some stages, and waits until it listens.
    pub fn start(&self, instance: &str, stage: &str) -> Process {
        self.configure(instance);
        let mut child = Command::new(BINARY)
            .args([
                "run",
                "--config",
                &format!("{instance}.toml"),
                "--stage",
                stage,
            ])
            .current_dir(self.folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines
            .by_ref()
            .map(Result::unwrap)
            .find_map(|line| Some(line.split_once("http://")?.1.trim().to_owned()))
            .expect("it says where it listens");
        let shows = std::env::var_os("RICOCHET_SHOW_LOGS").is_some();
        let last = Arc::clone(&self.lines);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if shows {
                    eprintln!("{line}");
                }
                let mut last = last.lock().unwrap();
                last.push_back(line);
                if last.len() > LINES_SHOWN {
                    last.pop_front();
                }
            }
        });
        self.addresses.borrow_mut().push(address.clone());
        Process { child, address }
    }

    /// Sends events to the topics of their channels, each to any partition.
    pub fn send(&self, events: &[String]) {
        for channel in CHANNELS {
            let of_channel = events.iter().enumerate().filter(|(_, json)| {
                let said = format!("\"channel\":\"{channel}\"");
                let is_other = !CHANNELS
                    .iter()
                    .any(|other| json.contains(&format!("\"channel\":\"{other}\"")));
                json.contains(&said) || (is_other && channel == "web")
            });
            let records: Vec<(u32, &str, Option<Vec<u8>>)> = of_channel
                .map(|(place, json)| (place as u32 % SOURCE_PARTITIONS, "", self.value(json)))
                .collect();
            testbed::topics::produce(&self.servers, &self.topic(channel), &records);
        }
    }

    /// Says in every partition, for every source, that time has come to an instant; returns the
    /// records that say so.
    pub fn end_time(&self, events: &[String], at: &str) -> Vec<String> {
        let mut sources: BTreeSet<String> = ["default".to_owned()].into();
        for event in events {
            let Ok(event) = serde_json::from_str::<Value>(event) else {
                continue;
            };
            if let Some(source) = event["source"].as_str() {
                sources.insert(source.to_owned());
            }
        }
        let ends: Vec<String> = sources
            .iter()
            .map(|source| {
                format!(
                    "{{\"signal\":\"marker\",\"event_id\":\"end\",\"source\":\"{source}\",\
                     \"occurred_at\":\"{at}\"}}"
                )
            })
            .collect();
        for channel in CHANNELS {
            let records: Vec<(u32, &str, Option<Vec<u8>>)> = (0..SOURCE_PARTITIONS)
                .flat_map(|partition| ends.iter().map(move |end| (partition, "", self.value(end))))
                .collect();
            testbed::topics::produce(&self.servers, &self.topic(channel), &records);
        }
        ends
    }

    /// A record as it is written to a source topic.
    fn value(&self, json: &str) -> Option<Vec<u8>> {
        Some(match &self.avro {
            None => json.as_bytes().to_vec(),
            Some(avro) => avro.encode(json),
        })
    }

    /// What `replay` says of the events.
    pub fn replayed(&self, events: &[String], until: &str) -> Tables {
        let mut text = events.join("\n");
        text.push('\n');
        std::fs::write(self.path("events.jsonl"), text).unwrap();
        let _ = std::fs::remove_dir_all(self.path("settled"));
        let (code, said) = self.run(&[
            "replay",
            "--config",
            "a.toml",
            "--input",
            "events.jsonl",
            "--output",
            "settled",
            "--format",
            "jsonl",
            "--until",
            until,
        ]);
        assert_eq!(code, Some(0), "{said}");
        of_files(&self.path("settled"))
    }

    /// What stands in the output topics for readers of committed records.
    pub fn told(&self) -> Tables {
        of_topics(&self.servers, &self.application_id, self.avro.as_ref())
    }

    /// Waits until the topics say what they should.
    pub fn expect(&self, expected: &Tables) {
        let read = || self.told();
        self.settle(expected, read, |told| expected.difference(told));
    }

    /// Waits until what all tasks have counted adds up to the figures of the last replay.
    pub fn expect_figures(&self) {
        let expected = figures_of_files(&self.path("settled"));
        assert!(expected.len() > 500, "{} figures", expected.len());
        let avro = self.avro.as_ref();
        let read = || figures_of_topics(&self.servers, &self.application_id, avro);
        self.settle(&expected, read, |found| {
            let only = |a: &[String], b: &[String]| -> Vec<String> {
                let only = a.iter().filter(|row| b.binary_search(row).is_err());
                only.take(5).cloned().collect()
            };
            format!(
                "{} figures expected, {} found\nmissing {:#?}\nwrong {:#?}",
                expected.len(),
                found.len(),
                only(&expected, found),
                only(found, &expected)
            )
        });
    }

    /// Waits until what is read is what is expected, as long as it goes on changing.
    fn settle<T: PartialEq>(
        &self,
        expected: &T,
        read: impl Fn() -> T,
        difference: impl Fn(&T) -> String,
    ) {
        if let Some(found) = waited(expected, read, UNCHANGED_MAX, SETTLED_WITHIN) {
            // What matters most comes last: of a long output people see the end.
            panic!("{}\n{}", self.state_of_processes(), difference(&found));
        }
    }

    /// What was logged last, and what the processes that still run say of their health and their lag.
    fn state_of_processes(&self) -> String {
        let mut text = String::new();
        for line in self.lines.lock().unwrap().iter() {
            text += &format!("{line}\n");
        }
        for address in self.addresses.borrow().iter() {
            if let Ok((status, body)) = get(address, "/health/ready") {
                text += &format!("{address}: {status} {body}\n");
            }
            if let Ok((_, metrics)) = get(address, "/metrics") {
                let is_lag =
                    |line: &&str| line.starts_with("ricochet_lag_") && !line.ends_with(" 0");
                for line in metrics.lines().filter(is_lag) {
                    text += &format!("{address}: {line}\n");
                }
            }
        }
        text
    }

    /// Asks for an erasure, with the identifier on standard input, and waits for it so many seconds.
    pub fn erase(&self, kind: &str, identifier: &str, wait_s: u64) -> (Option<i32>, String) {
        use std::io::Write as _;
        self.configure("a");
        let mut child = Command::new(BINARY)
            .args(["erase", "--config", "a.toml", "--type", kind, "--wait"])
            .arg(wait_s.to_string())
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        // A command that refuses the type reads no identifier.
        let _ = writeln!(input, "{identifier}");
        drop(input);
        let output = child.wait_with_output().unwrap();
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), out + &err)
    }

    /// The rows of an output table that stand now, as JSON.
    pub fn rows(&self, table: &str) -> Vec<Value> {
        let topic = format!("{}.{table}", self.application_id);
        let mut last = std::collections::BTreeMap::new();
        for row in testbed::topics::read_committed(&self.servers, &topic) {
            match &row.value {
                Some(value) => last.insert(row.key, serde_json::from_slice(value).unwrap()),
                None => last.remove(&row.key),
            };
        }
        last.into_values().collect()
    }

    /// Names of the application's own topics.
    pub fn topics(&self) -> Vec<String> {
        testbed::topics::names(&self.servers, &format!("{}.", self.application_id))
    }

    /// Gives a topic other settings.
    pub fn configure_topic(&self, topic: &str, settings: &[(&str, &str)]) {
        testbed::topics::configure(&self.servers, topic, settings);
    }

    /// The places in the application's own topics where one of these texts stands.
    pub fn found(&self, texts: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for topic in self.topics() {
            for row in testbed::topics::read_committed(&self.servers, &topic) {
                let value = String::from_utf8_lossy(row.value.as_deref().unwrap_or_default());
                let is_in = |text: &&str| row.key.contains(*text) || value.contains(*text);
                if texts.iter().any(is_in) {
                    found.push(format!("{topic}/{}/{}", row.partition, row.offset));
                }
            }
        }
        found
    }
}

//! Apache Kafka: brokers in KRaft mode, out of the jars that `./dev test` fetches.

use crate::certificates::Certificates;
use crate::process::Process;
use crate::topics;
use rustix::process::Signal;
use std::fmt::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The version that tests run against; `.ci/kafka.xml` names it too.
const VERSION: &str = "4.3.1";

/// Names of one cluster for ever: any 16 bytes in base64 would do.
const CLUSTER_ID: &str = "cmljb2NoZXQtdGVzdHMtMQ";

const READY_WITHIN: Duration = Duration::from_secs(90);

/// Settings that make a broker quick to start, to rebalance and to forget.
const SETTINGS: &str = "\
process.roles=broker,controller
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
offsets.topic.num.partitions=10
transaction.state.log.num.partitions=10
share.coordinator.state.topic.num.partitions=10
broker.heartbeat.interval.ms=300
broker.session.timeout.ms=1500
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=3
background.threads=2
log.cleaner.dedupe.buffer.size=8388608
";

/// The folder with Kafka's jars: `RICOCHET_KAFKA_JARS`, else `.cache/tools/kafka` of the workspace.
///
/// # Errors
/// They are not there, or there is no Java; says how to get them.
pub fn kafka_jars() -> Result<PathBuf, String> {
    let folder = std::env::var_os("RICOCHET_KAFKA_JARS").map_or_else(
        || {
            let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
            workspace.join(".cache/tools/kafka").join(VERSION)
        },
        PathBuf::from,
    );
    if !folder.is_dir() {
        return Err(format!(
            "no Apache Kafka in {}: `./dev kafka` or `./dev test` fetches it",
            folder.display()
        ));
    }
    match Command::new("java").arg("-version").output() {
        Ok(output) if output.status.success() => Ok(folder),
        _ => Err("no Java: as root, `./dev kafka` or `./dev test` installs it".to_owned()),
    }
}

/// One broker, alone or of a cluster.
#[derive(Debug)]
struct Node {
    folder: PathBuf,
    port: u16,
    replication: usize,
    process: Option<Process>,
}

impl Node {
    fn properties(&self) -> PathBuf {
        self.folder.join("server.properties")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("broker.log")
    }

    fn launch(&mut self) {
        let jars = kafka_jars().unwrap_or_else(|why| panic!("{why}"));
        let process = Process::start(
            java(&jars, 384).arg("kafka.Kafka").arg(self.properties()),
            &self.log(),
        );
        self.process = Some(process.expect("java was there a moment ago"));
    }

    /// Waits until as many brokers are there as topics need replicas, so that the first topic can
    /// be created.
    fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + READY_WITHIN;
        let bootstrap = format!("127.0.0.1:{}", self.port);
        while topics::brokers(&bootstrap) < self.replication {
            let process = self.process.as_mut().expect("it was launched");
            if process.has_ended() || Instant::now() > deadline {
                panic!("the broker did not start:\n{}", process.last_lines());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn running(&self) -> &Process {
        self.process.as_ref().expect("the broker runs")
    }
}

fn java(jars: &Path, heap_mib: u32) -> Command {
    let mut command = Command::new("java");
    command
        .arg(format!("-Xmx{heap_mib}m"))
        .args(["-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
        .arg("-Dorg.apache.logging.log4j.level=WARN")
        .arg("-cp")
        .arg(jars.join("*"));
    command
}

/// Ports that nobody uses now.
fn free_ports(count: usize) -> Vec<u16> {
    let listeners: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind("127.0.0.1:0").expect("loopback has a free port"))
        .collect();
    let port = |listener: &TcpListener| listener.local_addr().expect("it is bound").port();
    listeners.iter().map(port).collect()
}

/// Makes the folders of some brokers of one cluster, formatted and ready to be launched. Each has
/// two ports: for clients, and for the other brokers' controllers. `last` is where the last one keeps
/// its data, if not beside the others.
fn make_nodes(
    folder: &Path,
    ports: &[u16],
    extra: &[(&str, &str)],
    last: Option<&Path>,
) -> Vec<Node> {
    let jars = kafka_jars().unwrap_or_else(|why| panic!("{why}"));
    let count = ports.len() / 2;
    let voters: Vec<String> = (0..count)
        .map(|node| format!("{}@127.0.0.1:{}", node + 1, ports[2 * node + 1]))
        .collect();
    let min_isr = count.saturating_sub(1).max(1);
    (0..count)
        .map(|index| {
            let node = Node {
                folder: folder.join(format!("node{}", index + 1)),
                port: ports[2 * index],
                replication: count,
                process: None,
            };
            let data = last
                .filter(|_| index + 1 == count)
                .map_or_else(|| node.folder.join("data"), Path::to_owned);
            std::fs::create_dir_all(&node.folder).expect("the folder is ours");
            let (port, controller) = (ports[2 * index], ports[2 * index + 1]);
            let mut text = format!(
                "{SETTINGS}node.id={}\n\
                 listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
                 advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
                 controller.quorum.voters={}\nlog.dirs={}\n\
                 default.replication.factor={count}\nmin.insync.replicas={min_isr}\n",
                index + 1,
                voters.join(","),
                data.display(),
            );
            for topic in ["offsets.topic", "transaction.state.log"] {
                let _ = writeln!(text, "{topic}.replication.factor={count}");
            }
            let _ = writeln!(text, "transaction.state.log.min.isr={min_isr}");
            let _ = writeln!(
                text,
                "share.coordinator.state.topic.replication.factor={count}"
            );
            let _ = writeln!(text, "share.coordinator.state.topic.min.isr={min_isr}");
            for (name, value) in extra {
                let _ = writeln!(text, "{name}={value}");
            }
            std::fs::write(node.properties(), text).expect("the folder is ours");
            let format = java(&jars, 128)
                .args(["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c"])
                .arg(node.properties())
                .output()
                .expect("java was there a moment ago");
            let said = String::from_utf8_lossy(&format.stderr);
            assert!(
                format.status.success(),
                "a broker's folder was not formatted: {said}"
            );
            node
        })
        .collect()
}

/// One broker of its own cluster: a replication factor of 1. Dropped, it is killed and forgotten.
#[derive(Debug)]
pub struct Broker {
    node: Node,
    /// The port on which a password or a certificate is asked for.
    secured: Option<u16>,
    /// Deleted when the broker is dropped.
    _folder: TempDir,
}

impl Broker {
    /// Starts a broker and waits until it answers, which takes some seconds.
    ///
    /// # Panics
    /// It does not start; says what it printed.
    #[must_use]
    pub fn start() -> Broker {
        Broker::start_with(&[])
    }

    /// Starts a broker with some settings of `server.properties` of one's own.
    ///
    /// # Panics
    /// It does not start; says what it printed.
    #[must_use]
    pub fn start_with(settings: &[(&str, &str)]) -> Broker {
        Broker::start_on(&free_ports(2), settings)
    }

    /// Starts a broker that has a second listener, on which clients say a name and a password
    /// (SASL/PLAIN, no TLS), and which lets these users do only what they were allowed by an access
    /// control list: at first nothing. On the first listener everybody may do everything.
    ///
    /// # Panics
    /// It does not start; says what it printed.
    #[must_use]
    pub fn start_secured(users: &[(&str, &str)]) -> Broker {
        let mut jaas =
            "org.apache.kafka.common.security.plain.PlainLoginModule required".to_owned();
        for (name, password) in users {
            let _ = write!(jaas, " user_{name}=\"{password}\"");
        }
        jaas.push(';');
        Broker::start_guarded(
            "SASL_PLAINTEXT",
            &[
                ("listener.name.secured.sasl.enabled.mechanisms", "PLAIN"),
                ("listener.name.secured.plain.sasl.jaas.config", &jaas),
                (
                    "authorizer.class.name",
                    "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                ),
                ("super.users", "User:ANONYMOUS"),
            ],
        )
    }

    /// Starts a broker that has a second listener, on which both sides show certificates (TLS).
    ///
    /// # Panics
    /// It does not start; says what it printed.
    #[must_use]
    pub fn start_with_certificates(certificates: &Certificates) -> Broker {
        let [store, authority] = [certificates.broker_store(), certificates.authority()];
        let [store, authority] = [&store, &authority].map(|path| path.display().to_string());
        let of_listener = |name: &str| format!("listener.name.secured.ssl.{name}");
        let settings = [
            ("keystore.type", "PEM"),
            ("keystore.location", &store),
            ("truststore.type", "PEM"),
            ("truststore.location", &authority),
            ("client.auth", "required"),
        ]
        .map(|(name, value)| (of_listener(name), value));
        let settings = settings.each_ref().map(|(name, value)| (&**name, *value));
        Broker::start_guarded("SSL", &settings)
    }

    /// Starts a broker with a second listener of this protocol.
    fn start_guarded(protocol: &str, settings: &[(&str, &str)]) -> Broker {
        let ports = free_ports(3);
        let (port, controller, secured) = (ports[0], ports[1], ports[2]);
        let advertised = format!("PLAINTEXT://127.0.0.1:{port},SECURED://127.0.0.1:{secured}");
        let listeners = format!("{advertised},CONTROLLER://127.0.0.1:{controller}");
        let protocols = format!("PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:{protocol}");
        let mut all = vec![
            ("listeners", &*listeners),
            ("advertised.listeners", &*advertised),
            ("listener.security.protocol.map", &*protocols),
        ];
        all.extend(settings);
        let mut broker = Broker::start_on(&[port, controller], &all);
        broker.secured = Some(secured);
        broker
    }

    /// The address of the listener that asks for a password or a certificate.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn secured_servers(&self) -> String {
        format!(
            "127.0.0.1:{}",
            self.secured.expect("it was started with one")
        )
    }

    /// Starts a broker on a port of one's own choice.
    ///
    /// # Panics
    /// It does not start; says what it printed.
    #[must_use]
    pub fn start_at(port: u16) -> Broker {
        Broker::start_on(&[port, free_ports(1)[0]], &[])
    }

    fn start_on(ports: &[u16], settings: &[(&str, &str)]) -> Broker {
        let folder = TempDir::with_prefix("ricochet-kafka-").expect("there is a place for it");
        let mut nodes = make_nodes(folder.path(), ports, settings, None);
        let mut node = nodes.pop().expect("one was asked for");
        node.launch();
        node.wait_until_ready();
        Broker {
            node,
            secured: None,
            _folder: folder,
        }
    }

    /// The broker that all tests of this program share, or `None`, with a line that says why, where
    /// there is no Kafka. It ends with the program.
    ///
    /// # Panics
    /// There is no Kafka although `RICOCHET_REQUIRE_KAFKA` is set, as `./dev test` does; or it does
    /// not start.
    pub fn shared() -> Option<&'static Broker> {
        static SHARED: OnceLock<Option<Broker>> = OnceLock::new();
        SHARED
            .get_or_init(|| Broker::is_possible().then(Broker::start))
            .as_ref()
    }

    /// Is there a Kafka to start? Says on standard error how to get one if not.
    ///
    /// # Panics
    /// There is none although `RICOCHET_REQUIRE_KAFKA` is set.
    #[must_use]
    pub fn is_possible() -> bool {
        match kafka_jars() {
            Ok(_) => true,
            Err(why) if std::env::var_os("RICOCHET_REQUIRE_KAFKA").is_some() => panic!("{why}"),
            Err(why) => {
                eprintln!("skipped: {why}");
                false
            }
        }
    }

    /// Its address, as `bootstrap.servers` wants it.
    #[must_use]
    pub fn bootstrap_servers(&self) -> String {
        format!("127.0.0.1:{}", self.node.port)
    }

    /// The number of its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.node.running().pid()
    }

    /// What it prints.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.node.log()
    }

    /// Ends it in an orderly way.
    pub fn stop(&mut self) {
        if let Some(process) = self.node.process.take() {
            process.stop(Duration::from_secs(20));
        }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.node.process = None;
    }

    /// Starts it again, on the same port and with its data, after [`Broker::stop`] or
    /// [`Broker::kill`], and waits until it answers.
    ///
    /// # Panics
    /// It does not start; says what it printed.
    pub fn restart(&mut self) {
        self.stop();
        self.node.launch();
        self.node.wait_until_ready();
    }

    /// Stops it from running, without it noticing: SIGSTOP.
    pub fn pause(&self) {
        self.node.running().signal(Signal::STOP);
    }

    /// Lets it run again.
    pub fn resume(&self) {
        self.node.running().signal(Signal::CONT);
    }
}

/// Three brokers: a replication factor of 3, of which 2 have to have a record.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Node>,
    _folder: TempDir,
}

impl Cluster {
    /// Starts three brokers and waits until they answer.
    ///
    /// # Panics
    /// One does not start; says what it printed.
    #[must_use]
    pub fn start() -> Cluster {
        Cluster::start_on(None)
    }

    /// As [`Cluster::start`]; the last of the three keeps its data in a folder of one's own.
    ///
    /// # Panics
    /// One does not start; says what it printed.
    #[must_use]
    pub fn start_in(data: &Path) -> Cluster {
        Cluster::start_on(Some(data))
    }

    fn start_on(data: Option<&Path>) -> Cluster {
        let folder = TempDir::with_prefix("ricochet-kafka-").expect("there is a place for it");
        let mut nodes = make_nodes(folder.path(), &free_ports(6), &[], data);
        nodes.iter_mut().for_each(Node::launch);
        nodes.iter_mut().for_each(Node::wait_until_ready);
        Cluster {
            nodes,
            _folder: folder,
        }
    }

    /// Has one of them ended by itself?
    pub fn has_ended(&mut self, place: usize) -> bool {
        let process = self.nodes[place].process.as_mut();
        process.is_none_or(Process::has_ended)
    }

    /// Their addresses, as `bootstrap.servers` wants them.
    #[must_use]
    pub fn bootstrap_servers(&self) -> String {
        let address = |node: &Node| format!("127.0.0.1:{}", node.port);
        self.nodes.iter().map(address).collect::<Vec<_>>().join(",")
    }

    /// `kill -9` of one broker, by its place from 0.
    pub fn kill(&mut self, place: usize) {
        self.nodes[place].process = None;
    }

    /// Starts one again, after ending it in an orderly way if it runs.
    ///
    /// # Panics
    /// It does not start; says what it printed.
    pub fn restart(&mut self, place: usize) {
        if let Some(process) = self.nodes[place].process.take() {
            process.stop(Duration::from_secs(20));
        }
        self.nodes[place].launch();
        self.nodes[place].wait_until_ready();
    }
}

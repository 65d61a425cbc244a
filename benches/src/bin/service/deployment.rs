//! The service as an operator runs it: a broker, a registry, a configuration and a process.

use crate::metrics::Metrics;
use crate::process;
use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testbed::{Broker, Registry};

/// Prefix of the topics.
pub const APPLICATION: &str = "bench";
/// The topic of all sources.
pub const SOURCE: &str = "bench-events";
/// Partitions of every topic.
pub const PARTITIONS: u32 = 4;
/// Stages: each has a task for every partition.
const STAGES: u32 = 4;

/// Whatever is waited for on this machine is there by then.
const WITHIN: Duration = Duration::from_secs(300);

/// Servers, topics and the configuration.
pub struct Deployment {
    /// The broker.
    pub broker: Broker,
    registry: Option<Registry>,
    folder: TempDir,
    ricochet: PathBuf,
    /// What the configuration begins with.
    config: String,
}

impl Deployment {
    /// Starts the servers and makes the topics.
    pub fn start(ricochet: &Path, config: String) -> Result<Deployment> {
        let broker = Broker::start();
        let registry = Registry::is_possible().then(Registry::start);
        let deployment = Deployment {
            broker,
            registry,
            folder: tempfile::tempdir()?,
            ricochet: ricochet.canonicalize().context("--ricochet")?,
            config,
        };
        let secret = format!("1:{}\n", "5a".repeat(32));
        std::fs::write(deployment.folder.path().join("secret"), secret)?;
        testbed::topics::create(&deployment.servers(), SOURCE, PARTITIONS, &[]);
        deployment.configure("a")?;
        let partitions = PARTITIONS.to_string();
        let words = ["topics", "--config", "a.toml", "init", "--partitions"];
        let output = Command::new(&deployment.ricochet)
            .args(words)
            .arg(partitions)
            .current_dir(deployment.folder.path())
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "topics init: {said}");
        Ok(deployment)
    }

    /// Where the broker listens.
    pub fn servers(&self) -> String {
        self.broker.bootstrap_servers()
    }

    /// What output records are.
    pub fn outputs(&self) -> &'static str {
        if self.registry.is_some() {
            "Avro"
        } else {
            "JSON"
        }
    }

    fn configure(&self, instance: &str) -> Result<()> {
        let registry = self.registry.as_ref().map_or_else(String::new, |registry| {
            format!("registry_url = \"{}\"\n", registry.url())
        });
        let text = format!(
            "{}\n[identity]\nsecret_file = \"secret\"\n\n[http]\nlisten = \"127.0.0.1:0\"\n\n\
             [kafka]\nbootstrap_servers = \"{}\"\napplication_id = \"{APPLICATION}\"\n\
             instance = \"{instance}\"\n{registry}[kafka.topics.\"{SOURCE}\"]\n\
             format = \"canonical-json\"\n",
            self.config,
            self.servers(),
        );
        let path = self.folder.path().join(format!("{instance}.toml"));
        Ok(std::fs::write(path, text)?)
    }

    /// Starts the service under a name and waits until it listens.
    pub fn run(&self, instance: &str) -> Result<Service> {
        self.configure(instance)?;
        let log = self.folder.path().join(format!("{instance}.log"));
        let began_at = Instant::now();
        let child = Command::new(&self.ricochet)
            .args(["run", "--config", &format!("{instance}.toml")])
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()?;
        let mut service = Service {
            child,
            address: String::new(),
            log,
            began_at,
        };
        service.wait("it does not listen", Duration::from_millis(5), |service| {
            let said = std::fs::read_to_string(&service.log).unwrap_or_default();
            let address = said.lines().find_map(|line| line.split_once("http://"));
            if let Some((_, address)) = address {
                service.address = address.trim().to_owned();
            }
            Ok(address.is_some())
        })?;
        Ok(service)
    }
}

/// A process of the service; killed when it is dropped.
pub struct Service {
    child: Child,
    address: String,
    log: PathBuf,
    /// When it was started.
    pub began_at: Instant,
}

impl Service {
    /// The number of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its metrics.
    pub fn metrics(&self) -> Result<Metrics> {
        Metrics::of(&self.address)
    }

    /// Waits for something, asking again after each `pause`.
    pub fn wait(
        &mut self,
        why: &str,
        pause: Duration,
        mut is_so: impl FnMut(&mut Service) -> Result<bool>,
    ) -> Result<()> {
        let asked_at = Instant::now();
        while !is_so(self)? {
            if asked_at.elapsed() > WITHIN || self.child.try_wait()?.is_some() {
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                bail!("{why}; its log:\n{log}");
            }
            std::thread::sleep(pause);
        }
        Ok(())
    }

    /// Waits until all tasks run; returns the time since it was started, and its processor time.
    pub fn wait_for_tasks(&mut self) -> Result<(Duration, Duration)> {
        self.wait("not all tasks run", Duration::from_millis(50), |service| {
            let metrics = service.metrics()?;
            let running = metrics.sum_where("ricochet_tasks", "phase", "running");
            Ok(running >= f64::from(STAGES * PARTITIONS))
        })?;
        Ok((self.began_at.elapsed(), process::cpu(self.pid())))
    }

    /// Waits until it has read so many records of the source and nothing waits before any stage.
    pub fn wait_for_lag(&mut self, records: u64) -> Result<()> {
        let mut quiet = 0;
        self.wait("it lags", Duration::from_millis(250), |service| {
            let metrics = service.metrics()?;
            let read = metrics.sum("ricochet_records_read_total");
            let is_quiet = read >= records as f64 && metrics.sum("ricochet_lag_records") == 0.0;
            // What a stage has just sent is not yet in the next stage's figures, which are taken
            // twice a second.
            quiet = if is_quiet { quiet + 1 } else { 0 };
            Ok(quiet >= 4)
        })
    }

    /// Asks it to end, and waits.
    pub fn stop(mut self) -> Result<()> {
        let pid = Pid::from_raw(self.child.id().cast_signed()).context("a child has a number")?;
        kill_process(pid, Signal::TERM)?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

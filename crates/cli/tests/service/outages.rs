//! What the service rests on goes away and comes back: brokers, the registry, the disk. What stands
//! in the topics in the end is what a replay says; what cannot be mended is told, and nothing wrong is.

use crate::avro::Avro;
use crate::deployment::{Deployment, Process, head};
use crate::figures::sum;
use crate::settles::{UNTIL, events};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use testbed::{Broker, Cluster, Registry, topics};

/// Waits until a process says of its health what is looked for; returns all that it says.
fn says(process: &Process, looked_for: &str) -> String {
    let asked_at = Instant::now();
    loop {
        let (_, said) = process.get("/health/ready");
        if said.contains(looked_for) {
            return said;
        }
        assert!(
            asked_at.elapsed() < Duration::from_secs(300),
            "no `{looked_for}` in {said}"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Time comes to its end, and the topics are compared with a replay.
fn settle(deployment: &Deployment, mut events: Vec<String>) {
    let ends = deployment.end_time(&events, UNTIL);
    events.extend(ends);
    deployment.expect(&deployment.replayed(&events, UNTIL));
}

#[test]
fn one_broker_of_three_is_killed_and_then_another() {
    if !Broker::is_possible() {
        return;
    }
    let mut cluster = Cluster::start();
    let deployment = Deployment::on(&cluster.bootstrap_servers(), "three", &head(""), None);
    let events = events(31);
    let processes = [deployment.start("a", "all"), deployment.start("b", "all")];
    let parts: Vec<&[String]> = events.chunks(events.len().div_ceil(5)).collect();
    deployment.send(parts[0]);
    cluster.kill(0);
    deployment.send(parts[1]);
    std::thread::sleep(Duration::from_secs(3));
    cluster.restart(0);
    deployment.send(parts[2]);
    cluster.kill(2);
    deployment.send(parts[3]);
    std::thread::sleep(Duration::from_secs(3));
    deployment.send(parts[4]);
    cluster.restart(2);
    settle(&deployment, events);
    for process in processes {
        assert_eq!(process.stop(), Some(0));
    }
}

#[test]
fn the_registry_is_away_while_schemas_are_needed() {
    if !Registry::is_possible() {
        return;
    }
    let Some(broker) = Broker::shared() else {
        return;
    };
    let mut registry = Registry::start();
    let avro = Avro::new(&registry.url());
    let deployment = Deployment::on(&broker.bootstrap_servers(), "away", &head(""), Some(avro));
    let events = events(32);
    let of_web = |event: &&String| event.contains("\"channel\":\"web\"");
    let (web, rest): (Vec<_>, Vec<_>) = events.iter().partition(of_web);
    let [web, rest] = [web, rest].map(|list| list.into_iter().cloned().collect::<Vec<_>>());
    let first = deployment.start("a", "all");
    deployment.send(&web[..web.len() / 2]);
    says(&first, "\"ready\":true");
    registry.kill();
    // Known schemas go on; those of the other channels were never asked for.
    deployment.send(&web[web.len() / 2..]);
    deployment.send(&rest);
    says(&first, "schema registry: ");
    // One that starts meanwhile waits, and says for what.
    let second = deployment.start("b", "all");
    says(&second, "waiting: ");
    registry.restart();
    settle(&deployment, events);
    says(&first, "\"ready\":true");
    says(&second, "\"ready\":true");
    for process in [first, second] {
        assert_eq!(process.stop(), Some(0));
    }
}

/// A small file system in memory, where we may make one.
struct Disk(PathBuf);

impl Disk {
    fn mount(folder: &Path, megabytes: u32) -> Option<Disk> {
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder)
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Disk(folder.to_owned())),
            _ => {
                eprintln!("skipped: only root can make a disk that is small");
                None
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn the_disk_of_one_broker_of_three_is_full() {
    if !Broker::is_possible() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(folder.path(), 400) else {
        return;
    };
    // Of one broker alone nobody could ask for more than that it comes back: what it was writing when
    // it gave up is in no other's keeping.
    let mut cluster = Cluster::start_in(&disk.0.join("data"));
    let full = 2;
    let deployment = Deployment::on(&cluster.bootstrap_servers(), "full", &head(""), None);
    let events = events(33);
    let process = deployment.start("a", "all");
    let parts: Vec<&[String]> = events.chunks(events.len().div_ceil(3)).collect();
    deployment.send(parts[0]);
    // Something else fills the disk while the service writes: the broker gives up.
    let filler = disk.0.join("filler");
    let _ = std::fs::write(&filler, vec![1_u8; 400 << 20]);
    let filled_at = Instant::now();
    while !cluster.has_ended(full) {
        assert!(
            filled_at.elapsed() < Duration::from_secs(180),
            "the broker goes on"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    deployment.send(parts[1]);
    std::fs::remove_file(&filler).unwrap();
    cluster.restart(full);
    deployment.send(parts[2]);
    settle(&deployment, events);
    says(&process, "\"ready\":true");
    assert_eq!(process.stop(), Some(0));
}

#[test]
fn the_brokers_forget_the_offsets_of_a_service_that_was_away() {
    if !Broker::is_possible() {
        return;
    }
    let broker = Broker::start_with(&[
        ("offsets.retention.minutes", "1"),
        ("offsets.retention.check.interval.ms", "2000"),
    ]);
    let servers = broker.bootstrap_servers();
    let deployment = Deployment::on(&servers, "forgotten", &head(""), None);
    let events = events(36);
    let half = events.len() / 2;
    let process = deployment.start("a", "all");
    deployment.send(&events[..half]);
    says(&process, "\"ready\":true");
    // A task that has read nothing yet has kept nothing by which to go on.
    let asked_at = Instant::now();
    loop {
        let (_, metrics) = process.get("/metrics");
        let lag = sum(&metrics, "ricochet_lag_records", &[]);
        let read = sum(&metrics, "ricochet_records_read_total", &[]);
        if read == half as f64 && lag == 0.0 && !deployment.rows("contacts").is_empty() {
            break;
        }
        assert!(asked_at.elapsed() < Duration::from_secs(300), "{metrics}");
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(process.stop(), Some(0));
    let asked_at = Instant::now();
    loop {
        let (code, said) = deployment.run(&["topics", "--config", "a.toml", "verify"]);
        assert_eq!(code, Some(0), "{said}");
        let forgotten = ["door", "contacts", "handles", "customers"]
            .map(|stage| format!("warning: group forgotten.{stage}: "));
        if forgotten.iter().all(|group| said.contains(group)) {
            break;
        }
        assert!(asked_at.elapsed() < Duration::from_secs(240), "{said}");
        std::thread::sleep(Duration::from_secs(2));
    }
    deployment.send(&events[half..]);
    let process = deployment.start("a", "all");
    settle(&deployment, events);
    says(&process, "\"ready\":true");
    let (code, said) = deployment.run(&["topics", "--config", "a.toml", "verify"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("no offset"), "committed again: {said}");
    assert_eq!(process.stop(), Some(0));
}

#[test]
fn a_topic_of_ours_is_deleted() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let servers = broker.bootstrap_servers();
    let deployment = Deployment::on(&servers, "deleted", &head(""), None);
    let events = events(34);
    let process = deployment.start("a", "all");
    deployment.send(&events[..events.len() / 2]);
    says(&process, "\"ready\":true");
    topics::delete(&servers, "deleted.by_customer");
    deployment.send(&events[events.len() / 2..]);
    // Who writes to it and who reads it say so, and go on saying so.
    for stage in ["contacts", "customers"] {
        let why = "waiting: error: deleted.by_customer: found no such topic";
        says(&process, &format!("\"{stage}\":\"{why}"));
    }
    assert_eq!(process.stop(), Some(0));
    // Made anew it is another topic: what stood in it is lost, and nobody goes on as if it were not.
    let asked_at = Instant::now();
    loop {
        let (code, said) =
            deployment.run(&["topics", "--config", "a.toml", "init", "--partitions", "4"]);
        if code == Some(0) {
            break;
        }
        // Members that have just ended count as members until their sessions are over.
        assert!(said.contains("the group has members"), "{said}");
        assert!(asked_at.elapsed() < Duration::from_secs(180), "{said}");
        std::thread::sleep(Duration::from_secs(1));
    }
    let process = deployment.start("a", "customers");
    says(&process, "it was cut off or made anew");
    assert_eq!(process.stop(), Some(0));
}

#[test]
fn topics_of_ours_have_other_partitions() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let servers = broker.bootstrap_servers();
    for (topic, told) in [
        (
            "by_contact",
            "changelog.contacts: partitions: found 4, expected 5",
        ),
        ("verdicts", "verdicts: partitions: found 5, expected 4"),
    ] {
        let id = format!("grown-{topic}").replace('_', "-");
        let deployment = Deployment::on(&servers, &id, &head(""), None);
        let events = events(35);
        let process = deployment.start("a", "all");
        deployment.send(&events[..events.len() / 2]);
        says(&process, "\"ready\":true");
        topics::grow(&servers, &format!("{id}.{topic}"), 5);
        // Keys go on to the partitions that they had.
        deployment.send(&events[events.len() / 2..]);
        settle(&deployment, events);
        assert_eq!(process.stop(), Some(0));
        let process = deployment.start("a", "all");
        says(&process, &format!("waiting: error: {id}.{told}"));
        assert_eq!(process.stop(), Some(0));
    }
}

//! What the system says of a process: processor time by thread, and memory.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// Ticks of processor time a second, in `/proc` of every Linux.
const TICKS_PER_S: u64 = 100;

fn ticks(stat: &str) -> u64 {
    // The name stands in brackets and may hold blanks: what follows it has fixed places.
    let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
    let fields: Vec<&str> = behind.split_whitespace().collect();
    let field = |place: usize| fields.get(place).and_then(|text| text.parse::<u64>().ok());
    field(11).unwrap_or(0) + field(12).unwrap_or(0)
}

fn of_ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1_000 / TICKS_PER_S)
}

/// Processor time of a process since its start, threads that have ended included; zero if there is
/// none.
pub fn cpu(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    of_ticks(ticks(&stat))
}

/// Processor time by the name of the thread; those that librdkafka starts are named for what they
/// do, their numbers are left out.
pub fn cpu_by_thread(pid: u32) -> BTreeMap<String, Duration> {
    let mut found: BTreeMap<String, Duration> = BTreeMap::new();
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return found;
    };
    for thread in threads.filter_map(Result::ok) {
        // A thread may end meanwhile.
        let Ok(name) = fs::read_to_string(thread.path().join("comm")) else {
            continue;
        };
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        let name = name
            .trim()
            .trim_end_matches(|end: char| end.is_ascii_digit());
        *found.entry(name.to_owned()).or_default() += of_ticks(ticks(&stat));
    }
    found
}

/// The most memory that a process has had, in MiB.
pub fn memory_max_mib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    kib.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

//! What a process takes from the machine, as Linux counts it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::desktop::Process;

/// How the system counts processor time: a hundred to the second, on every Linux of today.
const TICKS_PER_SECOND: u64 = 100;

/// What the processes of one name cost together.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Cost {
    /// Memory that nobody else uses, in bytes: what would be free without them.
    pub(crate) memory: u64,
    /// Processor time so far.
    pub(crate) processor: Duration,
}

/// The costs by name, without the buses that belong to a desktop and not to us.
pub(crate) fn by_name(processes: &[Process]) -> BTreeMap<String, Cost> {
    let mut costs: BTreeMap<String, Cost> = BTreeMap::new();
    for process in processes {
        let name = process.name();
        if name.starts_with("dbus-") || name.starts_with("at-spi") {
            continue;
        }
        let cost = costs.entry(name).or_default();
        cost.memory += private_memory(process);
        cost.processor += processor_time(process);
    }
    costs
}

fn private_memory(process: &Process) -> u64 {
    let account = process.read("smaps_rollup");
    let private = account.lines().filter(|line| line.starts_with("Private_"));
    let kibibytes = private.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kibibytes.sum::<u64>() * 1024
}

fn processor_time(process: &Process) -> Duration {
    let account = process.read("stat");
    // The name is in brackets and may have spaces in it, so the fields are counted from behind it.
    let fields = account.rsplit_once(") ").map(|(_, fields)| fields).unwrap_or_default();
    let ticks = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * 1000 / TICKS_PER_SECOND)
}

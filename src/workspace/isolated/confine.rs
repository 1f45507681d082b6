//! What a process gives up before it opens a stranger's repository.

use std::io;

use crate::facts::limits::Limits;

/// The limits that this process was started with. It returns to them between repositories, and never exceeds them.
#[derive(Debug)]
pub(super) struct Confined {
    #[cfg(unix)]
    memory: rustix::process::Rlimit,
    #[cfg(unix)]
    cpu: rustix::process::Rlimit,
    /// Its memory before it read anything, in bytes.
    empty: u64,
}

/// A process whose memory grew by more than this must not read on: one repository's leftovers must not count against the next. As
/// a fraction of its limit.
const LEFT_BEHIND: u64 = 16;

/// The resource on which the memory limit is set. Packs are mapped, so an address space (`RLIMIT_AS`) large enough for them, and
/// for what allocators reserve per thread, limits nothing; written memory (`RLIMIT_DATA`) is counted only on Linux.
#[cfg(target_os = "linux")]
const MEMORY: rustix::process::Resource = rustix::process::Resource::Data;
#[cfg(all(unix, not(target_os = "linux")))]
const MEMORY: rustix::process::Resource = rustix::process::Resource::As;

impl Confined {
    /// From now on, this process writes no files, and ends with its parent.
    #[cfg(unix)]
    pub(super) fn new() -> io::Result<Self> {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        // Repositories that libgit2 cannot open are copied to a temporary directory: for that time the soft limit is lifted, not
        // the hard one.
        let files = Rlimit {
            current: Some(0),
            maximum: getrlimit(Resource::Fsize).maximum,
        };
        setrlimit(Resource::Fsize, files)?;
        let nothing = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        setrlimit(Resource::Core, nothing)?;
        #[cfg(target_os = "linux")]
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        Ok(Self {
            memory: getrlimit(MEMORY),
            cpu: getrlimit(Resource::Cpu),
            empty: held().unwrap_or(0),
        })
    }

    /// Other systems only have the clock.
    #[cfg(not(unix))]
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            empty: held().unwrap_or(0),
        })
    }

    /// Sets the limits for the next repository. The parent watches the clock.
    #[cfg(unix)]
    pub(super) fn begin(&self, limits: &Limits) -> io::Result<()> {
        use rustix::process::Resource;
        let set = restrict(MEMORY, self.memory, limits.memory);
        // macOS does not support this limit and rejects it; the clock remains.
        if cfg!(target_os = "linux") {
            set?;
        }
        // The system counts from the start of the process, in whole seconds.
        let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let used = used.tv_sec as f64 + used.tv_nsec as f64 / 1e9;
        let until = limits
            .cpu
            .map(|cpu| (used + cpu.as_secs_f64()).ceil().max(1.0) as u64);
        restrict(Resource::Cpu, self.cpu, until)
    }

    /// Nothing can be set.
    #[cfg(not(unix))]
    pub(super) fn begin(&self, _: &Limits) -> io::Result<()> {
        Ok(())
    }

    /// Whether more memory is left in use than the next repository should start with.
    pub(super) fn is_spent(&self, limits: &Limits) -> bool {
        let left = held().map(|held| held.saturating_sub(self.empty));
        left.zip(limits.memory)
            .is_some_and(|(left, most)| left > most / LEFT_BEHIND)
    }
}

/// Sets a limit, but no higher than the inherited one. Only the soft limit moves: a hard one cannot be raised again.
#[cfg(unix)]
fn restrict(
    resource: rustix::process::Resource,
    given: rustix::process::Rlimit,
    most: Option<u64>,
) -> io::Result<()> {
    let current = match (given.current, most) {
        (Some(given), Some(most)) => Some(given.min(most)),
        (given, most) => given.or(most),
    };
    let limit = rustix::process::Rlimit {
        current,
        maximum: given.maximum,
    };
    rustix::process::setrlimit(resource, limit).map_err(io::Error::from)
}

/// The memory that this process writes to, in bytes; `None` if unknown.
#[cfg(target_os = "linux")]
fn held() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let data: u64 = pages.split(' ').nth(5)?.parse().ok()?;
    Some(data * rustix::param::page_size() as u64)
}

#[cfg(not(target_os = "linux"))]
fn held() -> Option<u64> {
    None
}

//! How much reading one repository may take: beyond it the repository is given up, not the scan.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How much one repository may take; `None` means no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    /// From beginning to end, wall time.
    pub time: Option<Duration>,
    /// Memory that is written to, in bytes. Mapped packs are not included.
    pub memory: Option<u64>,
    /// Time of all processors together.
    pub cpu: Option<Duration>,
}

/// The limits that the user set, each for repositories of every size; `None` if it depends on the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChosenLimits {
    /// From beginning to end, wall time.
    pub time: Option<Option<Duration>>,
    /// Memory that is written to, in bytes.
    pub memory: Option<Option<u64>>,
    /// Time of all processors together.
    pub cpu: Option<Option<Duration>>,
}

/// What the smallest repository may take of wall time: other programs and a slow disk also count.
const LEAST_TIME: Duration = Duration::from_secs(60);
/// What the smallest repository may take of processor time.
const LEAST_CPU: Duration = Duration::from_secs(30);
/// … and of memory.
const LEAST_MEMORY: u64 = 2 << 30;
/// This much more of either per MiB, a hundred times what healthy repositories take.
const PER_MIB: Duration = Duration::from_secs(5);

impl ChosenLimits {
    /// The limits of a repository with this many bytes of packs and objects: reading time grows with size, so a large
    /// history has its time, and a small one that does not finish is given up soon.
    pub fn for_size(&self, bytes: u64) -> Limits {
        let mib = u32::try_from(bytes >> 20).unwrap_or(u32::MAX);
        let more = PER_MIB.saturating_mul(mib);
        Limits {
            time: self.time.unwrap_or(Some(LEAST_TIME.saturating_add(more))),
            memory: self.memory.unwrap_or(Some(LEAST_MEMORY.saturating_add(bytes))),
            cpu: self.cpu.unwrap_or(Some(LEAST_CPU.saturating_add(more))),
        }
    }
}

/// Why a repository was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exceeded {
    /// Wall time.
    Time(Duration),
    /// Memory, in bytes.
    Memory(u64),
    /// Processor time.
    Cpu(Duration),
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(most) => write!(
                f,
                "took longer than {} s (`leverage.limits.time`)",
                most.as_secs_f64()
            ),
            Self::Memory(most) => {
                write!(
                    f,
                    "took more than {} MiB of memory (`leverage.limits.memory`)",
                    most >> 20
                )
            }
            Self::Cpu(most) => write!(
                f,
                "took more than {} s of processor time (`leverage.limits.cpu`)",
                most.as_secs_f64()
            ),
        }
    }
}

/// `90`, `0.5`, `90s`, `2m` or `1h` as a time, `none` as no limit; `None` for anything else.
pub fn time(text: &str) -> Option<Option<Duration>> {
    if text.eq_ignore_ascii_case("none") {
        return Some(None);
    }
    let (number, seconds) = match text.as_bytes().last()? {
        b's' => (&text[..text.len() - 1], 1.0),
        b'm' => (&text[..text.len() - 1], 60.0),
        b'h' => (&text[..text.len() - 1], 3600.0),
        _ => (text, 1.0),
    };
    let number: f64 = number.trim_end().parse().ok()?;
    let seconds = number * seconds;
    (seconds > 0.0 && seconds <= 1e9).then(|| Some(Duration::from_secs_f64(seconds)))
}

/// Bytes with git's `k`, `m` and `g`, `none` as no limit; `None` for anything else.
pub fn memory(text: &str) -> Option<Option<u64>> {
    if text.eq_ignore_ascii_case("none") {
        return Some(None);
    }
    let (number, shift) = match text.as_bytes().last()?.to_ascii_lowercase() {
        b'k' => (&text[..text.len() - 1], 10),
        b'm' => (&text[..text.len() - 1], 20),
        b'g' => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let number: u64 = number.trim_end().parse().ok()?;
    let bytes = number.checked_mul(1 << shift)?;
    (bytes > 0).then_some(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_read_as_git_and_people_write_them() {
        let seconds = |text| time(text).map(|time| time.map(|time| time.as_secs_f64()));
        for (text, expected) in [
            ("90", Some(Some(90.0))),
            ("0.25", Some(Some(0.25))),
            ("90s", Some(Some(90.0))),
            ("2m", Some(Some(120.0))),
            ("1.5 h", Some(Some(5400.0))),
            ("none", Some(None)),
            ("", None),
            ("s", None),
            ("0", None),
            ("-1", None),
            ("nan", None),
            ("inf", None),
            ("1e300", None),
            ("2 days", None),
            ("é", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
        for (text, expected) in [
            ("2g", Some(Some(2 << 30))),
            ("512M", Some(Some(512 << 20))),
            ("64 k", Some(Some(64 << 10))),
            ("1000000", Some(Some(1_000_000))),
            ("None", Some(None)),
            ("0", None),
            ("1.5g", None),
            ("99999999999g", None),
            ("g", None),
        ] {
            assert_eq!(memory(text), expected, "{text}");
        }
    }
}

//! The capture that a hook starts: it stays until everything has rested.

use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::capture::{capture, spools};
use super::place::Where;
use super::swept::Swept;
use crate::cli::context::Context;
use crate::spool::pending::{Contents, RESTS};
use crate::spool::{Pending, Spool};

/// How long a capture after a hook waits for another one to end.
const PATIENCE: Duration = Duration::from_secs(600);
/// The `nice` value of a capture that runs in the background.
#[cfg(unix)]
const POLITE: i32 = 10;
/// How long it waits first, so that hooks called at the same time have all stored their events.
const SETTLING: Duration = Duration::from_millis(300);
/// A log is quiet when it has not changed for this long.
const QUIET: Duration = Duration::from_secs(2);
/// The maximum time to wait for a log.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// How long it tries to become the waiting process: whoever checks for one holds the lock for a moment.
const TURN: Duration = Duration::from_millis(100);
/// After this time, a capture after a hook leaves new events to another process.
const LONGEST_STAY: Duration = Duration::from_secs(600);
/// Nothing that is waited for needs longer to rest, unless the clock was ahead.
const LONGEST_REST: Duration = Duration::from_secs(35);
/// How often the spool is checked for new events.
const BETWEEN_SIZES: Duration = Duration::from_secs(1);
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// The capture that a hook starts. It captures as soon as logs are quiet, and then sleeps until everything it knows of has
/// rested, so that what agents write after their last event is captured automatically. One such process sleeps and takes over new
/// events; one more may work. While it sleeps, others can capture.
pub fn after_hook(context: &mut Context) -> Swept {
    // The agent and the person waiting for it have priority.
    #[cfg(unix)]
    let _ = rustix::process::setpriority_process(None, POLITE);
    let mut swept = Swept::default();
    for spool in spools(context) {
        capture_to_the_end(context, &spool, &mut swept);
    }
    swept
}

/// Captures the contents of a spool until everything in it has rested.
fn capture_to_the_end(context: &mut Context, spool: &Spool, swept: &mut Swept) {
    let began = Instant::now();
    let Some(turn) = spool.turn(TURN) else { return };
    let is_alone = turn.is_locked();
    thread::sleep(SETTLING);
    let mut turn = Some(turn);
    loop {
        context.environment.look_at_clock();
        let contents = spool.contents(context.environment.now);
        wait_until_quiet(&contents.pending, context.environment.now);
        let Some(held) = spool.sweep(PATIENCE) else { return };
        // From now on, each new caller starts its own process; everything that came before is in the spool.
        drop(turn.take());
        context.environment.look_at_clock();
        let now = context.environment.now;
        if spool.contents(now).newest().is_none() {
            return;
        }
        let settled = capture(context, spool, Where::Everywhere, swept);
        let is_noted = spool.settle(&held, &settled, now).is_ok();
        drop(held);
        // Without locks, each of many hooks would leave a process; with a fixed clock, nothing ever rests.
        let may_stay = is_noted && is_alone && !context.environment.is_clock_fixed();
        let Some(rest) = rest_of(&spool.contents(now), now).filter(|_| may_stay) else {
            return;
        };
        if began.elapsed() < LONGEST_STAY {
            turn = spool.turn(TURN);
            // Another process already stays for the same events.
            if turn.is_none() {
                return;
            }
            sleep(spool, rest.first);
        } else if began.elapsed() < LONGEST_STAY + LONGEST_REST {
            // Other processes have come or will come; this is the last round.
            thread::sleep(rest.last);
        } else {
            return;
        }
    }
}

/// How long it takes until what a capture left has rested: the first of it, and all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rest {
    first: Duration,
    last: Duration,
}

/// The same for the contents of a spool after a capture that began then; `None` if waiting does not help.
fn rest_of(contents: &Contents, began: DateTime<Utc>) -> Option<Rest> {
    let sessions = contents.pending.iter().map(|pending| pending.last);
    let commits = contents.committed.iter().map(|committed| committed.last);
    let left = sessions
        .chain(commits)
        .filter_map(|last| (RESTS - (began - last)).to_std().ok());
    // Do not wait for times from a clock that was ahead.
    let left: Vec<Duration> = left
        .filter(|left| !left.is_zero() && *left <= LONGEST_REST)
        .collect();
    Some(Rest {
        first: *left.iter().min()?,
        last: *left.iter().max()?,
    })
}

/// Sleeps for this long, or until a hook stores something new.
fn sleep(spool: &Spool, time: Duration) {
    let (start, size) = (Instant::now(), spool.size());
    while start.elapsed() < time && spool.size() == size {
        thread::sleep(BETWEEN_SIZES.min(time.saturating_sub(start.elapsed())));
    }
}

/// Waits until nothing writes to the logs of sessions that had an event just now.
fn wait_until_quiet(pending: &[Pending], now: DateTime<Utc>) {
    let recent = pending.iter().filter(|pending| !pending.rests(now));
    let logs: Vec<Option<&str>> = recent.map(|pending| pending.log.as_deref()).collect();
    if logs.is_empty() {
        return;
    }
    let size = |log: &Option<&str>| std::fs::metadata((*log)?).map(|data| data.len()).ok();
    let sizes = || logs.iter().map(size).collect::<Vec<Option<u64>>>();
    let (start, mut before, mut since) = (Instant::now(), sizes(), Instant::now());
    while since.elapsed() < QUIET && start.elapsed() < LONGEST_WAIT {
        thread::sleep(BETWEEN_LOOKS);
        let now = sizes();
        if now != before {
            before = now;
            since = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::spool::pending::Committed;

    fn committed(at: DateTime<Utc>) -> Committed {
        Committed {
            folder: "/w/kiln".to_owned(),
            first: at,
            last: at,
        }
    }

    #[test]
    fn what_had_an_event_lately_is_waited_for() {
        let began = DateTime::from_timestamp(1_775_822_400, 0).unwrap();
        let rest = |ago: &[i64]| {
            let at = |seconds: &i64| committed(began - TimeDelta::seconds(*seconds));
            let contents = Contents {
                committed: ago.iter().map(at).collect(),
                ..Contents::default()
            };
            rest_of(&contents, began).map(|rest| (rest.first.as_secs(), rest.last.as_secs()))
        };
        assert_eq!(rest(&[]), None);
        assert_eq!(
            rest(&[30, 31, 4000]),
            None,
            "it was tried, and time alone helps nothing"
        );
        assert_eq!(rest(&[29, 4, 0, 70]), Some((1, 30)));
        assert_eq!(rest(&[-2, 10]), Some((20, 32)), "it came while captured");
        assert_eq!(rest(&[-3600]), None, "a clock that was ahead");
    }
}

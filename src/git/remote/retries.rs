//! How often a sync that others interfere with is retried, and with which pauses.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use super::error::Chance;

/// How long a push that others keep overtaking is retried.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often a push is retried that is refused while the remote does not change. A process that holds a ref moves it at once.
const MOST_UNCLEAR: u32 = 6;
/// The maximum pause between two attempts in milliseconds.
const LONGEST_PAUSE: u64 = 2000;

/// The attempts so far.
#[derive(Debug, Default)]
pub struct Retries {
    attempts: u32,
    unclear: u32,
}

impl Retries {
    /// How long to wait before the next attempt; `None` to give up. `elapsed` is the time since the first attempt, `has_moved`
    /// whether the remote changed since the last one, and `random` any number.
    ///
    /// The pauses grow by random amounts, so that processes that collided do not collide again.
    pub fn next(
        &mut self,
        chance: Chance,
        has_moved: bool,
        elapsed: Duration,
        random: u64,
    ) -> Option<Duration> {
        self.unclear = match chance {
            Chance::None => return None,
            Chance::Unclear if !has_moved => self.unclear + 1,
            Chance::Unclear | Chance::Overtaken => 0,
        };
        if elapsed > PATIENCE || self.unclear >= MOST_UNCLEAR {
            return None;
        }
        let longest = LONGEST_PAUSE.min(25 << self.attempts.min(10));
        self.attempts += 1;
        Some(Duration::from_millis(5 + random % longest))
    }

    /// Whether only one attempt was made so far.
    pub fn is_first(&self) -> bool {
        self.attempts == 1
    }
}

/// An unpredictable number.
pub fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn who_is_overtaken_tries_for_a_minute_and_a_half() {
        let mut retries = Retries::default();
        let mut elapsed = Duration::ZERO;
        let mut pauses = Vec::new();
        while let Some(pause) = retries.next(Chance::Overtaken, true, elapsed, u64::MAX) {
            pauses.push(pause);
            elapsed += pause + SECOND;
        }
        assert!(
            elapsed > PATIENCE && elapsed < PATIENCE + 4 * SECOND,
            "{elapsed:?}"
        );
        assert!(
            pauses
                .iter()
                .all(|pause| *pause <= Duration::from_millis(LONGEST_PAUSE + 5))
        );
        assert!(pauses[0] < Duration::from_millis(31), "{pauses:?}");
    }

    #[test]
    fn who_is_refused_while_nothing_moves_gives_up_soon() {
        let mut retries = Retries::default();
        let mut waited = Duration::ZERO;
        while let Some(pause) = retries.next(Chance::Unclear, false, waited, u64::MAX) {
            waited += pause;
        }
        assert!(waited < 2 * SECOND, "{waited:?}");
        assert_eq!(
            Retries::default().next(Chance::None, true, Duration::ZERO, 0),
            None
        );
    }

    #[test]
    fn a_remote_that_moves_is_worth_another_attempt() {
        let mut retries = Retries::default();
        for _ in 0..50 {
            assert!(retries.next(Chance::Unclear, true, SECOND, 7).is_some());
        }
        assert!(!retries.is_first());
    }
}

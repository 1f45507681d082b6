//! Dates in git's own words (`2 weeks ago`, `last monday`, `noon yesterday`): git itself interprets them.

use std::io;
use std::path::Path;

use super::process;

/// Seconds since the epoch for what `words` mean to git at `now`, in the zone that `tz` names for the C library (`None` for the
/// zone of the process). An error means that git does not understand the date.
///
/// Git needs no repository for this and reads none of its config, so the answer depends only on the arguments.
pub fn parse(words: &str, now: i64, tz: Option<&str>) -> io::Result<i64> {
    let mut git = process::hardened(Path::new("."));
    git.env("GIT_TEST_DATE_NOW", now.to_string())
        .env("GIT_DIR", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .args(["config", "--get", "--type=expiry-date"])
        .arg(format!("--default={words}"))
        .arg("leverage.none");
    if let Some(tz) = tz {
        git.env("TZ", tz);
    }
    let answer = process::output(&mut git)?;
    String::from_utf8_lossy(&answer)
        .trim()
        .parse()
        .map_err(|_| io::Error::other("git does not understand this date"))
}

/// What `--since` with these words means to git at `now`, in UTC, for comparison in tests.
#[cfg(any(test, feature = "testing"))]
pub fn since(words: &str, now: i64) -> i64 {
    let output = std::process::Command::new("git")
        .args(["rev-parse", &format!("--since={words}")])
        .env("GIT_TEST_DATE_NOW", now.to_string())
        .env("TZ", "UTC")
        .output()
        .expect("git starts");
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    let seconds = answer.trim().trim_start_matches("--max-age=");
    seconds.parse().expect("git answers with seconds")
}

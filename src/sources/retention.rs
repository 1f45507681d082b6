//! How long agents retain their logs, by their own settings.
//!
//! Claude Code deletes what is older than `cleanupPeriodDays`, Gemini CLI what `general.sessionRetention` specifies,
//! both when they start, and both for all projects by the settings of the one that they start in. Codex and Qwen Code
//! delete none. For the other agents it is unknown. Settings that an organization manages are not read.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::agents::collect::Request;
use super::agents::{READERS, json};
use crate::facts::agents;
use crate::facts::retention::Keeps;
use crate::facts::span::{Millis, Seconds};
use crate::git::files;

/// The largest settings file that is read.
const MOST: u64 = 4 << 20;
/// The defaults of Claude Code and Gemini CLI.
const USUAL_DAYS: u32 = 30;

/// How long an agent retains logs, and the source of that.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retention {
    /// How long.
    pub keeps: Keeps,
    /// The file that sets it; `None` for the agent's own default.
    pub set_in: Option<PathBuf>,
}

/// How long the logs of an agent are retained, by its name: by the settings of the user, and by those of `project` if
/// these make it shorter. An agent that starts in another project uses only the user's.
pub fn retention(agent: &str, request: &Request, project: Option<&Path>) -> Retention {
    let look: fn(&Value) -> Option<Keeps> = match agent {
        _ if agent == agents::CLAUDE_CODE.name => claude_code,
        _ if agent == agents::GEMINI_CLI.name => gemini_cli,
        _ if agent == agents::CODEX.name || agent == agents::QWEN.name => return always(),
        _ => return Retention::default(),
    };
    let own = request.folders.get(agent).cloned();
    let reader = READERS.iter().find(|reader| reader.name() == agent);
    let roots = own.or_else(|| Some(reader?.roots(&request.machine)));
    let roots = roots.unwrap_or_default().into_iter();
    let usual = Retention {
        keeps: Keeps::days(USUAL_DAYS),
        set_in: None,
    };
    let user = shortest(roots.map(|root| root.join("settings.json")), look).unwrap_or(usual);
    let folder = if agent == agents::GEMINI_CLI.name {
        ".gemini"
    } else {
        ".claude"
    };
    // Personal settings replace shared ones.
    let names = ["settings.local.json", "settings.json"];
    let mut files = project.into_iter().flat_map(|project| {
        let folder = project.join(folder);
        names.map(|name| folder.join(name))
    });
    match files.find_map(|file| set_in(file, look)) {
        Some(project) if project.keeps.shorter(user.keeps) != user.keeps => project,
        _ => user,
    }
}

fn always() -> Retention {
    Retention {
        keeps: Keeps::Always,
        set_in: None,
    }
}

fn shortest(files: impl Iterator<Item = PathBuf>, look: fn(&Value) -> Option<Keeps>) -> Option<Retention> {
    let set = files.filter_map(|file| set_in(file, look));
    set.reduce(|one, other| match one.keeps.shorter(other.keeps) == one.keeps {
        true => one,
        false => other,
    })
}

fn set_in(file: PathBuf, look: fn(&Value) -> Option<Keeps>) -> Option<Retention> {
    let keeps = look(&settings(&file)?)?;
    Some(Retention {
        keeps,
        set_in: Some(file),
    })
}

/// A settings file; `None` if there is none, or none that can be read.
fn settings(file: &Path) -> Option<Value> {
    let text = files::read_text(file, MOST).ok()??;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    json::value(&without_comments(text)).ok()
}

fn claude_code(settings: &Value) -> Option<Keeps> {
    let days = settings.get("cleanupPeriodDays")?.as_u64()?;
    Some(Keeps::days(u32::try_from(days).unwrap_or(u32::MAX)))
}

fn gemini_cli(settings: &Value) -> Option<Keeps> {
    let retention = settings.pointer("/general/sessionRetention")?;
    if retention.get("enabled").and_then(Value::as_bool) == Some(false) {
        return Some(Keeps::Always);
    }
    period(retention.get("maxAge")?.as_str()?).map(Keeps::For)
}

/// `30d`, `12h`, `2w` or `1m`, which is a month of 30 days.
fn period(text: &str) -> Option<Millis> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "h" => Seconds::HOUR,
        "d" => Seconds::DAY,
        "w" => Seconds::DAY.times(7),
        "m" => Seconds::DAY.times(30),
        _ => return None,
    };
    let number: u32 = number.parse().ok()?;
    (number > 0).then(|| unit.times(i64::from(number)).millis())
}

/// JSON as people write it, with blanks in place of comments, and without trailing commas.
fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('"', _) => {
                plain.push(c);
                while let Some(c) = rest.next() {
                    plain.push(c);
                    match c {
                        '\\' => plain.extend(rest.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            ('/', Some('/')) => {
                rest.find(|c| *c == '\n');
                plain.push('\n');
            }
            ('/', Some('*')) => {
                rest.next();
                let mut before = ' ';
                for c in rest.by_ref() {
                    if before == '*' && c == '/' {
                        break;
                    }
                    before = c;
                }
                plain.push(' ');
            }
            ('}' | ']', _) => {
                let end = plain.trim_end().len();
                if plain[..end].ends_with(',') {
                    plain.replace_range(end - 1..end, "");
                }
                plain.push(c);
            }
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::Machine;

    fn request(home: &Path) -> Request {
        Request {
            machine: Machine {
                home: Some(home.to_owned()),
                ..Machine::default()
            },
            ..Request::default()
        }
    }

    fn write(path: PathBuf, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn settings_of_the_user_and_of_the_project_count_and_the_shorter_time_wins() {
        let folder = tempfile::tempdir().unwrap();
        let (home, project) = (folder.path().join("home"), folder.path().join("kiln"));
        let request = request(&home);
        let keeps = |project: Option<&Path>| retention("claude-code", &request, project);
        assert_eq!(keeps(None).keeps, Keeps::days(30));
        assert_eq!(keeps(None).set_in, None);
        write(
            home.join(".claude/settings.json"),
            "{\n  // a quarter /* of a year */\n  \"cleanupPeriodDays\": 90,\n}",
        );
        assert_eq!(keeps(None).keeps, Keeps::days(90));
        assert_eq!(keeps(None).set_in, Some(home.join(".claude/settings.json")));
        write(
            project.join(".claude/settings.json"),
            r#"{"cleanupPeriodDays": 365}"#,
        );
        assert_eq!(keeps(Some(&project)).keeps, Keeps::days(90));
        write(
            project.join(".claude/settings.local.json"),
            r#"{"cleanupPeriodDays": 7}"#,
        );
        assert_eq!(keeps(Some(&project)).keeps, Keeps::days(7));
    }

    #[test]
    fn a_project_that_keeps_logs_longer_does_not_bind_the_others() {
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path().join("kiln/.claude/settings.json"),
            r#"{"cleanupPeriodDays": 365}"#,
        );
        let found = retention(
            "claude-code",
            &request(folder.path()),
            Some(&folder.path().join("kiln")),
        );
        assert_eq!(found.keeps, Keeps::days(30));
    }

    #[test]
    fn gemini_says_it_in_units_or_turns_it_off() {
        let folder = tempfile::tempdir().unwrap();
        let keeps = |retention_text: &str| {
            let text = format!(r#"{{"general": {{"sessionRetention": {retention_text}}}}}"#);
            write(folder.path().join(".gemini/settings.json"), &text);
            retention("gemini-cli", &request(folder.path()), None).keeps
        };
        assert_eq!(keeps(r#"{"maxAge": "2w"}"#), Keeps::days(14));
        assert_eq!(
            keeps(r#"{"maxAge": "12h"}"#),
            Keeps::For(Seconds::HOUR.times(12).millis())
        );
        assert_eq!(keeps(r#"{"enabled": false, "maxAge": "7d"}"#), Keeps::Always);
        for nonsense in [
            r#"{"maxAge": "0d"}"#,
            r#"{"maxAge": "ä"}"#,
            r#"{"maxAge": 7}"#,
            "7",
            "{}",
        ] {
            assert_eq!(keeps(nonsense), Keeps::days(30), "{nonsense}");
        }
    }

    #[test]
    fn agents_that_delete_nothing_and_those_of_which_nobody_knows() {
        let none = Request::default();
        assert_eq!(retention("codex", &none, None).keeps, Keeps::Always);
        assert_eq!(retention("amp", &none, None).keeps, Keeps::Unknown);
    }

    #[test]
    fn comments_are_told_from_texts() {
        assert_eq!(
            without_comments("{\"a\": \"//\\\"/*\" /* x */} // y\n"),
            "{\"a\": \"//\\\"/*\"  } \n"
        );
        assert_eq!(without_comments("[1, 2 ,\n]"), "[1, 2 \n]");
        assert_eq!(without_comments("[\",\"]"), "[\",\"]");
        assert_eq!(without_comments("/* open"), " ");
        assert_eq!(without_comments("\"open \\"), "\"open \\");
    }
}

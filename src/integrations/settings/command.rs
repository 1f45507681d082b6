//! The command that agents' settings call: how it is written, and how it is recognized.

use std::path::Path;
use std::sync::OnceLock;

use crate::facts::shell;

/// The command for each event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookCommand {
    /// The program: its full path, or its name to be found on the PATH.
    pub program: String,
    /// Whether the agent is reminded of commits without a task.
    pub remind: bool,
}

/// The name of the program.
pub const PROGRAM: &str = "git-leverage";

impl HookCommand {
    /// The command as a shell line. A program named without its path may be missing on another machine, where the line does
    /// nothing.
    pub fn line(&self) -> String {
        let program = shell::word(&self.program);
        let remind = if self.remind { " --remind" } else { "" };
        let guard = match self.program.contains(['/', '\\']) {
            true => String::new(),
            false => format!("command -v {program} >/dev/null 2>&1 || exit 0; "),
        };
        format!("{guard}{program} hook{remind}")
    }

    /// Our command anywhere in a shell line, such as that of a git hook.
    pub fn anywhere(line: &str) -> Option<Self> {
        words(line).split(|word| is_separator(word)).find_map(called)
    }

    /// Our command in a line that is, byte for byte, as we write it. Any other line is the user's own, whatever it calls.
    pub fn read(line: &str) -> Option<Self> {
        Self::anywhere(line).filter(|command| command.line() == line)
    }
}

/// Our command in a list of words.
fn called(words: &[String]) -> Option<HookCommand> {
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .skip_while(|word| *word == "exec" || is_assignment(word))
        .collect();
    let (program, arguments) = match words.as_slice() {
        ["git", "leverage", arguments @ ..] => ("git leverage", arguments),
        [program, arguments @ ..] if is_ours(program) => (*program, arguments),
        _ => return None,
    };
    (arguments.first() == Some(&"hook")).then(|| HookCommand {
        program: program.to_owned(),
        remind: arguments.contains(&"--remind"),
    })
}

fn is_ours(program: &str) -> bool {
    let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let is_release = |rest: &str| {
        let version = rest.trim_start_matches(['-', '_', '.']).trim_start_matches('v');
        version.starts_with(|c: char| c.is_ascii_digit())
    };
    name.strip_prefix(PROGRAM)
        .is_some_and(|rest| rest.is_empty() || is_release(rest))
        || OWN_NAME.get().is_some_and(|own| own == name)
}

/// The file name of this program, which may differ from [`PROGRAM`].
static OWN_NAME: OnceLock<String> = OnceLock::new();

/// Also recognizes commands of a program with this name. The first call counts.
pub fn is_called(own: &Path) {
    if let Some(name) = own.file_stem().and_then(|name| name.to_str()) {
        OWN_NAME.get_or_init(|| name.to_owned());
    }
}

fn is_separator(word: &str) -> bool {
    matches!(word, ";" | "&&" | "||" | "&" | "|")
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// The words of a line as a shell splits it, as far as a call of one program needs it.
fn words(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                let word = word.get_or_insert_default();
                word.extend(chars.by_ref().take_while(|c| *c != '\''));
            }
            '"' => double_quoted(&mut chars, word.get_or_insert_default()),
            '\\' => word.get_or_insert_default().extend(chars.next()),
            ';' | '&' | '|' | '\n' => {
                found.extend(word.take());
                let second = (c != ';').then(|| chars.next_if_eq(&c)).flatten();
                let c = if c == '\n' { ';' } else { c };
                found.push([Some(c), second].into_iter().flatten().collect());
            }
            c if c.is_whitespace() => found.extend(word.take()),
            '#' if word.is_none() => chars.by_ref().take_while(|c| *c != '\n').for_each(drop),
            c => word.get_or_insert_default().push(c),
        }
    }
    found.extend(word);
    // A trailing separator separates nothing.
    while found.last().is_some_and(|word| is_separator(word)) {
        found.pop();
    }
    found
}

fn double_quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, word: &mut String) {
    while let Some(c) = chars.next() {
        match c {
            '"' => return,
            // The backslashes in a Windows path are not escapes.
            '\\' => match chars.next_if(|next| "\\\"$`".contains(*next)) {
                Some(escaped) => word.push(escaped),
                None => word.push('\\'),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(program: &str, remind: bool) -> HookCommand {
        HookCommand {
            program: program.into(),
            remind,
        }
    }

    #[test]
    fn what_is_written_is_known_again() {
        for program in [
            "/usr/local/bin/git-leverage",
            "/home/ada's/my bin/git-leverage",
            "C:\\Program Files\\git-leverage.exe",
            "git-leverage",
        ] {
            for remind in [false, true] {
                let command = command(program, remind);
                assert_eq!(HookCommand::read(&command.line()), Some(command));
            }
        }
    }

    #[test]
    fn a_line_that_is_not_exactly_ours_is_somebodys_own() {
        for line in [
            "git leverage hook",
            "git-leverage hook",
            "\"/a b/git-leverage\" hook",
            "A=1 exec /x/git-leverage hook --remind;",
            "/x/git-leverage hook 2>>log",
            "/x/git-leverage  hook",
            "/x/git-leverage hook ",
            "/x/git-leverage hook # mine",
            "/x/git-leverage hook --remind --remind",
            "/x/git-leverage hook --git post-commit",
            "command -v git-leverage >/dev/null 2>&1 || exit 0; git-leverage hook 2>>log",
            "command -v afplay >/dev/null && afplay done.wav; command -v git-leverage >/dev/null 2>&1 || exit 0; git-leverage hook",
            "command -v node >/dev/null 2>&1 || exit 0; git-leverage hook",
            "command -v git-leverage >/dev/null 2>&1 || exit 0; /x/git-leverage hook",
            "command -v git-leverage; touch seen; exit 0; git-leverage hook",
            "sleep 1; command -v git-leverage >/dev/null 2>&1 || exit 0; git-leverage hook",
        ] {
            assert_eq!(HookCommand::read(line), None, "{line}");
            assert!(HookCommand::anywhere(line).is_some(), "{line}");
        }
    }

    #[test]
    fn programs_of_other_names_are_known() {
        is_called(Path::new("/x/kiln-1"));
        for program in ["/x/git-leverage-1.2.0", "/x/git-leverage_v2", "/y/kiln-1"] {
            let line = command(program, false).line();
            assert_eq!(HookCommand::read(&line), Some(command(program, false)), "{line}");
        }
        assert_eq!(HookCommand::read("/x/git-leverage-wrapper hook"), None);
    }

    #[test]
    fn it_is_found_among_other_commands() {
        let line =
            "test -x /x/git-leverage || exit 0; a=b; /x/git-leverage hook --git $a </dev/null 2>&1 & #";
        let found = HookCommand::anywhere(line);
        assert_eq!(
            found.map(|found| found.program).as_deref(),
            Some("/x/git-leverage")
        );
        assert_eq!(HookCommand::anywhere("true # git-leverage hook"), None);
        assert_eq!(HookCommand::read(line), None);
    }

    #[test]
    fn commands_of_others_are_not_ours() {
        for line in [
            "",
            "git-ai checkpoint claude --hook-input stdin",
            "entire hooks claude-code stop",
            "npx --yes agent-note hook --agent claude",
            "lefthook ai run stop",
            "echo git-leverage hook",
            "git-leverage report",
            "/x/my-git-leverage hook",
            "git-leverage hook; afplay done.wav",
            "cd /x && git-leverage hook",
            "afplay done.wav; git-leverage hook",
            "'",
        ] {
            assert_eq!(HookCommand::read(line), None, "{line}");
        }
    }
}

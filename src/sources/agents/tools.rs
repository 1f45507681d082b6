//! Tool calls of agents whose tools differ more in their names than in what they do.

use std::borrow::Cow;
use std::path::Path;

use serde_json::Value;

use super::log::{Change, Key, Log, Making, Name, Outcome, Tool, What};
use super::value::{first_text, items, millis};
use super::{change, commands};

/// A tool call, by the name of its tool and its arguments.
pub fn call(log: &mut Log, id: Key, name: &str, arguments: &Value) -> What {
    let (mut changes, mut reads) = (Vec::new(), Vec::new());
    let tool = match kind(name) {
        Kind::Shell => {
            if let Some(command) = command(arguments) {
                changes = change::apply_patch(log, patch_in(&command));
                if let Some(making) = making(log, &command, arguments) {
                    log.carried.open_commands.insert(id, making);
                }
            }
            Tool::Command {
                timeout: millis(arguments, "/timeout").or_else(|| millis(arguments, "/timeout_ms")),
            }
        }
        Kind::Patch => {
            changes = change::apply_patch(log, patch(arguments));
            Tool::Instant
        }
        Kind::Edit => {
            changes = edits(log, arguments);
            Tool::Instant
        }
        Kind::Read => {
            let path = path(arguments);
            reads.extend((!path.is_empty()).then(|| log.name(path)));
            Tool::Instant
        }
        Kind::Question => Tool::Question,
        Kind::Subagent => Tool::Subagent,
        Kind::Other => Tool::Command { timeout: None },
    };
    What::Call {
        id,
        tool,
        changes,
        reads,
    }
}

/// The result of a call, with the commits that its output names.
pub fn result(log: &mut Log, id: Key, outcome: Outcome, took: Option<u32>, output: &str) -> What {
    let making = log.carried.open_commands.remove(&id);
    What::Result {
        id,
        outcome,
        took,
        typed: 0,
        changes: None,
        commits: making.map_or_else(Vec::new, |making| commands::made(log, making, output)),
    }
}

/// A call whose paths are relative to the directory in which the agent works.
pub fn resolved(log: &mut Log, folder: Option<Name>, mut call: What) -> What {
    let (Some(folder), What::Call { changes, reads, .. }) = (folder, &mut call) else {
        return call;
    };
    let paths = changes.iter_mut().map(|change| &mut change.path).chain(reads);
    for path in paths {
        // Joining an absolute path discards the directory.
        let joined = Path::new(log.text(folder)).join(log.text(*path));
        *path = log.name(&joined.to_string_lossy());
    }
    call
}

enum Kind {
    Shell,
    Edit,
    Patch,
    Read,
    Question,
    Subagent,
    Other,
}

/// Tools that run a command line, in lower case.
const SHELLS: &[&str] = &[
    "bash",
    "cmd",
    "command",
    "exec_command",
    "execute",
    "execute_bash",
    "execute_command",
    "local_shell",
    "powershell",
    "pwsh",
    "run_command",
    "run_in_terminal",
    "run_shell_command",
    "run_terminal_cmd",
    "run_terminal_command",
    "sh",
    "shell",
    "shell_command",
    "shell_exec",
    "terminal",
    "zsh",
];

/// Whether a tool of this name runs a command line.
pub fn is_shell(name: &str) -> bool {
    SHELLS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn kind(name: &str) -> Kind {
    match name.to_ascii_lowercase().as_str() {
        shell if is_shell(shell) => Kind::Shell,
        "write" | "create" | "edit" | "multiedit" | "replace" | "write_file" | "edit_file"
        | "create_file" | "strreplace" | "str_replace" | "str_replace_editor" | "delete" | "delete_file" => {
            Kind::Edit
        }
        "apply_patch" | "applypatch" | "patch" => Kind::Patch,
        "read"
        | "read_file"
        | "view"
        | "ls"
        | "glob"
        | "grep"
        | "grep_files"
        | "grep_search"
        | "list_dir"
        | "list_directory"
        | "read_many_files"
        | "rg"
        | "search_file_content"
        | "todo_write"
        | "update_plan"
        | "view_image" => Kind::Read,
        "question" | "askquestion" | "ask_user" | "ask_user_question" | "askuser" | "request_user_input"
        | "exitspecmode" | "exit_plan_mode" => Kind::Question,
        "task" | "agent" | "subagent" | "invoke_agent" | "spawn_agent" | "wait_agent" | "delegate" => {
            Kind::Subagent
        }
        _ => Kind::Other,
    }
}

/// The command line of a shell call: a text, or the words of one.
fn command(arguments: &Value) -> Option<Cow<'_, str>> {
    let text = first_text(arguments, &["command", "cmd"]);
    if !text.is_empty() {
        return Some(Cow::Borrowed(text));
    }
    let words = items(arguments, "/command");
    // `["bash", "-lc", "git commit …"]`, `["powershell.exe", "-NoProfile", "-Command", "git commit …"]`: the script is the last word.
    let is_script = |flag: &Value| {
        flag.as_str().is_some_and(|flag| {
            flag.starts_with(['-', '/']) && flag.ends_with('c') || flag.eq_ignore_ascii_case("-command")
        })
    };
    match words {
        [_, .., flag, script] if is_script(flag) => script.as_str().map(Cow::Borrowed),
        [] => None,
        _ => {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            Some(Cow::Owned(words.join(" ")))
        }
    }
}

fn making(log: &mut Log, command: &str, arguments: &Value) -> Option<Making> {
    let making = commands::making(log, command)?;
    let folder = first_text(
        arguments,
        &["workdir", "cwd", "working_directory", "directory", "dir_path"],
    );
    Some(if folder.is_empty() {
        making
    } else {
        making.seen_from(log, folder)
    })
}

fn path(arguments: &Value) -> &str {
    first_text(
        arguments,
        &[
            "file_path",
            "filePath",
            "path",
            "absolute_path",
            "target_file",
            "filename",
        ],
    )
}

fn patch(arguments: &Value) -> &str {
    let field = first_text(arguments, &["patch", "patchText", "input"]);
    if field.is_empty() {
        arguments.as_str().unwrap_or_default()
    } else {
        field
    }
}

/// The patch that a command passes to `apply_patch`; empty if it has none.
fn patch_in(command: &str) -> &str {
    let start = command.find("*** Begin Patch");
    let patch = start.and_then(|at| command.get(at..)).unwrap_or_default();
    patch
        .find("*** End Patch")
        .and_then(|end| patch.get(..end))
        .unwrap_or_default()
}

/// What an edit changes: a replacement, several, or the whole file.
fn edits(log: &mut Log, arguments: &Value) -> Vec<Change> {
    let path = path(arguments);
    if path.is_empty() {
        return Vec::new();
    }
    let several = items(arguments, "/edits");
    if !several.is_empty() {
        return several.iter().map(|edit| replacement(log, path, edit)).collect();
    }
    let content = first_text(arguments, &["content", "contents", "file_text", "fileText"]);
    if content.is_empty() {
        vec![replacement(log, path, arguments)]
    } else {
        vec![change::written(log, path, content)]
    }
}

fn replacement(log: &mut Log, path: &str, edit: &Value) -> Change {
    let old = first_text(edit, &["old_string", "oldString", "oldText", "old_str"]);
    let new = first_text(edit, &["new_string", "newString", "newText", "new_str"]);
    change::replaced(log, path, old, new)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(name: &str, arguments: &Value) -> Vec<(String, usize, usize)> {
        let mut log = Log::default();
        match call(&mut log, Key(1), name, arguments) {
            What::Call { changes, .. } => changes
                .iter()
                .map(|change| {
                    let path = log.text(change.path).to_owned();
                    (path, change.added.len(), change.removed.len())
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn edits_have_many_spellings() {
        let expected = [("/w/a.rs".to_owned(), 1, 1)];
        for (name, arguments) in [
            (
                "replace",
                json!({"file_path": "/w/a.rs", "old_string": "a", "new_string": "b"}),
            ),
            (
                "edit",
                json!({"filePath": "/w/a.rs", "oldString": "a", "newString": "b"}),
            ),
            (
                "Edit",
                json!({"path": "/w/a.rs", "edits": [{"oldText": "a", "newText": "b"}]}),
            ),
            (
                "apply_patch",
                json!("*** Begin Patch\n*** Update File: /w/a.rs\n@@\n-a\n+b\n*** End Patch"),
            ),
        ] {
            assert_eq!(changed(name, &arguments), expected, "{name}");
        }
        let heredoc =
            "apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: /w/a.rs\n-a\n+b\n*** End Patch\nEOF\n+c";
        assert_eq!(
            changed("shell", &json!({"command": ["bash", "-lc", heredoc]})),
            expected
        );
        let written = json!({"path": "/w/a.rs", "contents": "a\nb\n"});
        assert_eq!(changed("Write", &written), [("/w/a.rs".to_owned(), 2, 0)]);
    }

    #[test]
    fn a_commit_is_found_in_the_output_of_its_command_alone() {
        for (arguments, folder, found) in [
            (
                json!({"command": ["bash", "-lc", "git commit -qam x"], "workdir": "/w"}),
                Some("/w"),
                1,
            ),
            (json!({"cmd": "cd /v && git commit -m x"}), Some("/v"), 1),
            (json!({"command": "git log"}), None, 0),
        ] {
            let mut log = Log::default();
            call(&mut log, Key(1), "shell", &arguments);
            let What::Result { commits, .. } =
                result(&mut log, Key(1), Outcome::Done, None, "[main 1a2b3c4] x")
            else {
                panic!("no result");
            };
            assert_eq!(commits.len(), found, "{arguments}");
            let named = commits
                .first()
                .and_then(|made| made.folder)
                .map(|name| log.text(name));
            assert_eq!(named, folder, "{arguments}");
        }
    }
}

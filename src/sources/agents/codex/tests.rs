//! Logs of Codex, record by record.

// `json!(…)` is most readable as an argument.
#![allow(clippy::needless_pass_by_value)]

use serde_json::json;

use super::super::assemble::assemble;
use super::*;
use crate::facts::session::{Session, TurnEnd};

/// A log under construction: each record two seconds after the last, on 2026-04-01 from 09:00.
struct Script {
    name: &'static str,
    second: i64,
    lines: Vec<String>,
}

impl Script {
    /// The log of a thread whose `session_meta` has these fields too.
    fn new(name: &'static str, meta: Value) -> Self {
        let mut script = Self {
            name,
            second: 0,
            lines: Vec::new(),
        };
        let mut payload = json!({"id": name, "cwd": "/w/kiln", "source": "cli", "git": {"branch": "main"}});
        payload
            .as_object_mut()
            .unwrap()
            .extend(meta.as_object().unwrap().clone());
        script.add("session_meta", payload);
        script.add("turn_context", json!({"cwd": "/w/kiln", "model": "m"}));
        script
    }

    fn at(&mut self, second: i64) -> &mut Self {
        self.second = second;
        self
    }

    fn add(&mut self, kind: &str, payload: Value) -> &mut Self {
        let record = json!({"timestamp": time(self.second), "type": kind, "payload": payload});
        self.lines.push(record.to_string());
        self.second += 2;
        self
    }

    fn event(&mut self, kind: &str, mut fields: Value) -> &mut Self {
        fields["type"] = json!(kind);
        self.add("event_msg", fields)
    }

    fn item(&mut self, kind: &str, mut fields: Value) -> &mut Self {
        fields["type"] = json!(kind);
        self.add("response_item", fields)
    }

    fn prompt(&mut self) -> &mut Self {
        self.event("user_message", json!({"message": "fix it"}))
    }

    /// Cumulative and last counts, as (input, cached, output).
    fn tokens(&mut self, total: (u64, u64, u64), last: Option<(u64, u64, u64)>) -> &mut Self {
        let mut info = json!({"total_token_usage": usage(total)});
        if let Some(last) = last {
            info["last_token_usage"] = usage(last);
        }
        self.event("token_count", json!({"info": info}))
    }

    fn response(&mut self, id: &str, tokens: (u64, u64, u64)) -> &mut Self {
        let thread = self.name;
        self.add(
            "token_usage_record",
            json!({"thread_id": thread, "response_id": id, "usage": usage(tokens)}),
        )
    }

    fn call(&mut self, id: &str, name: &str, arguments: Value) -> &mut Self {
        let arguments = arguments.to_string();
        self.item(
            "function_call",
            json!({"call_id": id, "name": name, "arguments": arguments}),
        )
    }

    fn output(&mut self, id: &str, output: &str) -> &mut Self {
        self.item("function_call_output", json!({"call_id": id, "output": output}))
    }

    /// What another thread has written so far, with its times or in one burst now.
    fn repeat(&mut self, parent: &Self, times: Times) -> &mut Self {
        for line in &parent.lines {
            let mut record: Value = serde_json::from_str(line).unwrap();
            if times == Times::Anew {
                record["timestamp"] = json!(time(self.second));
            }
            self.lines.push(record.to_string());
        }
        self
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Times {
    Kept,
    Anew,
}

fn time(second: i64) -> String {
    let start = chrono::DateTime::from_timestamp(1_775_034_000 + second, 0).unwrap();
    start.format("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

fn usage((input, cached, output): (u64, u64, u64)) -> Value {
    json!({"input_tokens": input, "cached_input_tokens": cached, "output_tokens": output,
           "total_tokens": input + output})
}

fn sessions(scripts: &[&Script]) -> Vec<Session> {
    let mut logs: Vec<(PathBuf, Log)> = scripts
        .iter()
        .map(|script| {
            let mut log = Log::default();
            let mut seen = Seen::of(&log);
            for (number, line) in (1..).zip(&script.lines) {
                read_line(json::whole(line), number, &mut seen, &mut log).unwrap();
            }
            assert!(log.flaws.is_empty(), "{:?}", log.flaws);
            (PathBuf::from(script.name), log)
        })
        .collect();
    Codex.settle(&mut logs);
    assemble("codex", &logs)
}

fn only(script: &Script) -> Session {
    sessions(&[script]).remove(0)
}

/// (uncached input, cache reads, output) of a session.
fn counted(session: &Session) -> (u64, u64, u64) {
    let mut sum = TokenCounts::default();
    for usage in &session.usage {
        sum += usage.tokens;
    }
    (sum.input, sum.cache_read, sum.output)
}

fn kinds(session: &Session) -> Vec<ActionKind> {
    session.actions.iter().map(|action| action.kind).collect()
}

fn hashes(session: &Session) -> Vec<&str> {
    session.commits.iter().map(|made| made.hash.as_str()).collect()
}

#[test]
fn counts_are_cumulative_repeated_and_begin_anew() {
    let mut script = Script::new("s", json!({}));
    script.prompt().event("token_count", json!({"info": null}));
    script.tokens((100, 60, 10), Some((100, 60, 10)));
    script.tokens((100, 60, 10), Some((100, 60, 10)));
    assert_eq!(counted(&only(&script)), (40, 60, 10));
    script.tokens((300, 200, 30), None);
    assert_eq!(counted(&only(&script)), (100, 200, 30));
    // A full context counts as a total without parts; then the count continues from nothing.
    script.event(
        "token_count",
        json!({"info": {"total_token_usage": {"total_tokens": 9000},
                                                "last_token_usage": {"total_tokens": 8000}}}),
    );
    script.tokens((50, 20, 5), None);
    assert_eq!(counted(&only(&script)), (130, 220, 35));
    script.tokens((20, 0, 2), Some((20, 0, 2)));
    assert_eq!(counted(&only(&script)), (150, 220, 37));
}

#[test]
fn records_of_responses_count_alone() {
    let mut script = Script::new("s", json!({}));
    script.prompt().tokens((100, 0, 10), Some((100, 0, 10)));
    // The version that writes them came in the middle; its first count was before its record.
    script.tokens((300, 100, 30), Some((200, 100, 20)));
    script.response("r2", (200, 100, 20));
    script
        .response("r3", (50, 0, 5))
        .tokens((350, 100, 35), Some((50, 0, 5)));
    script.response("r3", (50, 0, 5));
    assert_eq!(counted(&only(&script)), (250, 100, 35));
    script.add(
        "token_usage_record",
        json!({"thread_id": "other", "response_id": "r9", "usage": usage((7, 0, 7))}),
    );
    assert_eq!(counted(&only(&script)), (250, 100, 35));
}

#[test]
fn input_written_to_a_cache_is_part_of_the_input() {
    let mut script = Script::new("s", json!({}));
    script.prompt().add("token_usage_record", json!({"response_id": "r", "usage":
        {"input_tokens": 100, "cached_input_tokens": 60, "cache_write_input_tokens": 30, "output_tokens": 5}}));
    let expected = TokenCounts {
        input: 10,
        cache_write: 30,
        cache_read: 60,
        output: 5,
    };
    assert_eq!(only(&script).usage[0].tokens, expected);
}

#[test]
fn a_message_is_a_prompt_where_nothing_else_is() {
    let said = |text: &str| json!({"role": "user", "content": [{"type": "input_text", "text": text}]});
    let mut old = Script::new("s", json!({}));
    for text in [
        "<environment_context>\n</environment_context>",
        "# AGENTS.md instructions for /w",
        "fix it",
    ] {
        old.item("message", said(text));
    }
    old.item("message", json!({"role": "assistant", "content": []}));
    assert_eq!(kinds(&only(&old)), [ActionKind::Prompt]);
    old.prompt();
    let session = only(&old);
    assert_eq!(
        (session.actions.len(), session.actions[0].at.seconds()),
        (1, 1_775_034_012)
    );
    old.item("message", said("again"));
    old.item(
        "message",
        said("<user_shell_command>\n<command>\nls\n</command>\n</user_shell_command>"),
    );
    let session = only(&old);
    assert_eq!(kinds(&session), [ActionKind::Prompt, ActionKind::Shell]);
    assert_eq!(session.actions[1].typed, 2);
}

#[test]
fn prompts_of_programs_and_agents_are_no_persons() {
    for (meta, human) in [
        (json!({"source": "vscode"}), true),
        (json!({"source": "exec"}), false),
        (json!({"source": "mcp"}), false),
        (json!({"source": {"subagent": "review"}}), false),
        (
            json!({"source": {"subagent": {"thread_spawn": {"parent_thread_id": "p"}}}}),
            false,
        ),
        (json!({"thread_source": "subagent"}), false),
    ] {
        let mut script = Script::new("s", meta.clone());
        script.prompt().call("c", "shell", json!({"command": ["ls"]}));
        script
            .output("c", "exec command rejected by user")
            .event("turn_aborted", json!({"reason": "interrupted"}));
        let session = only(&script);
        assert_eq!(session.actions.len(), if human { 3 } else { 0 }, "{meta}");
        assert_eq!(session.lanes[0].turns[0].human, human, "{meta}");
    }
}

#[test]
fn turns_end_as_they_are_logged_to() {
    let mut script = Script::new("s", json!({}));
    let work = json!({"message": "x"});
    script
        .event("task_started", json!({}))
        .prompt()
        .event("agent_message", work.clone());
    script.prompt().event("agent_message", work.clone());
    script.event("task_complete", json!({"duration_ms": 6000}));
    script
        .event("task_started", json!({}))
        .prompt()
        .event("agent_message", work.clone());
    script.event("turn_aborted", json!({"reason": "interrupted"}));
    script
        .event("task_started", json!({}))
        .prompt()
        .event("agent_message", work);
    script.event("turn_aborted", json!({"reason": "replaced"}));
    let session = only(&script);
    let ends: Vec<TurnEnd> = session.turns().map(|turn| turn.end).collect();
    assert_eq!(ends, [TurnEnd::Recorded, TurnEnd::Interrupted, TurnEnd::Recorded]);
    // The second prompt was typed into the first turn.
    assert_eq!(session.actions.len(), 5);
    let first = session
        .turns()
        .next()
        .map(|turn| turn.span.end.since(turn.span.start));
    assert_eq!(first, Some(6000));
}

#[test]
fn half_a_character_in_arguments_that_are_text_costs_no_edit() {
    let mut script = Script::new("s", json!({}));
    script.prompt();
    // The record contains the arguments as a string, in which the escape is one of its own.
    let patch = r"*** Begin Patch\n*** Update File: src/a.rs\n@@\n-a\n+b \ud83d\n+c\n*** End Patch";
    let arguments = format!(r#"{{"command":["apply_patch","{patch}"]}}"#);
    script.item(
        "function_call",
        json!({"call_id": "c1", "name": "shell", "arguments": arguments}),
    );
    script.output("c1", "{\"output\":\"ok \\udc00\",\"metadata\":{\"exit_code\":0}}");
    let found = sessions(&[&script]);
    let edits = &found[0].edits;
    assert_eq!(
        (edits.len(), edits[0].added.len(), edits[0].removed.len()),
        (1, 2, 1)
    );
}

#[test]
fn the_outputs_of_all_tools_name_commits() {
    let summary = "[main 1a2b3c4] x\n 1 file changed";
    let commit = "git commit -qm x";
    let mut script = Script::new("s", json!({}));
    script.prompt();
    script.call(
        "c1",
        "shell",
        json!({"command": ["bash", "-lc", commit], "workdir": "/w/kiln"}),
    );
    script.output(
        "c1",
        &json!({"output": summary, "metadata": {"exit_code": 0, "duration_seconds": 1.5}}).to_string(),
    );
    script.call("c2", "exec_command", json!({"cmd": commit}));
    script.output(
        "c2",
        &format!(
            "Wall time: 0.5 seconds\nProcess exited with code 0\nOutput:\n{}",
            summary.replace('1', "2")
        ),
    );
    script.item(
        "local_shell_call",
        json!({"call_id": "c3", "action": {"type": "exec", "command": ["bash", "-lc", commit]}}),
    );
    script.output("c3", &summary.replace('1', "3"));
    let program = "const r = await tools.exec_command({cmd: \"cd /w/other && git commit -m \\\"x\\\"\", yield_time_ms: 1}); text(r.output)";
    script.item(
        "custom_tool_call",
        json!({"call_id": "c4", "name": "exec", "input": program}),
    );
    let output = json!([{"type": "input_text", "text": "Script completed\nWall time 1.4 seconds\nOutput:\n"},
                        {"type": "input_text", "text": summary.replace('1', "4")}]);
    script.item(
        "custom_tool_call_output",
        json!({"call_id": "c4", "output": output}),
    );
    script
        .call("c5", "exec_command", json!({"cmd": "git log"}))
        .output("c5", &summary.replace('1', "5"));
    let session = only(&script);
    assert_eq!(hashes(&session), ["1a2b3c4", "2a2b3c4", "3a2b3c4", "4a2b3c4"]);
    let folders: Vec<_> = session
        .commits
        .iter()
        .filter_map(|made| made.folder.as_deref())
        .collect();
    assert_eq!(folders, ["/w/kiln", "/w/kiln", "/w/kiln", "/w/other"]);
}

#[test]
fn a_commit_that_a_hook_holds_up_is_seen_by_another_call() {
    let commit = "git commit -qm x";
    let mut script = Script::new("s", json!({}));
    script.prompt();
    script.call("c6", "exec_command", json!({"cmd": commit}));
    script.output(
        "c6",
        "Wall time: 10.0 seconds\nProcess running with session ID 41\nOutput:\nhook",
    );
    script.call("c7", "write_stdin", json!({"session_id": 41, "chars": ""}));
    script.output(
        "c7",
        "Wall time: 3.0 seconds\nProcess running with session ID 41\nOutput:\n",
    );
    script.call("c8", "write_stdin", json!({"session_id": 41, "chars": ""}));
    script.output(
        "c8",
        "Wall time: 3.0 seconds\nProcess exited with code 0\nOutput:\n[main 6a2b3c4] x",
    );
    assert_eq!(hashes(&only(&script)), ["6a2b3c4"]);
}

const PATCH: &str = "*** Begin Patch\n*** Update File: a.rs\n@@\n-old\n+new\n*** End Patch";

type Record = (&'static str, Value);

/// A patch is called for.
fn called() -> Record {
    let call = json!({"type": "custom_tool_call", "call_id": "c", "name": "apply_patch", "input": PATCH});
    ("response_item", call)
}

/// What the model receives.
fn answered(output: &str) -> Record {
    let output = json!({"type": "custom_tool_call_output", "call_id": "c", "output": output});
    ("response_item", output)
}

/// Its result, for a file as this version of the agent writes one.
fn ended(success: bool, file: Value) -> Record {
    let ended = json!({"type": "patch_apply_end", "call_id": "c", "success": success, "changes": {"/w/kiln/a.rs": file}});
    ("event_msg", ended)
}

fn updated() -> Value {
    json!({"type": "update", "unified_diff": "@@ -1 +1 @@\n-old\n+new\n", "move_path": null})
}

/// Each edit as (path, lines added, lines removed).
fn edited(records: &[Record]) -> Vec<(String, usize, usize)> {
    let mut script = Script::new("s", json!({}));
    script.prompt();
    for (kind, payload) in records {
        script.add(kind, payload.clone());
    }
    let edits = only(&script).edits;
    edits
        .into_iter()
        .map(|edit| (edit.path, edit.added.len(), edit.removed.len()))
        .collect()
}

#[test]
fn a_patch_counts_once_however_it_is_logged() {
    let done = r#"{"output":"Success.","metadata":{"exit_code":0}}"#;
    let older = json!({"update": {"unified_diff": "@@\n-old\n+new"}});
    let shell = json!({"command": ["apply_patch", PATCH]}).to_string();
    let shell = json!({"type": "function_call", "call_id": "c", "name": "shell", "arguments": shell});
    for records in [
        vec![called(), answered(done)],
        vec![called(), ended(true, updated()), answered(done)],
        vec![called(), answered(done), ended(true, updated())],
        vec![ended(true, updated())],
        vec![ended(true, older)],
        vec![("response_item", shell), answered("Exit code: 0\nOutput:\nok")],
    ] {
        assert_eq!(
            edited(&records),
            [("/w/kiln/a.rs".to_owned(), 1, 1)],
            "{records:?}"
        );
    }
}

#[test]
fn a_patch_that_failed_was_refused_or_never_ended_changed_nothing() {
    let interrupted = json!({"type": "turn_aborted", "reason": "interrupted"});
    for records in [
        vec![called(), ended(false, updated()), answered("Success.")],
        vec![called(), answered("apply_patch verification failed: a.rs")],
        vec![called(), answered("patch rejected by user")],
        vec![called(), answered("Exit code: 1\nOutput:\nno")],
        vec![called(), ("event_msg", interrupted)],
    ] {
        assert_eq!(edited(&records), [], "{records:?}");
    }
}

#[test]
fn a_paginated_history_is_read_from_its_items() {
    let mut script = Script::new("s", json!({"history_mode": "paginated"}));
    let completed = |item: Value| json!({"item": item});
    script.event("task_started", json!({}));
    script.item(
        "message",
        json!({"role": "user", "content": [{"type": "input_text", "text": "fix it"}]}),
    );
    script.event(
        "item_completed",
        completed(
            json!({"type": "UserMessage", "id": "i1", "content": [{"type": "text", "text": "fix it"}]}),
        ),
    );
    let program = json!({"call_id": "c1", "name": "exec", "input": "await tools.exec_command({cmd: 'git commit -m x'})"});
    let ran = json!({"type": "CommandExecution", "id": "exec-1", "command": ["/bin/bash", "-lc", "git commit -m x"],
                     "cwd": "file:///w/kiln", "status": "completed", "exit_code": 0,
                     "aggregated_output": "[main 1a2b3c4] x", "duration": {"secs": 1, "nanos": 500_000_000}});
    let patched = json!({"type": "FileChange", "id": "exec-2", "status": "completed",
                         "changes": {"/w/kiln/a.rs": {"type": "add", "content": "a\nb\n"}}});
    let failed = json!({"type": "FileChange", "id": "exec-3", "status": "failed",
                        "changes": {"/w/kiln/b.rs": {"type": "add", "content": "a\n"}}});
    script.item("custom_tool_call", program);
    script
        .event("item_completed", completed(ran.clone()))
        .event("item_completed", completed(patched));
    script.item(
        "custom_tool_call_output",
        json!({"call_id": "c1", "output": "Script completed\nOutput:\n[main 1a2b3c4] x"}),
    );
    script
        .event("item_completed", completed(failed))
        .event("item_completed", completed(ran));
    // Called by the model itself, a command has the id of its call.
    script.call("c2", "exec_command", json!({"cmd": "git commit -m y"}));
    script.event("item_completed", completed(json!({"type": "CommandExecution", "id": "c2", "command": ["bash", "-lc", "git commit -m y"],
                                                    "status": "completed", "aggregated_output": "[main 2a2b3c4] y"})));
    script.output("c2", "Process exited with code 0\nOutput:\n[main 2a2b3c4] y");
    script.event("task_complete", json!({}));
    let session = only(&script);
    assert_eq!(kinds(&session), [ActionKind::Prompt]);
    assert_eq!(hashes(&session), ["1a2b3c4", "2a2b3c4"]);
    let edited: Vec<_> = session
        .edits
        .iter()
        .map(|edit| (&*edit.path, edit.added.len()))
        .collect();
    assert_eq!(edited, [("/w/kiln/a.rs", 2)]);
}

/// A thread with a prompt, a commit and two responses.
fn parent() -> Script {
    let mut script = Script::new("p", json!({}));
    script
        .event("task_started", json!({"started_at": 1_775_034_004}))
        .prompt();
    script.call("c1", "exec_command", json!({"cmd": "git commit -m x"}));
    script.tokens((100, 60, 10), Some((100, 60, 10)));
    script
        .output("c1", "[main 1a2b3c4] x")
        .tokens((250, 180, 30), Some((150, 120, 20)));
    script.event("task_complete", json!({}));
    script
}

/// What a fork does itself: a prompt, a commit, a response.
fn go_on(script: &mut Script) {
    script.event(
        "task_started",
        json!({"started_at": 1_775_034_000 + script.second}),
    );
    script.at(script.second - 2).prompt();
    // A resumed thread repeats what was counted before.
    script.tokens((250, 180, 30), Some((150, 120, 20)));
    script.call("c2", "exec_command", json!({"cmd": "git commit -m y"}));
    script
        .output("c2", "[main 2a2b3c4] y")
        .tokens((450, 330, 45), Some((200, 150, 15)));
}

/// A fork of [`parent`] made ten minutes later, under a new name.
fn fork(name: &'static str, times: Times) -> Script {
    let mut script = Script {
        name,
        second: 600,
        lines: Vec::new(),
    };
    let payload =
        json!({"id": name, "timestamp": time(600), "cwd": "/w/kiln", "source": "cli", "forked_from_id": "p"});
    script.add("session_meta", payload).repeat(&parent(), times);
    // Codex writes a fork's history when its first prompt comes: in the same second.
    script.at(602);
    go_on(&mut script);
    script
}

#[test]
fn a_fork_counts_what_it_does_itself() {
    let parent = parent();
    assert_eq!(counted(&only(&parent)), (70, 180, 30));
    for times in [Times::Kept, Times::Anew] {
        let (one, two) = (fork("f1", times), fork("f2", times));
        for scripts in [vec![&parent, &one], vec![&one], vec![&one, &two]] {
            let sessions = sessions(&scripts);
            assert_eq!(sessions.len(), scripts.len());
            let own = sessions.iter().filter(|session| session.id.id != "p");
            let own: Vec<_> = own
                .map(|fork| (counted(fork), hashes(fork), kinds(fork).len()))
                .collect();
            // Two forks that did exactly the same: copies of one response, as far as a log can show.
            let first = ((50, 150, 15), vec!["2a2b3c4"], 1);
            assert_eq!(own[0], first);
            assert!(
                own.iter()
                    .all(|(_, hashes, actions)| (hashes, actions) == (&first.1, &1))
            );
            assert_eq!(sessions[0].parent.as_ref().map(|parent| &*parent.id), Some("p"));
        }
    }
}

#[test]
fn numbered_records_tell_a_subagents_own() {
    let mut script = Script {
        name: "a",
        second: 600,
        lines: Vec::new(),
    };
    let payload = json!({"id": "a", "cwd": "/w/kiln", "parent_thread_id": "p", "subagent_history_start_ordinal": "12",
                         "source": {"subagent": {"thread_spawn": {"parent_thread_id": "p"}}}});
    script.add("session_meta", payload).repeat(&parent(), Times::Anew);
    go_on(script.at(600));
    let numbered = script.lines.iter().enumerate().map(|(ordinal, line)| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        record["ordinal"] = json!(ordinal + 1);
        record.to_string()
    });
    script.lines = numbered.collect();
    let session = only(&script);
    assert_eq!(
        (counted(&session), hashes(&session), session.actions.len()),
        ((50, 150, 15), vec!["2a2b3c4"], 0)
    );
    assert_eq!(session.models, ["m"]);
}

/// A fork of [`parent`] whose history took longer to write than a burst lasts.
fn slow_fork(name: &'static str, parent: &Script) -> Script {
    let mut slow = Script {
        name,
        second: 600,
        lines: Vec::new(),
    };
    slow.add(
        "session_meta",
        json!({"id": name, "timestamp": time(600), "cwd": "/w/kiln", "source": "cli", "forked_from_id": "p"}),
    );
    for line in &parent.lines {
        let record: Value = serde_json::from_str(line).unwrap();
        slow.add(record["type"].as_str().unwrap(), record["payload"].clone());
    }
    slow
}

#[test]
fn what_stands_before_a_forks_first_turn_is_its_parents_however_slowly_it_was_written() {
    let parent = parent();
    let mut slow = slow_fork("f", &parent);
    // Until a turn of its own begins, nothing shows that there was more than a burst.
    go_on(&mut slow);
    for scripts in [vec![&slow], vec![&slow, &parent]] {
        let fork = &sessions(&scripts)[0];
        assert_eq!((counted(fork), hashes(fork)), ((50, 150, 15), vec!["2a2b3c4"]));
        assert_eq!((kinds(fork).len(), fork.lanes[0].turns.len()), (1, 1));
    }
}

/// The id of a thread or a turn that was made in a second.
fn made(second: i64, number: u32) -> String {
    let millis = (1_775_034_000 + second) * 1000;
    let (high, low) = (millis >> 16, millis & 0xffff);
    format!("{high:08x}-{low:04x}-7000-8000-{number:012}")
}

#[test]
fn turns_are_told_apart_by_ids_that_hold_their_time() {
    let thread: &'static str = Box::leak(made(600, 1).into_boxed_str());
    let mut parent = Script::new("p", json!({}));
    parent
        .add("turn_context", json!({"turn_id": made(4, 2), "model": "m"}))
        .prompt();
    parent.tokens((100, 60, 10), Some((100, 60, 10)));
    let mut slow = slow_fork(thread, &parent);
    slow.add("turn_context", json!({"turn_id": made(620, 3), "model": "m"}))
        .prompt();
    slow.tokens((150, 80, 15), Some((50, 20, 5)));
    let fork = only(&slow);
    assert_eq!((counted(&fork), kinds(&fork).len()), ((30, 20, 5), 1));
}

#[test]
fn without_a_sign_the_log_of_the_parent_tells_what_is_repeated() {
    let mut parent = Script::new("p", json!({}));
    for turn in ["t1", "t2"] {
        parent
            .add("turn_context", json!({"turn_id": turn, "model": "m"}))
            .prompt();
        parent
            .call(turn, "exec_command", json!({"cmd": "git commit -m x"}))
            .output(turn, "[main 1a2b3c4] x");
    }
    let mut slow = slow_fork("f", &parent);
    slow.add("turn_context", json!({"turn_id": "t3", "model": "m"}))
        .prompt();
    let sessions = sessions(&[&slow, &parent]);
    assert_eq!(
        (kinds(&sessions[0]).len(), hashes(&sessions[0]).len()),
        (1, 0),
        "{sessions:?}"
    );
    assert_eq!((kinds(&sessions[1]).len(), hashes(&sessions[1]).len()), (2, 2));
}

#[test]
fn a_thread_that_was_taken_up_again_keeps_what_it_did() {
    let parent = parent();
    let mut slow = slow_fork("f", &parent);
    slow.prompt().tokens((300, 200, 35), Some((50, 20, 5)));
    let before = kinds(&only(&slow)).len();
    slow.add("session_meta", json!({"id": "f", "cwd": "/w/kiln"}));
    go_on(&mut slow);
    assert_eq!(kinds(&only(&slow)).len(), before + 1);
}

#[test]
fn a_history_that_was_written_into_a_new_file_counts_once() {
    let mut first = Script::new("s", json!({}));
    for _ in 0..2 {
        first.event("task_started", json!({})).prompt();
        first
            .call("c1", "exec_command", json!({"cmd": "git commit -m x"}))
            .output("c1", "[main 1a2b3c4] x")
            .tokens((100, 60, 10), Some((100, 60, 10)));
        first.event("task_complete", json!({}));
    }
    let alone = only(&first);
    for times in [Times::Kept, Times::Anew] {
        let mut second = Script {
            name: "s",
            second: 3600,
            lines: Vec::new(),
        };
        second.repeat(&first, times);
        let copied = &sessions(&[&first, &second])[0];
        assert_eq!(copied.actions, alone.actions);
        assert_eq!(copied.lanes, alone.lanes);
        assert_eq!(
            (hashes(copied), counted(copied)),
            (hashes(&alone), counted(&alone))
        );
        second.at(3700).event("task_started", json!({})).prompt();
        second.tokens((150, 80, 15), Some((50, 20, 5)));
        let session = &sessions(&[&first, &second])[0];
        assert_eq!((kinds(session).len(), counted(session)), (3, (70, 80, 15)));
        assert_eq!(session.lanes[0].turns.len(), 3);
    }
}

#[test]
fn a_turn_without_a_prompt_begins_when_it_was_started() {
    let message = json!({"author": "/main", "recipient": "/main/a", "content": []});
    for opening in [Some(("agent_message", message)), None] {
        let mut script = Script::new(
            "a",
            json!({"source": {"subagent": {"thread_spawn": {"parent_thread_id": "p"}}}}),
        );
        script.event("task_started", json!({}));
        if let Some((kind, payload)) = opening {
            script.at(script.second - 2).item(kind, payload);
        }
        script
            .at(10)
            .item("message", json!({"role": "assistant", "content": []}));
        script.event("task_complete", json!({}));
        let session = only(&script);
        let turn = &session.lanes[0].turns[0];
        assert_eq!((turn.span.end.since(turn.span.start), turn.human), (6000, false));
        assert_eq!((session.worked(), session.actions.len()), (6000, 0));
    }
}

#[test]
fn a_compaction_takes_its_time_and_is_a_command_where_a_person_asked_for_it() {
    for (source, expected) in [("cli", vec![ActionKind::Command]), ("exec", vec![])] {
        let mut script = Script::new("s", json!({"source": source}));
        script.event("task_started", json!({}));
        script.at(90).add("compacted", json!({"message": ""}));
        script.event("task_complete", json!({}));
        let session = only(&script);
        assert_eq!((session.worked(), kinds(&session)), (86_000, expected));
    }
    // In passing, it is part of the turn.
    let mut script = Script::new("s", json!({}));
    script.event("task_started", json!({})).prompt();
    script.at(90).event("context_compacted", json!({}));
    script.event("task_complete", json!({}));
    let session = only(&script);
    assert_eq!(
        (session.worked(), kinds(&session)),
        (84_000, vec![ActionKind::Prompt])
    );
}

#[test]
fn a_command_of_the_person_is_one_action_however_often_it_is_logged() {
    let item = |script: &mut Script, command: &str| {
        let item = json!({"type": "CommandExecution", "id": "u", "source": "user_shell", "command": ["/bin/bash", "-lc", command]});
        script.event("item_completed", json!({"item": item}));
    };
    let ended = |script: &mut Script, command: &str| {
        script.event(
            "exec_command_end",
            json!({"call_id": "u", "source": "user_shell", "command": ["/bin/bash", "-lc", command]}),
        );
    };
    let message = |script: &mut Script, command: &str| {
        let said = format!("<user_shell_command>\n<command>\n{command}\n</command>\n</user_shell_command>");
        script.item(
            "message",
            json!({"role": "user", "content": [{"type": "input_text", "text": said}]}),
        );
    };
    type Form<'form> = &'form dyn Fn(&mut Script, &str);
    let orders: [&[Form<'_>]; 6] = [
        &[&item, &message],
        &[&message, &item],
        &[&ended, &message],
        &[&item],
        &[&ended],
        &[&message],
    ];
    for forms in orders {
        let mut script = Script::new("s", json!({}));
        for command in ["ls -l", "ls -l", "make"] {
            script.event("task_started", json!({}));
            for form in forms {
                form(&mut script, command);
            }
            script.event("task_complete", json!({}));
        }
        let session = only(&script);
        let typed: Vec<_> = session
            .actions
            .iter()
            .map(|action| (action.kind, action.typed))
            .collect();
        let expected = [5, 5, 4].map(|typed| (ActionKind::Shell, typed));
        assert_eq!(typed, expected, "{} forms", forms.len());
        assert_eq!(session.worked(), 0);
    }
}

/// A thread in which a command is called at 4 s; the policy is the one of its turns.
fn asking(policy: &Value, reviewer: &str) -> Script {
    let mut script = Script::new("s", json!({}));
    let context = json!({"model": "m", "approval_policy": policy, "approvals_reviewer": reviewer});
    script.at(0).add("turn_context", context).prompt();
    let escalated = json!({"cmd": "make", "sandbox_permissions": "require_escalated"});
    script.call("c", "exec_command", escalated);
    script
}

/// The command of [`asking`] as it ended at a second, after it ran for this many.
fn ran_for(script: &mut Script, second: i64, seconds: i64) {
    let started = (1_775_034_000_i64 + 4) * 1000;
    let completed = (1_775_034_000 + second) * 1000;
    let item = json!({"type": "CommandExecution", "id": "c", "command": ["bash", "-lc", "make"], "exit_code": 0,
                      "duration": {"secs": seconds, "nanos": 0}});
    script.at(second).event(
        "item_completed",
        json!({"item": item, "started_at_ms": started, "completed_at_ms": completed}),
    );
}

#[test]
fn a_wait_for_an_approval_is_the_persons() {
    let on_request = json!("on-request");
    for (policy, reviewer, itemised, expected) in [
        (
            &on_request,
            "user",
            true,
            vec![ActionKind::Prompt, ActionKind::Answer],
        ),
        (
            &on_request,
            "user",
            false,
            vec![ActionKind::Prompt, ActionKind::Answer],
        ),
        (
            &json!({"granular": {}}),
            "user",
            true,
            vec![ActionKind::Prompt, ActionKind::Answer],
        ),
        (&on_request, "auto_review", true, vec![ActionKind::Prompt]),
        (&json!("never"), "user", true, vec![ActionKind::Prompt]),
    ] {
        let mut script = asking(policy, reviewer);
        if itemised {
            ran_for(&mut script, 304, 10);
        }
        script.at(304).output(
            "c",
            "Wall time: 10.0 seconds\nProcess exited with code 0\nOutput:\n",
        );
        script.at(304).event("task_complete", json!({}));
        let session = only(&script);
        assert_eq!(
            (session.worked(), kinds(&session)),
            (12_000, expected),
            "{policy} {reviewer}"
        );
        if let Some(answer) = session.actions.get(1) {
            let waited = answer.waited_since.map(|since| answer.at.since(since));
            assert_eq!(waited, Some(290_000));
        }
    }
}

#[test]
fn a_command_that_a_rule_allows_was_not_asked_about() {
    let mut script = asking(&json!("on-request"), "user");
    ran_for(&mut script, 14, 10);
    script.at(14).output(
        "c",
        "Wall time: 10.0 seconds\nProcess exited with code 0\nOutput:\n",
    );
    let session = only(&script);
    assert_eq!((session.worked(), kinds(&session).len()), (12_000, 1));
}

#[test]
fn a_command_that_was_stopped_ran_since_it_was_allowed() {
    let mut script = asking(&json!("on-request"), "user");
    script
        .at(304)
        .output("c", "Wall time: 300.0 seconds\naborted by user");
    script
        .at(304)
        .event("turn_aborted", json!({"reason": "interrupted"}));
    // It ends after the turn.
    ran_for(&mut script, 310, 16);
    let session = only(&script);
    let expected = [ActionKind::Prompt, ActionKind::Answer, ActionKind::Interrupt];
    assert_eq!((session.worked(), kinds(&session)), (12_000, expected.to_vec()));
}

#[test]
fn a_thread_that_waits_for_a_subagent_waits_for_the_person_that_it_asks() {
    let spawned = |name: &'static str| {
        let source = json!({"subagent": {"thread_spawn": {"parent_thread_id": "p"}}});
        Script::new(name, json!({"source": source, "approval_policy": "on-request"}))
    };
    let mut parent = Script::new("p", json!({}));
    parent.at(0).event("task_started", json!({})).prompt();
    parent.at(4).call("w", "wait_agent", json!({}));
    parent.at(310).output("w", "{}").event("task_complete", json!({}));
    let mut asking = spawned("a");
    asking.at(4).event("task_started", json!({}));
    let context = json!({"model": "m", "approval_policy": "on-request", "approvals_reviewer": "user"});
    asking.at(4).add("turn_context", context);
    asking.at(4).call("c", "exec_command", json!({"cmd": "make"}));
    ran_for(&mut asking, 304, 10);
    asking.at(304).output(
        "c",
        "Wall time: 10.0 seconds\nProcess exited with code 0\nOutput:\n",
    );
    asking.at(304).event("task_complete", json!({}));
    let mut busy = spawned("b");
    busy.at(100)
        .item("message", json!({"role": "assistant", "content": []}));
    for (scripts, worked) in [
        // From the prompt to the call, and from 294 s on.
        (vec![&asking, &parent], 2 + 16),
        (vec![&asking, &busy, &parent], 308),
        (vec![&parent], 308),
    ] {
        let sessions = sessions(&scripts);
        let parent = sessions.last().unwrap();
        assert_eq!(
            (parent.worked(), kinds(parent)),
            (worked * 1000, vec![ActionKind::Prompt])
        );
    }
    let asked = &sessions(&[&asking, &parent])[0];
    assert_eq!((asked.worked(), kinds(asked)), (10_000, vec![ActionKind::Answer]));
}

#[test]
fn commands_of_a_program_wait_for_the_person_too() {
    let mut script = asking(&json!("on-request"), "user");
    script.lines.pop();
    script.at(4).item(
        "custom_tool_call",
        json!({"call_id": "p", "name": "exec", "input": "…"}),
    );
    ran_for(&mut script, 304, 10);
    script.at(304).item(
        "custom_tool_call_output",
        json!({"call_id": "p", "output": "Script completed\nWall time 300.0 seconds\nOutput:\n"}),
    );
    let session = only(&script);
    let expected = [ActionKind::Prompt, ActionKind::Answer];
    assert_eq!((session.worked(), kinds(&session)), (12_000, expected.to_vec()));
}

#[test]
fn a_resumed_thread_goes_on_and_an_archived_copy_counts_once() {
    let mut script = parent();
    script.at(3600).add(
        "session_meta",
        json!({"id": "p", "cwd": "/w/kiln", "git": {"branch": "topic"}}),
    );
    go_on(&mut script);
    let copy = Script {
        name: "p",
        second: 0,
        lines: script.lines.clone(),
    };
    for scripts in [vec![&script], vec![&script, &copy]] {
        let session = sessions(&scripts).remove(0);
        assert_eq!(counted(&session), (120, 330, 45));
        assert_eq!((session.actions.len(), hashes(&session).len()), (2, 2));
        let branches: Vec<_> = session
            .places
            .iter()
            .filter_map(|place| place.branch.as_deref())
            .collect();
        assert_eq!(branches, ["main", "topic"]);
    }
}

fn compressed(script: &Script) -> Vec<u8> {
    let text = script.lines.join("\n") + "\n";
    ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest)
}

fn read(path: &Path) -> Log {
    let mut log = Log::default();
    Codex.read(&LogFile::new(path), &mut log).unwrap();
    log
}

#[test]
fn a_compressed_log_is_read_and_a_damaged_one_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rollout-x.jsonl.zst");
    let bytes = compressed(&parent());
    std::fs::write(&path, &bytes).unwrap();
    let log = read(&path);
    assert!(log.flaws.is_empty(), "{:?}", log.flaws);
    assert_eq!(
        counted(&assemble("codex", &[(path.clone(), log)])[0]),
        (70, 180, 30)
    );
    let mut twice = bytes.clone();
    twice.extend_from_slice(&bytes);
    std::fs::write(&path, &twice).unwrap();
    assert_eq!(read(&path).lines, 2 * parent().lines.len() as u32);
    for damaged in [
        &bytes[..bytes.len() / 2],
        b"no zstd at all",
        b"",
        &[&bytes[..], b"junk"].concat(),
    ] {
        std::fs::write(&path, damaged).unwrap();
        let log = read(&path);
        assert_eq!(log.flaws.len(), 1, "{:?}", log.flaws);
        assert!(log.flaws[0].place.contains("rollout-x.jsonl.zst:"));
    }
}

#[test]
fn a_plain_log_stands_for_its_compressed_form() {
    let home = tempfile::tempdir().unwrap();
    let names = [
        "sessions/2026/04/01/a.jsonl",
        "sessions/2026/04/01/a.jsonl.zst",
        "archived_sessions/b.jsonl.zst",
        "history.jsonl",
    ];
    for name in names {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }
    let found = Codex.logs(home.path(), &mut Vec::new());
    let found: Vec<_> = found
        .iter()
        .map(|file| file.path.strip_prefix(home.path()).unwrap().to_owned())
        .collect();
    assert_eq!(found, [PathBuf::from(names[0]), PathBuf::from(names[2])]);
}

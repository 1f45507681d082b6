//! Logs of every age and from every place, and what is read from them.

#![expect(
    clippy::needless_pass_by_value,
    reason = "records are made where they are given away"
)]

use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::agents::assemble::assemble;
use crate::facts::session::{Provenance, Session, TurnEnd};
use crate::facts::span::total;

/// A directory of logs.
struct Store {
    folder: tempfile::TempDir,
}

/// A record of a session: seconds after the start of the day, and the fields that not every record has.
fn at(seconds: f64, record: Value) -> Value {
    let instant =
        chrono::DateTime::from_timestamp_millis(1_775_000_000_000 + (seconds * 1_000.0) as i64).unwrap();
    let mut whole = json!({
        "uuid": format!("{seconds}"),
        "sessionId": "s",
        "timestamp": instant.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        "cwd": "/w/kiln",
    });
    let fields = record.as_object().unwrap().clone();
    whole.as_object_mut().unwrap().extend(fields);
    whole
}

fn prompt(seconds: f64, text: &str) -> Value {
    at(
        seconds,
        json!({"type": "user", "message": {"role": "user", "content": text}}),
    )
}

fn usage(input: u64, output: u64) -> Value {
    json!({"input_tokens": input, "output_tokens": output})
}

/// A response without a request id.
fn relayed(seconds: f64, id: &str, usage: Value) -> Value {
    let message =
        json!({"id": id, "model": "large", "content": [{"type": "text", "text": "x"}], "usage": usage});
    at(seconds, json!({"type": "assistant", "message": message}))
}

fn answer(seconds: f64, usage: Value) -> Value {
    let id = format!("m{seconds}");
    with(
        relayed(seconds, &id, usage),
        json!({"requestId": format!("r{seconds}")}),
    )
}

fn with(mut record: Value, fields: Value) -> Value {
    let fields = fields.as_object().unwrap().clone();
    record.as_object_mut().unwrap().extend(fields);
    record
}

fn call(seconds: f64, id: &str, tool: &str, input: Value) -> Value {
    let block = json!({"type": "tool_use", "id": id, "name": tool, "input": input});
    let message = json!({"id": format!("m{seconds}"), "model": "large", "content": [block]});
    at(seconds, json!({"type": "assistant", "message": message}))
}

fn result(seconds: f64, id: &str, said: Value) -> Value {
    let block = json!({"type": "tool_result", "tool_use_id": id, "content": "done"});
    let record = json!({"type": "user", "message": {"role": "user", "content": [block]}});
    with(at(seconds, record), said)
}

fn asked(source: &str) -> Value {
    json!({"permissionDecision": {"decision": "accept", "source": source}})
}

fn ended(seconds: f64, worked: u64) -> Value {
    at(
        seconds,
        json!({"type": "system", "subtype": "turn_duration", "durationMs": worked}),
    )
}

fn queue(seconds: f64, operation: &str, text: &str) -> Value {
    let mut record = at(
        seconds,
        json!({"type": "queue-operation", "operation": operation, "content": text}),
    );
    record.as_object_mut().unwrap().remove("uuid");
    record
}

impl Store {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn add(&self, path: &str, records: &[Value]) -> &Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
        std::fs::write(path, lines).unwrap();
        self
    }

    fn logs(&self, root: &Path) -> Vec<(PathBuf, Log)> {
        let mut warnings = Vec::new();
        let files = ClaudeCode.logs(root, &mut warnings);
        assert_eq!(warnings, []);
        let read = |file: &LogFile| {
            let mut log = Log::default();
            ClaudeCode.read(file, &mut log).unwrap();
            (file.path.clone(), log)
        };
        files.iter().map(read).collect()
    }

    fn sessions(&self) -> Vec<Session> {
        assemble("claude-code", &self.logs(self.folder.path()))
    }
}

/// The sessions of one log.
fn of(records: &[Value]) -> Vec<Session> {
    Store::new().add("projects/w/s.jsonl", records).sessions()
}

fn session(records: &[Value]) -> Session {
    of(records).remove(0)
}

/// Tokens by model: input, cache written, cache read, output.
fn tokens(sessions: &[Session]) -> Vec<(String, [u64; 4])> {
    let mut sums = std::collections::BTreeMap::new();
    for usage in sessions.iter().flat_map(|session| &session.usage) {
        let counts = usage.tokens;
        let sum: &mut [u64; 4] = sums.entry(usage.model.clone()).or_default();
        for (sum, count) in
            sum.iter_mut()
                .zip([counts.input, counts.cache_write, counts.cache_read, counts.output])
        {
            *sum += count;
        }
    }
    sums.into_iter().collect()
}

fn input(sessions: &[Session]) -> u64 {
    tokens(sessions).iter().map(|(_, counts)| counts[0]).sum()
}

/// Each turn of a lane in seconds: start, end, worked, unknown, and whether a person began it.
fn turns(session: &Session, lane: usize) -> Vec<(f64, f64, f64, f64, bool)> {
    let first = 1_775_000_000_000;
    let seconds = |millis: i64| millis as f64 / 1_000.0;
    let turns = session.lanes[lane].turns.iter();
    turns
        .map(|turn| {
            (
                seconds(turn.span.start.0 - first),
                seconds(turn.span.end.0 - first),
                seconds(total(&turn.working)),
                seconds(turn.unknown),
                turn.human,
            )
        })
        .collect()
}

fn actions(session: &Session) -> Vec<ActionKind> {
    session.actions.iter().map(|action| action.kind).collect()
}

#[test]
fn an_advisor_and_a_compaction_stand_beside_the_response_and_its_own_parts_within_it() {
    let parts = json!([
        {"type": "message", "input_tokens": 1, "output_tokens": 40},
        {"type": "advisor_message", "model": "advisor", "input_tokens": 900, "output_tokens": 7, "cache_read_input_tokens": 5},
        {"type": "compaction", "input_tokens": 3000, "output_tokens": 30},
        {"type": "message", "input_tokens": 1, "output_tokens": 60},
    ]);
    let mut whole = json!({"input_tokens": 2, "output_tokens": 100, "iterations": parts});
    let both = [prompt(0.0, "go"), answer(5.0, whole.clone()), {
        // A second block of the same response repeats its usage.
        with(answer(5.0, whole.clone()), json!({"uuid": "block-2"}))
    }];
    let expected = [
        ("advisor".to_owned(), [900, 0, 5, 7]),
        ("large".to_owned(), [3002, 0, 0, 130]),
    ];
    assert_eq!(tokens(&of(&both)), expected);

    // Of an unknown kind: the sum of the parts shows whether the top level includes it.
    for (output, beside) in [(100, true), (107, false)] {
        whole["iterations"][1]["type"] = json!("new_kind");
        whole["output_tokens"] = json!(output);
        let sessions = of(&[prompt(0.0, "go"), answer(5.0, whole.clone())]);
        let named = sessions[0].models.contains(&"advisor".to_owned());
        assert_eq!(named, beside, "{output}");
    }
}

#[test]
fn records_of_one_response_count_once_without_a_request() {
    // An early copy without counts, and results of tools between the blocks.
    let streamed = [
        prompt(0.0, "go"),
        with(relayed(1.0, "m", usage(0, 1)), json!({"parentUuid": "0"})),
        with(relayed(2.0, "m", usage(300, 9)), json!({"parentUuid": "1"})),
        result(3.0, "t", json!({"parentUuid": "2"})),
        with(relayed(4.0, "m", usage(300, 20)), json!({"parentUuid": "3"})),
    ];
    assert_eq!(tokens(&of(&streamed)), [("large".to_owned(), [300, 0, 0, 20])]);
}

#[test]
fn a_relay_that_gives_every_response_the_same_id_loses_none() {
    let mut told = vec![prompt(0.0, "go")];
    for (number, count) in [(1, 300), (2, 300), (3, 700)] {
        let second = f64::from(number) * 10.0;
        let before = format!("{}", second - 1.0);
        told.push(with(prompt(second - 1.0, "next"), json!({})));
        told.push(with(
            relayed(second, "relay", usage(count + number as u64, 5)),
            json!({"parentUuid": before}),
        ));
    }
    assert_eq!(input(&of(&told)), 301 + 302 + 703);
    // Without parents the counts decide.
    let bare = [
        relayed(1.0, "relay", usage(300, 5)),
        relayed(2.0, "relay", usage(500, 5)),
    ];
    assert_eq!(input(&of(&bare)), 800);
    // A prompt is between two responses, whatever they count.
    let parted = [
        relayed(1.0, "relay", usage(300, 5)),
        prompt(2.0, "next"),
        relayed(3.0, "relay", usage(300, 5)),
    ];
    assert_eq!(input(&of(&parted)), 600);
    // In another session it is another response, unless the record is a copy.
    let other = |record: &Value| with(record.clone(), json!({"sessionId": "t"}));
    let store = Store::new();
    let own = relayed(1.0, "relay", usage(300, 5));
    let theirs = with(
        other(&relayed(2.0, "relay", usage(350, 5))),
        json!({"uuid": "other"}),
    );
    store.add("projects/w/s.jsonl", std::slice::from_ref(&own));
    store.add("projects/w/t.jsonl", &[other(&own), theirs]);
    assert_eq!(input(&store.sessions()), 650);
}

#[test]
fn a_subagents_copy_may_lack_the_request() {
    let lane = json!({"agentId": "a1", "isSidechain": true});
    let own = with(answer(2.0, usage(100, 3)), json!({"uuid": "own"}));
    let mut bare = with(answer(2.0, usage(100, 9)), lane.clone());
    bare.as_object_mut().unwrap().remove("requestId");
    let told = [prompt(0.0, "go"), bare, with(own, lane)];
    assert_eq!(tokens(&of(&told)), [("large".to_owned(), [100, 0, 0, 9])]);
    // Two of a relay in two subagents are two.
    let relay = |seconds, agent| {
        with(
            relayed(seconds, "relay", usage(100, 9)),
            json!({"agentId": agent, "isSidechain": true}),
        )
    };
    assert_eq!(
        input(&of(&[prompt(0.0, "go"), relay(1.0, "a1"), relay(2.0, "a2")])),
        200
    );
}

/// A record of a subagent as its parent's log has it.
fn progress(seconds: f64, message: Value, repeated: Vec<Value>) -> Value {
    let data = json!({
        "type": "agent_progress", "agentId": "a1", "message": message, "normalizedMessages": repeated,
    });
    with(
        at(seconds, json!({"type": "progress", "data": data})),
        json!({"uuid": format!("p{seconds}")}),
    )
}

/// A subagent's response, without the envelope.
fn nested(seconds: f64, count: u64) -> Value {
    let mut record = answer(seconds, usage(count, 3));
    let fields = record.as_object_mut().unwrap();
    fields.remove("sessionId");
    fields.remove("cwd");
    record
}

#[test]
fn what_a_parent_says_of_its_subagents_counts_once() {
    let parent = [
        prompt(0.0, "go"),
        call(1.0, "t1", "Task", json!({"prompt": "look"})),
        progress(2.0, nested(2.0, 100), vec![]),
        progress(3.0, nested(3.0, 200), vec![nested(2.0, 100), nested(3.0, 200)]),
        progress(4.0, Value::Null, vec![nested(2.0, 100), nested(4.0, 400)]),
        result(5.0, "t1", json!({})),
        answer(6.0, usage(5, 8)),
    ];
    let alone = of(&parent);
    assert_eq!(input(&alone), 705);
    assert_eq!(turns(&alone[0], 1), [(2.0, 4.0, 2.0, 0.0, false)]);

    // The subagent's own log has the final counts, under other ids of its records.
    let own: Vec<Value> = [(2.0, 100), (3.0, 200), (4.0, 400)]
        .map(|(seconds, count)| {
            let record = answer(seconds, usage(count, 50));
            with(
                record,
                json!({"uuid": format!("own{seconds}"), "agentId": "a1", "isSidechain": true}),
            )
        })
        .to_vec();
    let store = Store::new();
    store.add("projects/w/s.jsonl", &parent);
    store.add("projects/w/s/subagents/agent-a1.jsonl", &own);
    let both = store.sessions();
    assert_eq!(tokens(&both), [("large".to_owned(), [705, 0, 0, 158])]);
    assert_eq!(both[0].lanes.len(), 2);
}

#[test]
fn an_edit_that_two_logs_repeat_is_one_edit() {
    let edit = |seconds: f64| {
        let patch =
            json!({"filePath": "/w/kiln/a.rs", "structuredPatch": [{"lines": ["+one line of code"]}]});
        [
            call(seconds, "e1", "Edit", json!({"file_path": "/w/kiln/a.rs"})),
            result(seconds + 1.0, "e1", json!({"toolUseResult": patch})),
        ]
    };
    let [called, done] = edit(2.0);
    let parent = [
        prompt(0.0, "go"),
        progress(2.0, called, vec![]),
        progress(3.0, done, vec![]),
    ];
    let own = edit(2.0).map(|record| {
        let seconds = record["timestamp"].to_string();
        with(
            record,
            json!({"uuid": format!("own{seconds}"), "agentId": "a1", "isSidechain": true}),
        )
    });
    let store = Store::new();
    store.add("projects/w/s.jsonl", &parent);
    assert_eq!(store.sessions()[0].edits.len(), 1);
    store.add("projects/w/s/subagents/agent-a1.jsonl", &own);
    assert_eq!(store.sessions()[0].edits.len(), 1);
}

#[test]
fn a_subagents_response_without_its_final_count_is_no_measure() {
    let copy = |uuid: &str, reason: Value, output: u64| {
        let mut record = answer(2.0, usage(100, output));
        record["message"]["stop_reason"] = reason;
        with(
            record,
            json!({"uuid": uuid, "agentId": "a1", "isSidechain": true}),
        )
    };
    let early = copy("c1", Value::Null, 1);
    let parent = [prompt(0.0, "go"), answer(9.0, usage(1, 1))];
    let mut told = parent.to_vec();
    told.push(early);
    assert_eq!(session(&told).sources.tokens, Provenance::Estimated);
    told.push(copy("c2", json!("tool_use"), 90));
    let whole = session(&told);
    assert_eq!(whole.sources.tokens, Provenance::Measured);
    assert_eq!(tokens(&[whole]), [("large".to_owned(), [101, 0, 0, 91])]);
    // In old logs, responses of the main agent never had the reason.
    assert_eq!(session(&parent).sources.tokens, Provenance::Measured);
}

#[test]
fn sessions_of_the_desktop_belong_to_the_folders_that_were_shared() {
    let store = Store::new();
    let root = store.folder.path().join("Claude/local-agent-mode-sessions");
    let inside = |record: Value| with(record, json!({"cwd": "/sessions/brave-newton"}));
    let edit =
        json!({"file_path": "/sessions/brave-newton/mnt/kiln/src/a.rs", "content": "one line of code"});
    let records = [
        inside(prompt(0.0, "go")),
        inside(call(1.0, "w", "Write", edit)),
        inside(result(2.0, "w", json!({}))),
    ];
    let place = "Claude/local-agent-mode-sessions/org/space/local_1";
    store.add(&format!("{place}/.claude/projects/-sessions-x/s.jsonl"), &records);
    store.add(&format!("{place}/audit.jsonl"), &[json!({"type": "audit"})]);
    let shared =
        json!({"cliSessionId": "s", "userSelectedFolders": ["/Users/ada/kiln", "/Users/ada/notes/"]});
    store.add(&format!("{place}.json"), &[shared]);

    let machine = Machine {
        home: Some(store.folder.path().to_owned()),
        variables: [(
            "XDG_CONFIG_HOME".to_owned(),
            store.folder.path().display().to_string(),
        )]
        .into(),
        ..Machine::default()
    };
    assert!(ClaudeCode.roots(&machine).contains(&root));
    let sessions = assemble("claude-code", &store.logs(&root));
    let folders: Vec<&str> = sessions[0]
        .places
        .iter()
        .map(|place| place.folder.as_str())
        .collect();
    assert_eq!(folders, ["/Users/ada/kiln", "/Users/ada/notes/"]);
    assert_eq!(sessions[0].edits[0].path, "/Users/ada/kiln/src/a.rs");
}

#[test]
fn the_folders_of_the_desktop_are_looked_for_on_every_system() {
    let data = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(data.path().join("Packages/Claude_pzs8sxrjxfjjc")).unwrap();
    std::fs::create_dir_all(data.path().join("Packages/Other_x")).unwrap();
    let machine = Machine {
        home: Some("/Users/ada".into()),
        variables: [
            ("APPDATA".to_owned(), "/roaming".to_owned()),
            ("LOCALAPPDATA".to_owned(), data.path().display().to_string()),
        ]
        .into(),
        ..Machine::default()
    };
    let roots = ClaudeCode.roots(&machine);
    let expected = [
        PathBuf::from("/Users/ada/Library/Application Support/Claude/local-agent-mode-sessions"),
        "/Users/ada/.config/Claude/local-agent-mode-sessions".into(),
        "/roaming/Claude/local-agent-mode-sessions".into(),
        data.path()
            .join("Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/local-agent-mode-sessions"),
    ];
    assert_eq!(roots[2..], expected);
}

#[test]
fn a_fork_repeats_its_original_whichever_ends_first() {
    let chain = [prompt(1.0, "go"), answer(2.0, usage(100, 5))];
    let forked = |record: &Value| with(record.clone(), json!({"sessionId": "t"}));
    for (own, theirs) in [(10.0, 20.0), (20.0, 10.0)] {
        let mut original = vec![queue(0.5, "enqueue", "go")];
        original.extend(chain.clone());
        original.push(answer(own, usage(10, 1)));
        let mut fork: Vec<Value> = chain.iter().map(forked).collect();
        fork.push(forked(&answer(theirs, usage(20, 1))));
        let store = Store::new();
        store.add("projects/w/s.jsonl", &original);
        store.add("projects/w/t.jsonl", &fork);
        let by_session: Vec<u64> = store
            .sessions()
            .iter()
            .map(|one| input(std::slice::from_ref(one)))
            .collect();
        assert_eq!(by_session, [110, 20], "{own}");
    }
    // Nothing older: the stamp of a background session shows it.
    let stamped = |record: &Value| with(forked(record), json!({"sessionKind": "bg"}));
    let mut original = chain.to_vec();
    original.push(answer(30.0, usage(10, 1)));
    let store = Store::new();
    store.add("projects/w/s.jsonl", &original);
    store.add(
        "projects/w/t.jsonl",
        &chain.iter().map(stamped).collect::<Vec<_>>(),
    );
    let ids: Vec<String> = store.sessions().iter().map(|one| one.id.to_string()).collect();
    assert_eq!(ids, ["claude-code:s"]);
}

fn attached(seconds: f64, text: &str) -> Value {
    at(
        seconds,
        json!({"type": "attachment", "attachment": {"type": "queued_command", "prompt": text}}),
    )
}

#[test]
fn a_queued_prompt_is_one_action_and_the_same_words_later_another() {
    let start = [
        prompt(0.0, "go"),
        answer(1.0, usage(1, 1)),
        queue(2.0, "enqueue", "continue"),
    ];
    let end = [
        answer(5.0, usage(1, 1)),
        ended(6.0, 6_000),
        prompt(60.0, "continue"),
        answer(61.0, usage(1, 1)),
    ];
    let without_text = |mut record: Value| {
        record.as_object_mut().unwrap().remove("content");
        record
    };
    for delivered in [
        vec![attached(3.0, "continue")],
        vec![without_text(queue(3.0, "remove", ""))],
        vec![queue(3.0, "remove", "continue"), attached(3.1, "continue")],
        vec![without_text(queue(3.0, "popAll", ""))],
    ] {
        let records: Vec<Value> = start.iter().chain(&delivered).chain(&end).cloned().collect();
        let told = session(&records);
        assert_eq!(actions(&told), [ActionKind::Prompt; 3], "{delivered:?}");
        let human: Vec<bool> = turns(&told, 0).iter().map(|turn| turn.4).collect();
        assert_eq!(human, [true, true], "{delivered:?}");
    }
    // Taken up by a separate record, it is not a new action.
    let mut records = start.to_vec();
    records.extend([
        answer(3.0, usage(1, 1)),
        without_text(queue(4.0, "dequeue", "")),
        prompt(4.1, "continue"),
        answer(5.0, usage(1, 1)),
    ]);
    assert_eq!(actions(&session(&records)), [ActionKind::Prompt; 2]);
    // In a log without the queue's own records the attachment is all there is.
    let alone = [
        prompt(0.0, "go"),
        attached(2.0, "and tidy up"),
        answer(3.0, usage(1, 1)),
    ];
    assert_eq!(actions(&session(&alone)), [ActionKind::Prompt; 2]);
}

#[test]
fn nobody_typed_the_prompt_of_a_headless_run() {
    let marks = [
        json!({"promptSource": "sdk", "entrypoint": "sdk-cli"}),
        json!({"entrypoint": "sdk-ts"}),
        json!({"promptSource": "sdk"}),
        json!({"turnOrigin": "sdk"}),
        json!({"entrypoint": "claude-code-github-action"}),
    ];
    for mark in marks {
        let records = [
            queue(0.0, "enqueue", "tidy up"),
            queue(0.1, "dequeue", ""),
            with(prompt(0.2, "tidy up"), mark.clone()),
            with(answer(5.0, usage(1, 1)), mark.clone()),
            // A person continues in the same session, which can be distinguished from the program again.
            with(
                prompt(60.0, "tidy up"),
                json!({"entrypoint": "cli", "promptSource": "typed"}),
            ),
            answer(61.0, usage(1, 1)),
        ];
        let told = session(&records);
        assert_eq!(actions(&told), [ActionKind::Prompt], "{mark}");
        let human: Vec<bool> = turns(&told, 0).iter().map(|turn| turn.4).collect();
        assert_eq!(human, [false, true], "{mark}");
    }
}

#[test]
fn a_command_of_the_program_opens_no_turn() {
    for name in [
        "/fork",
        "/bg",
        "/background",
        "/subtask",
        "/teleport",
        "/tp",
        "/remote-control",
        "/advisor",
        "/color",
        "/cd",
    ] {
        let typed = format!("<command-name>{name}</command-name><command-args></command-args>");
        let told = session(&[
            prompt(0.0, "go"),
            answer(1.0, usage(1, 1)),
            prompt(2.0, &typed),
            answer(900.0, usage(1, 1)),
        ]);
        assert_eq!(
            turns(&told, 0).iter().map(|turn| turn.2).sum::<f64>(),
            1.0,
            "{name}"
        );
    }
}

const SHELL: &str = "Bash";

fn run() -> Value {
    json!({"command": "make"})
}

#[test]
fn the_wait_for_an_approval_is_the_persons() {
    // Asked for an edit: the rest of the call is a wait. Allowed by a setting: a command runs as long as it runs.
    let edit = [
        prompt(0.0, "go"),
        call(2.0, "e", "Edit", json!({"file_path": "/w/kiln/a.rs"})),
        result(32.0, "e", asked("user_temporary")),
        answer(34.0, usage(1, 1)),
    ];
    let told = session(&edit);
    assert_eq!(turns(&told, 0), [(0.0, 34.0, 4.25, 0.0, true)]);
    assert_eq!(actions(&told), [ActionKind::Prompt, ActionKind::Answer]);

    let command = |said: Value| {
        [
            prompt(0.0, "go"),
            call(2.0, "b", SHELL, run()),
            result(62.0, "b", said),
            answer(64.0, usage(1, 1)),
        ]
    };
    let allowed = session(&command(asked("config")));
    assert_eq!(turns(&allowed, 0), [(0.0, 64.0, 64.0, 0.0, true)]);
    assert_eq!(actions(&allowed), [ActionKind::Prompt]);
    // For a command that was asked for, its run and the wait cannot be distinguished.
    let asked = session(&command(asked("user_permanent")));
    assert_eq!(turns(&asked, 0), [(0.0, 64.0, 5.0, 59.0, true)]);
    assert_eq!(actions(&asked), [ActionKind::Prompt, ActionKind::Answer]);
}

#[test]
fn the_duration_of_a_turn_tells_work_from_waits() {
    let turn = |worked: u64, fields: Value| {
        session(&[
            prompt(0.0, "go"),
            call(2.0, "b", SHELL, run()),
            result(62.0, "b", json!({})),
            answer(64.0, usage(1, 1)),
            at(64.5, json!({"type": "system", "subtype": "stop_hook_summary"})),
            with(ended(65.0, worked), fields),
        ])
    };
    // The second after the last answer is a hook's.
    let told = turn(25_000, json!({}));
    assert_eq!(turns(&told, 0), [(0.0, 64.0, 24.0, 0.0, true)]);
    assert_eq!(told.sources.agent_time, Provenance::Measured);
    assert_eq!(turns(&turn(65_000, json!({})), 0), [(0.0, 64.0, 64.0, 0.0, true)]);
    // A subagent's questions run on the same clock: a bound, not a measurement.
    let beside = turn(45_000, json!({"pendingBackgroundAgentCount": 1}));
    assert_eq!(turns(&beside, 0), [(0.0, 64.0, 19.0, 25.0, true)]);
    // A duration longer than the turn is that of another one.
    assert_eq!(
        turns(&turn(500_000, json!({})), 0),
        [(0.0, 64.0, 19.0, 45.0, true)]
    );
}

#[test]
fn the_duration_of_a_turn_that_a_notification_opened_is_not_its_own() {
    let notice = "<task-notification>done</task-notification>";
    let told = session(&[
        prompt(0.0, "go"),
        answer(4.0, usage(1, 1)),
        with(ended(4.0, 4_000), json!({"pendingBackgroundAgentCount": 1})),
        queue(30.0, "enqueue", notice),
        queue(30.0, "dequeue", ""),
        with(
            prompt(30.0, notice),
            json!({"promptSource": "system", "origin": {"kind": "task-notification"}}),
        ),
        answer(32.0, usage(1, 1)),
        ended(32.0, 32_000),
    ]);
    assert_eq!(
        turns(&told, 0),
        [(0.0, 4.0, 4.0, 0.0, true), (30.0, 32.0, 2.0, 0.0, false)]
    );
    assert_eq!(actions(&told), [ActionKind::Prompt]);
}

#[test]
fn where_nothing_tells_a_command_counts_for_a_while_and_not_beyond() {
    let turn = |mode: Value| {
        session(&[
            with(prompt(0.0, "go"), mode),
            call(2.0, "b", SHELL, run()),
            result(62.0, "b", json!({})),
            answer(64.0, usage(1, 1)),
            at(64.5, json!({"type": "system", "subtype": "stop_hook_summary"})),
        ])
    };
    for mode in [
        json!({}),
        json!({"permissionMode": "default"}),
        json!({"permissionMode": "acceptEdits"}),
    ] {
        let told = turn(mode.clone());
        assert_eq!(turns(&told, 0), [(0.0, 64.0, 19.0, 45.0, true)], "{mode}");
        assert_eq!(told.sources.agent_time, Provenance::Derived);
    }
    for mode in [
        json!({"permissionMode": "bypassPermissions"}),
        json!({"entrypoint": "sdk-cli"}),
    ] {
        let told = turn(mode.clone());
        assert_eq!(turns(&told, 0)[0].2, 64.0, "{mode}");
        assert_eq!(told.sources.agent_time, Provenance::Measured);
    }
}

#[test]
fn a_command_that_says_how_long_it_runs_waited_before() {
    let running = |seconds: f64, elapsed: u64| {
        let data = json!({"type": "bash_progress", "elapsedTimeSeconds": elapsed});
        at(
            seconds,
            json!({"type": "progress", "parentToolUseID": "b", "data": data}),
        )
    };
    let told = session(&[
        prompt(0.0, "go"),
        call(2.0, "b", SHELL, run()),
        running(34.0, 2),
        running(35.0, 3),
        result(62.0, "b", json!({})),
        answer(64.0, usage(1, 1)),
    ]);
    assert_eq!(turns(&told, 0), [(0.0, 64.0, 34.0, 30.0, true)]);
}

#[test]
fn a_subagent_works_in_the_mode_of_its_session_and_asks_the_same_person() {
    let sub = |record: Value| with(record, json!({"agentId": "a1", "isSidechain": true}));
    let turn = |mode: &str, said: Value| {
        session(&[
            with(prompt(0.0, "go"), json!({"permissionMode": mode})),
            call(1.0, "t", "Task", json!({})),
            sub(prompt(2.0, "look")),
            sub(call(4.0, "b", SHELL, run())),
            sub(result(64.0, "b", said)),
            result(65.0, "t", json!({})),
        ])
    };
    assert_eq!(turns(&turn("default", json!({})), 1)[0].2, 17.0);
    assert_eq!(turns(&turn("bypassPermissions", json!({})), 1)[0].2, 62.0);
    let asked = turn("default", asked("user_temporary"));
    assert_eq!(actions(&asked), [ActionKind::Prompt, ActionKind::Answer]);
}

#[test]
fn a_wait_for_a_command_in_the_background_is_none_for_subagents() {
    let sub = |record: Value| with(record, json!({"agentId": "a1", "isSidechain": true}));
    let worked = |tool: &str, kind: &str| {
        let waited = json!({"toolUseResult": {"retrieval_status": "success", "task": {"task_id": "x", "task_type": kind}}});
        let told = session(&[
            with(prompt(0.0, "go"), json!({"permissionMode": "bypassPermissions"})),
            call(2.0, "t", tool, json!({"task_id": "x"})),
            sub(prompt(100.0, "look")),
            sub(answer(105.0, usage(1, 1))),
            result(542.0, "t", waited),
        ]);
        turns(&told, 0)[0].2
    };
    for tool in ["BashOutput", "Monitor", "TaskOutput"] {
        assert_eq!(worked(tool, "local_bash"), 542.0, "{tool}");
    }
    assert_eq!(worked("TaskOutput", "local_agent"), 7.0);
}

#[test]
fn agent_time_is_measured_only_where_every_turn_has_its_duration() {
    let source = |durations: [u64; 2]| {
        let told = session(&[
            with(prompt(0.0, "go"), json!({"permissionMode": "default"})),
            answer(10.0, usage(1, 1)),
            ended(10.1, durations[0]),
            with(prompt(20.0, "on"), json!({"permissionMode": "default"})),
            answer(30.0, usage(1, 1)),
            ended(30.1, durations[1]),
            at(
                30.2,
                json!({"type": "system", "subtype": "turn_duration", "durationMs": 90_000}),
            ),
        ]);
        told.sources.agent_time
    };
    assert_eq!(source([10_100, 10_100]), Provenance::Measured);
    // Longer than the turn: it is not the turn's.
    assert_eq!(source([60_000, 10_100]), Provenance::Derived);
}

#[test]
fn one_key_at_a_question_is_one_action() {
    let refused = with(
        result(9.0, "b", json!({})),
        json!({"toolDenialKind": "user-rejected"}),
    );
    let refused = |id: &str, seconds: f64| {
        let mut record = refused.clone();
        record["uuid"] = json!(id);
        record["timestamp"] = at(seconds, json!({}))["timestamp"].clone();
        let block = &mut record["message"]["content"][0];
        block["tool_use_id"] = json!(id);
        block["is_error"] = json!(true);
        record
    };
    let told = session(&[
        prompt(0.0, "go"),
        call(2.0, "b", SHELL, run()),
        call(2.1, "c", SHELL, run()),
        refused("b", 9.0),
        refused("c", 9.001),
        prompt(9.006, "[Request interrupted by user for tool use]"),
    ]);
    assert_eq!(actions(&told), [ActionKind::Prompt, ActionKind::Refusal]);
    assert_eq!(told.lanes[0].turns[0].end, TurnEnd::Interrupted);
}

fn compacted(seconds: f64, took: Option<u64>) -> Value {
    at(
        seconds,
        json!({"type": "system", "subtype": "compact_boundary", "compactMetadata": {"trigger": "manual", "durationMs": took}}),
    )
}

/// What a program took since it began, two seconds before the session.
fn totals(session: &str, ran: u64, input: u64, output: u64) -> Value {
    let usage = json!({
        "inputTokens": input, "outputTokens": output, "cacheReadInputTokens": 0, "cacheCreationInputTokens": 0,
    });
    json!({
        "type": "cost-state", "sessionId": session, "startTime": 1_774_999_998_000_u64, "totalDuration": ran,
        "modelUsage": {"large": usage},
    })
}

#[test]
fn a_compaction_takes_time_and_tokens() {
    let records = [
        prompt(0.0, "go"),
        answer(4.0, usage(100, 10)),
        compacted(600.0, Some(9_000)),
        totals("s", 700_000, 160, 30),
        prompt(700.0, "on"),
        answer(703.0, usage(50, 5)),
        totals("s", 800_000, 210, 35),
    ];
    let told = session(&records);
    assert_eq!(
        turns(&told, 0),
        [
            (0.0, 4.0, 4.0, 0.0, true),
            (591.0, 600.0, 9.0, 0.0, false),
            (700.0, 703.0, 3.0, 0.0, true)
        ]
    );
    assert_eq!(told.sources.tokens, Provenance::Measured);
    let at = told
        .usage
        .iter()
        .find(|usage| usage.tokens.input == 60)
        .unwrap()
        .at;
    assert_eq!(at.0, 1_775_000_600_000);
    assert_eq!(tokens(&[told]), [("large".to_owned(), [210, 0, 0, 35])]);
}

#[test]
fn tokens_of_a_compaction_that_no_total_tells_are_not_measured() {
    let base = [
        prompt(0.0, "go"),
        answer(4.0, usage(100, 10)),
        compacted(20.0, None),
    ];
    let with_totals = |totals: Vec<Value>| session(&[base.to_vec(), totals].concat());
    assert_eq!(with_totals(vec![]).sources.tokens, Provenance::Estimated);
    // Totals lower than what was recorded belong to something else.
    let less = with_totals(vec![totals("s", 30_000, 90, 30)]);
    assert_eq!(
        (less.sources.tokens, input(&[less])),
        (Provenance::Estimated, 100)
    );
    // They are equal: the compaction is not in them.
    assert_eq!(
        with_totals(vec![totals("s", 30_000, 100, 10)]).sources.tokens,
        Provenance::Estimated
    );
    // A compaction after the last totals.
    let late = session(&[&base[..2], &[totals("s", 6_000, 120, 12), compacted(30.0, None)]].concat());
    assert_eq!(late.sources.tokens, Provenance::Estimated);
}

#[test]
fn totals_of_several_sessions_are_nobodys() {
    let first = [
        prompt(0.0, "go"),
        answer(4.0, usage(100, 10)),
        totals("s", 9_000, 100, 10),
    ];
    let second = |record: Value| with(record, json!({"sessionId": "t"}));
    let clear = "<command-name>/clear</command-name>";
    // The program continues with another session: its totals include both.
    let store = Store::new();
    let own = [
        second(prompt(50.0, "next")),
        second(answer(54.0, usage(7, 1))),
        totals("t", 60_000, 107, 11),
    ];
    store.add("projects/w/s.jsonl", &first);
    store.add("projects/w/t.jsonl", &own);
    assert_eq!(input(&store.sessions()), 107);
    // The other session's log is missing, but the command that left it is here.
    let mut left = vec![second(prompt(49.0, clear))];
    left.extend(own);
    assert_eq!(input(&of(&left)), 7);
    // A fork began with the totals of its original.
    let copied = |record: &Value| with(second(record.clone()), json!({"forkedFrom": {"sessionId": "s"}}));
    let mut fork: Vec<Value> = first[..2].iter().map(copied).collect();
    fork.extend([second(answer(70.0, usage(7, 1))), totals("t", 80_000, 300, 40)]);
    let store = Store::new();
    store.add("projects/w/s.jsonl", &first[..2]);
    store.add("projects/w/t.jsonl", &fork);
    assert_eq!(input(&store.sessions()), 107);
}

//! Hooks in texts of all layouts: added, added again, and removed without a trace.

use proptest::prelude::*;

use super::*;
use crate::integrations::settings::jsonc;
use crate::integrations::settings::splice::undone;

const FORM: HookFile = HookFile {
    events: &[("SessionStart", 10), ("Stop", 10), ("SessionEnd", 3)],
    ..GROUPED
};
const FLAT: HookFile = HookFile {
    way: &["hooks"],
    grouped: false,
    command: "bash",
    timeout: "timeoutSec",
    more: &[("type", "command")],
    events: &[("sessionStart", 10), ("agentStop", 10)],
    versioned: true,
    owned: true,
    only_without_first: false,
    switches: &[(&["disableAllHooks"], true)],
};
const BARE: HookFile = HookFile { way: &[], ..FORM };

fn command(program: &str) -> HookCommand {
    HookCommand {
        program: program.to_owned(),
        remind: false,
    }
}

fn all(form: &HookFile) -> Vec<&'static str> {
    form.events.iter().map(|(event, _)| *event).collect()
}

fn installed(form: &HookFile, text: &str) -> Installed {
    form.install(text, &all(form), &command("/x/git-leverage"))
        .unwrap()
}

/// Added, added again, and removed in both ways.
fn round(form: &HookFile, text: &str) -> Installed {
    let first = installed(form, text);
    assert_eq!(
        undone(&first.text, &first.splices).as_deref(),
        Some(text),
        "{}",
        first.text
    );
    assert!(form.is_installed(&first.text, &all(form), &command("/x/git-leverage")));
    assert!(!form.is_installed(text, &all(form), &command("/x/git-leverage")));
    assert!(!form.is_installed(&first.text, &all(form), &command("/y/git-leverage")));
    assert!(!form.is_installed(&first.text, &all(form)[1..], &command("/x/git-leverage")));
    form.remove(&first.text, Some(&first.kept)).unwrap();
    let present = form.present(&first.text).unwrap();
    let own = present.iter().filter(|one| one.is_own).count();
    assert_eq!(own, form.events.len(), "{}", first.text);
    first
}

/// If only the text shows what was there before.
fn exact(form: &HookFile, text: &str) {
    let first = round(form, text);
    let out = form.remove(&first.text, Some(&first.kept)).unwrap();
    assert_eq!(out, text, "{}", first.text);
}

#[test]
fn a_new_file_reads_well() {
    let text = installed(&FORM, "").text;
    assert_eq!(
        text,
        r#"{
  "hooks": {
    "SessionStart": [
      {
        "hooks": [
          {
            "type": "command",
            "command": "/x/git-leverage hook",
            "timeout": 10
          }
        ]
      }
    ],
    "Stop": [
      {
        "hooks": [
          {
            "type": "command",
            "command": "/x/git-leverage hook",
            "timeout": 10
          }
        ]
      }
    ],
    "SessionEnd": [
      {
        "hooks": [
          {
            "type": "command",
            "command": "/x/git-leverage hook",
            "timeout": 3
          }
        ]
      }
    ]
  }
}
"#
    );
    assert!(FORM.is_bare(&FORM.remove(&text, None).unwrap()));
}

#[test]
fn others_keep_their_hooks_and_their_layout() {
    let shapes = [
        // git-ai and similar tools: one catch-all group per event.
        "{\n  \"hooks\": {\n    \"PreToolUse\": [\n      {\n        \"matcher\": \"*\",\n        \"hooks\": [{ \"type\": \"command\", \"command\": \"git-ai checkpoint claude --hook-input stdin\" }]\n      }\n    ]\n  }\n}\n",
        // Entire: groups for the same events.
        "{\"hooks\":{\"Stop\":[{\"matcher\":\"\",\"hooks\":[{\"type\":\"command\",\"command\":\"entire hooks claude-code stop\"}]}],\"SessionStart\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"entire hooks claude-code session-start\"}]}]},\"permissions\":{\"deny\":[\"Read(./.entire/**)\"]}}",
        "{\n\t// mine\n\t\"env\": {\"A\": \"1\"}, /* b */\n\t\"hooks\": {\n\t\t\"Stop\": [\n\t\t\t{\"hooks\": [{\"type\": \"command\", \"command\": \"npx --yes agent-note hook --agent claude\"}]}, // note\n\t\t],\n\t},\n}\n",
        "{\r\n    \"hooks\": {\r\n        \"Stop\": [{\r\n            \"hooks\": [{\"command\": \"lefthook run stop\", \"type\": \"command\"}]\r\n        }]\r\n    }\r\n}",
        "{\"a\": 1}",
        "{\n  \"a\": 1\n}",
        "\u{feff}{\n  \"a\": 1\n}\n",
        "// only a comment\n{\n  \"a\": 1\n}\n// the end",
    ];
    for text in shapes {
        exact(&FORM, text);
    }
    exact(&BARE, "{\n  \"PostToolUse\": []\n}");
    exact(
        &FLAT,
        "{\n  \"version\": 1,\n  \"hooks\": {\n    \"stop\": [{\"bash\": \"x\"}]\n  }\n}\n",
    );
    exact(
        &FLAT,
        "{\"hooks\":{\"agentStop\":[{\"bash\":\"x\"}]},\"version\":1}",
    );
}

#[test]
fn what_was_empty_before_is_empty_again() {
    for text in [
        "{\"hooks\": {}, \"a\": 1}",
        "{\n  \"hooks\": {},\n  \"a\": 1\n}",
        "{\n  \"hooks\": {\n    \"Stop\": []\n  }\n}",
        "{\"hooks\":{\"Stop\":[]}}",
    ] {
        exact(&FORM, text);
    }
    for text in [
        "{}",
        "{ }",
        "{\n}\n",
        "",
        "\n\n",
        "// c",
        "{ /* c */ }",
        "{\"hooks\": {\n}}",
        "{}\r\n",
    ] {
        let _ = round(&FORM, text);
        let _ = round(&FLAT, text);
    }
}

#[test]
fn without_a_memory_only_what_is_empty_goes_too() {
    let text = "{\n  \"a\": 1,\n  \"hooks\": {\n    \"PreToolUse\": [1]\n  }\n}\n";
    assert_eq!(FORM.remove(&installed(&FORM, text).text, None).unwrap(), text);
    let text = "{\n  \"a\": 1\n}\n";
    assert_eq!(FORM.remove(&installed(&FORM, text).text, None).unwrap(), text);
    assert_eq!(
        FORM.remove("{\"hooks\": {\"Stop\": []}}", None).unwrap(),
        "{\"hooks\": {\"Stop\": []}}"
    );
}

#[test]
fn an_edit_in_between_stays() {
    let first = installed(&FORM, "{\n  \"a\": 1\n}\n");
    let edited = first
        .text
        .replace("\"a\": 1,", "\"a\": 2, // changed\n  \"b\": 3,");
    let out = FORM.remove(&edited, Some(&first.kept)).unwrap();
    assert_eq!(out, "{\n  \"a\": 2, // changed\n  \"b\": 3\n}\n");
    // Someone added their hook to our group.
    let theirs = first.text.replacen(
        "          {\n            \"type\"",
        "          {\"type\": \"command\", \"command\": \"afplay done.wav\"},\n          {\n            \"type\"",
        1,
    );
    let out = FORM.remove(&theirs, Some(&first.kept)).unwrap();
    assert!(out.contains("afplay") && !out.contains("git-leverage"), "{out}");
    assert!(jsonc::parse(&out).is_ok());
}

#[test]
fn an_older_program_is_replaced() {
    let old = FORM
        .install("{\"a\": 1}", &all(&FORM), &command("/old/git-leverage"))
        .unwrap();
    let base = FORM.remove(&old.text, None).unwrap();
    assert_eq!(base, "{\"a\": 1}");
    let present = FORM.present(&installed(&FORM, &base).text).unwrap();
    assert!(present.iter().all(|one| one.command.program == "/x/git-leverage"));
}

#[test]
fn hooks_that_somebody_wrote_by_hand_are_theirs() {
    let guard = "command -v git-leverage >/dev/null 2>&1 || exit 0; ";
    for hook in [
        r#"{"hooks": [{"type": "command", "command": "/x/git-leverage hook", "timeout": 5}]}"#.to_owned(),
        r#"{"hooks": [{"type": "command", "command": "/x/git-leverage hook"}]}"#.to_owned(),
        r#"{"hooks": [{"type": "command", "command": "/x/git-leverage hook", "timeout": 10, "async": true}]}"#.to_owned(),
        r#"{"matcher": "startup", "hooks": [{"type": "command", "command": "/x/git-leverage hook", "timeout": 10}]}"#.to_owned(),
        r#"{"hooks": [{"type": "command", "command": "git leverage hook", "timeout": 10}]}"#.to_owned(),
        format!(r#"{{"hooks": [{{"type": "command", "command": "{guard}git-leverage hook 2>>log", "timeout": 10}}]}}"#),
        format!(r#"{{"hooks": [{{"type": "command", "command": "command -v x; {guard}git-leverage hook", "timeout": 10}}]}}"#),
    ] {
        let text = format!("{{\"hooks\": {{\"Stop\": [{hook}]}}}}");
        let first = round(&FORM, &text);
        assert!(first.text.contains(&hook), "{}", first.text);
        assert_eq!(FORM.remove(&first.text, Some(&first.kept)).unwrap(), text);
        assert_eq!(FORM.remove(&text, None).unwrap(), text);
        let present = FORM.present(&text).unwrap();
        assert_eq!(present.len(), 1, "{text}");
        assert!(!present[0].is_own, "{text}");
    }
}

#[test]
fn what_is_otherwise_there_is_named_with_its_line() {
    for (text, message) in [
        (
            "{\n\"hooks\": 1}",
            "line 2, column 10: expected an object, found a number",
        ),
        (
            "{\n\n\"hooks\": {\"Stop\": {}}}",
            "line 3, column 19: expected an array, found an object",
        ),
        ("[]", "line 1, column 1: expected an object, found an array"),
        ("{\n\"a\": }", "line 2, column 6: expected a value"),
    ] {
        let error = FORM.install(text, &all(&FORM), &command("x")).unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
        assert_eq!(FORM.present(text).unwrap_err().to_string(), message);
    }
}

#[test]
fn switches_that_turn_hooks_off_are_seen() {
    assert_eq!(
        FLAT.off("{\"disableAllHooks\": true}").as_deref(),
        Some("disableAllHooks")
    );
    assert_eq!(FLAT.off("{\"disableAllHooks\": false}"), None);
    assert_eq!(FLAT.off("{"), None);
}

/// Blanks and comments as people write them; a line comment is followed by a newline.
fn trivia() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => Just(String::new()),
        4 => Just(" ".to_owned()),
        4 => Just("\n  ".to_owned()),
        1 => Just("\r\n\t".to_owned()),
        1 => Just("/* c, } ] */".to_owned()),
        1 => Just("// \"c\": {\n".to_owned()),
        1 => Just(" // c\r\n    ".to_owned()),
    ];
    prop::collection::vec(part, 0..3).prop_map(|parts| parts.concat())
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("1".to_owned()),
        Just("-0.5e3".to_owned()),
        Just("true".to_owned()),
        Just("null".to_owned()),
        Just("\"a \\\" // é {\"".to_owned()),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![container(inner.clone(), None), container(inner, Some(NAMES))]
    })
}

const NAMES: &[&str] = &["a", "b", "hooks", "Stop", "command", "version", "é"];

/// An array, or an object with these names, each once.
fn container(
    inner: impl Strategy<Value = String>,
    names: Option<&'static [&'static str]>,
) -> impl Strategy<Value = String> {
    let item = (trivia(), trivia(), trivia(), inner, trivia());
    let items = prop::collection::vec(item, 0..4);
    (items, trivia(), any::<bool>()).prop_map(move |(items, end, trailing)| {
        let count = items.len();
        let mut text = String::from(if names.is_some() { "{" } else { "[" });
        for (at, (before, colon, after, value, behind)) in items.into_iter().enumerate() {
            text.push_str(&before);
            if let Some(names) = names {
                text.push_str(&format!("\"{}\"{colon}:{after}", names[at % names.len()]));
            }
            text.push_str(&value);
            text.push_str(&behind);
            if at + 1 < count || trailing {
                text.push(',');
            }
        }
        text.push_str(&end);
        text.push(if names.is_some() { '}' } else { ']' });
        text
    })
}

/// A settings file: some members, and hooks that resemble hooks.
fn file() -> impl Strategy<Value = String> {
    let group = container(
        Just(
            "{\"hooks\": [{\"type\": \"command\", \"command\": \"entire hooks claude-code stop\"}]}"
                .to_owned(),
        )
        .boxed(),
        None,
    );
    let hooks = container(
        group.boxed(),
        Some(&["Stop", "PreToolUse", "SessionEnd", "PostToolUse"]),
    );
    let root = (
        trivia(),
        value(),
        trivia(),
        trivia(),
        hooks,
        trivia(),
        any::<bool>(),
        any::<bool>(),
    );
    root.prop_map(|(a, other, b, c, hooks, d, has_other, has_hooks)| {
        let mut parts = Vec::new();
        if has_other {
            parts.push(format!("{a}\"other\":{other}{b}"));
        }
        if has_hooks {
            parts.push(format!("{c}\"hooks\" :{hooks}"));
        }
        format!("{d}{{{}{a}}}{b}", parts.join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_file_comes_back_byte_for_byte(text in file()) {
        for form in [&FORM, &BARE] {
            if form.way.is_empty() && text.contains("\"hooks\"") {
                continue;
            }
            let before = jsonc::parse(&text).unwrap();
            let first = form.install(&text, &all(form), &command("/x/git-leverage")).unwrap();
            prop_assert_eq!(undone(&first.text, &first.splices), Some(text.clone()));
            prop_assert_eq!(form.present(&first.text).unwrap().len(), 3);
            // Without the remembered state, only blanks may differ.
            let out = form.remove(&first.text, Some(&first.kept)).unwrap();
            prop_assert_eq!(jsonc::parse(&out).unwrap(), before);
            let solid = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(solid(&out), solid(&text));
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "[\\[\\]{}\",:/*a1 \n\\\\]{0,40}") {
        let _ = FORM.install(&text, &all(&FORM), &command("x"));
        let _ = FORM.remove(&text, None);
    }
}

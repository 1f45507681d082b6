//! Plugins for agents without hooks in their settings: a file in the agent's own language that starts the program in the
//! background.

use serde_json::Value;

use super::settings::command::HookCommand;

/// The placeholder in a template for the program and its arguments.
const HOLE: &str = "[\"git-leverage\", \"hook\"]";

/// A plugin that calls this command.
pub fn written(template: &str, command: &HookCommand) -> String {
    let mut words = vec![command.program.as_str(), "hook"];
    words.extend(command.remind.then_some("--remind"));
    let words: Vec<String> = words
        .into_iter()
        .map(|word| Value::from(word).to_string())
        .collect();
    template.replacen(HOLE, &format!("[{}]", words.join(", ")), 1)
}

/// The command that a plugin calls; `None` for a text that does not match the template.
pub fn read(template: &str, text: &str) -> Option<HookCommand> {
    let (before, after) = template.split_once(HOLE)?;
    let words = text.strip_prefix(before)?.strip_suffix(after)?;
    let words: Vec<String> = serde_json::from_str(words).ok()?;
    let command = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [program, "hook"] => (*program, false),
        [program, "hook", "--remind"] => (*program, true),
        _ => return None,
    };
    Some(HookCommand {
        program: command.0.to_owned(),
        remind: command.1,
    })
}

//! Signs of an agent in a commit's own text: its author, its trailers, the lines that tools leave.
//!
//! Trailers are searched in the whole message, because squash merges leave them in the middle. The committer is not a
//! sign: Aider signs as committer when it commits what a person wrote, and a rebase also changes it.

mod identities;

use self::identities::{agent_called, agent_in_text, agent_of, model_in};
use super::agents::{self, AGENTS};
use super::commit::Person;
use super::evidence::Evidence;
use super::sign::Sign;

/// Every sign in a commit, sorted, each once. Untrusted text.
pub fn in_commit(author: &Person, message: &[u8]) -> Vec<Evidence> {
    let mut signs = Vec::new();
    signs.extend(in_person(Sign::Author, author));
    if author.name.ends_with(" (aider)") {
        signs.push(sign(Sign::Author, agents::AIDER.name));
    }
    for line in message.split(|byte| *byte == b'\n') {
        signs.extend(in_line(line));
        signs.extend(left_by_tool(line));
    }
    signs.sort();
    signs.dedup();
    signs
}

fn sign(rule: Sign, agent: &str) -> Evidence {
    Evidence {
        rule,
        agent: Some(agent.to_owned()),
        model: None,
        lines: None,
    }
}

fn anonymous(rule: Sign) -> Evidence {
    Evidence {
        agent: None,
        ..sign(rule, "")
    }
}

/// A line with only what a tool writes automatically, possibly after an emoji. In the middle of a sentence it is a
/// quotation. A list that a squash merge made of lines may put its mark before.
fn left_by_tool(line: &[u8]) -> Option<Evidence> {
    let line = std::str::from_utf8(line.trim_ascii()).ok()?;
    let line = line
        .strip_prefix("* ")
        .or(line.strip_prefix("- "))
        .unwrap_or(line)
        .trim_start_matches(|c: char| !c.is_ascii() && !c.is_alphanumeric() || c == ' ');
    if let Some(rest) = line.strip_prefix("https://claude.ai/code/session_") {
        let is_alone = !rest.contains(char::is_whitespace);
        return is_alone.then(|| sign(Sign::Text("session-link".to_owned()), agents::CLAUDE_CODE.name));
    }
    let plain = line
        .strip_prefix("_This PR was generated with ")
        .and_then(|rest| rest.strip_suffix("._"));
    let tool = plain.or_else(|| line.strip_prefix("Generated with "))?;
    let is_by = |(name, address): &(&str, &str)| {
        let linked = tool
            .strip_prefix('[')
            .and_then(|rest| rest.strip_prefix(name)?.strip_prefix("]("));
        // A link goes to the address that follows.
        match linked.or_else(|| tool.strip_prefix(name)?.trim_start().strip_prefix('(')) {
            Some(link) => {
                link.starts_with(address) && link.ends_with(')') && !link.contains(char::is_whitespace)
            }
            None => tool == *name,
        }
    };
    let agent = AGENTS.iter().find(|agent| agent.generators.iter().any(is_by))?;
    Some(sign(Sign::Text("generated-with".to_owned()), agent.name))
}

/// A trailer that is evidence of an agent. Most lines are ruled out by their first letter.
fn in_line(line: &[u8]) -> Option<Evidence> {
    let first = line.trim_ascii_start().first()?.to_ascii_lowercase();
    if !matches!(first, b'c' | b'a' | b'e' | b'm' | b'l' | b'r') {
        return None;
    }
    let colon = memchr::memchr(b':', line)?;
    let key = std::str::from_utf8(line[..colon].trim_ascii())
        .ok()?
        .to_ascii_lowercase();
    let value = String::from_utf8_lossy(line[colon + 1..].trim_ascii());
    match key.as_str() {
        "co-authored-by" => in_person(Sign::trailer("co-authored-by"), &person(&value)?),
        "assisted-by" => assistant(&value),
        "made-with" if value.eq_ignore_ascii_case("cursor") => {
            Some(sign(Sign::trailer("made-with"), agents::CURSOR.name))
        }
        "claude-session" => Some(sign(Sign::trailer("claude-session"), agents::CLAUDE_CODE.name)),
        "amp-thread-id" if value.starts_with("https://ampcode.com/threads/") => {
            Some(sign(Sign::trailer("amp-thread-id"), agents::AMP.name))
        }
        "agent-logs-url" if is_session_page(&value) => {
            Some(sign(Sign::trailer("agent-logs-url"), agents::COPILOT.name))
        }
        "copilot-session" if is_uuid(&value) => {
            Some(sign(Sign::trailer("copilot-session"), agents::COPILOT.name))
        }
        "replit-commit-author" if matches!(value.as_ref(), "Agent" | "Assistant") => {
            Some(sign(Sign::trailer("replit-commit-author"), agents::REPLIT.name))
        }
        "entire-checkpoint" if is_checkpoint(&value) => Some(anonymous(Sign::trailer("entire-checkpoint"))),
        "entire-agent" => Some(sign(Sign::trailer("entire-agent"), agent_called(&value)?)),
        "agentnote-session" if !value.is_empty() => Some(anonymous(Sign::trailer("agentnote-session"))),
        _ => ours(&key, &value),
    }
}

/// A `Leverage-` trailer that is evidence of an agent. An estimate by itself is not: planned work also has one.
fn ours(key: &str, value: &str) -> Option<Evidence> {
    match key {
        "leverage-agent" if !value.is_empty() => Some(sign(Sign::trailer("leverage-agent"), value)),
        "leverage-session" => {
            let (agent, _) = value.split_once(':')?;
            Some(sign(Sign::trailer("leverage-session"), agent))
        }
        "leverage-agent-time" | "leverage-tokens" | "leverage-model" if !value.is_empty() => {
            Some(anonymous(Sign::trailer(key)))
        }
        _ => None,
    }
}

/// `Name <address>`; some models forget the brackets.
fn person(text: &str) -> Option<Person> {
    let (name, rest) = match text.split_once('<') {
        Some(parts) => parts,
        None => text
            .rsplit_once(' ')
            .filter(|(_, address)| address.contains('@'))?,
    };
    Some(Person {
        name: name.trim().to_owned(),
        email: rest.split('>').next().unwrap_or_default().trim().to_owned(),
    })
}

fn in_person(rule: Sign, person: &Person) -> Option<Evidence> {
    Some(Evidence {
        model: model_in(&person.name),
        ..sign(rule, agent_of(person)?)
    })
}

/// `Assisted-by: AGENT:MODEL` or free text that names one. With an address it is a person, unless that is an agent's.
fn assistant(value: &str) -> Option<Evidence> {
    let rule = Sign::trailer("assisted-by");
    if value.contains('<') {
        return in_person(rule, &person(value)?);
    }
    let agent = agent_in_text(value)?;
    let model = value.split_once(':').map(|(_, model)| model.trim().to_owned());
    Some(Evidence {
        model: model
            .filter(|model| !model.is_empty())
            .or_else(|| model_in(value)),
        ..sign(rule, agent)
    })
}

/// Where GitHub links the Copilot session.
fn is_session_page(value: &str) -> bool {
    value.starts_with("https://github.com/") && value.contains("/sessions/")
}

fn is_uuid(value: &str) -> bool {
    uuid::Uuid::try_parse(value).is_ok()
}

/// Twelve hex digits or a ULID.
fn is_checkpoint(value: &str) -> bool {
    let all = |digit: fn(&u8) -> bool| value.bytes().all(|byte| digit(&byte));
    value.len() == 12 && all(u8::is_ascii_hexdigit) || value.len() == 26 && all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Person {
        Person {
            name: "Ada".to_owned(),
            email: "ada@example.org".to_owned(),
        }
    }

    fn found(message: &str) -> Vec<String> {
        let show = |sign: &Evidence| {
            let part = |text: &Option<String>| text.clone().unwrap_or_default();
            format!("{} {} {}", sign.rule, part(&sign.agent), part(&sign.model))
                .trim()
                .to_owned()
        };
        in_commit(&ada(), message.as_bytes()).iter().map(show).collect()
    }

    const LEFT: &[(&str, &str)] = &[
        (
            "Co-Authored-By: Claude Opus 4.5 <noreply@anthropic.com>",
            "trailer:co-authored-by claude-code Claude Opus 4.5",
        ),
        (
            "co-authored-by: Claude (GLM-4.7) <noreply@anthropic.com>",
            "trailer:co-authored-by claude-code GLM-4.7",
        ),
        (
            "Co-authored-by: Codex <noreply@openai.com>",
            "trailer:co-authored-by codex",
        ),
        (
            "Co-authored-by: Copilot <198982749+Copilot@users.noreply.github.com>",
            "trailer:co-authored-by copilot",
        ),
        ("Entire-Checkpoint: 0123456789ab", "trailer:entire-checkpoint"),
        (
            "Assisted-by: Claude:claude-opus-4",
            "trailer:assisted-by claude-code claude-opus-4",
        ),
        ("Made-with: Cursor", "trailer:made-with cursor"),
        (
            "https://claude.ai/code/session_01AB",
            "text:session-link claude-code",
        ),
        (
            "\u{1f916} Generated with [Claude Code](https://claude.com/claude-code)",
            "text:generated-with claude-code",
        ),
        (
            "Co-authored-by: Qwen-Coder <qwen-coder@alibabacloud.com>",
            "trailer:co-authored-by qwen",
        ),
        (
            "Co-Authored-By: opencode <noreply@opencode.ai>",
            "trailer:co-authored-by opencode",
        ),
        (
            "Co-authored-by: openhands openhands@all-hands.dev",
            "trailer:co-authored-by openhands",
        ),
        (
            "Co-authored-by: aider (gpt-5.4) <noreply@aider.chat>",
            "trailer:co-authored-by aider gpt-5.4",
        ),
        (
            "Assisted-by: Claude Opus 4.5 via Crush <crush@charm.land>",
            "trailer:assisted-by crush Claude Opus 4.5",
        ),
        ("Assisted-by: Crush:glm-5.2", "trailer:assisted-by crush glm-5.2"),
        (
            "Assisted-by: Claude Sonnet 4 via Crush",
            "trailer:assisted-by crush Claude Sonnet 4",
        ),
        ("Assisted-by: Claude Code", "trailer:assisted-by claude-code"),
        (
            "Amp-Thread-ID: https://ampcode.com/threads/T-0123",
            "trailer:amp-thread-id amp",
        ),
        (
            "Agent-Logs-Url: https://github.com/o/r/sessions/0123",
            "trailer:agent-logs-url copilot",
        ),
        (
            "Replit-Commit-Author: Agent",
            "trailer:replit-commit-author replit",
        ),
        ("Entire-Agent: Claude Code", "trailer:entire-agent claude-code"),
        ("\u{1f498} Generated with Crush", "text:generated-with crush"),
        ("Generated with Claude Code", "text:generated-with claude-code"),
        (
            "Generated with [Continue](https://continue.dev)",
            "text:generated-with continue",
        ),
        (
            "Generated with Continue (https://continue.dev)",
            "text:generated-with continue",
        ),
        (
            "\u{1f916} Generated with [opencode](https://opencode.ai)",
            "text:generated-with opencode",
        ),
        (
            "_This PR was generated with [Oz](https://warp.dev/oz)._",
            "text:generated-with warp",
        ),
        ("Leverage-Session: codex:abc", "trailer:leverage-session codex"),
        ("Leverage-Agent-Time: 25m", "trailer:leverage-agent-time"),
        ("Leverage-Tokens: 400k", "trailer:leverage-tokens"),
    ];

    #[test]
    fn what_tools_leave_is_found() {
        for (line, expected) in LEFT {
            assert_eq!(
                found(&format!("Title\n\nBody\n{line}\nmore\n")),
                [*expected],
                "{line}"
            );
        }
    }

    #[test]
    fn people_are_not_taken_for_agents() {
        for line in [
            "Co-authored-by: Jane <jane@openai.com>",
            "Co-authored-by: Jane <jane@anthropic.com>",
            "Co-authored-by: Claude Dupont <claude@example.org>",
            "Co-authored-by: Devin Jones <devin@example.org>",
            "Co-authored-by: OpenAI <noreply@openai.com>",
            "Assisted-by: Claude Dupont <claude@example.org>",
            "Assisted-by: Jules",
            "Assisted-by: Claude Dupont",
            "Co-authored-by: Claude",
            "Signed-off-by: Devin <devin@example.org>",
            "Replit-Commit-Author: Jane",
            "Agent-Logs-Url: soon",
            "Leverage-Estimate: 3h",
            "Leverage-Supervision: 5m",
            "Leverage-Task: 019d7743-6a00-7707-8707-070707070707",
            "Leverage-Category: api",
            "Generated with Crush, then thrown away",
            "Entire-Checkpoint: soon",
            "Acked-by: Codex fan <fan@example.org>",
            "Quote from docs: Generated with [Claude Code](https://claude.com/claude-code)",
            "\u{1f916} Generated with [Claude Code](https://claude.com/claude-code) is a line to remove",
            "> Generated with [Claude Code](https://claude.com/claude-code)",
            "See https://claude.ai/code/session_01AB for what went wrong",
        ] {
            assert_eq!(found(&format!("Title\n\n{line}\n")), [""; 0], "{line}");
        }
    }
}

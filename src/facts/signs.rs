//! Signs of an agent in a commit's own text: its author, its trailers, the lines that tools leave.
//!
//! Addresses are matched whole and never by domain: people work at vendors, and people are called Claude, Devin and
//! Jules. Trailers are looked for in the whole message, as squash merges leave them in the middle.

use super::commit::Person;
use super::evidence::Evidence;

/// Addresses of agents. `+` stands for any number before it, as forges give their users.
const ADDRESSES: &[(&str, &str)] = &[
    ("noreply@anthropic.com", "claude-code"),
    ("codex@openai.com", "codex"),
    ("cursoragent@cursor.com", "cursor"),
    ("+devin-ai-integration[bot]@users.noreply.github.com", "devin"),
    ("+copilot@users.noreply.github.com", "copilot"),
    ("+copilot-swe-agent[bot]@users.noreply.github.com", "copilot"),
    (
        "+gemini-code-assist[bot]@users.noreply.github.com",
        "gemini-code-assist",
    ),
    ("gemini-cli@google.com", "gemini-cli"),
    ("+factory-droid[bot]@users.noreply.github.com", "droid"),
    ("+google-labs-jules[bot]@users.noreply.github.com", "jules"),
    ("amp@ampcode.com", "amp"),
    ("aider@aider.chat", "aider"),
    ("noreply@aider.chat", "aider"),
];

/// Words by which `Assisted-by` names an agent or a model rather than a person.
const ASSISTANTS: &[(&str, &str)] = &[
    ("claude", "claude-code"),
    ("codex", "codex"),
    ("gpt", "codex"),
    ("copilot", "copilot"),
    ("cursor", "cursor"),
    ("gemini", "gemini-cli"),
    ("opencode", "opencode"),
    ("aider", "aider"),
];

/// Every sign in a commit, sorted, each once. Untrusted text.
pub fn in_commit(author: &Person, message: &[u8]) -> Vec<Evidence> {
    let mut signs = Vec::new();
    signs.extend(in_person("author", author));
    if author.name.ends_with(" (aider)") {
        signs.push(sign("author", "aider"));
    }
    for line in message.split(|byte| *byte == b'\n') {
        signs.extend(in_line(line));
        signs.extend(left_by_tool(line));
    }
    signs.sort();
    signs.dedup();
    signs
}

fn sign(rule: &str, agent: &str) -> Evidence {
    Evidence {
        rule: rule.to_owned(),
        agent: Some(agent.to_owned()),
        model: None,
        lines: None,
    }
}

fn anonymous(rule: &str) -> Evidence {
    Evidence {
        agent: None,
        ..sign(rule, "")
    }
}

/// What begins a line of a tool's own, and what the tool is taken by.
const OWN_LINES: &[(&[u8], &str)] = &[
    (b"https://claude.ai/code/session_", "text:session-link"),
    (
        b"Generated with [Claude Code](https://claude.",
        "text:generated-with",
    ),
];

/// A line that holds what Claude Code writes, its robot, and nothing else. In the middle of a sentence it is a quotation.
/// A list that a squash merge made of lines may put its mark before.
fn left_by_tool(line: &[u8]) -> Option<Evidence> {
    let line = line.trim_ascii();
    let line = line
        .strip_prefix(b"* ")
        .or(line.strip_prefix(b"- "))
        .unwrap_or(line);
    let robot = "\u{1f916}".as_bytes();
    let line = line.strip_prefix(robot).unwrap_or(line).trim_ascii_start();
    let (_, rule) = OWN_LINES.iter().find(|(start, _)| line.starts_with(start))?;
    let address = memchr::memmem::find(line, b"https:").and_then(|at| line.get(at..))?;
    let is_alone = !address.iter().any(u8::is_ascii_whitespace);
    is_alone.then(|| sign(rule, "claude-code"))
}

/// A trailer that says something of an agent. Most lines are sorted out by their first letter.
fn in_line(line: &[u8]) -> Option<Evidence> {
    let first = line.trim_ascii_start().first()?.to_ascii_lowercase();
    if !matches!(first, b'c' | b'a' | b'e' | b'm' | b'l') {
        return None;
    }
    let colon = memchr::memchr(b':', line)?;
    let key = std::str::from_utf8(line[..colon].trim_ascii())
        .ok()?
        .to_ascii_lowercase();
    let value = String::from_utf8_lossy(line[colon + 1..].trim_ascii());
    match key.as_str() {
        "co-authored-by" => in_person("trailer:co-authored-by", &person(&value)?),
        "assisted-by" => assistant(&value),
        "made-with" if value.eq_ignore_ascii_case("cursor") => Some(sign("trailer:made-with", "cursor")),
        "claude-session" => Some(sign("trailer:claude-session", "claude-code")),
        "entire-checkpoint" if is_checkpoint(&value) => Some(anonymous("trailer:entire-checkpoint")),
        "agentnote-session" if !value.is_empty() => Some(anonymous("trailer:agentnote-session")),
        "leverage-agent" if !value.is_empty() => Some(sign("trailer:leverage-agent", &value)),
        "leverage-session" => {
            let (agent, _) = value.split_once(':')?;
            Some(sign("trailer:leverage-session", agent))
        }
        "leverage-estimate" | "leverage-task" if !value.is_empty() => {
            Some(anonymous(&format!("trailer:{key}")))
        }
        _ => None,
    }
}

/// `Name <address>`.
fn person(text: &str) -> Option<Person> {
    let (name, rest) = text.split_once('<')?;
    Some(Person {
        name: name.trim().to_owned(),
        email: rest.split('>').next().unwrap_or_default().trim().to_owned(),
    })
}

fn in_person(rule: &str, person: &Person) -> Option<Evidence> {
    let email = person.email.to_ascii_lowercase();
    let digits = email.bytes().take_while(u8::is_ascii_digit).count();
    let unnumbered = if digits > 0 { &email[digits..] } else { &email };
    let known = ADDRESSES.iter().find(|(address, _)| *address == unnumbered);
    let agent = match known {
        Some((_, agent)) => agent,
        None if email == "noreply@openai.com" && person.name.eq_ignore_ascii_case("codex") => "codex",
        None => return None,
    };
    Some(Evidence {
        model: model_in(&person.name),
        ..sign(rule, agent)
    })
}

/// The model in a co-author's name: `Claude Opus 4.5`, `Claude (GLM-4.7)`; nothing in `Claude` alone.
fn model_in(name: &str) -> Option<String> {
    let rest = name.strip_prefix("Claude ")?.trim();
    let inner = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let model = inner.unwrap_or(rest);
    let is_tool = model.is_empty() || model.eq_ignore_ascii_case("code");
    (!is_tool).then(|| inner.map_or_else(|| name.to_owned(), str::to_owned))
}

/// `Assisted-by: AGENT:MODEL` or free text that names one. With an address it is a person, unless that is an agent's.
fn assistant(value: &str) -> Option<Evidence> {
    const RULE: &str = "trailer:assisted-by";
    if value.contains('<') {
        return in_person(RULE, &person(value)?);
    }
    let lower = value.to_ascii_lowercase();
    let is_word = |word: &str| {
        lower
            .split(|c: char| !c.is_ascii_alphabetic())
            .any(|part| part == word)
    };
    let (_, agent) = ASSISTANTS.iter().find(|(word, _)| is_word(word))?;
    let model = value.split_once(':').map(|(_, model)| model.trim().to_owned());
    Some(Evidence {
        model: model.filter(|model| !model.is_empty()),
        ..sign(RULE, agent)
    })
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

    #[test]
    fn what_tools_leave_is_found() {
        for (line, expected) in [
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
            ("Leverage-Session: codex:abc", "trailer:leverage-session codex"),
        ] {
            assert_eq!(
                found(&format!("Title\n\nBody\n{line}\nmore\n")),
                [expected],
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

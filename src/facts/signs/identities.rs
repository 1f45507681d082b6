//! The names and addresses under which agents commit: as an author, as a co-author, in `Assisted-by`.
//!
//! Addresses must match completely: people work at vendors, and people are named Claude, Devin and Jules.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::super::agents::{AGENTS, AgentIdentity};
use super::super::commit::Person;

/// One column of the table, inverted.
type Index = LazyLock<HashMap<&'static str, &'static str>>;

fn index(column: fn(&AgentIdentity) -> &'static [&'static str]) -> HashMap<&'static str, &'static str> {
    let rows = AGENTS.iter();
    rows.flat_map(|agent| column(agent).iter().map(|key| (*key, agent.name)))
        .collect()
}

static ADDRESSES: Index = LazyLock::new(|| index(|agent| agent.addresses));
static BOTS: Index = LazyLock::new(|| index(|agent| agent.bots));
static LOGINS: Index = LazyLock::new(|| index(|agent| agent.logins));
static NAMED_LOGINS: Index = LazyLock::new(|| index(|agent| agent.named_logins));
static TITLES: Index = LazyLock::new(|| index(|agent| agent.titles));

const GITHUB: &str = "@users.noreply.github.com";

/// The agent that a name and an address belong to.
pub(super) fn agent_of(person: &Person) -> Option<&'static str> {
    let email = person.email.trim().to_ascii_lowercase();
    let among = |index: &Index, key: &str| index.get(key).copied();
    if let Some(agent) = among(&ADDRESSES, &email) {
        return Some(agent);
    }
    if let Some(login) = email.strip_suffix(GITHUB) {
        let numbered = login.split_once('+').filter(|(number, _)| is_number(number));
        let login = numbered.map_or(login, |(_, login)| login);
        let is_named_so = person.name.trim().eq_ignore_ascii_case(login);
        return among(&BOTS, login)
            .or_else(|| among(&LOGINS, login).filter(|_| numbered.is_some()))
            .or_else(|| among(&NAMED_LOGINS, login).filter(|_| is_named_so));
    }
    let name = person.name.to_ascii_lowercase();
    let is_named = |words: &[&str]| {
        let mut parts = name.split(|c: char| !c.is_ascii_alphabetic());
        parts.any(|part| words.contains(&part))
    };
    let shares = |agent: &&&AgentIdentity| {
        let mut shared = agent.shared.iter();
        shared.any(|(address, words)| *address == email && is_named(words))
    };
    AGENTS.iter().find(shares).map(|agent| agent.name)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Words beside `Claude` that show it is not a person.
const BESIDE_CLAUDE: &[&str] = &[
    "claude",
    "code",
    "opus",
    "sonnet",
    "haiku",
    "fable",
    "mythos",
    "anthropic",
    "ai",
    "cli",
    "via",
    "with",
    "aws",
    "context",
    "the",
    "and",
    "by",
    "using",
    "agent",
    "model",
    "m",
    "v",
    "desktop",
    "bedrock",
    "vertex",
    "preview",
    "latest",
    "thinking",
];

/// The agent that free text names, as in `Assisted-by`.
pub(super) fn agent_in_text(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty())
        .collect();
    let named = |column: fn(&AgentIdentity) -> &'static [&'static str]| {
        let mut pairs = AGENTS
            .iter()
            .flat_map(|agent| column(agent).iter().map(|word| (*word, agent.name)));
        pairs.find(|(word, _)| words.contains(word))
    };
    // Tools take precedence over models.
    let (word, agent) = named(|agent| agent.words).or_else(|| named(|agent| agent.model_words))?;
    // `Claude Dupont` also helped. After a colon come the model and what else the agent ran.
    let before_model = lower.split(':').next().unwrap_or_default();
    let is_person = word == "claude"
        && before_model
            .split(|c: char| !c.is_alphabetic())
            .any(|word| !word.is_empty() && !BESIDE_CLAUDE.contains(&word));
    (!is_person).then_some(agent)
}

/// The agent with exactly this name, as tools of other vendors write names: `Claude Code`, `Gemini CLI`.
pub(super) fn agent_called(name: &str) -> Option<&'static str> {
    TITLES.get(name.trim().to_ascii_lowercase().as_str()).copied()
}

/// Words that distinguish a model from a tool or a person; all but Claude's own come with a version.
const CLAUDES: &[&str] = &["opus", "sonnet", "haiku", "fable", "mythos"];
const FAMILIES: &[&str] = &[
    "claude",
    "gpt",
    "gemini",
    "glm",
    "kimi",
    "qwen",
    "deepseek",
    "grok",
    "minimax",
    "mistral",
    "devstral",
    "llama",
    "codestral",
    "gemma",
    "mimo",
];

/// The model in a co-author's name: `Claude Opus 4.5`, `Claude (GLM-4.7)`, `aider (gpt-5)`, `GLM-5 via Crush`; nothing in
/// just `Claude`.
pub(super) fn model_in(name: &str) -> Option<String> {
    let name = name.trim();
    // `Claude Code 2.1.133 / Claude Opus 4.7`.
    let name = name.rsplit_once(" / ").map_or(name, |(_, model)| model.trim());
    let inner = name
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once('('))
        .map(|(_, inner)| inner.trim());
    let is_aider = name.starts_with("aider (");
    if let Some(inner) = inner.filter(|inner| is_aider || is_model(inner)) {
        return Some(inner.to_owned());
    }
    let direct = name.split_once(" via ").map_or(name, |(model, _)| model).trim();
    let unbranded = ["openhands-", "OpenHands-", "AWS ", "OpenAI "]
        .iter()
        .fold(direct, |name, brand| name.strip_prefix(brand).unwrap_or(name));
    is_model(unbranded).then(|| unbranded.to_owned())
}

fn is_model(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let has = |words: &[&str]| {
        let mut parts = lower.split(|c: char| !c.is_ascii_alphabetic());
        parts.any(|part| words.contains(&part))
    };
    has(CLAUDES)
        || has(FAMILIES) && lower.bytes().any(|byte| byte.is_ascii_digit()) && !lower.contains("claude code")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(name: &str, email: &str) -> Option<&'static str> {
        agent_of(&Person {
            name: name.to_owned(),
            email: email.to_owned(),
        })
    }

    #[test]
    fn a_login_that_may_be_a_persons_needs_the_name_beside_it() {
        for name in ["opencode", "OpenCode"] {
            for login in ["opencode", "219766164+OpenCode"] {
                let email = format!("{login}@users.noreply.github.com");
                assert_eq!(agent(name, &email), Some("opencode"), "{name} {email}");
            }
        }
    }

    #[test]
    fn agents_are_known_by_what_they_write() {
        for (name, email, expected) in [
            ("Qwen-Coder", "qwen-coder@alibabacloud.com", "qwen"),
            ("opencode", "noreply@opencode.ai", "opencode"),
            ("Copilot", "copilot@github.com", "copilot"),
            ("Copilot", "223556219+Copilot@users.noreply.github.com", "copilot"),
            ("Copilot", "175728472+Copilot@users.noreply.github.com", "copilot"),
            (
                "copilot-swe-agent[bot]",
                "198982749+Copilot@users.noreply.github.com",
                "copilot",
            ),
            (
                "claude[bot]",
                "41898282+claude[bot]@users.noreply.github.com",
                "claude-code",
            ),
            (
                "claude[bot]",
                "209825114+claude[bot]@users.noreply.github.com",
                "claude-code",
            ),
            (
                "x",
                "199175422+chatgpt-codex-connector[bot]@users.noreply.github.com",
                "codex",
            ),
            (
                "Devin AI",
                "158243242+devin-ai-integration[bot]@users.noreply.github.com",
                "devin",
            ),
            (
                "x",
                "161369871+google-labs-jules[bot]@users.noreply.github.com",
                "jules",
            ),
            (
                "Cursor Agent",
                "199161495+cursoragent@users.noreply.github.com",
                "cursor",
            ),
            (
                "gemini-cli[bot]",
                "gemini-cli[bot]@users.noreply.github.com",
                "gemini-cli",
            ),
            ("Codex (gpt-5.4)", "noreply@openai.com", "codex"),
            ("OpenAI GPT 5.5", "noreply@openai.com", "codex"),
            ("Oz", "oz-agent@warp.dev", "warp"),
            ("Charm Crush", "crush@charm.land", "crush"),
            ("Roo Code", "support@roocode.com", "roo"),
        ] {
            assert_eq!(agent(name, email), Some(expected), "{name} <{email}>");
        }
    }

    #[test]
    fn people_and_other_robots_are_none() {
        for (name, email) in [
            ("Claude Dupont", "claude@example.org"),
            ("Claude", "81847+claude@users.noreply.github.com"),
            ("claude", "claude@users.noreply.github.com"),
            ("Devin Jones", "12345+devin@users.noreply.github.com"),
            ("Copilot", "copilot@users.noreply.github.com"),
            ("Olga Pencode", "opencode@users.noreply.github.com"),
            ("", "opencode@users.noreply.github.com"),
            ("Olga Pencode", "123+opencode@users.noreply.github.com"),
            ("opencode", "abc+opencode@users.noreply.github.com"),
            ("opencode", "opencode-fan@users.noreply.github.com"),
            ("opencode", "opencode@example.org"),
            ("Jules", "jules@users.noreply.github.com"),
            ("cte", "support@roocode.com"),
            ("Jane", "noreply@github.com"),
            ("GitHub", "noreply@github.com"),
            ("OpenAI", "noreply@openai.com"),
            (
                "dependabot[bot]",
                "49699333+dependabot[bot]@users.noreply.github.com",
            ),
            (
                "github-actions[bot]",
                "41898282+github-actions[bot]@users.noreply.github.com",
            ),
            ("gemini-cli-robot", "gemini-cli-robot@google.com"),
            ("Nate", "nate@continue.dev"),
            ("x", "1+claude[bot]@example.org"),
            ("x", "abc+copilot@users.noreply.github.com"),
        ] {
            assert_eq!(agent(name, email), None, "{name} <{email}>");
        }
    }

    #[test]
    fn models_are_told_from_tools_and_people() {
        for (name, expected) in [
            ("Claude Opus 4.5", Some("Claude Opus 4.5")),
            (
                "Claude Opus 4.6 (1M context)",
                Some("Claude Opus 4.6 (1M context)"),
            ),
            ("Claude (GLM-4.7)", Some("GLM-4.7")),
            ("Claude (claude-opus-4-6)", Some("claude-opus-4-6")),
            (
                "Claude Code 2.1.133 / Claude Opus 4.7 (1M context)",
                Some("Claude Opus 4.7 (1M context)"),
            ),
            (
                "aider (openrouter/qwen/qwen3-coder)",
                Some("openrouter/qwen/qwen3-coder"),
            ),
            ("aider (o3)", Some("o3")),
            ("aider (gpt-5.2-codex)", Some("gpt-5.2-codex")),
            ("GLM-5 via Crush", Some("GLM-5")),
            ("OpenAI GPT 5.5", Some("GPT 5.5")),
            ("Kimi K2.7 Code", Some("Kimi K2.7 Code")),
            ("Claude", None),
            ("Claude Code", None),
            ("Claude Worker", None),
            ("Claude Code 2.1.133", None),
            ("Qwen-Coder", None),
            ("Copilot", None),
        ] {
            assert_eq!(model_in(name).as_deref(), expected, "{name}");
        }
    }
}

//! Names and addresses under which agents commit by themselves: as an author, as a co-author, in `Assisted-by`.
//!
//! Each stands here because it was found in public history or in the source of the tool that writes it. Addresses match
//! whole: people work at vendors, and people are called Claude, Devin and Jules.

use super::super::commit::Person;

/// Addresses that belong to an agent alone.
const ADDRESSES: &[(&str, &str)] = &[
    ("noreply@anthropic.com", "claude-code"),
    ("codex@openai.com", "codex"),
    ("omx@oh-my-codex.dev", "codex"),
    ("cursoragent@cursor.com", "cursor"),
    ("copilot@github.com", "copilot"),
    ("gemini-cli@google.com", "gemini-cli"),
    ("218195315+gemini-cli@users.noreply.github.com", "gemini-cli"),
    ("qwen-coder@alibabacloud.com", "qwen"),
    ("noreply@opencode.ai", "opencode"),
    ("opencode@sst.dev", "opencode"),
    ("clio-agent@sisyphuslabs.ai", "opencode"),
    ("amp@ampcode.com", "amp"),
    ("noreply@ampcode.com", "amp"),
    ("amp@sourcegraph.com", "amp"),
    ("aider@aider.chat", "aider"),
    ("noreply@aider.chat", "aider"),
    ("noreply@aider.dev", "aider"),
    ("droid@factory.ai", "droid"),
    ("noreply@pi.dev", "pi"),
    ("pi@badlogic.games", "pi"),
    ("pi@earendil.works", "pi"),
    ("roomote@roocode.com", "roo"),
    ("noreply@cline.bot", "cline"),
    ("noreply@kilocode.ai", "kilo"),
    ("openhands@all-hands.dev", "openhands"),
    ("opendevin@all-hands.dev", "openhands"),
    ("opendevin@opendevin.ai", "openhands"),
    ("bot@opendevin.com", "openhands"),
    ("oz-agent@warp.dev", "warp"),
    ("agent@warp.dev", "warp"),
    ("noreply@continue.dev", "continue"),
    ("agent@continue.dev", "continue"),
    ("crush@charm.land", "crush"),
    ("noreply@crush.charm.land", "crush"),
    ("vibe@mistral.ai", "mistral-vibe"),
    ("noreply@kimi.com", "kimi"),
    ("noreply@moonshot.ai", "kimi"),
    ("noreply@moonshot.cn", "kimi"),
    ("junie@jetbrains.com", "junie"),
    ("244629292+kiro-agent@users.noreply.github.com", "kiro"),
    ("kiro-agent@users.noreply.github.com", "kiro"),
    ("noreply@kiro.dev", "kiro"),
    ("noreply@x.ai", "grok"),
    ("grok@x.ai", "grok"),
    ("271095942+aaif-goose@users.noreply.github.com", "goose"),
    ("goose@opensource.block.xyz", "goose"),
    ("windsurf@codeium.com", "windsurf"),
    ("noreply@codeium.com", "windsurf"),
    ("agent@augmentcode.com", "augment"),
    ("noreply@augmentcode.com", "augment"),
    ("assistant@zed.dev", "zed"),
    ("agent@zed.dev", "zed"),
    ("noreply@trae.ai", "trae"),
    ("agent@replit.com", "replit"),
    ("noreply@nousresearch.com", "hermes"),
    ("noreply@codebuff.com", "codebuff"),
    ("noreply@lovable.dev", "lovable"),
    ("noreply@paperclip.ing", "paperclip"),
    ("noreply@termai.io", "termai"),
    ("agent@cosine.sh", "cosine"),
    ("agent@blackbox.ai", "blackbox"),
];

/// GitHub's apps that write code. No person's login has brackets.
const BOTS: &[(&str, &str)] = &[
    ("claude[bot]", "claude-code"),
    ("anthropic-claude[bot]", "claude-code"),
    ("claude-code[bot]", "claude-code"),
    ("claude-code-action[bot]", "claude-code"),
    ("chatgpt-codex-connector[bot]", "codex"),
    ("openai-codex[bot]", "codex"),
    ("codex[bot]", "codex"),
    ("cursor[bot]", "cursor"),
    ("cursoragent[bot]", "cursor"),
    ("copilot[bot]", "copilot"),
    ("copilot-swe-agent[bot]", "copilot"),
    ("github-advanced-security[bot]", "copilot"),
    ("github-code-quality[bot]", "copilot"),
    ("devin-ai-integration[bot]", "devin"),
    ("google-labs-jules[bot]", "jules"),
    ("gemini-code-assist[bot]", "gemini-code-assist"),
    ("gemini-cli[bot]", "gemini-cli"),
    ("opencode-agent[bot]", "opencode"),
    ("factory-droid[bot]", "droid"),
    ("roomote[bot]", "roo"),
    ("roomote-v0[bot]", "roo"),
    ("cline[bot]", "cline"),
    ("cline-cloud[bot]", "cline"),
    ("kiloconnect[bot]", "kilo"),
    ("kilo-code-bot[bot]", "kilo"),
    ("openhands[bot]", "openhands"),
    ("openhands-ai[bot]", "openhands"),
    ("oz-by-warp[bot]", "warp"),
    ("oz-for-oss[bot]", "warp"),
    ("continue[bot]", "continue"),
    ("continue-staging[bot]", "continue"),
    ("continue-development-app[bot]", "continue"),
    ("amazon-q-developer[bot]", "amazon-q"),
    ("kiro-agent[bot]", "kiro"),
    ("jetbrains-junie[bot]", "junie"),
    ("jetbrains-ai[bot]", "junie"),
    ("windsurf-bot[bot]", "windsurf"),
    ("augmentcode[bot]", "augment"),
    ("codegen-sh[bot]", "codegen"),
    ("sourcegraph-cody[bot]", "cody"),
    ("sweep-ai[bot]", "sweep"),
    ("ellipsis-dev[bot]", "ellipsis"),
    ("coderabbitai[bot]", "coderabbit"),
    ("cubic-dev-ai[bot]", "cubic"),
    ("greptile-apps[bot]", "greptile"),
    ("sourcery-ai[bot]", "sourcery"),
    ("codeflash-ai[bot]", "codeflash"),
    ("blink-so[bot]", "blink"),
    ("engine-labs-app[bot]", "engine"),
    ("lovable-dev[bot]", "lovable"),
    ("gpt-engineer-app[bot]", "lovable"),
    ("v0[bot]", "v0"),
];

/// Logins without brackets that GitHub gives an agent; the number before them differs between its parts.
const LOGINS: &[(&str, &str)] = &[("copilot", "copilot"), ("cursoragent", "cursor")];

/// Addresses that others share: they need one of these words in the name, or the name as a whole.
const SHARED: &[(&str, &[&str], &str)] = &[
    ("noreply@openai.com", &["codex", "gpt"], "codex"),
    ("claude@anthropic.com", &["claude"], "claude-code"),
    ("noreply@github.com", &["copilot"], "copilot"),
    ("noreply@google.com", &["gemini"], "gemini-cli"),
    ("gemini@google.com", &["gemini"], "gemini-cli"),
    ("noreply@bytedance.com", &["trae"], "trae"),
    ("support@roocode.com", &["roo"], "roo"),
    ("roo@roocode.com", &["roo"], "roo"),
    ("support@roo.vet", &["roo"], "roo"),
    ("cline@cline.bot", &["cline"], "cline"),
    ("ruv@ruv.net", &["flow"], "claude-flow"),
    ("qwenlm-intl@service.alibaba.com", &["qwen"], "qwen"),
    ("noreply@zed.dev", &["zed"], "zed"),
];

/// Logins without brackets that were a person's first, or may be: they need the agent's whole name.
const NAMED_LOGINS: &[(&str, &str)] = &[("opencode", "opencode")];

const GITHUB: &str = "@users.noreply.github.com";

/// The agent that a name and an address belong to.
pub(super) fn agent_of(person: &Person) -> Option<&'static str> {
    let email = person.email.trim().to_ascii_lowercase();
    let among = |list: &'static [(&'static str, &'static str)], key: &str| {
        let found = list.iter().find(|(name, _)| *name == key);
        found.map(|(_, agent)| *agent)
    };
    if let Some(agent) = among(ADDRESSES, &email) {
        return Some(agent);
    }
    if let Some(login) = email.strip_suffix(GITHUB) {
        let numbered = login.split_once('+').filter(|(number, _)| is_number(number));
        let login = numbered.map_or(login, |(_, login)| login);
        let is_named_so = person.name.trim().eq_ignore_ascii_case(login);
        return among(BOTS, login)
            .or_else(|| among(LOGINS, login).filter(|_| numbered.is_some()))
            .or_else(|| among(NAMED_LOGINS, login).filter(|_| is_named_so));
    }
    let name = person.name.to_ascii_lowercase();
    let is_named = |words: &[&str]| {
        let mut parts = name.split(|c: char| !c.is_ascii_alphabetic());
        parts.any(|part| words.contains(&part))
    };
    let shared = SHARED
        .iter()
        .find(|(address, words, _)| *address == email && is_named(words));
    shared.map(|(.., agent)| *agent)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What `Assisted-by` and lines such as `Generated with` call agents. Tools stand before models: `Claude Opus via Crush` was
/// Crush's work.
const TOOLS: &[(&str, &str)] = &[
    ("crush", "crush"),
    ("opencode", "opencode"),
    ("aider", "aider"),
    ("copilot", "copilot"),
    ("cursor", "cursor"),
    ("codex", "codex"),
    ("droid", "droid"),
    ("cline", "cline"),
    ("kilo", "kilo"),
    ("openhands", "openhands"),
    ("junie", "junie"),
    ("windsurf", "windsurf"),
    ("claude", "claude-code"),
    ("gpt", "codex"),
    ("chatgpt", "codex"),
    ("gemini", "gemini-cli"),
    ("qwen", "qwen"),
    ("kimi", "kimi"),
    ("grok", "grok"),
];

/// Words that stand beside `Claude` where it is no person.
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

/// The agent that free text names, as `Assisted-by` has it.
pub(super) fn agent_in_text(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty())
        .collect();
    let (word, agent) = TOOLS.iter().find(|(word, _)| words.contains(word))?;
    // `Claude Dupont` helped, too. Behind a colon stand the model and what else the agent ran.
    let before_model = lower.split(':').next().unwrap_or_default();
    let is_person = *word == "claude"
        && before_model
            .split(|c: char| !c.is_alphabetic())
            .any(|word| !word.is_empty() && !BESIDE_CLAUDE.contains(&word));
    (!is_person).then_some(*agent)
}

/// The agent that is called just so, as tools of other makers write names: `Claude Code`, `Gemini CLI`.
pub(super) fn agent_called(name: &str) -> Option<&'static str> {
    let name = name.trim().to_ascii_lowercase();
    const NAMES: &[(&str, &str)] = &[
        ("claude code", "claude-code"),
        ("codex", "codex"),
        ("codex cli", "codex"),
        ("gemini cli", "gemini-cli"),
        ("opencode", "opencode"),
        ("cursor", "cursor"),
        ("cursor ide", "cursor"),
        ("copilot cli", "copilot"),
        ("factory ai droid", "droid"),
        ("factory droid", "droid"),
        ("pi", "pi"),
        ("amp", "amp"),
    ];
    NAMES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, agent)| *agent)
}

/// Words that tell a model from a tool or a person; all but Claude's own come with a version.
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
/// `Claude` alone.
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
    fn no_address_stands_twice() {
        let mut keys: Vec<&str> = ADDRESSES
            .iter()
            .chain(BOTS)
            .chain(LOGINS)
            .chain(NAMED_LOGINS)
            .map(|(key, _)| *key)
            .collect();
        keys.sort_unstable();
        let before = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), before);
        assert!(
            keys.iter()
                .all(|key| !key.bytes().any(|byte| byte.is_ascii_uppercase()))
        );
    }

    #[test]
    fn agents_are_known_by_what_they_write() {
        for (name, email, expected) in [
            ("Qwen-Coder", "qwen-coder@alibabacloud.com", "qwen"),
            ("opencode", "noreply@opencode.ai", "opencode"),
            ("opencode", "opencode@users.noreply.github.com", "opencode"),
            ("OpenCode", "opencode@users.noreply.github.com", "opencode"),
            (
                "OpenCode",
                "219766164+OpenCode@users.noreply.github.com",
                "opencode",
            ),
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

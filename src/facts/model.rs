//! One name for a model that trailers, logs and gateways write differently.
//!
//! `Claude Opus 4.5`, `claude-opus-4-5-20251101`, `anthropic/claude-opus-4.5` and
//! `us.anthropic.claude-opus-4-5-20251101-v1:0` are one model. Only rows of a report use this name: facts and exports
//! preserve what was written. Whatever may distinguish two models (`-mini`, `-fast`, `-preview`, a version) stays.

/// Families whose names are understood. Others stay unchanged.
const FAMILIES: &[&str] = &[
    "claude",
    "gpt",
    "gemini",
    "qwen",
    "glm",
    "kimi",
    "deepseek",
    "grok",
    "minimax",
    "mistral",
    "devstral",
    "codestral",
];
/// Claude's own families, which may omit `Claude` if a version is beside them.
const CLAUDES: &[&str] = &["opus", "sonnet", "haiku", "fable", "mythos", "instant"];
/// What may precede a name: vendors, gateways, regions.
const VENDORS: &[&str] = &[
    "anthropic",
    "openai",
    "google",
    "aws",
    "azure",
    "vertex",
    "bedrock",
    "us",
    "eu",
    "apac",
    "jp",
    "au",
    "global",
    "moonshotai",
    "moonshot",
    "zai",
    "z",
    "ai",
    "deepseek-ai",
    "xai",
    "mistralai",
    "gov",
];
/// Ways in which a gateway serves a model, after a colon.
const SERVED: &[&str] = &["free", "nitro", "floor", "exacto", "extended", "beta", "online"];

/// The name under which a model counts. Untrusted text.
pub fn canonical(written: &str) -> String {
    let lower = written.trim().to_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let name = match name.rsplit_once(':') {
        Some((name, served)) if SERVED.contains(&served) => name,
        _ => name,
    };
    let plain = without_context(name);
    let words: Vec<&str> = plain
        .split(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | '@' | '(' | ')'))
        .filter(|word| !word.is_empty())
        .collect();
    let Some(words) = from_family(&words) else {
        return written.trim().to_owned();
    };
    if words.first().is_some_and(|family| family == "claude") {
        claude(&words)
    } else {
        other(&words)
    }
}

/// Without the size of the context: `[1m]`, `(1M context)`.
fn without_context(name: &str) -> String {
    let mut plain = name.to_owned();
    if let Some(at) = plain.find('[') {
        plain.truncate(at);
    }
    if let Some((before, inside)) = plain.split_once('(')
        && inside.trim_end().trim_end_matches(')').ends_with("context")
    {
        plain = before.to_owned();
    }
    plain
}

/// The words from the family on, without vendors before it; a version that is joined to a family is split off. `None`
/// for an unknown family.
fn from_family(words: &[&str]) -> Option<Vec<String>> {
    let words: Vec<String> = words
        .iter()
        .flat_map(|word| unvendored(word))
        .skip_while(|word| VENDORS.contains(&word.as_str()))
        .collect();
    if let Some(words) = unnamed_claude(&words) {
        return Some(words);
    }
    let mut words = words.into_iter();
    let first = words.next()?;
    let family = FAMILIES.iter().find(|family| first.starts_with(**family))?;
    let (head, version) = first.split_at(family.len());
    let mut found = vec![head.to_owned()];
    if !version.is_empty() {
        if !version.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return None;
        }
        found.push(version.to_owned());
    }
    found.extend(words);
    Some(found)
}

/// `Sonnet 4.5`, `sonnet4.5`, `3.5 Sonnet`: the words after the name of the family that people omit. `None` without a
/// version: a sonnet may be anything.
fn unnamed_claude(words: &[String]) -> Option<Vec<String>> {
    let is_version = |word: &str| {
        word.split('.').count() <= 2 && word.split('.').all(|part| is_number(part) && part.len() <= 2)
    };
    let mut found = vec!["claude".to_owned()];
    for word in words {
        let grown = CLAUDES.iter().find_map(|family| {
            let version = word.strip_prefix(family)?;
            is_version(version).then_some([*family, version])
        });
        match grown {
            Some(parts) => found.extend(parts.map(str::to_owned)),
            None => found.push(word.clone()),
        }
    }
    let is_family = |word: &String| CLAUDES.contains(&word.as_str());
    let mut behind_version = found.iter().skip(1).skip_while(|word| is_version(word));
    let starts_so = behind_version.next().is_some_and(is_family);
    (starts_so && found.iter().any(|word| is_version(word))).then_some(found)
}

/// `us.anthropic.claude` is three words, `4.5` is one.
fn unvendored(word: &str) -> Vec<String> {
    let is_dotted = word.contains('.') && word.starts_with(|c: char| c.is_ascii_alphabetic());
    let starts_with_vendor = word
        .split('.')
        .next()
        .is_some_and(|first| VENDORS.contains(&first));
    if is_dotted && starts_with_vendor {
        word.split('.').map(str::to_owned).collect()
    } else {
        vec![word.to_owned()]
    }
}

/// Whether a word states when a model was made, or how it is deployed: `20251101`, `latest`, `v1:0`.
fn is_edition(word: &str) -> bool {
    let is_date = word.len() == 8 && word.starts_with("20") && is_number(word);
    let is_revision = word
        .strip_prefix('v')
        .and_then(|rest| rest.split_once(':'))
        .is_some_and(|(major, minor)| is_number(major) && is_number(minor));
    is_date || is_revision || matches!(word, "latest" | "default")
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// `claude-opus-4-5`, `claude-3-5-sonnet`: as in the vendor's own ids, whichever came first, family or version.
fn claude(words: &[String]) -> String {
    let words: Vec<&str> = words
        .iter()
        .skip(1)
        .flat_map(|word| match word.split_once('.') {
            Some((major, minor)) if is_number(major) && is_number(minor) => vec![major, minor],
            _ => vec![word.as_str()],
        })
        .filter(|word| !is_edition(word))
        .collect();
    let family = words.iter().find(|word| CLAUDES.contains(*word)).copied();
    let is_version = |word: &&&str| is_number(word) && word.len() <= 2;
    let version: Vec<&str> = words.iter().filter(is_version).copied().collect();
    // The zero of `claude-opus-4-0` means no minor version.
    let version = match version.as_slice() {
        [major, "0"] => vec![*major],
        version => version.to_vec(),
    };
    let rest = words
        .iter()
        .filter(|word| !is_version(word) && Some(**word) != family)
        .copied();
    let is_old = version
        .first()
        .is_some_and(|major| matches!(*major, "1" | "2" | "3"));
    let mut parts = vec!["claude"];
    if is_old {
        parts.extend(&version);
        parts.extend(family);
    } else {
        parts.extend(family);
        parts.extend(&version);
    }
    parts.extend(rest);
    parts.join("-")
}

/// `gpt-5.4-mini`, `gemini-2.5-pro`, `qwen3-coder`: family, version with a point, the rest in its order.
fn other(words: &[String]) -> String {
    let family = words.first().map_or("", String::as_str);
    let mut words: Vec<String> = undated(&words[1..]);
    // `gemini-2-5-pro` has its version in two words.
    if let [major, minor, ..] = words.as_slice()
        && [major, minor]
            .iter()
            .all(|word| is_number(word) && word.len() == 1)
    {
        let version = format!("{major}.{minor}");
        words.splice(0..2, [version]);
    }
    let grown_together = matches!(family, "qwen")
        && words
            .first()
            .is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let joint = if grown_together || words.is_empty() {
        ""
    } else {
        "-"
    };
    format!("{family}{joint}{}", words.join("-"))
}

/// Without what [`is_edition`] matches, and without dates in three words: `2024-08-06`.
fn undated(words: &[String]) -> Vec<String> {
    let is_date = |at: usize| {
        let part = |at: usize, len: usize| {
            words
                .get(at)
                .is_some_and(|word| word.len() == len && is_number(word))
        };
        part(at, 4) && words[at].starts_with("20") && part(at + 1, 2) && part(at + 2, 2)
    };
    let mut kept = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if is_date(at) {
            at += 3;
            continue;
        }
        if !is_edition(&words[at]) {
            kept.push(words[at].clone());
        }
        at += 1;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[(&str, &[&str])] = &[
        (
            "claude-opus-4-5",
            &[
                "Claude Opus 4.5",
                "claude-opus-4-5-20251101",
                "claude-opus-4-5",
                "claude-opus-4.5",
                "anthropic/claude-opus-4.5",
                "openrouter/anthropic/claude-opus-4.5",
                "us.anthropic.claude-opus-4-5-20251101-v1:0",
                "global.anthropic.claude-opus-4-5-20251101-v1:0",
                "anthropic.claude-opus-4-5-20251101-v1:0",
                "claude-opus-4-5@20251101",
                "claude-opus-4-5-20251101[1m]",
                "claude-opus-4-5[1m]",
                "Claude Opus 4.5 (1M context)",
                "claude-4.5-opus",
                "AWS Claude Opus 4.5",
                "claude-opus-4-5-latest",
                "Opus 4.5",
                "opus-4-5",
                "opus4.5",
                "anthropic/opus-4.5",
                "Opus 4.5 (1M context)",
            ],
        ),
        (
            "claude-opus-4",
            &["Claude Opus 4", "claude-opus-4-20250514", "claude-opus-4-0"],
        ),
        (
            "claude-3-5-sonnet",
            &[
                "Claude 3.5 Sonnet",
                "claude-3-5-sonnet-20241022",
                "Claude Sonnet 3.5",
                "Sonnet 3.5",
                "3.5 Sonnet",
            ],
        ),
        (
            "claude-haiku-4-5",
            &["Haiku 4.5", "haiku-4.5", "Claude Haiku 4.5"],
        ),
        ("claude-sonnet-4", &["Sonnet 4", "sonnet-4-20250514"]),
        ("claude-fable-5", &["Claude Fable 5", "claude-fable-5"]),
        (
            "gpt-5.5",
            &["GPT 5.5", "gpt-5.5", "openai/gpt-5.5", "OpenAI GPT-5.5", "gpt5.5"],
        ),
        ("gpt-5.2-codex", &["GPT-5.2 Codex", "gpt-5.2-codex"]),
        ("gpt-4o", &["gpt-4o", "gpt-4o-2024-08-06", "GPT-4o"]),
        (
            "gemini-2.5-pro",
            &[
                "Gemini 2.5 Pro",
                "gemini-2.5-pro",
                "google/gemini-2.5-pro",
                "gemini-2-5-pro",
            ],
        ),
        (
            "gemini-3-flash-preview",
            &["Gemini 3 Flash (Preview)", "gemini-3-flash-preview"],
        ),
        (
            "qwen3-coder",
            &[
                "Qwen3 Coder",
                "qwen3-coder",
                "qwen/qwen3-coder:free",
                "Qwen 3 Coder",
            ],
        ),
        ("glm-4.7", &["GLM-4.7", "GLM 4.7", "z-ai/glm-4.7", "zai/glm-4.7"]),
        ("kimi-k2.5", &["Kimi K2.5", "kimi-k2.5", "moonshotai/kimi-k2.5"]),
    ];

    #[test]
    fn one_model_has_one_name() {
        for (expected, written) in NAMES {
            for name in *written {
                assert_eq!(canonical(name), *expected, "{name}");
            }
        }
    }

    #[test]
    fn different_models_stay_apart() {
        let names = [
            "claude-opus-4",
            "claude-opus-4-1",
            "claude-opus-4-5",
            "claude-opus-4-5-fast",
            "claude-sonnet-4-5",
            "claude-haiku-4-5",
            "claude-3-opus",
            "gpt-5",
            "gpt-5-mini",
            "gpt-5-nano",
            "gpt-5.1",
            "gpt-5-codex",
            "gpt-5.1-codex-mini",
            "gpt-4.1",
            "gpt-4o",
            "gemini-2.5-pro",
            "gemini-2.5-pro-preview-05-06",
            "gemini-2.5-flash",
            "gemini-2.5-flash-lite",
            "gemini-3-pro-preview",
            "qwen3-coder",
            "qwen3-coder-plus",
            "qwen3:32b",
            "qwen3.7-max",
            "qwen3.7-plus",
            "o3",
            "o3-mini",
            "<synthetic>",
            "Claude",
            "Sonnet",
            "opus",
            "Magnum Opus 4",
            "opusculum 4",
        ];
        let mut found: Vec<String> = names.iter().map(|name| canonical(name)).collect();
        found.sort();
        found.dedup();
        assert_eq!(found.len(), names.len(), "{found:?}");
        for name in &found {
            assert_eq!(canonical(name), *name);
        }
        assert_eq!(canonical(" some/Other Model "), "some/Other Model");
    }
}

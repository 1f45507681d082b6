//! Secrets in a line of text that a person wrote: a title, a reason, the message of a commit. Where there is no file whose name
//! says what it holds, the form of the secret itself has to.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::secrets::{JSON_VALUE, holds_key, is_literal};

/// The forms that issuers give their keys, so that they can be found.
const FORMS: &[(&str, &str)] = &[
    ("an AWS access key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b"),
    (
        "a GitHub token",
        r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})",
    ),
    (
        "a GitLab token",
        r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat)-[A-Za-z0-9_.-]{16,}",
    ),
    (
        "a Slack token",
        r"\bxox[abcdeoprs]-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/\w+/\w+/\w+",
    ),
    (
        "an API key",
        r"\b(?:sk|rk|pk)[-_](?:ant|proj|or|svcacct|live|test)[-_][A-Za-z0-9_-]{16,}|\bsk-[A-Za-z0-9]{32,}",
    ),
    (
        "a Google key",
        r"\bAIza[0-9A-Za-z_-]{35}|\bya29\.[0-9A-Za-z_-]{20,}|\bGOCSPX-[0-9A-Za-z_-]{20,}",
    ),
    (
        "a token of a package registry",
        r"\bnpm_[A-Za-z0-9]{30,}|\bpypi-[A-Za-z0-9_-]{30,}|\bdckr_pat_[A-Za-z0-9_-]{20,}|\brubygems_[a-f0-9]{40,}",
    ),
    (
        "a token",
        r"\bhf_[A-Za-z0-9]{30,}|\bdop_v1_[a-f0-9]{60,}|\bSG\.[\w-]{20,}\.[\w-]{40,}|\bshp(?:at|ss|ca|pa)_[a-fA-F0-9]{32}|\bAGE-SECRET-KEY-1[0-9A-Z]{50,}",
    ),
    (
        "a JSON web token",
        r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    ),
    ("a bearer token", r"(?i)\bbearer\s+[A-Za-z0-9._~+/-]{20,}=*"),
];
/// Fewest characters of a random value that stands for itself.
const RANDOM: usize = 32;

// Patterns of our own; the tests below use each of them.
#[allow(clippy::unwrap_used)]
static KNOWN: LazyLock<RegexSet> =
    LazyLock::new(|| RegexSet::new(FORMS.iter().map(|(_, form)| form)).unwrap());

/// `password=…`, `api key: …`, `--token …`: a name that says what its value opens.
#[allow(clippy::unwrap_used)]
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    let names = "pass(?:word|wd|phrase)?|pwd|secret|token|api[_ -]?key|access[_ -]?key|secret[_ -]?key|private[_ -]?key|credentials?|auth";
    Regex::new(&format!(
        r#"(?i)(?:^|[^a-z])(?:{names})["']?(\s*=\s*|\s*:\s*)["']?([^\s"',;)]+)"#
    ))
    .unwrap()
});

/// `scheme://user:password@host`, and `scheme://token@host`.
#[allow(clippy::unwrap_used)]
static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)\b([a-z][a-z0-9+.-]*)://([^/\s:@]*)(?::([^/\s@]*))?@").unwrap());

/// What a text looks like it holds, if that is a secret: `an AWS access key`.
pub fn secret_in(text: &str) -> Option<&'static str> {
    if holds_key(text.as_bytes()) {
        return Some("a private key");
    }
    if let Some(form) = KNOWN.matches(text).iter().next() {
        return FORMS.get(form).map(|(what, _)| *what);
    }
    if ADDRESS
        .captures_iter(text)
        .any(|found| opens(&found[1], &found[2], found.get(3).map(|m| m.as_str())))
    {
        return Some("an address with a password");
    }
    let in_json = JSON_VALUE.captures_iter(text).filter_map(|found| found.get(1));
    let mut in_json = in_json.filter(|value| is_literal(value.as_str()));
    if in_json.next().is_some()
        || NAMED
            .captures_iter(text)
            .any(|found| is_value(&found[1], &found[2]))
    {
        return Some("a password or token");
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+_-".contains(c);
    let mut words = text.split(|c: char| !is_part(c));
    words.any(is_random).then_some("a random value, as keys are")
}

/// Whether the place before the host opens something. A name alone is a token where nobody logs in by name.
fn opens(scheme: &str, user: &str, password: Option<&str>) -> bool {
    match password {
        Some(password) => !password.is_empty() && is_literal(password),
        None => scheme.to_ascii_lowercase().starts_with("http") && user.len() >= 16 && is_literal(user),
    }
}

/// Whether what follows a name is a value, and not the next word of a sentence.
fn is_value(sign: &str, value: &str) -> bool {
    let has = |kind: fn(&char) -> bool| value.chars().any(|c| kind(&c));
    let is_mixed = has(char::is_ascii_digit) && has(char::is_ascii_alphabetic) && value.len() >= 6;
    let is_assigned =
        sign.trim() == "=" && value.len() >= 4 && !matches!(value, "true" | "false" | "none" | "null");
    is_literal(value) && (is_assigned || is_mixed)
}

/// Whether a word is drawn at random: long, of all kinds of characters, and none of them often. Names of commits are hex.
fn is_random(word: &str) -> bool {
    let count = |kind: fn(&u8) -> bool| word.bytes().filter(kind).count();
    let kinds = [
        count(u8::is_ascii_digit),
        count(u8::is_ascii_uppercase),
        count(u8::is_ascii_lowercase),
    ];
    word.len() >= RANDOM
        && kinds.iter().all(|count| *count >= 3)
        && bits(word) >= 4.0
        && changes(word) * 3 >= word.len()
}

/// How much each character tells, in bits.
fn bits(word: &str) -> f64 {
    let mut counts = [0_u32; 256];
    word.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = word.len() as f64;
    let part = |count: &u32| f64::from(*count) / length;
    let told = counts.iter().filter(|count| **count > 0).map(part);
    told.map(|part| -part * part.log2()).sum()
}

/// How often the kind of character changes: rarely in words that are written together.
fn changes(word: &str) -> usize {
    let kind = |byte: u8| {
        (
            byte.is_ascii_digit(),
            byte.is_ascii_uppercase(),
            byte.is_ascii_lowercase(),
        )
    };
    word.as_bytes()
        .windows(2)
        .filter(|pair| kind(pair[0]) != kind(pair[1]))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together here, so that no scanner takes this file for a leak.
    fn token(start: &str, rest: &str) -> String {
        format!("{start}{rest}")
    }

    #[test]
    fn secrets_are_found_in_sentences() {
        let letters = "AbCdEf0123456789AbCdEf0123456789AbCdEf";
        for (text, expected) in [
            (
                token("Rotate AKIA", "ABCDEFGHIJKLMNOP today"),
                "an AWS access key",
            ),
            (token("ghp_", letters), "a GitHub token"),
            (token("github_pat_", letters), "a GitHub token"),
            (token("glpat-", letters), "a GitLab token"),
            (token("xoxb-", "1234567890-abc"), "a Slack token"),
            (token("sk-ant-", letters), "an API key"),
            (token("(sk_live_", &format!("{letters})")), "an API key"),
            (
                token("AIza", "0123456789abcdefghijABCDEFGHIJ_-345"),
                "a Google key",
            ),
            (token("npm_", letters), "a token of a package registry"),
            (token("hf_", letters), "a token"),
            (
                token("eyJhbGciOiJI", ".eyJzdWIiOiIx.c2lnbmF0dXJl"),
                "a JSON web token",
            ),
            (token("Authorization: Bearer ", letters), "a bearer token"),
            ("-----BEGIN EC PRIVATE KEY-----\nMII".into(), "a private key"),
            (
                "Use postgres://ada:hunter2@db/kiln".into(),
                "an address with a password",
            ),
            (
                "https://0123456789abcdef0123@example.org".into(),
                "an address with a password",
            ),
            ("Set DB_PASSWORD=hunter".into(), "a password or token"),
            ("the password: hunter22".into(), "a password or token"),
            ("api key: 12ab34cd".into(), "a password or token"),
            ("{\"client_secret\": \"abcdefgh\"}".into(), "a password or token"),
            (
                "it is q8Zr2LmX0vTn5KbY7cWd3HsJ9fPg1QaE".into(),
                "a random value, as keys are",
            ),
        ] {
            assert_eq!(secret_in(&text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_people_write_of_their_work_is_none() {
        for text in [
            "Kiln controller",
            "Fix token: handle expiry",
            "Passwords: reset by mail",
            "Rename secret=false to hidden",
            "Read password=$PASSWORD from the environment",
            "auth: refresh before it expires",
            "See https://example.org/a/b?c=d and git@example.org:a/b.git",
            "ssh://git@example.org/kiln.git",
            "b9b31e5b3244cf9ca9ab5a0c98f0ac5c04b8d4a1",
            "019d7743-6a00-7707-8707-070707070707",
            "Rename HTTP2ConnectionPoolManagerFactoryBean1 and its tests",
            "claude-code:4f1c2d3e-5a6b-4c7d-8e9f-0a1b2c3d4e5f",
            "A sk-learn pipeline, sk-migration-to-the-new-database, basic infrastructure-improvements",
            "Ada Example <ada@example.org>",
            "",
        ] {
            assert_eq!(secret_in(text), None, "{text}");
        }
    }
}

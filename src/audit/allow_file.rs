//! The file in which a repository allows findings, a line each: `RULE:ID  why`.

use std::collections::BTreeMap;

use super::allowed::{AllowedBy, Reason};
use super::rules;
use crate::facts::diagnostics::Warning;

/// Its path in the tree of HEAD.
pub const PATH: &str = ".leverage-audit";

/// The findings that it allows, with the reasons, and its lines that are ignored.
pub fn parse(content: &[u8]) -> (BTreeMap<String, Reason>, Vec<Warning>) {
    let (mut allowed, mut warnings) = (BTreeMap::new(), Vec::new());
    for (number, line) in String::from_utf8_lossy(content).lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (finding, why) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let what = match rule_and_id(finding) {
            Err(_) if finding.contains(':') => {
                let rule = finding.split(':').next().unwrap_or_default();
                format!("the line is ignored: unknown rule `{rule}`, or no id after it")
            }
            Ok(_) if !why.trim().is_empty() => {
                let reason = Reason {
                    text: why.trim().to_owned(),
                    by: AllowedBy::Repository,
                };
                allowed.insert(finding.to_owned(), reason);
                continue;
            }
            _ => "the line is ignored: it has no rule, or no reason".to_owned(),
        };
        warnings.push(
            Warning::new(format!("{PATH}:{}", number + 1), what)
                .hint("Write `RULE:ID  why`; `git leverage help audit` lists the rules"),
        );
    }
    (allowed, warnings)
}

/// An entry that names a rule and an id, or why it does not.
pub fn rule_and_id(text: &str) -> Result<String, String> {
    let (rule, id) = text
        .split_once(':')
        .ok_or("write it as RULE:ID, as in the JSON format")?;
    if rules::RULES.iter().all(|known| known.id != rule) {
        let known: Vec<&str> = rules::RULES.iter().map(|rule| rule.id).collect();
        return Err(format!("the rules are {}", known.join(", ")));
    }
    if id.is_empty() {
        return Err("the id after the colon is missing".into());
    }
    Ok(text.to_owned())
}

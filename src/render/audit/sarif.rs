//! The findings as SARIF 2.1.0, the format that forges read.

use serde_json::{Value, json};

use crate::audit::rules::RULES;
use crate::audit::{Allowed, Audit, Finding};

/// The findings as SARIF 2.1.0, the format that forges read. `place` is the path of the file that represents the repository.
pub fn sarif(audit: &Audit, place: Option<&str>, version: &str) -> Value {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": { "text": rule.about },
                "help": { "text": rule.advice },
            })
        })
        .collect();
    let findings = audit.findings.iter().map(|found| result(found, place));
    let allowed = audit.allowed.iter().map(|one| suppressed(one, place));
    let results: Vec<Value> = findings.chain(allowed).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "git-leverage", "version": version, "rules": rules } },
            "results": results,
            "properties": { "level": audit.level, "findingsBelowLevel": audit.findings_below_level },
        }],
    })
}

fn result(found: &Finding, place: Option<&str>) -> Value {
    let mut location = json!({ "logicalLocations": [{ "name": found.id }] });
    if let Some(place) = place {
        location["physicalLocation"] = json!({
            "artifactLocation": { "uri": place },
            "region": { "startLine": 1 },
        });
    }
    json!({
        "ruleId": found.rule,
        "level": found.level.word(),
        "message": { "text": format!("{}. {}", found.message, found.advice) },
        "partialFingerprints": { "ruleAndId/v1": format!("{}:{}", found.rule, found.id) },
        "locations": [location],
        "properties": found.figures,
    })
}

fn suppressed(allowed: &Allowed, place: Option<&str>) -> Value {
    let mut result = result(&allowed.finding, place);
    let suppression = json!({ "kind": "external", "status": "accepted", "justification": allowed.reason });
    result["suppressions"] = json!([suppression]);
    result
}

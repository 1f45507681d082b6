//! Accounts that commit without a person and are not coding agents: they update dependencies, format, release, synchronize.
//!
//! One table, as for agents. An app that is not listed stays unknown: its `[bot]` says that no person committed, not that no
//! agent wrote the code. So does `github-actions`, since workflows that run an agent commit as it. Whoever commits can type any
//! address, which is why a reader is told that automation is recognized by it.

use super::commit::Person;

/// Logins of GitHub apps, in lower case and without `[bot]`. Only an app can have a login with that ending.
const APPS: &[&str] = &[
    "allcontributors",
    "auto-merge-dependabot-prs",
    "autofix-ci",
    "changeset-bot",
    "dependabot",
    "dependabot-preview",
    "dotnet-maestro",
    "greenkeeper",
    "imgbot",
    "mergify",
    "microsoft-github-policy-service",
    "pre-commit-ci",
    "release-please",
    "renovate",
    "transifex-integration",
];

/// Addresses that belong only to an automation, in lower case.
const ADDRESSES: &[&str] = &[
    "bot@goreleaser.com",
    "bot@renovateapp.com",
    "bors@rust-lang.org",
    "dotnet-bot@dotnetfoundation.org",
    "github-bot@pyup.io",
    "hosted@weblate.org",
    "semantic-release-bot@martynus.net",
    "snyk-bot@snyk.io",
    "support@dependabot.com",
    "support@greenkeeper.io",
];

/// Whether the author is such an account, by its address.
pub fn is_automation(author: &Person) -> bool {
    let email = author.email.trim().to_ascii_lowercase();
    let Some(login) = email.strip_suffix("[bot]@users.noreply.github.com") else {
        return ADDRESSES.contains(&email.as_str());
    };
    // GitHub put no number before the login of early commits.
    let (number, app) = login.split_once('+').unwrap_or(("0", login));
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && APPS.contains(&app)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_one(email: &str) -> bool {
        is_automation(&Person {
            name: "x".into(),
            email: email.into(),
        })
    }

    #[test]
    fn automations_are_told_from_agents_and_people() {
        for email in [
            "49699333+dependabot[bot]@users.noreply.github.com",
            "29139614+Renovate[bot]@users.noreply.github.com",
            "dependabot[bot]@users.noreply.github.com",
            "Support@Dependabot.com",
        ] {
            assert!(is_one(email), "{email}");
        }
        for email in [
            "209825114+claude[bot]@users.noreply.github.com",
            "230936708+continue[bot]@users.noreply.github.com",
            "41898282+github-actions[bot]@users.noreply.github.com",
            "action@github.com",
            "1+renovate@users.noreply.github.com",
            "+renovate[bot]@users.noreply.github.com",
            "ada@example.org",
            "dependabot@example.org",
            "1+ada@users.noreply.github.com",
            "",
        ] {
            assert!(!is_one(email), "{email}");
        }
    }
}

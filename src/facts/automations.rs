//! Accounts that commit without a person and are not coding agents: they update dependencies, format, release, synchronize.
//!
//! One table, as for agents. An app that is not listed stays unknown: its `[bot]` says that no person committed, not that no
//! agent wrote the code. A workflow may also run an agent; the evidence in its commit then comes first.

use super::commit::Person;

/// Logins of GitHub apps and accounts, in lower case and without `[bot]`.
const LOGINS: &[&str] = &[
    "allcontributors",
    "auto-merge-dependabot-prs",
    "autofix-ci",
    "bors",
    "changeset-bot",
    "crowdin-bot",
    "dependabot",
    "dependabot-preview",
    "dotnet-bot",
    "dotnet-maestro",
    "gemini-cli-robot",
    "github-actions",
    "goreleaserbot",
    "greenkeeper",
    "imgbot",
    "k8s-ci-robot",
    "mergify",
    "microsoft-github-policy-service",
    "pre-commit-ci",
    "pyup-bot",
    "release-please",
    "renovate",
    "renovate-bot",
    "semantic-release-bot",
    "snyk-bot",
    "transifex-integration",
];

/// Addresses that belong only to an automation, in lower case.
const ADDRESSES: &[&str] = &[
    "action@github.com",
    "actions@github.com",
    "bot@goreleaser.com",
    "bot@renovateapp.com",
    "bors@rust-lang.org",
    "dotnet-bot@dotnetfoundation.org",
    "gemini-cli-robot@google.com",
    "github-actions@github.com",
    "github-bot@pyup.io",
    "hosted@weblate.org",
    "semantic-release-bot@martynus.net",
    "snyk-bot@snyk.io",
    "support@dependabot.com",
    "support@greenkeeper.io",
];

/// Whether the author is such an account.
pub fn is_automation(author: &Person) -> bool {
    let email = author.email.trim().to_ascii_lowercase();
    let Some(login) = email.strip_suffix("@users.noreply.github.com") else {
        return ADDRESSES.contains(&email.as_str());
    };
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let numbered = login.split_once('+').filter(|(number, _)| is_number(number));
    let login = numbered.map_or(login, |(_, login)| login);
    LOGINS.contains(&login.strip_suffix("[bot]").unwrap_or(login))
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
            "41898282+GitHub-Actions[bot]@users.noreply.github.com",
            "github-actions[bot]@users.noreply.github.com",
            "actions@github.com",
            "Support@Dependabot.com",
        ] {
            assert!(is_one(email), "{email}");
        }
        for email in [
            "209825114+claude[bot]@users.noreply.github.com",
            "230936708+continue[bot]@users.noreply.github.com",
            "ada@example.org",
            "dependabot@example.org",
            "1+ada@users.noreply.github.com",
            "",
        ] {
            assert!(!is_one(email), "{email}");
        }
    }
}

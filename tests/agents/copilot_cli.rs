//! GitHub Copilot CLI.

use insta::assert_snapshot;

use super::told;

#[test]
fn a_session_is_read_and_linked() {
    assert_snapshot!(told("copilot-cli"), @r"
    copilot-cli/c0de77aa-0000-4000-8000-000000000001 2026-04-01T09:00:58Z–2026-04-01T09:10:00Z: agent 8m measured, supervisory 1.75m measured, tokens 960/300/18000/159 estimated by m-small m-x, edits measured, commits derived
    c0de77aa-0000-4000-8000-000000000001 → Cap the delay: hash, certain, hash:output lines:2
    ");
}

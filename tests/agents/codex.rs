//! Codex.

use insta::assert_snapshot;

use super::told;

#[test]
fn a_session_is_read_and_linked() {
    assert_snapshot!(told("codex"), @r"
    codex/019d4a50-0000-7000-8000-000000000001 2026-04-01T09:00:58Z–2026-04-01T09:10:00Z: agent 8m derived, supervisory 1.25m measured, tokens 3000/0/15000/200 measured by gpt-x, edits measured, commits derived
    019d4a50-0000-7000-8000-000000000001 → Cap the delay: hash, certain, hash:output lines:2
    ");
}

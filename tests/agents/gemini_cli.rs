//! Gemini CLI.

use insta::assert_snapshot;

use super::told;

#[test]
fn a_session_is_read_and_linked() {
    assert_snapshot!(told("gemini-cli"), @r"
    gemini-cli/8c1e77aa-0000-4000-8000-000000000001 2026-04-01T09:01:00Z–2026-04-01T09:10:00Z: agent 8.499999999999998m derived, supervisory 1.25m measured, tokens 1267/0/18000/190 measured by m-small m-x, edits measured, commits derived
    8c1e77aa-0000-4000-8000-000000000001 → Cap the delay: hash, certain, hash:output lines:2
    ");
}

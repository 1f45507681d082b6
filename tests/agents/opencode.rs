//! OpenCode.

use insta::assert_snapshot;

use super::told;

#[test]
fn a_session_is_read_and_linked() {
    assert_snapshot!(told("opencode"), @r"
    opencode/ses_1 2026-04-01T09:01:00Z–2026-04-01T09:10:00Z: agent 8m measured, supervisory 1.25m measured, tokens 60/300/18000/150 measured by m-x, edits measured, commits derived
    ses_1 → Cap the delay: hash, certain, hash:output lines:2
    ");
}

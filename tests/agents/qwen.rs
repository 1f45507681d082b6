//! Qwen Code.

use insta::assert_snapshot;

use super::told;

#[test]
fn a_session_is_read_and_linked() {
    assert_snapshot!(told("qwen"), @r"
    qwen/5f0d7c1e-0000-4000-8000-000000000001 2026-04-01T09:01:00Z–2026-04-01T09:10:00Z: agent 8m derived, supervisory 1.25m measured, tokens 3000/0/15000/200 measured by qwen-x, edits measured, commits derived
    5f0d7c1e-0000-4000-8000-000000000001 → Cap the delay: hash, certain, hash:output lines:2
    ");
}

//! Factory Droid.

use insta::assert_snapshot;

use super::told;

#[test]
fn a_session_is_read_and_linked() {
    assert_snapshot!(told("droid"), @r"
    droid/d0a1b2c3-0000-4000-8000-000000000001 2026-04-01T09:01:00Z–2026-04-01T09:10:00Z: agent 8m derived, supervisory 1.25m measured, tokens 60/300/18000/150 estimated by m-x, edits measured, commits derived
    d0a1b2c3-0000-4000-8000-000000000001 → Cap the delay: hash, certain, hash:output lines:2
    ");
}

//! Amp.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::PayloadForm;
use crate::facts::agents;

/// Amp.
pub static AMP: Integration = Integration {
    identity: &agents::AMP,
    payload: PayloadForm::NONE,
    marks: Marks {
        variables: &[("AGENT", Some("amp")), ("AMP_CURRENT_THREAD_ID", None)],
        session: &["AMP_CURRENT_THREAD_ID", "AGENT_THREAD_ID"],
        programs: &["amp"],
        packages: &["@sourcegraph/amp", "@ampcode/cli"],
        ..Marks::NONE
    },
};

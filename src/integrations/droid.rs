//! Factory Droid.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::{AS_CLAUDE_CODE, PayloadForm, Reminder};
use crate::facts::agents;

/// Factory Droid.
pub static DROID: Integration = Integration {
    identity: &agents::DROID,
    payload: PayloadForm {
        events: AS_CLAUDE_CODE,
        folders: &[".factory"],
        own_variables: &["DROID_PROJECT_DIR"],
        reminder: Reminder::Decision,
        ..PayloadForm::NONE
    },
    marks: Marks {
        programs: &["droid"],
        packages: &["@factory/cli", "droid"],
        ..Marks::NONE
    },
};

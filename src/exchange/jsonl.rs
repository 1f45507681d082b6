//! JSON Lines: the output of `export tasks`, or ledger lines as in a note.

use serde_json::{Map, Value};

use super::{ImportOptions, Imported};
use crate::facts::diagnostics::Warning;
use crate::facts::record::{Record, VERSION};

/// Reads one task per line. Ids and revisions are preserved, so a task that is imported again is the same task.
pub(super) fn read(text: &str, options: &ImportOptions) -> Imported {
    let mut imported = Imported {
        has_ids: true,
        ..Imported::default()
    };
    for (number, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let place = format!("{}:{}", options.name, number + 1);
        match record(line) {
            Ok(Record::Task(task)) => match task.check() {
                Ok(()) => imported.tasks.push(*task),
                Err(error) => imported.broken.push(Warning::new(place, error.to_string())),
            },
            Ok(Record::ByHand(by_hand)) => match by_hand.check() {
                Ok(()) => imported.by_hand.push(*by_hand),
                Err(error) => imported.broken.push(Warning::new(place, error.to_string())),
            },
            Ok(_) => {
                imported
                    .warnings
                    .push(Warning::new(place, "skipped a line that is not a task"));
            }
            Err(reason) => imported.broken.push(Warning::new(place, reason)),
        }
    }
    imported
}

/// An export leaves out the version and the kind that a ledger line has.
fn record(line: &str) -> Result<Record, String> {
    let mut object: Map<String, Value> =
        serde_json::from_str(line).map_err(|error| format!("not a JSON object: {error}"))?;
    object.entry("v").or_insert(VERSION.into());
    object.entry("kind").or_insert("task".into());
    let read = Record::decode_and_tell(Value::Object(object).to_string().as_bytes());
    match read.map_err(|error| error.to_string())? {
        (record, ignored) if ignored.is_empty() => Ok(record),
        (_, ignored) => Err(format!("`{}` is not a range of hours", ignored.join("`, `"))),
    }
}

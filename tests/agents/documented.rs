//! Every agent that is read has a row in the table and a section in the documentation.

use std::collections::BTreeSet;

use git_leverage::testing::facts::{AGENTS, by_name};
use git_leverage::testing::sources::{Machine, READERS};

const DOCUMENT: &str = include_str!("../../docs/formats/agents.md");

/// The anchor that forges make of a heading.
fn anchor(heading: &str) -> String {
    let lower = heading.trim_start_matches('#').trim().to_lowercase();
    lower.replace(' ', "-")
}

/// Each agent of the document's table, with its anchor and its whole row.
fn documented() -> Vec<(String, String, &'static str)> {
    let rows = DOCUMENT.lines().filter(|line| line.starts_with("| ["));
    rows.flat_map(|row| {
        let (names, rest) = row[3..].split_once("](#").unwrap();
        let (anchor, _) = rest.split_once(')').unwrap();
        let one = |name: &str| (name.to_owned(), anchor.to_owned(), row);
        names.split(", ").map(one).collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn every_agent_that_is_read_has_a_row_in_the_table_of_agents() {
    let mut names = BTreeSet::new();
    for reader in READERS {
        let row = by_name(reader.name()).unwrap_or_else(|| panic!("`{}` has no row", reader.name()));
        assert!(std::ptr::eq(row, reader.identity()), "{}", reader.name());
        assert!(names.insert(reader.name()), "`{}` has two readers", reader.name());
    }
    let unread = AGENTS
        .iter()
        .filter(|agent| !agent.variables.is_empty() && !names.contains(agent.name));
    assert_eq!(unread.count(), 0, "a folder for logs that nobody reads");
}

#[test]
fn every_agent_that_is_read_has_a_section_in_the_documentation() {
    let documented = documented();
    let mut names: Vec<&str> = documented.iter().map(|(name, ..)| name.as_str()).collect();
    names.sort_unstable();
    let mut read: Vec<&str> = READERS.iter().map(|reader| reader.name()).collect();
    read.sort_unstable();
    assert_eq!(names, read);
    let sections = DOCUMENT.lines().filter(|line| line.starts_with("##"));
    let sections: BTreeSet<String> = sections.map(anchor).collect();
    let pointed_at: BTreeSet<String> = documented.into_iter().map(|(_, anchor, _)| anchor).collect();
    assert_eq!(sections, pointed_at);
}

#[test]
fn the_variables_of_an_agent_move_its_logs_and_are_documented() {
    let documented = documented();
    for reader in READERS {
        let (.., row) = documented
            .iter()
            .find(|(name, ..)| name == reader.name())
            .unwrap();
        for variable in reader.identity().variables {
            let machine = Machine {
                home: Some("/home/ada".into()),
                variables: [((*variable).to_owned(), "/moved".to_owned())].into(),
                ..Machine::default()
            };
            let roots = reader.roots(&machine);
            assert!(
                roots.iter().any(|root| root.starts_with("/moved")),
                "{variable}: {roots:?}"
            );
            let is_documented = match row.starts_with("| [icodemate,") {
                // One row for a family of programs.
                true => DOCUMENT.contains(variable),
                false => row.contains(variable),
            };
            assert!(is_documented, "`{variable}` is not documented");
        }
    }
}

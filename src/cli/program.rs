//! How the help is laid out: commands in groups, a short `-h` and a long `--help`, and paragraphs that fit any width.

use clap::builder::{StyledStr, Styles};
use clap::{Arg, Command};

/// The commands, as the help of the program groups them.
const GROUPS: &[(&str, &[&str])] = &[
    ("Get started", &["setup", "doctor", "demo"]),
    (
        "Record work",
        &["record", "revise", "retract", "opine", "capture", "trailers"],
    ),
    ("See what is recorded", &["status", "log", "show", "sessions"]),
    (
        "Report and check",
        &["report", "audit", "inventory", "scan", "site"],
    ),
    ("Share and exchange", &["sync", "import", "export", "facts"]),
    ("Maintain", &["repair", "carry", "cache", "hook"]),
    ("Help", &["help", "completions", "manual"]),
];

/// Options that few need. `-h` leaves them out, `--help` has them.
const RARE: &[&str] = &[
    "agent_dir",
    "all_refs",
    "cap",
    "estimate_model",
    "folders",
    "idle",
    "ignore_foreign_trailers",
    "jobs",
    "no_cache",
    "no_renames",
    "path_map",
    "sensitivity",
];

/// Columns before the description of a command.
const NAMES: usize = 13;

/// The declaration of the arguments as its help shows it. It is there to be printed: the parser does not know it.
pub fn arranged(mut program: Command) -> Command {
    program.build();
    let template = format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n\n{}{}Options:{}\n{{options}}{{after-help}}",
        groups(&program),
        heading(&program).render(),
        heading(&program).render_reset()
    );
    let program = program.mut_arg("help", |arg| arg.help("Print help").long_help("Print help"));
    let program = program.mut_subcommands(with_short_help);
    filled(program).help_template(StyledStr::from(template))
}

fn heading(program: &Command) -> anstyle::Style {
    *program.get_styles().get_header()
}

/// The commands with their descriptions, by group.
fn groups(program: &Command) -> String {
    let literal = *Styles::styled().get_literal();
    let heading = heading(program);
    let line = |name: &&str| {
        let command = program.find_subcommand(name);
        let about = command.and_then(Command::get_about).map(ToString::to_string);
        let padding = " ".repeat(NAMES.saturating_sub(name.len()));
        format!(
            "  {literal}{name}{literal:#}{padding}{}\n",
            about.unwrap_or_default()
        )
    };
    let group = |(title, names): &(&str, &[&str])| {
        let lines: String = names.iter().map(line).collect();
        format!("{heading}{title}:{heading:#}\n{lines}\n")
    };
    GROUPS.iter().map(group).collect()
}

/// A command whose `-h` leaves out what few need, and says so.
fn with_short_help(command: Command) -> Command {
    let command = filled(command.mut_subcommands(with_short_help));
    let has_more = |arg: &Arg| arg.get_id() == "help";
    let is_left_out = |arg: &Arg| arg.is_global_set() || RARE.contains(&arg.get_id().as_str());
    command.mut_args(|arg| match is_left_out(&arg) {
        true => arg.hide_short_help(true),
        false if has_more(&arg) => arg
            .help("Print help; `--help` lists all options")
            .long_help("Print help; `-h` is shorter"),
        false => arg,
    })
}

/// A command whose closing text has a line for each paragraph, so that the text is wrapped once.
fn filled(command: Command) -> Command {
    let Some(text) = command.get_after_help().map(ToString::to_string) else {
        return command;
    };
    let text = fill(&text);
    let long = command.get_after_long_help().map(ToString::to_string);
    let long = long.map_or_else(|| text.clone(), |long| fill(&long));
    command.after_long_help(long).after_help(text)
}

/// Joins the lines of each paragraph. Indented lines, such as examples, stay.
fn fill(text: &str) -> String {
    let mut filled = String::new();
    let mut before = "";
    for line in text.lines() {
        let continues = |line: &str| !line.is_empty() && !line.starts_with(' ');
        match (
            continues(before) && continues(line) && !before.ends_with(':'),
            before,
        ) {
            (true, _) => filled.push(' '),
            (false, _) if !filled.is_empty() => filled.push('\n'),
            _ => (),
        }
        filled.push_str(line);
        before = line;
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_joined_and_examples_are_not() {
        let text = "One\ntwo.\n\nExamples:\n  a\n  b\n\nThree:\n- x\nfour\nfive";
        assert_eq!(
            fill(text),
            "One two.\n\nExamples:\n  a\n  b\n\nThree:\n- x four five"
        );
    }

    #[test]
    fn a_command_is_in_one_group() {
        let mut names: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        let mut declared = crate::cli::command_names();
        declared.sort_unstable();
        assert_eq!(names, declared);
    }
}

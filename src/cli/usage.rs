//! Wrong calls, told like every other error: what is wrong first, then what to do.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use super::error::CommandError;
use crate::facts::similar::nearest;

/// The error of a call that the parser of `program` refused.
pub fn error(refused: &clap::Error, program: &Command) -> CommandError {
    let call = Call { refused, program };
    match refused.kind() {
        ErrorKind::UnknownArgument => call.unknown(),
        ErrorKind::InvalidSubcommand => call.unknown_command(),
        ErrorKind::InvalidValue => call.invalid_value(),
        ErrorKind::ValueValidation => call.refused_value(),
        ErrorKind::MissingRequiredArgument => {
            let missing = call.quoted(ContextKind::InvalidArg).join(" and ");
            call.with_usage(format!("missing {missing}"))
        }
        ErrorKind::ArgumentConflict => call.conflict(),
        _ => call.with_usage(call.first_line()),
    }
}

/// A refused call.
struct Call<'a> {
    refused: &'a clap::Error,
    program: &'a Command,
}

impl Call<'_> {
    fn texts(&self, kind: ContextKind) -> Vec<String> {
        match self.refused.get(kind) {
            Some(ContextValue::String(text)) => vec![text.clone()],
            Some(ContextValue::Strings(texts)) => texts.clone(),
            Some(ContextValue::StyledStr(text)) => vec![text.to_string()],
            _ => Vec::new(),
        }
    }

    fn text(&self, kind: ContextKind) -> String {
        self.texts(kind).into_iter().next().unwrap_or_default()
    }

    fn quoted(&self, kind: ContextKind) -> Vec<String> {
        let texts = self.texts(kind).into_iter();
        texts.map(|text| format!("`{text}`")).collect()
    }

    /// The option without the name of its value.
    fn option(&self) -> String {
        let named = self.text(ContextKind::InvalidArg);
        named.split(' ').next().unwrap_or_default().to_owned()
    }

    /// How the command is called, in one line for each way.
    fn usage(&self) -> Vec<String> {
        let usage = self.text(ContextKind::Usage);
        let lines = usage.trim_start_matches("Usage:").lines();
        lines.map(|line| line.trim().to_owned()).collect()
    }

    /// The command that was called, `git leverage report`, and its declaration.
    fn command(&self) -> (String, &Command) {
        called(self.usage().first().map_or("", String::as_str), self.program)
    }

    fn with_usage(&self, message: String) -> CommandError {
        let error = CommandError::usage(message);
        let usage = self.usage();
        if usage.is_empty() {
            return error;
        }
        let error = (usage.iter()).fold(error, |error, line| error.hint(format!("Usage: {line}")));
        error.hint(format!("`{} -h` lists the options", self.command().0))
    }

    fn unknown(&self) -> CommandError {
        let (name, command) = self.command();
        let typed = self.text(ContextKind::InvalidArg);
        if !typed.starts_with('-') {
            return self.with_usage(format!("unexpected argument `{typed}`"));
        }
        let error = CommandError::usage(format!("unknown option `{typed}`"));
        let long = typed.trim_start_matches('-');
        let options = command.get_arguments().chain(self.program.get_arguments());
        let options: Vec<&str> = options
            .filter(|arg| !arg.is_hide_set())
            .filter_map(Arg::get_long)
            .collect();
        let meant = nearest(long, options.iter().copied());
        let error = match meant.filter(|_| typed.starts_with("--")) {
            Some(meant) => error.hint(format!("Did you mean `--{meant}`?")),
            None => error,
        };
        error.hint(format!("`{name} -h` lists the options"))
    }

    fn unknown_command(&self) -> CommandError {
        let (name, command) = self.command();
        let typed = self.text(ContextKind::InvalidSubcommand);
        unknown_command(&typed, &name, command)
    }

    fn invalid_value(&self) -> CommandError {
        let (option, value) = (self.option(), self.text(ContextKind::InvalidValue));
        if value.is_empty() {
            return self.with_usage(format!("`{option}` needs a value"));
        }
        let valid = self.texts(ContextKind::ValidValue);
        let error = CommandError::usage(format!("invalid value for `{option}`: `{value}`"));
        let error = match nearest(&value, valid.iter().map(String::as_str)) {
            Some(meant) => error.hint(format!("Did you mean `{meant}`?")),
            None => error,
        };
        match valid.is_empty() {
            true => error,
            false => error.hint(format!("Possible values: {}", valid.join(", "))),
        }
    }

    fn refused_value(&self) -> CommandError {
        let (option, value) = (self.option(), self.text(ContextKind::InvalidValue));
        let reason = std::error::Error::source(self.refused).map(ToString::to_string);
        let reason = reason.unwrap_or_default();
        // Many reasons name the value themselves.
        CommandError::usage(match reason.contains(&format!("`{value}`")) {
            true => format!("invalid value for `{option}`: {reason}"),
            false => format!("invalid value for `{option}`: `{value}`: {reason}"),
        })
    }

    fn conflict(&self) -> CommandError {
        let others = self.quoted(ContextKind::PriorArg).join(", ");
        let one = self.text(ContextKind::InvalidArg);
        match others == format!("`{one}`") {
            true => CommandError::usage(format!("`{one}` cannot be used more than once")),
            false => CommandError::usage(format!("`{one}` cannot be used with {others}")),
        }
    }

    /// What the parser says of everything else.
    fn first_line(&self) -> String {
        let rendered = self.refused.render().to_string();
        let line = rendered.lines().next().unwrap_or_default();
        line.trim_start_matches("error: ").replace('\'', "`")
    }
}

/// The command that a line such as `git leverage report [OPTIONS]` calls: its name, and its declaration in `program`.
fn called<'a>(usage: &str, program: &'a Command) -> (String, &'a Command) {
    let mut name = "git leverage".to_owned();
    let mut command = program;
    for word in usage.split_whitespace().skip(2) {
        let Some(inner) = command.find_subcommand(word) else {
            break;
        };
        name = format!("{name} {word}");
        command = inner;
    }
    (name, command)
}

/// The command of `program` that a call asks the help of.
pub fn asked_for<'a>(help: &clap::Error, program: &'a Command) -> &'a Command {
    let rendered = help.render().to_string();
    let usage = rendered.lines().find_map(|line| line.strip_prefix("Usage:"));
    called(usage.unwrap_or_default(), program).1
}

/// A command that `command`, called as `name`, does not have.
pub fn unknown_command(typed: &str, name: &str, command: &Command) -> CommandError {
    let error = CommandError::usage(format!("unknown command `{typed}`"));
    let names = command.get_subcommands().map(Command::get_name);
    match nearest(typed, names) {
        Some(meant) => error.hint(format!("Did you mean `{name} {meant}`?")),
        None => error.hint(format!("`{name} -h` lists the commands")),
    }
}

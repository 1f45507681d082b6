//! `completions SHELL`: a completion script on standard output, for `git leverage` and for `git-leverage`.

use std::io::Write as _;

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, ValueHint};
use clap_complete::Shell;

use crate::aggregate::group::Dimension;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::facts::shell;
use crate::integrations::INTEGRATIONS;
use crate::render::inventory::GROUPS;

/// The arguments of `completions`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Install it once; `git leverage <TAB>` then works with git's own completion:\n  \
                  git leverage completions bash >~/.local/share/bash-completion/completions/git-leverage\n  \
                  git leverage completions fish >~/.config/fish/conf.d/git-leverage.fish\n  \
                  git leverage completions zsh >~/.zfunc/_git-leverage   (and fpath+=~/.zfunc before compinit)\n\n\
                  Where the zsh completion that comes with git replaces zsh's own, add this to ~/.zshrc instead, after compinit:\n  \
                  source <(git leverage completions zsh)"
)]
pub struct Args {
    /// The shell to complete in
    shell: Shell,
}

/// Readline splits a line at `=`, and git's completion joins it again; it calls `_git_NAME` for its subcommand NAME, and adds no
/// space after a word by itself. The generated function expects a line without `=`.
const BASH: &str = r#"
# Completes the last of some words behind `git-leverage`, which are not split at `=`.
_git_leverage_last() {
    local word="${!#}" current="${!#}"
    local -a COMP_WORDS=(git-leverage "${@:1:$#-1}")
    if [[ "$word" == --*=* ]]; then
        COMP_WORDS+=("${word%%=*}")
        current="${word#*=}"
    fi
    COMP_WORDS+=("$current")
    local COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _git__leverage git-leverage "$current" "${COMP_WORDS[COMP_CWORD-1]}"
    # A shell that does not split at `=` replaces the whole word.
    if [[ "$word" == --*=* && "$COMP_WORDBREAKS" != *=* ]]; then
        COMPREPLY=("${COMPREPLY[@]/#/${word%%=*}=}")
    fi
}

# Called for `git-leverage`, with a line that is split at `=`.
_git_leverage_split() {
    local -a whole=()
    local at last word
    for ((at = 1; at <= COMP_CWORD; at++)); do
        word="${COMP_WORDS[at]}"
        last=$((${#whole[@]} - 1))
        if ((last >= 0)) && [[ "$word" == "=" && "${whole[last]}" == --* || "${whole[last]}" == --*= ]]; then
            whole[last]+="$word"
        else
            whole+=("$word")
        fi
    done
    _git_leverage_last "${whole[@]}"
}

# Called by git's own completion for `git leverage`.
_git_leverage() {
    local at="${__git_cmd_idx:-1}"
    compopt +o nospace 2>/dev/null
    _git_leverage_last "${words[@]:at+1:cword-at-1}" "$cur"
}
"#;

/// Where the script for fish drops the name of the program from the line …
const FISH_DROPS: &str = "    set -e cmd[1]\n";

/// … and how it drops `git` and its options before `leverage`: git's own completion asks with the whole line.
const FISH_DROPS_GIT: &str = r#"    if test "$cmd[1]" = git; and set -l at (contains -i -- leverage $cmd)
        set -e cmd[1..$at]
    else
        set -e cmd[1]
    end
"#;

/// Git's completion in fish asks for `git-NAME`, but in some releases (3.6.0) under a wrong name.
const FISH: &str = r#"
complete -c git -f -n "__fish_git_using_command leverage" -a "(__fish_git_complete_custom_command leverage)"
"#;

/// The line that makes zsh's completion of git list the command with a description.
const ZSH_DESCRIPTION: &str = "#description Record what coding agents did in git, and check the claims\n";

/// Git's completion for zsh, which some packages of git install in place of zsh's own, calls `_git_NAME` as bash would, in ksh
/// emulation. `_ret` is its own note of whether anything was found; it offers files otherwise.
const ZSH: &str = r#"
# Called by the completion that comes with git, where that replaces the one of zsh.
_git_leverage() {
    emulate -L zsh
    eval "$_comp_setup"
    # It counts from `leverage` on, keeps `git` and its options, and drops empty words, of which one may be completed.
    local at=${words[(i)leverage]}
    (( at > 1 )) && shift $(( at - 1 )) words
    if [[ -z "$PREFIX$SUFFIX$IPREFIX$ISUFFIX" ]]; then
        words=("${(@)words[1,CURRENT-1]}" '' "${(@)words[CURRENT,-1]}")
    fi
    _git-leverage && _ret=0
}
"#;

/// Prints the script for `program`, the whole declaration of the arguments.
pub fn run(args: &Args, program: Command, context: &mut Context) -> Result<Outcome, CommandError> {
    context.terminal.data(&script(args.shell, program)?)?;
    Ok(Outcome::Done)
}

fn script(shell: Shell, program: Command) -> Result<Vec<u8>, CommandError> {
    let mut generated = Vec::new();
    let mut program = with_values(program);
    clap_complete::generate(shell, &mut program, "git-leverage", &mut generated);
    let mut script = Vec::new();
    match shell {
        Shell::Bash => {
            // The generator names the same command in two ways, after `git leverage` and after `git-leverage`.
            let text = String::from_utf8_lossy(&generated);
            let text = text.replace("git__subcmd__leverage", "git__leverage");
            let text = text.replace("complete -F _git__leverage ", "complete -F _git_leverage_split ");
            write!(script, "{text}{BASH}")?;
        }
        Shell::Zsh => {
            // The first line says which command this completes, the last ones run it.
            let text = String::from_utf8_lossy(&generated);
            let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
            let (functions, end) = rest.rsplit_once("\nif [").unwrap_or((rest, ""));
            write!(script, "{first}\n{ZSH_DESCRIPTION}{functions}\n{ZSH}\nif [{end}")?;
        }
        Shell::Fish => {
            let text = String::from_utf8_lossy(&generated);
            script = text.replace(FISH_DROPS, FISH_DROPS_GIT).into_bytes();
            script.write_all(positional_in_fish(&program).as_bytes())?;
            script.write_all(FISH.as_bytes())?;
        }
        _ => script = generated,
    }
    Ok(script)
}

/// The values of arguments without a name, which the generator for fish leaves out.
fn positional_in_fish(program: &Command) -> String {
    let line = |command: &Command| {
        let values = command.get_positionals().flat_map(Arg::get_possible_values);
        let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
        let name = command.get_name();
        let names = (!names.is_empty()).then(|| names.join(" "))?;
        let condition = shell::word(&format!("__fish_git_leverage_using_subcommand {name}"));
        let names = shell::word(&names);
        Some(format!("complete -c git-leverage -n {condition} -f -a {names}\n"))
    };
    program.get_subcommands().filter_map(line).collect()
}

/// The declaration with the values of options that are parsed by code of ours, which a script cannot ask.
fn with_values(program: Command) -> Command {
    let agents = || INTEGRATIONS.iter().map(|agent| agent.identity.name);
    let values = |option: &str| -> Option<Vec<&'static str>> {
        match option {
            "agent" => Some(agents().collect()),
            "by" => Some(Dimension::ALL.iter().map(|dimension| dimension.name()).collect()),
            "columns" => Some(GROUPS.to_vec()),
            "estimated_by" => Some(std::iter::once("person").chain(agents()).collect()),
            "git" => Some(vec!["post-commit", "post-rewrite"]),
            _ => None,
        }
    };
    let commands: Vec<String> = program
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    program.mut_subcommands(|command| {
        let name = command.get_name().to_owned();
        command.mut_args(|arg| {
            let id = arg.get_id().as_str();
            // `--columns` of other commands takes the columns of their tables.
            let values = values(id).filter(|_| id != "columns" || name == "inventory");
            match values {
                Some(values) => arg.value_parser(PossibleValuesParser::new(values)),
                None if name == "help" && id == "command" => {
                    arg.value_parser(PossibleValuesParser::new(commands.clone()))
                }
                None if names_a_path(&arg) => arg.value_hint(ValueHint::FilePath),
                None => arg,
            }
        })
    })
}

/// Whether the value is a file or a directory: a shell then adds `/` and no space to a directory.
fn names_a_path(arg: &Arg) -> bool {
    let names = arg.get_value_names().unwrap_or_default();
    names
        .iter()
        .any(|name| matches!(name.as_str(), "FILE" | "PATH" | "DIRECTORY"))
}

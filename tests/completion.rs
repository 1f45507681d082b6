//! `git leverage <TAB>` in each shell, with git's own completion loaded.

use std::path::Path;

use crate::world::{World, can_try};

/// Where git's completion for bash is, if it is here.
fn completion_of_git() -> Option<&'static str> {
    let places = [
        "/usr/share/bash-completion/completions/git",
        "/usr/share/git/completion/git-completion.bash",
        "/usr/local/share/bash-completion/completions/git",
    ];
    let place = places.into_iter().find(|place| Path::new(place).is_file());
    can_try("git's completion for bash", place.is_some());
    place
}

fn is_here(shell: &str) -> bool {
    let ran = std::process::Command::new(shell).args(["-c", "true"]).output();
    can_try(shell, ran.is_ok())
}

/// What a shell prints of a script, with this program in its path and the completion script at `$SCRIPT`.
fn printed(world: &World, shell: &str, script: &str) -> String {
    let completion = world.run(&["completions", shell]).success();
    std::fs::write(world.path("script"), completion).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_git-leverage")).parent().unwrap();
    let line = format!("PATH='{}':\"$PATH\" exec {shell} \"$FILE\"", program.display());
    std::fs::write(world.path("file"), script).unwrap();
    let mut command = world.shell(&world.path(""), &line);
    command
        .env("FILE", world.path("file"))
        .env("SCRIPT", world.path("script"));
    command
        .env("XDG_CONFIG_HOME", world.home().join(".config"))
        .env("TERM", "xterm");
    let ran = command.output().unwrap();
    format!(
        "{}{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    )
}

/// Lines that are completed, a word that has to be among what is offered, and one that may not.
const LINES: &[(&str, &str, &str)] = &[
    ("git leverage ", "report", "json"),
    ("git leverage rep", "repair", "record"),
    ("git leverage report --by ", "estimator", "record"),
    ("git leverage report --format m", "markdown", "html"),
    ("git leverage setup --agent cl", "claude-code", "codex"),
    ("git -C . leverage au", "audit", "record"),
    ("git leverage sessions sh", "show", "record"),
    ("git leverage help inv", "inventory", "record"),
    ("git-leverage rep", "report", "record"),
];

fn assert_offered(printed: &str) {
    for (line, expected, other) in LINES {
        let offered = printed
            .lines()
            .find_map(|found| found.strip_prefix(&format!("<{line}>")));
        let offered = offered.unwrap_or_else(|| panic!("{line}: {printed}"));
        let words: Vec<&str> = offered.split_whitespace().collect();
        assert!(words.contains(expected), "{line}: {offered}");
        assert!(!words.contains(other), "{line}: {offered}");
    }
}

#[test]
fn bash_completes_after_git() {
    let Some(git) = completion_of_git().filter(|_| is_here("bash")) else {
        return;
    };
    let mut script = format!("source {git}\nsource \"$SCRIPT\"\n");
    script.push_str(
        r#"try() {
    local line="$1"
    eval "COMP_WORDS=($line)"
    [[ "$line" == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=()
    if [[ "$line" == git-* ]]; then
        # As readline splits the line.
        line="${line//=/ = }"
        COMP_WORDS=($line)
        [[ "$line" == *" " && "$line" != *"= " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        line="$1"
        local function
        function="$(complete -p git-leverage)"
        function="${function##*-F }"
        "${function%% *}" git-leverage "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
    else
        __git_wrap__git_main
    fi
    echo "<$line>${COMPREPLY[*]}"
}
"#,
    );
    for (line, ..) in LINES {
        script.push_str(&format!("try \"{line}\"\n"));
    }
    let joined = [
        ("git leverage report --format=m", "markdown"),
        ("git-leverage report --format=m", "markdown"),
        ("git-leverage report --format=", "table json csv markdown html"),
        ("git-leverage report --by=agent --format=c", "csv"),
        ("git-leverage report --by=agent --format c", "csv"),
    ];
    for (line, _) in joined {
        script.push_str(&format!("try \"{line}\"\n"));
    }
    script.push_str(
        "COMP_WORDBREAKS=' '\n_git_leverage_last report --format=m\necho \"<whole>${COMPREPLY[*]}\"\n",
    );
    let world = World::new();
    let printed = printed(&world, "bash", &script);
    assert_offered(&printed);
    for (line, expected) in joined.into_iter().chain([("whole", "--format=markdown")]) {
        assert!(
            printed.contains(&format!("<{line}>{expected}\n")),
            "{line}: {printed}"
        );
    }
}

#[test]
fn fish_completes_after_git() {
    if !is_here("fish") {
        return;
    }
    let mut script = "source $SCRIPT\n".to_owned();
    for (line, ..) in LINES {
        // Each with its description behind a tab.
        script.push_str(&format!(
            "echo '<{line}>'(complete -C '{line}' | string replace -r '\\t.*' '' | string join ' ')\n"
        ));
    }
    let world = World::new();
    assert_offered(&printed(&world, "fish", &script));
}

/// zsh completes on a terminal alone, which its own module for pseudo-terminals gives.
///
/// `after` is run by the inner shell once its completion is set up.
fn printed_by_zsh(world: &World, after: &str) -> String {
    let script = r#"zmodload zsh/zpty || exit 0
zpty -b inner zsh -f -i
inner() { zpty -w inner "$1" }
inner "PS1= PS2=; unsetopt zle_bracketed_paste 2>/dev/null; fpath=($PWD/functions \$fpath); autoload -Uz compinit; compinit -u -D; AFTER; stty columns 200"
inner "zstyle ':completion:*' list-separator '' ; LISTMAX=9999; bindkey '^I' complete-word"
# The words that are offered instead of a list on a terminal.
inner 'compadd() { [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]] && { builtin compadd "$@"; return }; builtin compadd -O offered "$@"; print -rn -- " ${offered[*]} " >>$PWD/offered; builtin compadd "$@" }'
try() {
    : >offered
    inner "echo ready"
    zpty -n -w inner "$1"$'\t'
    sleep 1.5
    zpty -n -w inner $'\x15'
    sleep 0.3
    print -r -- "<$1>$(tr '\n' ' ' <offered)"
}
sleep 1
"#;
    let mut script = script.replace("AFTER", after);
    for (line, ..) in LINES {
        script.push_str(&format!("try '{line}'\n"));
    }
    printed(world, "zsh", &script)
}

#[test]
fn zsh_completes_after_git() {
    if !is_here("zsh") {
        return;
    }
    let world = World::new();
    std::fs::create_dir_all(world.path("functions")).unwrap();
    let completion = world.run(&["completions", "zsh"]).success();
    std::fs::write(world.path("functions/_git-leverage"), completion).unwrap();
    assert_offered(&printed_by_zsh(&world, ":"));
}

/// As the completion for zsh that comes with git calls its subcommands: in ksh emulation, with the words of the whole line but
/// without empty ones, a position counted from the subcommand, and files where nothing is noted as found.
const CALLS_AS_BASH: &str = r#"#compdef git
_git() {
    local _ret=1 curcontext="$curcontext" state state_descr line
    typeset -A opt_args
    local -a whole
    whole=(${words[@]})
    _arguments -C '-C[directory]: :_directories' '(-): :->command' '(-)*:: :->arg' && return
    words=(${whole[@]})
    [[ $state == arg ]] && emulate ksh -c _git_leverage
    let _ret && _default && _ret=0
    return _ret
}
_git
"#;

#[test]
fn zsh_completes_after_the_completion_that_comes_with_git() {
    if !is_here("zsh") {
        return;
    }
    let world = World::new();
    std::fs::create_dir_all(world.path("functions")).unwrap();
    std::fs::write(world.path("functions/_git"), CALLS_AS_BASH).unwrap();
    std::fs::write(world.path("file-of-the-directory"), "").unwrap();
    let printed = printed_by_zsh(&world, "source \\$SCRIPT");
    assert_offered(&printed);
    assert!(!printed.contains("file-of-the-directory"), "{printed}");
}

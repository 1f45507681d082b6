//! `git leverage <TAB>` in each shell, with git's own completion loaded.

use std::path::Path;

use crate::world::World;

/// Where git's completion for bash is, if it is here.
fn completion_of_git() -> Option<&'static str> {
    let places = [
        "/usr/share/bash-completion/completions/git",
        "/usr/share/git/completion/git-completion.bash",
        "/usr/local/share/bash-completion/completions/git",
    ];
    places.into_iter().find(|place| Path::new(place).is_file())
}

#[expect(clippy::print_stderr, reason = "whoever runs the tests is to know")]
fn is_here(shell: &str) -> bool {
    let here = std::process::Command::new(shell)
        .args(["-c", "true"])
        .output()
        .is_ok();
    if !here {
        eprintln!("not tried: there is no {shell}");
    }
    here
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
        _git__leverage git-leverage "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
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
    script.push_str("try \"git leverage report --format=m\"\n");
    let world = World::new();
    let printed = printed(&world, "bash", &script);
    assert_offered(&printed);
    assert!(
        printed.contains("<git leverage report --format=m>markdown"),
        "{printed}"
    );
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
#[test]
fn zsh_completes_after_git() {
    if !is_here("zsh") {
        return;
    }
    let world = World::new();
    std::fs::create_dir_all(world.path("functions")).unwrap();
    let completion = world.run(&["completions", "zsh"]).success();
    std::fs::write(world.path("functions/_git-leverage"), completion).unwrap();
    let script = r#"zmodload zsh/zpty || exit 0
zpty -b inner zsh -f -i
inner() { zpty -w inner "$1" }
inner "PS1= PS2=; unsetopt zle_bracketed_paste 2>/dev/null; fpath=($PWD/functions \$fpath); autoload -Uz compinit; compinit -u -D; stty columns 200"
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
    let mut script = script.to_owned();
    for (line, ..) in LINES {
        script.push_str(&format!("try '{line}'\n"));
    }
    assert_offered(&printed(&world, "zsh", &script));
}

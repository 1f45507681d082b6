#!/bin/sh
# Eight processes record 100 tasks each in one repository, first by themselves, then concurrently with git commands that move
# the same refs. Prints how many were acknowledged and how many exist.
#   tests/scripts/eight-writers.sh [GIT-LEVERAGE]
set -eu
program=$(realpath "${1:-$(dirname "$0")/../../target/release/git-leverage}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" GIT_CONFIG_NOSYSTEM=1
git config --global user.name 'Ada Example'
git config --global user.email ada@example.org

record() { # repository, writer
    for n in $(seq 100); do
        if "$program" -C "$1" record --no-commit --title "Task $2.$n" --estimate 4h >/dev/null 2>>"$work/errors"; then
            echo "Task $2.$n" >>"$work/acknowledged.$2"
        fi
    done
}

run() { # name, what runs concurrently
    repo="$work/$1"
    git init --quiet "$repo"
    git -C "$repo" commit --quiet --allow-empty -m First
    rm -f "$work"/acknowledged.* "$work/errors" "$work/stop"
    $2 "$repo" &
    beside=$!
    writers=
    for writer in 1 2 3 4 5 6 7 8; do
        record "$repo" "$writer" &
        writers="$writers $!"
    done
    for writer in $writers; do wait "$writer"; done
    touch "$work/stop"
    wait "$beside"
    cat "$work"/acknowledged.* | sort >"$work/acknowledged"
    "$program" -C "$repo" log --format csv | grep -o 'Task [0-9]*\.[0-9]*' | sort >"$work/present"
    lost=$(comm -23 "$work/acknowledged" "$work/present" | wc -l)
    echo "$1: $(wc -l <"$work/acknowledged") acknowledged, $(wc -l <"$work/present") present, $lost lost"
    git -C "$repo" fsck --strict
}

nothing() { :; }

disturb() {
    git -C "$1" config notes.rewriteRef refs/notes/leverage
    n=0
    while [ ! -e "$work/stop" ]; do
        n=$((n + 1))
        git -C "$1" commit --quiet --amend --allow-empty -m "Amended $n" >/dev/null 2>&1 || :
        git -C "$1" notes --ref=leverage add -f -m "{\"foreign\":$n}" HEAD >/dev/null 2>&1 || :
        git -C "$1" pack-refs --all >/dev/null 2>&1 || :
    done
}

run alone nothing
run disturbed disturb

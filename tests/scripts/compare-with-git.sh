#!/usr/bin/env bash
# Compares the lines of every commit with git's own numbers, with and without renames.
#
#   tests/scripts/compare-with-git.sh REPOSITORY…
#
# For each repository and way of counting: how many commits were compared, and how many differ (listed on stderr).
# PROGRAM names the git-leverage to run. Attributes are off on git's side of a clone without a work tree, as on ours.
set -euo pipefail
program=${PROGRAM:-target/release/git-leverage}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

git_counts() { # repository, option
    git -C "$1" -c diff.renameLimit=1000 -c core.bigFileThreshold=10m log --no-merges "$2" --numstat \
        --format='commit %H' HEAD --branches |
        awk '/^commit / { if (id != "") print id, files, added, removed; id = $2; files = added = removed = 0; next }
             NF { files++; if ($1 != "-") { added += $1; removed += $2 } }
             END { if (id != "") print id, files, added, removed }' | sort
}

our_counts() { # repository, options…
    local repository=$1
    shift
    "$program" export commits --no-cache "$@" "$repository" |
        python3 -c '
import json, sys
for line in sys.stdin:
    commit = json.loads(line)
    if len(commit["parents"]) < 2:
        print(commit["commit"], commit["files_changed"], commit["lines_added"], commit["lines_removed"])
' | sort
}

for repository in "$@"; do
    for way in --no-renames --find-renames; do
        git_counts "$repository" "$way" >"$work/git"
        if [ "$way" = --no-renames ]; then
            our_counts "$repository" --no-renames >"$work/ours"
        else
            our_counts "$repository" >"$work/ours"
        fi
        comm -23 "$work/git" "$work/ours" >"$work/different"
        echo "$(basename "$repository") $way: $(wc -l <"$work/git") commits compared, differences: $(wc -l <"$work/different")"
        cat "$work/different" >&2
    done
done

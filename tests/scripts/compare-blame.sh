#!/bin/sh
# Compares `git leverage audit --file` with `git blame --porcelain` on text files of a repository at HEAD.
# usage: compare-blame.sh REPOSITORY [HOW MANY FILES]
set -eu
repo=$1
many=${2:-1000000}
export GIT_NO_REPLACE_OBJECTS=1
lines=0
different=0
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
git -C "$repo" grep -I --name-only -z -e '' HEAD -- | tr '\0' '\n' | sed 's/^HEAD://' | awk 'BEGIN { srand(1) } { print rand() "\t" $0 }' |
    sort | cut -f 2- | head -n "$many" >"$scratch/files"
while IFS= read -r file; do
    git -C "$repo" blame --no-textconv --porcelain HEAD -- "$file" |
        awk '/^\t/ { print line, id; next } length($1) == 40 && NF >= 3 && $1 ~ /^[0-9a-f]+$/ { id = substr($1, 1, 10); line = $3 }' >"$scratch/git"
    git leverage audit "$repo" --file "$file" --format csv |
        awk -F, 'NR > 1 { for (line = $1; line <= $2; line++) print line, $3 }' >"$scratch/ours"
    lines=$((lines + $(wc -l <"$scratch/git")))
    different=$((different + $(diff "$scratch/git" "$scratch/ours" | grep -c '^[<>]' || true)))
done <"$scratch/files"
echo "$lines lines compared, $different differences"
test "$different" -eq 0

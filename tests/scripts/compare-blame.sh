#!/usr/bin/env bash
# Compares which commit added each line at HEAD with `git blame --porcelain`, line by line.
#
#   tests/scripts/compare-blame.sh REPOSITORY [HOW-MANY-FILES]
#
# Prints how many lines were compared and how many differ (listed on stderr); exits with 1 if any does. A number of files
# selects a sample, always the same one. PROGRAM names the git-leverage to run.
set -euo pipefail
program=${PROGRAM:-target/release/git-leverage}
repository=$1
many=${2:-1000000}
export GIT_NO_REPLACE_OBJECTS=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Text as git sees it without attributes: no NUL in the first 8000 bytes, no submodule.
git -C "$repository" ls-tree -r -z HEAD | python3 -c '
import random, subprocess, sys
repository, many = sys.argv[1], int(sys.argv[2])
entries = [entry.split(b"\t", 1) for entry in sys.stdin.buffer.read().split(b"\0") if entry]
files = [(meta.split()[2], path) for meta, path in entries if meta.split()[1] == b"blob"]
random.Random(1).shuffle(files)
git = subprocess.Popen(["git", "-C", repository, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
chosen = 0
for blob, path in files:
    git.stdin.write(blob + b"\n"); git.stdin.flush()
    data = git.stdout.read(int(git.stdout.readline().split()[2]) + 1)
    if chosen < many and b"\0" not in data[:-1][:8000]:
        chosen += 1
        sys.stdout.buffer.write(path + b"\0")
' "$repository" "$many" >"$work/files"

"$program" export survival --no-cache "$repository" >"$work/ours"
(cd "$repository" && xargs -0 -P 2 -n 8 sh -c '
    for file; do
        git blame --no-textconv --porcelain HEAD -- "$file" >"$0/blame.$$" || exit 255
        { printf "file %s\n" "$file"; grep -aE "^[0-9a-f]{40} [0-9]+ [0-9]+" "$0/blame.$$"; } >>"$0/git.$$"
    done' "$work") <"$work/files"
touch "$work/git.0"
python3 - "$work" <<'PYTHON'
import glob, json, sys
work = sys.argv[1]
ours = {}
for line in open(work + "/ours", encoding="utf-8"):
    row = json.loads(line)
    for first, last in row["ranges"]:
        for number in range(first, last + 1):
            ours[row["path"], number] = row["commit"]
compared = different = 0
for name in glob.glob(work + "/git.*"):
    path = None
    for line in open(name, encoding="utf-8", errors="replace"):
        if line.startswith("file "):
            path = line[5:-1]
            continue
        commit, _, number = line.split()[:3]
        compared += 1
        found = ours.get((path, int(number)))
        if found != commit:
            different += 1
            print(f"{path}:{number} git {commit} ours {found}", file=sys.stderr)
print(f"{compared} lines compared, {different} differences")
sys.exit(different > 0 or compared == 0)
PYTHON

#!/usr/bin/env python3
"""Compare the agent lines of `git leverage audit` with notes of git-ai and git's own diff.

    tests/scripts/agent-lines-against-notes.py REPOSITORY

For every commit reachable from HEAD that has a note: the lines that the note attributes to agents, if `git show` lists them as
added. Prints how many commits and lines were compared, and every difference; exits with 1 if there is one. PROGRAM names the
git-leverage to run.
"""

import json
import os
import re
import subprocess
import sys

repository = sys.argv[1]
program = os.environ.get("PROGRAM", "target/release/git-leverage")


def git(*args):
    return subprocess.run(["git", "-C", repository, *args], capture_output=True, check=True).stdout


def attested(note):
    """path -> lines attributed to an agent."""
    head, _, tail = ("", "", note[4:]) if note.startswith("---\n") else note.partition("\n---\n")
    humans = set(json.loads(tail).get("humans") or {})
    lines, path = {}, None
    for line in head.splitlines():
        if not line.startswith("  "):
            path = line.strip('"')
            continue
        key, _, ranges = line.strip().partition(" ")
        key = key.split("::")[0]
        if key == "human" or key.startswith("h_") or key in humans:
            continue
        for part in filter(None, ranges.split(",")):
            first, _, last = part.partition("-")
            lines.setdefault(path, []).append((int(first), int(last or first)))
    return lines


def added(commit):
    """path -> line numbers that the commit added, without merges."""
    text = git("-c", "core.quotePath=false", "-c", "diff.renameLimit=1000", "show", "--format=", "--no-ext-diff", "--no-textconv",
               "--no-color", "--src-prefix=a/", "--dst-prefix=b/", "-M", "-U0", commit).decode("utf-8", "replace")
    lines, path = {}, None
    for line in text.split("\n"):
        if line.startswith("+++ "):
            path = line[4:].rstrip("\t").strip('"').removeprefix("b/")
        elif found := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line):
            start, count = int(found[1]), int(found[2] or 1)
            lines.setdefault(path, set()).update(range(start, start + count))
    return lines


audit = json.loads(
    subprocess.run([program, "audit", repository, "--no-cache", "--format", "json"], capture_output=True).stdout
)
ours = {one["commit"]: one["agent_lines"] for one in audit["attested"]}
reached = dict(line.split(" ", 1) if " " in line else (line, "") for line in git("rev-list", "--parents", "HEAD").decode().splitlines())
compared = total = different = incomparable = 0
for entry in git("notes", "--ref=ai", "list").decode().splitlines():
    blob, commit = entry.split()
    if commit not in reached:
        continue
    expected = 0
    if " " not in reached[commit]:
        named = attested(git("cat-file", "blob", blob).decode("utf-8", "replace"))
        try:
            here = added(commit)
        except subprocess.CalledProcessError:
            here = None  # an object is missing
        if here is None:
            incomparable += 1
            continue
        for path, ranges in named.items():
            expected += sum(any(first <= line <= last for first, last in ranges) for line in here.get(path, ()))
    compared += 1
    total += expected
    if ours.get(commit) != expected:
        different += 1
        print(f"{commit}: git and the note {expected}, ours {ours.get(commit)}")
print(f"{compared} commits with a note and {total} agent lines compared, {different} differences; "
      f"{incomparable} commits that git cannot show, as an object is missing")
sys.exit(different > 0 or compared == 0)

#!/usr/bin/env python3
"""Compare the lines of every commit with git's own numbers, with and without renames.

usage: compare-with-git.py GIT_LEVERAGE REPOSITORY...

For each repository and counting method: how many commits were compared, and how many differ (the first ones are listed).
If git stops at an object that the clone does not have, the comparison continues after that commit, and reports how many were
skipped. Exits with 1 if a count without renames differs, or one in a thousand with renames.
"""

import json
import os
import subprocess
import sys

LISTED = 5
ENVIRONMENT = dict(os.environ, GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL=os.devnull, GIT_NO_LAZY_FETCH="1")


def git(repository, *arguments, **options):
    command = ["git", "-C", repository, *arguments]
    return subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          errors="replace", **options)


def numbers(lines):
    """Files, added and removed lines by commit, of output with `commit ID` before the files of each."""
    counts = {}
    for line in lines:
        if line.startswith("commit "):
            entry = counts[line.split()[1]] = [0, 0, 0]
        elif line:
            added, removed, _ = line.split("\t", 2)
            entry[0] += 1
            if added != "-":
                entry[1] += int(added)
                entry[2] += int(removed)
    return {commit: tuple(entry) for commit, entry in counts.items()}


def git_counts(repository, way):
    log = git(repository, "log", "--no-merges", way, "--numstat", "--format=commit %H", "HEAD", "--branches")
    if log.returncode == 0:
        return numbers(log.stdout.splitlines()), 0
    return one_by_one(repository, way)


def one_by_one(repository, way):
    """As above, if `git log` dies because an object is missing: its commit is skipped."""
    commits = git(repository, "rev-list", "--no-merges", "HEAD", "--branches").stdout.split()
    counts, left_out = {}, 0
    while commits:
        diff = git(repository, "diff-tree", "--stdin", "-r", "--root", "--always", way, "--numstat",
                   "--format=commit %H", input="\n".join(commits))
        seen = numbers(diff.stdout.splitlines())
        if diff.returncode == 0:
            counts.update(seen)
            break
        # The output is complete up to the commit before the one at which git died.
        done = [commit for commit in commits if commit in seen]
        if done:
            done.pop()
        counts.update((commit, seen[commit]) for commit in done)
        commits = commits[len(done):]
        alone = git(repository, "diff-tree", "-r", "--root", "--always", way, "--numstat", "--format=commit %H",
                    commits[0])
        if alone.returncode == 0:
            counts.update(numbers(alone.stdout.splitlines()))
        else:
            left_out += 1
        commits = commits[1:]
    return counts, left_out


def our_counts(program, repository, way):
    options = ["--no-renames"] if way == "--no-renames" else []
    command = [program, "export", "commits", *options, repository]
    exported = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    commits = [json.loads(line) for line in exported.stdout.splitlines()]
    return {
        commit["commit"]: (commit["files_changed"], commit["lines_added"], commit["lines_removed"])
        for commit in commits
        if len(commit["parents"]) < 2
    }


def main():
    program, *repositories = sys.argv[1:]
    bad = False
    for repository in repositories:
        for way in ("--no-renames", "--find-renames"):
            theirs, left_out = git_counts(repository, way)
            ours = our_counts(program, repository, way)
            different = [commit for commit, counts in theirs.items() if ours.get(commit) != counts]
            name = os.path.basename(os.path.abspath(repository))
            missing = f", {left_out} left out: git cannot read them" if left_out else ""
            print(f"{name} {way}: {len(theirs)} commits compared, {len(different)} differ{missing}", flush=True)
            for commit in different[:LISTED]:
                print(f"  {commit} git {theirs[commit]}, here {ours.get(commit)}")
            allowed = 0 if way == "--no-renames" else len(theirs) // 1000
            bad |= len(different) > allowed
    sys.exit(bad)


if __name__ == "__main__":
    main()

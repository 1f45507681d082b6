#!/usr/bin/env python3
"""Print precision and recall of links between sessions and commits, by confidence, and the misses by cause.

usage: link-curves.py LOGS TRUTH REPOSITORY [PROGRAM]

LOGS is a directory of Claude Code logs (`projects/`), TRUTH has lines `commit<TAB>session`, REPOSITORY is the clone that they
refer to, PROGRAM the git-leverage to run. Only pairs of a commit in TRUTH and a session in LOGS count. Foreign trailers are
ignored. The working directories in the logs are mapped to the repository.
"""

import collections
import json
import pathlib
import subprocess
import sys

LEVELS = ["certain", "high", "medium", "low"]
WEEK = 7 * 24 * 3600


def records(log):
    for line in log.read_text(errors="replace").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def describe(log):
    """The facts of a session that explain misses: directory, changed files, last instant."""
    folders, files, last = [], set(), ""
    for record in records(log):
        if record.get("cwd"):
            folders.append(record["cwd"])
        last = max(last, record.get("timestamp") or "")
        content = (record.get("message") or {}).get("content")
        for block in content if isinstance(content, list) else []:
            if isinstance(block, dict) and block.get("name") in ("Edit", "Write", "MultiEdit"):
                files.add((block.get("input") or {}).get("file_path", ""))
    return min(folders, key=len, default=""), files, last


def links(program, logs, repository, folders):
    maps = [f"--path-map={folder}={repository}" for folder in sorted(folders) if folder]
    command = [program, "export", "links", "--ignore-foreign-trailers", f"--agent-dir=claude-code={logs}"]
    done = subprocess.run(command + maps + [repository], stdout=subprocess.PIPE, check=False)
    if done.returncode not in (0, 3):
        sys.exit(f"{program} failed with {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def cause(repository, commit, session):
    folder, files, last = session
    git = ["git", "-C", repository, "show", "--no-patch", "--format=%at", commit]
    when = int(subprocess.run(git, capture_output=True, check=True).stdout)
    names = ["git", "-C", repository, "show", "--name-only", "--format=", commit]
    changed = subprocess.run(names, capture_output=True, text=True, check=True).stdout.split()
    ended = subprocess.run(["date", "-d", last, "+%s"], capture_output=True, check=True).stdout
    if not files:
        return "the log has no edits"
    if when > int(ended) + WEEK:
        return "committed more than a week after the log ends"
    if not {f"{folder}/{name}" for name in changed} & files:
        return "no file in common"
    return "a file in common, but neither its lines nor the time fit"


def main():
    logs, truth_file, repository = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:4])
    program = sys.argv[4] if len(sys.argv) > 4 else "git-leverage"
    sessions = {log.stem: describe(log) for log in pathlib.Path(logs).rglob("*.jsonl")}
    truth = [tuple(line.split()) for line in pathlib.Path(truth_file).read_text().splitlines()]
    truth = {(commit, session) for commit, session in truth if session in sessions}
    commits = {commit for commit, _ in truth}
    found = links(program, logs, repository, {folder for folder, _, _ in sessions.values()})
    found = [(link["commit"], link["session"], link) for link in found]
    found = [(commit, session, link) for commit, session, link in found if commit in commits]

    print("confidence and above   pairs  right  precision  recall")
    for upto, level in enumerate(LEVELS, 1):
        pairs = {(c, s) for c, s, link in found if link["confidence"] in LEVELS[:upto]}
        right = len(pairs & truth)
        print(f"{level:22} {len(pairs):5}  {right:5}  {right / max(1, len(pairs)):9.3f}  {right / len(truth):6.3f}")

    print("\nby half of the sessions, high and medium and above: precision, recall")
    for half in (0, 1):
        mine = {s for number, s in enumerate(sorted(sessions)) if number % 2 == half}
        wanted = {(c, s) for c, s in truth if s in mine}
        for upto in (2, 3):
            pairs = {(c, s) for c, s, link in found if link["confidence"] in LEVELS[:upto] and s in mine}
            right = len(pairs & wanted)
            print(f"half {half}, {LEVELS[upto - 1]:10} {right / max(1, len(pairs)):6.3f} {right / max(1, len(wanted)):6.3f}")

    print("\nby rung                pairs  right")
    by_rung = collections.defaultdict(list)
    for commit, session, link in found:
        by_rung[link["rung"]].append((commit, session) in truth)
    for rung, right in by_rung.items():
        print(f"{rung:22} {len(right):5}  {sum(right):5}")

    missed = truth - {(c, s) for c, s, link in found if link["confidence"] != "low"}
    causes = collections.Counter(cause(repository, c, sessions[s]) for c, s in missed)
    print(f"\nmissed: {len(missed)}")
    for reason, count in causes.most_common():
        print(f"{count:5}  {reason}")

    print("\nwrong, medium and above:")
    for commit, session, link in found:
        if (commit, session) not in truth and link["confidence"] != "low":
            print(f"  {commit[:10]} {session} {link['confidence']} {' '.join(link['evidence'])}")


if __name__ == "__main__":
    main()

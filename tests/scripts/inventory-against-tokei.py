#!/usr/bin/env python3
"""Compare `git leverage inventory` with tokei, git shortlog and git rev-list on clean checkouts.

usage: inventory-against-tokei.py GIT_LEVERAGE TOKEI CHECKOUT...

TOKEI must be of the version in Cargo.lock. Exits with 1 when a number differs.
"""

import json
import os
import subprocess
import sys


def run(*command, cwd):
    environment = dict(os.environ, GIT_CONFIG_NOSYSTEM="1", HOME="/nonexistent", XDG_CONFIG_HOME="/nonexistent")
    ran = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", errors="replace")
    if ran.returncode not in (0, 3):
        sys.exit(f"{command}: {ran.stderr}")
    return ran.stdout


def tokei_lines(tokei, checkout):
    """Per language, lines of its files including embedded languages: (files, code, comments, blanks)."""
    found = {}
    for name, language in json.loads(run(tokei, "--output", "json", cwd=checkout)).items():
        if name == "Total" or not language["reports"]:
            continue
        sums = [len(language["reports"]), language["code"], language["comments"], language["blanks"]]

        def embedded(stats):
            for at, key in enumerate(("code", "comments", "blanks"), 1):
                sums[at] += stats[key]
            for child in stats["blobs"].values():
                embedded(child)

        for reports in language["children"].values():
            for report in reports:
                embedded(report["stats"])
        found[name] = tuple(sums)
    return found


def differences(leverage, tokei, checkout):
    row = json.loads(run(leverage, "inventory", "--no-cache", "--format", "json", ".", cwd=checkout))["rows"][0]
    ours = {
        name: (lines["files"], lines["code"], lines["comments"], lines["blanks"])
        for name, lines in row["languages"].items()
    }
    theirs = tokei_lines(tokei, checkout)
    names = {name.replace(" ", "").lower(): name for name in ours}
    for name, lines in sorted(theirs.items()):
        mine = ours.pop(names.get(name.replace(" ", "").lower(), name), None)
        if mine != lines:
            yield f"{name}: tokei {lines}, inventory {mine}"
    for name, lines in ours.items():
        yield f"{name}: not in tokei, inventory {lines}"
    commits = int(run("git", "rev-list", "--count", "HEAD", cwd=checkout))
    if commits != row["commits"]:
        yield f"commits: git {commits}, inventory {row['commits']}"
    shortlog = [line.strip().split("\t", 1) for line in run("git", "shortlog", "-sn", "HEAD", cwd=checkout).splitlines()]
    if len(shortlog) != row["authors"]:
        yield f"authors: git {len(shortlog)}, inventory {row['authors']}"
    counts = sorted((int(count) for count, _ in shortlog), reverse=True)[:5]
    if counts != [author["commits"] for author in row["top_authors"]]:
        yield f"most commits: git {counts}, inventory {row['top_authors']}"


def main():
    leverage, tokei, *checkouts = [os.path.abspath(argument) for argument in sys.argv[1:]]
    wrong = 0
    for checkout in checkouts:
        found = list(differences(leverage, tokei, checkout))
        wrong += bool(found)
        print(f"{os.path.basename(checkout)}: {'equal' if not found else ''}")
        for line in found:
            print(f"  {line}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main()

#!/usr/bin/env python3
"""Whether any line that a command prints for people is wider than the terminal.

usage: widths.py REPOSITORY... [--program PROGRAM] [--width N]...

Runs report, audit, log, show, sessions, inventory, status and scan over each repository and all of them together, with the
agent logs that the environment names, such as `CLAUDE_CONFIG_DIR`, at 60, 80, 100 and 120 columns.
Width is that of a terminal: characters of East Asian scripts take two columns, marks that combine take none. Prints each line
that is too wide, and each command that prints nothing; ends with 1 if a line is too wide.
"""

import argparse
import os
import subprocess
import sys
import unicodedata


def width(line):
    def columns(c):
        if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf"):
            return 0
        return 2 if unicodedata.east_asian_width(c) in "WF" else 1

    return sum(map(columns, line))


def commands(repositories):
    every = [
        ["report"],
        ["report", "--by", "repo,day", "--since", "2 weeks ago"],
        ["report", "--by", "task"],
        ["report", "--by", "author"],
        ["report", "--by", "agent,model"],
        ["report", "--by", "session"],
        ["sessions"],
        ["inventory"],
        ["inventory", "--readiness"],
        ["inventory", "--columns", "identity,size,testing,history,clone"],
        ["status"],
        ["scan"],
    ]
    for command in every:
        yield command + repositories
    for repository in repositories:
        yield ["report", repository]
        yield ["audit", repository]
        yield ["audit", "--verbose", repository]
        for command in (["log"], ["log", "--history"], ["show", "HEAD"], ["status"], ["report", "--by", "day"]):
            yield ["-C", repository, *command]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", metavar="REPOSITORY")
    parser.add_argument("--program", default="git-leverage")
    parser.add_argument("--width", type=int, action="append")
    given = parser.parse_args()
    wide = seen = 0
    for command in commands(given.repositories):
        for columns in given.width or [60, 80, 100, 120]:
            environment = {**os.environ, "COLUMNS": str(columns)}
            ran = subprocess.run([given.program, *command], capture_output=True, env=environment)
            lines = ran.stdout.decode(errors="replace").splitlines()
            seen += len(lines)
            if not lines:
                reason = ran.stderr.decode(errors="replace").splitlines()[:1]
                print(f"{' '.join(command)} prints nothing, exit {ran.returncode}: {' '.join(reason)}")
            for line in lines:
                if width(line) > columns:
                    wide += 1
                    print(f"{' '.join(command)} at {columns}: {width(line)}: {line}")
    print(f"{wide} of {seen} lines are too wide")
    sys.exit(wide > 0)


if __name__ == "__main__":
    main()

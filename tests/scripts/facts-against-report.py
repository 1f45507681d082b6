#!/usr/bin/env python3
"""Compares `report --facts` with `report` on the repositories, by every dimension and every pair of them, and `inventory`.

usage: facts-against-report.py PROGRAM ROOT… [-- OPTION…]

Writes the facts of the repositories below each ROOT, with the sessions of this machine's logs, to a temporary directory. Prints
how many were compared and which differ; exits with 1 if one does. Left out are `path`, where facts have the key of a repository,
remotes, which may be directories of this machine, and the time of the inventory. OPTION, such as `--agent-dir claude-code=DIR`,
is passed to `facts`, `report` and `inventory`.
"""

import itertools
import json
import subprocess
import sys
import tempfile

DIMENSIONS = "day week month repo agent model category author estimator task tag session".split()


def without_paths(value):
    """JSON without the paths of repositories."""
    if isinstance(value, dict):
        left_out = ("path", "remotes", "at")
        return {name: without_paths(field) for name, field in value.items() if name not in left_out}
    if isinstance(value, list):
        return [without_paths(one) for one in value]
    return value


def answer(program, command, more):
    """The exit code and the JSON of a command; None without JSON."""
    command = [program, *command, "--format", "json", *more]
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    try:
        return ran.returncode, without_paths(json.loads(ran.stdout))
    except ValueError:
        return ran.returncode, None


def main():
    arguments = sys.argv[1:]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    if at < 2:
        sys.exit(__doc__)
    (program, *roots), options = arguments[:at], arguments[at + 1:]
    groups = [*DIMENSIONS, *(",".join(pair) for pair in itertools.combinations(DIMENSIONS, 2))]
    compared, different = 0, []
    with tempfile.TemporaryDirectory() as folder:
        written = subprocess.run([program, "facts", *roots, "--output", folder, "--sessions", "--inventory", *options],
                                 stdout=subprocess.DEVNULL, check=False)
        if written.returncode not in (0, 3):
            sys.exit("the facts were not written")
        for command in [["inventory"], *(["report", "--by", by] for by in groups)]:
            ours = answer(program, command, [*roots, *options])
            theirs = answer(program, command, ["--facts", folder])
            if ours[1] is None and theirs[1] is None:
                continue  # two of these cannot be combined
            compared += 1
            if ours != theirs:
                different.append(command[-1])
    print(f"{compared} answers compared, {len(different)} differ", *different)
    sys.exit(bool(different))


if __name__ == "__main__":
    main()

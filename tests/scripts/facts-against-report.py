#!/usr/bin/env python3
"""Compares `report --facts` with `report` on the repositories, by every dimension and every pair of them.

usage: facts-against-report.py PROGRAM ROOT… [-- OPTION…]

Writes the facts of the repositories below each ROOT, with the sessions of this machine's logs, to a temporary directory. Prints
how many reports were compared and which differ; exits with 1 if one does. The field `path` is left out: facts have the key of a
repository there. OPTION, such as `--agent-dir claude-code=DIR`, is passed to `facts` and to `report`.
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
        return {name: without_paths(field) for name, field in value.items() if name != "path"}
    if isinstance(value, list):
        return [without_paths(one) for one in value]
    return value


def report(program, by, more):
    """The exit code and the JSON of a report; None without JSON."""
    command = [program, "report", "--by", by, "--format", "json", *more]
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    try:
        return ran.returncode, without_paths(json.loads(ran.stdout))
    except ValueError:
        return ran.returncode, None


def main():
    arguments = sys.argv[1:]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    (program, *roots), options = arguments[:at], arguments[at + 1:]
    if not roots:
        sys.exit(__doc__)
    groups = [*DIMENSIONS, *(",".join(pair) for pair in itertools.combinations(DIMENSIONS, 2))]
    compared, different = 0, []
    with tempfile.TemporaryDirectory() as folder:
        written = subprocess.run([program, "facts", *roots, "--output", folder, "--sessions", *options],
                                 stdout=subprocess.DEVNULL, check=False)
        if written.returncode not in (0, 3):
            sys.exit("the facts were not written")
        for by in groups:
            ours = report(program, by, [*roots, *options])
            theirs = report(program, by, ["--facts", folder])
            if ours[1] is None and theirs[1] is None:
                continue  # two of these cannot be combined
            compared += 1
            if ours != theirs:
                different.append(by)
    print(f"{compared} reports compared, {len(different)} differ", *different)
    sys.exit(bool(different))


if __name__ == "__main__":
    main()

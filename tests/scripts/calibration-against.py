#!/usr/bin/env python3
"""Compare the calibration of imported tasks with figures that were computed elsewhere, and predict half of the tasks.

usage: calibration-against.py PROGRAM TASKS.csv EXPECTED.tsv

TASKS.csv has the columns task, person, estimate_hours and actual_hours; EXPECTED.tsv has a header and, for each person and
for `all`: person, tasks, sum_estimate, sum_actual, ratio_of_sums, geometric_ratio, sd_of_ln_ratio, standard_error.

Prints each figure that differs by more than half a unit of its sixth digit, and the time that the import and the report took.
Then the first half of the tasks of each person calibrates, and the table shows by how much the sum of their second half is
missed without and with calibration. Both come from the program: a file of each half is imported into a repository of its own.

Ends with 1 if a figure differs.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time

FIGURES = {
    "tasks": "tasks",
    "sum_estimate": "estimated_hours",
    "sum_actual": "actual_hours",
    "ratio_of_sums": "ratio_of_sums",
    "geometric_ratio": "geometric_ratio",
    "sd_of_ln_ratio": "sd_of_ln_ratio",
    "standard_error": "standard_error",
}


def calibration(program, home, name, tasks):
    """The calibration of the tasks in a file, by person, and the seconds that this took."""
    repository = os.path.join(home, name)
    environment = {
        "HOME": home,
        "PATH": os.environ["PATH"],
        "GIT_AUTHOR_NAME": "Importer",
        "GIT_AUTHOR_EMAIL": "importer@example.org",
        "GIT_COMMITTER_NAME": "Importer",
        "GIT_COMMITTER_EMAIL": "importer@example.org",
    }

    def run(*command):
        return subprocess.run(command, env=environment, cwd=repository, check=True, capture_output=True).stdout

    os.mkdir(repository)
    run("git", "init", "--quiet")
    run("git", "commit", "--quiet", "--allow-empty", "--message", "Begin")
    start = time.monotonic()
    run(program, "import", tasks)
    found = json.loads(run(program, "report", "--calibrated", "--format", "json"))["calibration"]
    seconds = time.monotonic() - start
    rows = {row["person"]: row for row in found["estimators"]}
    rows["all"] = found["all"]
    return rows, seconds


def is_equal(printed, value):
    """Whether a printed figure is the value, rounded to as many digits."""
    digits = len(printed.split(".")[1]) if "." in printed else 0
    # Six significant digits, as %g prints them, are the coarsest.
    unit = max(10.0**-digits, 10.0 ** (len(str(int(float(printed)))) - 6) if float(printed) >= 1 else 0)
    return value is not None and abs(float(printed) - value) <= 0.5 * unit + 1e-12


def compare(rows, expected):
    """How many figures were compared, and those that differ."""
    different = []
    compared = 0
    with open(expected, newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            for figure, field in FIGURES.items():
                value = rows[row["person"]][field]
                compared += 1
                if not is_equal(row[figure], value):
                    different.append(f"{row['person']} {figure}: {value}, expected {row[figure]}")
    return compared, different


def halves(tasks, home):
    """Two files: the first and the second half of each person's tasks."""
    with open(tasks, newline="") as lines:
        rows = list(csv.DictReader(lines))
    people = {}
    for row in rows:
        people.setdefault(row["person"], []).append(row)
    paths = []
    for name, part in [("first", lambda own: own[: len(own) // 2]), ("second", lambda own: own[len(own) // 2 :])]:
        path = os.path.join(home, f"{name}.csv")
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            for own in people.values():
                writer.writerows(part(own))
        paths.append(path)
    return paths


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    program, tasks, expected = map(os.path.abspath, sys.argv[1:])
    with tempfile.TemporaryDirectory() as home:
        rows, seconds = calibration(program, home, "all", tasks)
        compared, different = compare(rows, expected)
        print(f"{compared} figures, {len(different)} differ; import and report took {seconds:.2f} s")
        for line in different:
            print(f"  {line}")
        (first, _), (second, _) = (
            calibration(program, home, name, path) for name, path in zip(["one", "two"], halves(tasks, home))
        )
    print("\nperson  first  second   ratio      low     high   error without   error with")
    errors = {"all": [0.0, 0.0, 0.0]}
    for person, row in sorted(second.items(), key=lambda found: -found[1]["tasks"]):
        known = first.get(person)
        if person == "all" or known is None or known["ratio_of_sums_low"] is None:
            continue
        estimated, actual = row["estimated_hours"], row["actual_hours"]
        corrected = estimated * known["ratio_of_sums"]
        for at, value in enumerate([estimated, corrected, actual]):
            errors["all"][at] += value
        print(
            f"{person:>6} {known['tasks']:>6} {row['tasks']:>7} {known['ratio_of_sums']:>7.3f} "
            f"{known['ratio_of_sums_low']:>8.3f} {known['ratio_of_sums_high']:>8.3f} "
            f"{estimated / actual - 1:>+15.1%} {corrected / actual - 1:>+12.1%}"
        )
    estimated, corrected, actual = errors["all"]
    print(f"{'sum':>6} {'':>39} {estimated / actual - 1:>+15.1%} {corrected / actual - 1:>+12.1%}")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()

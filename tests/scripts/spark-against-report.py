#!/usr/bin/env python3
"""Write facts with executors of Spark, ask Spark SQL and DuckDB for their sums, and compare these with `git leverage report`.

usage: spark-against-report.py PROGRAM ROOT... [--directory DIR] [--master URL] [--pairs N]

Needs Java, and the Python packages pyspark and duckdb. `docs/scale/spark.py` writes the facts, and the statements of
`docs/formats/facts.md` count everything once. The sums by repository, by day and by both are compared with `report --facts` and
with `report` on the repositories; all without sessions. Prints how many rows were compared and how many differ, and what Spark
costs against the threads of `git leverage facts`. Exits with 1 if a row differs.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
LISTED = 5
COMMITS = {
    "commits": "count(*)", "agent_commits": "count(*) FILTER (WHERE is_by_agent)", "files_changed": "sum(files_changed)",
    "lines_added": "sum(lines_added)", "lines_removed": "sum(lines_removed)",
    "source_lines_added": "sum(source_added)", "source_lines_removed": "sum(source_removed)",
    "test_lines_added": "sum(test_added)", "test_lines_removed": "sum(test_removed)",
}
TASKS = {
    "tasks": "count(*)", "human_hours": "sum(estimate_ms)", "agent_minutes": "sum(agent_ms)",
    "supervisory_minutes": "sum(supervisory_ms)", "tokens": "sum(tokens)",
}
MILLISECONDS = {"human_hours": 3_600_000, "agent_minutes": 60_000, "supervisory_minutes": 60_000}
FIGURES = [*COMMITS, *TASKS]
# The repository and the day of a commit and of a task, by dialect.
KEYS = {
    "DuckDB": {"repo": ("repos.repo", "repos.repo"),
               "day": ("strftime(make_timestamp(author_time * 1000000), '%Y-%m-%d')", "strftime(day, '%Y-%m-%d')")},
    "Spark SQL": {"repo": ("repos.repo", "repos.repo"),
                  "day": ("date_format(timestamp_seconds(author_time), 'yyyy-MM-dd')", "date_format(day, 'yyyy-MM-dd')")},
}


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("roots", nargs="+", type=os.path.abspath)
    parser.add_argument("--directory", type=os.path.abspath, help="where facts are written [default: a temporary directory]")
    parser.add_argument("--master", default="local-cluster[2,1,1536]", help="separate processes as executors")
    parser.add_argument("--pairs", type=int, default=1, help="how often Spark and the own threads read everything, in turn")
    return parser.parse_args()


def run(command, **more):
    """Runs a command that may find something partial; returns its output, seconds and seconds of processor time."""
    used = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    begin, before = time.monotonic(), used()
    ran = subprocess.run([str(part) for part in command], capture_output=True, text=True, **more)
    if ran.returncode not in (0, 3):
        sys.exit(f"exit code {ran.returncode}: {command}\n{ran.stderr}")
    return ran, time.monotonic() - begin, used() - before


def paths_below(roots):
    """All directories that look like repositories."""
    for root in roots:
        for directory, names, files in os.walk(root):
            if ".git" in names or ".git" in files or {"objects", "refs"} <= set(names) and "HEAD" in files:
                yield directory
            names[:] = [name for name in names if name != ".git"]


def statements(dialect, facts):
    """What the page of the formats has to count everything once, for facts in this directory."""
    page = (TOP / "docs/formats/facts.md").read_text()
    section = re.split(r"\n##+ ", page.split(f"## Queries in {dialect}\n")[1])[0]
    code = "\n".join(re.findall(r"```sql\n(.*?)```", section, re.S))
    code = re.sub(r"--[^\n]*", "", code).replace("'facts/", f"'{facts}/").replace("`facts/", f"`{facts}/")
    return [one for one in code.split(";") if re.match(r"\s*(CREATE|CACHE|SET)\b", one)]


def questions(dialect, by):
    """A query on commits and one on tasks."""
    for table, figures, at in (("commits_once", COMMITS, 0), ("tasks_once", TASKS, 1)):
        keys = [f"{KEYS[dialect][key][at]} AS {key}_key" for key in by]
        columns = ", ".join([*keys, *(f"{what} AS {name}" for name, what in figures.items())])
        group = ", ".join(str(number + 1) for number in range(len(by)))
        yield list(figures), f"SELECT {columns} FROM {table} JOIN repos USING (place) GROUP BY {group}"


def answers(dialect, ask, by, names):
    """Figures by key, as whole numbers. A row without tasks has 0, and no sums of them; the same for commits."""
    found = {}
    for figures, query in questions(dialect, by):
        for row in ask(query):
            key = tuple(names[value] if what == "repo" else value for what, value in zip(by, row))
            entry = found.setdefault(key, dict.fromkeys(FIGURES) | {"tasks": 0, "commits": 0, "agent_commits": 0})
            entry.update(zip(figures, (value if value is None else int(value) for value in row[len(by):])))
    return found


def reported(program, by, *what):
    ran, seconds, _ = run([program, "report", *what, "--by", ",".join(by), "--no-sessions", "--format", "json", "--zone", "UTC"])
    found = {}
    for row in json.loads(ran.stdout)["rows"]:
        whole = {name: row[name] if row[name] is None else round(row[name] * MILLISECONDS.get(name, 1)) for name in FIGURES}
        found[tuple(row["key"][key] for key in by)] = whole
    return found, seconds


def same(one):
    """Without what is written in several ways: no lines at all."""
    return {key: {name: value or 0 for name, value in row.items()} for key, row in one.items()}


def compare(by, answers):
    """Compares all answers with the first one; returns whether there is a difference."""
    bad = 0
    (first, expected), *others = answers.items()
    for name, found in others:
        keys = expected.keys() | found.keys()
        different = sorted(key for key in keys if expected.get(key) != found.get(key))
        print(f"by {','.join(by)}: {first} against {name}: {len(keys)} rows compared, {len(different)} differ", flush=True)
        for key in different[:LISTED]:
            pairs = ((figure, (expected.get(key) or {}).get(figure), (found.get(key) or {}).get(figure)) for figure in FIGURES)
            print(f"  {key}: " + ", ".join(f"{figure} {one}, {other}" for figure, one, other in pairs if one != other))
        bad |= bool(different)
    return bad


def list_of(options, facts, target):
    """Writes the repositories in the order in which a report counts them, each with its name as the key."""
    import duckdb

    rows = duckdb.sql(f"""SELECT repo, key, name FROM '{facts}/repos/*.parquet'
                          ORDER BY rank, generation, NOT is_named_after_origin, key, name, repo""").fetchall()
    places = {}
    for path in paths_below(options.roots):
        for _, key, _ in rows:
            for place in (path, f"{path}/"):
                places[hashlib.sha256(f"{key}\0{place}".encode()).hexdigest()[:16]] = path
    target.write_text("".join(f"{places[repo]}\t{name}\n" for repo, _, name in rows))
    return len(rows)


def main():
    options = arguments()
    work = pathlib.Path(options.directory or tempfile.mkdtemp())
    settings = ["spark.ui.enabled=false", "spark.ui.showConsoleProgress=false", "spark.log.level=ERROR",
                "spark.sql.shuffle.partitions=8"]
    os.environ.update(PYSPARK_PYTHON=sys.executable, PYSPARK_SUBMIT_ARGS=f"--master {options.master} "
                      + "".join(f"--conf {setting} " for setting in settings) + "pyspark-shell")
    listed, facts, own = work / "list", work / "facts", work / "own"
    job = [sys.executable, TOP / "docs/scale/spark.py", listed, "--output", facts, "--program", options.program]
    for number in range(options.pairs):
        _, wall, used = run([options.program, "facts", *options.roots, "--output", own, "--no-cache", "--again"])
        print(f"own threads: {wall:.1f} s, {used:.1f} s of processor time", flush=True)
        if number == 0:
            count = list_of(options, own, listed)
        for what, more in (("all", ["--", "--no-cache", "--again"]), ("nothing changed", [])):
            ran, wall, _ = run([*job, *more])
            rows = [json.loads(line) for line in ran.stdout.splitlines()]
            spent = json.loads([line for line in ran.stderr.splitlines() if line.startswith('{"repositories"')][-1])
            print(f"Spark, {what}: {wall:.1f} s, of these {spent['start_seconds']} s to start, {spent['seconds']} s for the job; "
                  f"{spent['cpu_seconds']} s of processor time in tasks; {spent['repositories']} repositories: "
                  + ", ".join(f"{spent[name]} {name}" for name in ("complete", "partial", "failed", "unchanged")), flush=True)
    names = {row["repo"]: row["key"] for row in rows}
    if len(names) != count:
        sys.exit(f"{count} repositories in the list, {len(names)} were read")

    import duckdb
    from pyspark.sql import SparkSession

    begin = time.monotonic()
    database = duckdb.connect()
    for statement in statements("DuckDB", facts):
        database.execute(statement)
    prepared = {"DuckDB": time.monotonic() - begin}
    begin = time.monotonic()
    spark = SparkSession.builder.appName("sums").getOrCreate()
    prepared["Spark SQL"] = time.monotonic() - begin
    begin = time.monotonic()
    for statement in statements("Spark SQL", facts):
        spark.sql(statement)
    print(f"sums: DuckDB {prepared['DuckDB']:.1f} s to count once; Spark {prepared['Spark SQL']:.1f} s to start, "
          f"{time.monotonic() - begin:.1f} s to count once")
    asked = {"DuckDB": lambda query: database.execute(query).fetchall(), "Spark SQL": lambda query: spark.sql(query).collect()}
    bad = False
    for by in (["repo"], ["day"], ["repo", "day"]):
        all_answers, seconds = {}, {}
        reports = {"report --facts": ["--facts", facts], "report": options.roots, "facts of own threads": ["--facts", own]}
        for name, what in reports.items():
            all_answers[name], seconds[name] = reported(options.program, by, *what)
        for name, ask in asked.items():
            begin = time.monotonic()
            all_answers[name] = answers(name, ask, by, names)
            seconds[name] = time.monotonic() - begin
        bad |= compare(by, {name: same(found) for name, found in all_answers.items()})
        print("  " + ", ".join(f"{name} {spent:.1f} s" for name, spent in seconds.items()))
    spark.stop()
    if not options.directory:
        shutil.rmtree(work)
    sys.exit(bad)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Read six faulty repositories beside six sound ones with docs/scale/spark.py: each fault must cost its own row only.

usage: six-faults.py PROGRAM [--engine none|spark] [--directory DIR]

The reader of one hangs, of one dies of a signal, of one asks for more memory than it may have, one does not exist, one has half of
its pack, and one ends the worker that reads it each time: with Spark, the whole executor. The worker of one more is killed once.
Then all are repaired and read again, and a third time. Then the readers fail again, beside the facts of the runs before: a report
must say so, and after another repair no more. Prints what was found, and exits with 1 if it is not what was expected.
`--engine spark` needs Java and the Python package pyspark.
"""

import argparse
import collections
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

JOB = pathlib.Path(__file__).resolve().parents[2] / "docs/scale/spark.py"
SOUND = [f"sound-{number}" for number in range(6)]
# What the reason of each has to contain.
FAULTS = {
    "hangs": "took more than",
    "crashes": "signal 11; its facts do not say so: signal 11",
    "greedy": "MemoryError|signal|allocat",
    "missing": "not a git repository",
    "half": "",
    "kills": "its worker was lost 2 times",
}
# Those of which the facts can say why there are none.
TOLD = ["hangs", "greedy", "kills"]
ONCE = "killed-once"
TIMEOUT, MEMORY = 5, 2048
# Runs in place of the program, and fails for some repositories when it reads them, and for one also when it does not.
WRAPPER = """#!{python}
import os, signal, subprocess, sys, time
line = sys.stdin.buffer.read()
name = os.path.basename(line.split(b"\\t")[0].decode())
if name != "crashes" and any(argument.startswith("--failed") for argument in sys.argv):
    name = ""

def worker():
    # The process that started this one; with Spark, its executor.
    pid = os.getppid()
    while {is_spark} and b"CoarseGrainedExecutorBackend" not in open(f"/proc/{{pid}}/cmdline", "rb").read():
        pid = int(open(f"/proc/{{pid}}/stat").read().rsplit(")", 1)[1].split()[1])
        assert pid > 1
    return pid

if name == "hangs":
    child = subprocess.Popen(["sleep", "600"])
    open({directory!r} + "/left-behind", "w").write(str(child.pid))
    time.sleep(600)
if name == "crashes":
    os.kill(os.getpid(), signal.SIGSEGV)
if name == "greedy":
    much = bytearray(3 << 30)
is_first = name == "killed-once" and not os.path.exists({directory!r} + "/once")
if is_first:
    open({directory!r} + "/once", "w").close()
if name == "kills" or is_first:
    with open({directory!r} + "/killed", "a") as file:
        file.write(name + "\\n")
    os.kill(worker(), signal.SIGKILL)
    time.sleep(600)
ran = subprocess.run([{program!r}, *sys.argv[1:]], input=line)
sys.exit(ran.returncode if ran.returncode >= 0 else 128 - ran.returncode)
"""


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("--engine", choices=["none", "spark"], default="none")
    parser.add_argument("--directory", type=os.path.abspath, help="a directory that does not exist [default: a temporary one]")
    return parser.parse_args()


def git(repo, *arguments, data=None):
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
           for what, value in (("NAME", "Ada Example"), ("EMAIL", "ada@example.org"), ("DATE", "1750000000 +0000"))}
    environment = dict(os.environ, GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL=os.devnull, **who)
    ran = subprocess.run(["git", "-C", str(repo), *arguments], input=data, check=True, capture_output=True, env=environment)
    return ran.stdout.decode().strip()


def make(repo):
    """A repository with ten commits in one pack; the last one has an estimate."""
    repo.mkdir(parents=True)
    git(repo, "init", "-q", "-b", "main")
    for number in range(10):
        text = "".join(f"{repo.name} {number} {hashlib.sha256(f'{line * number}'.encode()).hexdigest()}\n" for line in range(50))
        (repo / f"part-{number % 3}.rs").write_text(text)
        git(repo, "add", ".")
        message = f"{repo.name} {number}\n" + ("\nLeverage-Estimate: 4h\nLeverage-Agent-Time: 10m\n" if number == 9 else "")
        git(repo, "commit", "-q", "-F", "-", data=message.encode())
    git(repo, "repack", "-q", "-a", "-d")


def pack_of(repo):
    (pack,) = (repo / ".git/objects/pack").glob("*.pack")
    return pack


class Check:
    """Counts what is not as it should be."""

    def __init__(self):
        self.bad = 0

    def __call__(self, what, is_so, found=""):
        self.bad += not is_so
        print(f"{'ok ' if is_so else 'BAD'} {what}" + (f": {found}" if found != "" else ""), flush=True)


def job(options, program, work):
    """Runs the job; returns its exit code, its rows by the name of the directory, and whether each has one."""
    environment = dict(os.environ, PYSPARK_PYTHON=sys.executable, XDG_CACHE_HOME=str(work / "cache"), PYSPARK_SUBMIT_ARGS=
                       "--master local-cluster[2,1,1024] --conf spark.ui.enabled=false --conf spark.log.level=OFF pyspark-shell")
    command = [sys.executable, JOB, work / "list", "--output", work / "facts", "--program", program, "--engine", options.engine,
               "--timeout", TIMEOUT, "--memory", MEMORY, *(["--jobs", 2] if options.engine == "none" else [])]
    begin = time.monotonic()
    ran = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=environment)
    listed = list(map(json.loads, ran.stdout.splitlines()))
    rows = {os.path.basename(row["path"]): row for row in listed}
    print(f"{len(listed)} rows in {time.monotonic() - begin:.1f} s, exit code {ran.returncode}")
    if not rows:
        sys.exit(ran.stderr)
    return ran.returncode, rows, len(rows) == len(listed)


def is_running(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def report(program, work, *what):
    options = ["--by", "repo,day", "--no-sessions", "--format", "json", "--zone", "UTC", "--verbose"]
    ran = subprocess.run([program, "report", *map(str, what), *options], capture_output=True, text=True,
                         env=dict(os.environ, XDG_CACHE_HOME=str(work / "cache")))
    rows = json.loads(ran.stdout)["rows"] if ran.stdout else []
    return ran.returncode, {tuple(row["key"].values()): row for row in rows}, ran.stderr


def contents(facts):
    return {str(file.relative_to(facts)): file.read_bytes() for file in sorted(facts.rglob("*")) if file.is_file()}


def main():
    options, check = arguments(), Check()
    work = pathlib.Path(options.directory or tempfile.mkdtemp(prefix="six-faults-"))
    repos = work / "repos"
    names = [*SOUND, *FAULTS, ONCE]
    for name in names:
        make(repos / name)
    (work / "list").write_text("".join(f"{repos / name}\texample.org/{name}\n" for name in names))
    (repos / "missing").rename(work / "missing")
    pack = pack_of(repos / "half")
    whole = pack.read_bytes()
    pack.chmod(0o644)
    pack.write_bytes(whole[:len(whole) // 2])
    wrapper = work / "wrapper"
    is_spark = options.engine == "spark"
    wrapper.write_text(WRAPPER.format(python=sys.executable, directory=str(work), program=options.program, is_spark=is_spark))
    wrapper.chmod(0o755)

    code, rows, is_once = job(options, wrapper, work)
    check("the exit code is 3", code == 3, code)
    check("one row per repository", set(rows) == set(names) and is_once)
    for name in [*SOUND, ONCE]:
        row = rows[name]
        check(name, row["status"] == "complete" and row["commits"] == 10, f"{row['status']}, {row['commits']} commits")
    for name, reason in FAULTS.items():
        row = rows[name]
        wanted = ["partial", "failed"] if name == "half" else ["failed"]
        is_so = row["status"] in wanted and bool(re.search(reason, row["reason"] or ""))
        check(name, is_so, f"{row['status']}: {row['reason']}, {row['seconds']} s")
    left = int((work / "left-behind").read_text())
    check("nothing is left of the reader that hangs", not is_running(left))
    killed = collections.Counter((work / "killed").read_text().split())
    check("workers were lost as often as expected", killed == {"kills": 2, ONCE: 1}, dict(killed))
    _, expected, _ = report(options.program, work, *(repos / name for name in SOUND))
    code, found, told = report(options.program, work, "--facts", work / "facts")
    is_so = bool(expected) and all(found.get(key) == row for key, row in expected.items())
    check("the sound ones count as without the others", is_so, f"{len(expected)} rows")
    check("the report on these facts exits with 3", code == 3, code)
    for name in TOLD:
        lines = [line for line in told.splitlines() if f"example.org/{name}: " in line]
        check(f"it says why {name} is missing", any(re.search(FAULTS[name], line) for line in lines), " ".join(lines))

    _, rows, _ = job(options, wrapper, work)
    row = rows["kills"]
    check("what kills its worker is skipped at once", row["status"] == "failed" and row["seconds"] < 1, row["reason"])
    check("the sound ones are unchanged", all(rows[name]["unchanged"] for name in [*SOUND, ONCE]))
    killed = collections.Counter((work / "killed").read_text().split())
    check("no further worker was lost", killed["kills"] == 2, killed["kills"])
    (mark,) = (work / "facts/marks").iterdir()
    mark.write_text(mark.read_text().split()[0] + " 3")
    _, rows, _ = job(options, wrapper, work)
    reason = rows["kills"]["reason"]
    check("if its facts cannot be written either, its row says so", "; its facts do not say so: " in reason, reason)

    (work / "missing").rename(repos / "missing")
    pack.write_bytes(whole)
    code, rows, _ = job(options, options.program, work)
    check("after the repair, the exit code is 0", code == 0, code)
    for name in names:
        row = rows[name]
        is_so = row["status"] == "complete" and row["commits"] == 10 and row["unchanged"] == (name in [*SOUND, ONCE])
        check(name, is_so, f"{row['status']}, {row['commits']} commits" + (", unchanged" if row["unchanged"] else ""))
    before = contents(work / "facts")
    code, rows, _ = job(options, options.program, work)
    check("another run finds nothing to do", code == 0 and all(row["unchanged"] for row in rows.values()))
    check("and leaves every byte", contents(work / "facts") == before, f"{len(before)} files")
    _, expected, _ = report(options.program, work, repos)
    code, found, told = report(options.program, work, "--facts", work / "facts")
    check("the report is that on the repositories", bool(expected) and expected == found, f"{len(found)} rows")
    check("it exits with 0 and says nothing", code == 0 and not told, told)

    (repos / "hangs/part-0.rs").write_text("changed\n")
    git(repos / "hangs", "commit", "-q", "-a", "-m", "More")
    _, rows, _ = job(options, wrapper, work)
    again_failed = ["hangs", "greedy", "kills"]
    for name in again_failed:
        row = rows[name]
        is_so = row["status"] == "partial" and bool(re.search(FAULTS[name], row["reason"])) and row["commits"] == 10
        check(name, is_so, f"{row['status']}: {row['reason']}")
    code, again, told = report(options.program, work, "--facts", work / "facts")
    check("the facts of the runs before still count", again == found)
    is_told = all(re.search(f"example.org/{name}: could not be read again: .*; these facts are of 2", told) for name in again_failed)
    check("the report says of when they are, and exits with 3", code == 3 and is_told, told)
    code, rows, _ = job(options, options.program, work)
    check("after the repair, all are complete", code == 0 and rows["hangs"]["commits"] == 11)
    code, _, told = report(options.program, work, "--facts", work / "facts")
    check("the report exits with 0 and says nothing", code == 0 and not told, told)
    if not options.directory:
        shutil.rmtree(work)
    sys.exit(check.bad > 0)


if __name__ == "__main__":
    main()

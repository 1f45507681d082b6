#!/usr/bin/env python3
"""Write the facts of many repositories with Apache Spark: one process of git-leverage per repository.

usage: spark.py LIST --output DIR [option...] [-- option of `git leverage facts`...]

LIST has one repository per line: PATH, PATH<TAB>KEY or PATH<TAB>KEY<TAB>RANK. DIR and all paths must be the same on all machines.
Prints one JSON object per repository, and a summary on standard error. Exits with 0 if all repositories are complete, 3 if one
is partial or failed, 1 on an error, and 2 if an argument is invalid. Another run reads only what changed.
"""
import argparse, ctypes, fcntl, hashlib, heapq, json, os, resource, shutil, signal, subprocess, sys, tempfile, time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

LOSSES = 2  # A repository that ended its worker this often is skipped until its refs, its packs or the program change.
LOST = f"its worker was lost {LOSSES} times; it is skipped until its refs, its packs or the program change"
TO_TELL = 60  # Seconds to write that a repository could not be read.


class Misused(Exception):
    """An argument is invalid: this says nothing about the repository."""


def entries(lines):
    """The repositories of the list. Ranks are counted here, since each process gets only one line."""
    lines, found = [line.rstrip("\n").split("\t") for line in lines if line.strip() and not line.startswith("#")], {}
    for number, line in enumerate(lines):
        path, key, rank = [*line, "", ""][:max(3, len(line))]  # Fails if there is more.
        path = os.path.join(os.getcwd(), path)
        if found.setdefault(key or path, entry := {"path": path, "key": key, "rank": int(rank or number)}) is not entry:
            raise ValueError(f"`{key or path}` is in the list twice")
    return list(found.values())


def size(path):
    """The bytes of its packs and of those it borrows; 0 if they are not visible here."""
    packs = []
    for objects in (Path(path, "objects"), Path(path, ".git/objects")):
        try:
            borrowed = objects / "info/alternates"
            for place in [".", *(borrowed.read_text(errors="replace").splitlines() if borrowed.exists() else [])]:
                packs += [file.stat().st_size for file in (objects / place / "pack").glob("*.pack")]
        except (OSError, ValueError):
            pass
    return sum(packs)


def packed(found, most):
    """The repositories, largest first, in tasks of similar size: a task costs as much as a small repository."""
    tasks = [(0, number, []) for number in range(min(most, len(found)))]
    for weight, entry in sorted(((size(entry["path"]), entry) for entry in found), key=lambda pair: -pair[0]):
        before, number, own = heapq.heappop(tasks)
        heapq.heappush(tasks, (before + max(weight, 1 << 20), number, own + [entry]))
    return [own for _, _, own in sorted(tasks, key=lambda task: -task[0])]


def stamp(path, program):
    """Changes with the program, and with the refs and packs of the repository. Opens nothing."""
    found = [Path(shutil.which(program) or program)]
    for top in (Path(path), Path(path, ".git")):
        found += [top / name for name in ("HEAD", "packed-refs", "shallow", "objects/pack", "reftable/tables.list")]
        found += sorted((top / "refs").rglob("*"))
    state = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in found if file.exists()]
    return hashlib.sha256(repr(state).encode()).hexdigest()


def run(entry, options, more, timeout):
    """Runs the program on one repository, in a process group of its own; returns what it reports."""
    most = (options.memory << 20) + size(entry["path"]) if options.memory else None  # Packs are mapped into memory.

    def prepare():
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: killed with this process.
        if most:
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
    command = [options.program, "facts", "--repos", "-", "--output", options.output, "--format", "json", "--jobs", "1"] + more
    with tempfile.TemporaryFile() as line, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        line.write("{path}\t{key}\t{rank}\n".format(**entry).encode(errors="surrogateescape"))
        line.seek(0)
        child = subprocess.Popen(command, stdin=line, stdout=out, stderr=errors, start_new_session=True, preexec_fn=prepare)
        try:
            code = child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"took more than {timeout:g} s")
        finally:
            try:
                os.killpg(child.pid, signal.SIGKILL)  # Also what it started and left behind.
            except (ProcessLookupError, PermissionError):
                pass
            child.wait()
        out.seek(0)
        errors.seek(0)
        if code not in (0, 3):
            last = (errors.read().decode(errors="replace").strip().splitlines() or ["no message"])[-1]
            raise (Misused if code == 2 else RuntimeError)(f"signal {-code}" if code < 0 else f"exit code {code}: {last[:300]}")
        return json.load(out)["repositories"][0]


def tell(entry, options, reason):
    """Writes that a repository could not be read, so that reports on its facts say so; returns what the program reports."""
    reason = reason.encode(errors="replace").decode().replace("\0", " ")[:1000]
    try:
        return run(entry, options, [f"--failed={reason}"], TO_TELL)
    except Exception as error:
        return {"reason": f"{reason}; its facts do not say so: {error}"}


def read(entry, options):
    """The status row of one repository. Raises no exception, so that the others are read in any case."""
    used = lambda: sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    row = {**entry, "status": "failed", "reason": None, "commits": None, "unchanged": False}
    begin, before = time.monotonic(), used()
    try:
        own = hashlib.sha256(repr((entry["path"], entry["key"])).encode()).hexdigest()[:16]
        mark, now = Path(options.output, "marks", own), stamp(entry["path"], options.program)
        try:
            known, losses = mark.read_text().split()
        except (OSError, ValueError):
            known, losses = now, 0
        losses = int(losses) if known == now else 0
        mark.parent.mkdir(parents=True, exist_ok=True)
        if losses < LOSSES:
            # All that was being read when a worker was lost is suspect, and is read again with nothing beside it on this machine.
            with open(f"{tempfile.gettempdir()}/git-leverage-{os.getuid()}.lock", "a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX if losses else fcntl.LOCK_SH)
                mark.write_text(f"{now} {losses + 1}")
                try:
                    row.update(run(entry, options, options.more, options.timeout))
                finally:
                    mark.unlink(missing_ok=True)  # Another attempt at the same task may have removed it.
        elif losses == LOSSES:  # Opened once more, to write this; if even that ends its worker, never again.
            mark.write_text(f"{now} {losses + 1}")
            row.update(tell(entry, options, LOST))
            mark.write_text(f"{now} {losses}")
        else:
            row["reason"] = f"{LOST}; its facts do not say so: its worker was also lost when this was written"
    except Misused as error:
        row["reason"] = str(error)
    except Exception as error:
        row.update(tell(entry, options, str(error) or type(error).__name__))
    return {**row, "seconds": round(time.monotonic() - begin, 3), "cpu_seconds": round(used() - before, 3)}


def with_spark(found, options):
    from pyspark.sql import SparkSession
    # A repository that ends its worker fails a task twice. By default, four failures of a task stop the whole job.
    session = SparkSession.builder.appName("git-leverage facts").config("spark.task.maxFailures", 20).getOrCreate()
    context, begin = session.sparkContext, time.monotonic()
    tasks = packed(found, options.tasks or 10 * context.defaultParallelism)
    rows = context.parallelize(tasks, len(tasks)).flatMap(lambda task: [read(entry, options) for entry in task]).collect()
    session.stop()
    return rows, begin


def without_engine(found, options):
    def one(entry):
        for _ in range(LOSSES + 1):
            with ProcessPoolExecutor(1, get_context("forkserver")) as pool:
                try:
                    return pool.submit(read, entry, options).result()
                except BrokenProcessPool:  # Its process was killed.
                    pass
        raise RuntimeError("processes are killed before they read anything")
    with ThreadPoolExecutor(options.jobs or os.cpu_count()) as threads:
        begin, ordered = time.monotonic(), [entry for task in packed(found, len(found)) for entry in task]
        return list(threads.map(one, ordered)), begin


def main():
    cut = (sys.argv + ["--"]).index("--")
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    parser.add_argument("list", help="file with the repositories; - is standard input")
    parser.add_argument("--output", required=True, type=os.path.abspath, help="directory for the facts")
    parser.add_argument("--program", default="git-leverage", help="git-leverage, on each machine")
    parser.add_argument("--timeout", type=float, help="seconds for one repository [default: no limit]")
    parser.add_argument("--memory", type=int, help="MiB for one process beside the packs it maps [default: no limit]")
    parser.add_argument("--engine", default="spark", choices=["spark", "none"], help="none: processes of this machine")
    parser.add_argument("--tasks", type=int, help="tasks of Spark [default: ten per core]")
    parser.add_argument("--jobs", type=int, help="processes with --engine none [default: one per processor]")
    options, begin = parser.parse_args(sys.argv[1:cut], argparse.Namespace(more=sys.argv[cut + 1:])), time.monotonic()
    try:
        found = entries(sys.stdin if options.list == "-" else open(options.list, errors="surrogateescape"))
    except OSError as error:
        sys.exit(f"error: {options.list}: {error.strerror}")
    except ValueError as error:
        parser.error(f"{options.list}: {error}")
    rows, started = (with_spark if options.engine == "spark" else without_engine)(found, options) if found else ([], begin)
    for row in sorted(rows, key=lambda row: (row["rank"], row["path"])):
        print(json.dumps(row))
    count = {name: sum(row["status"] == name for row in rows) for name in ("complete", "partial", "failed")}
    summary = {"repositories": len(rows), **count, "unchanged": sum(row["unchanged"] for row in rows),
               "start_seconds": round(started - begin, 2), "seconds": round(time.monotonic() - started, 2),
               "cpu_seconds": round(sum(row["cpu_seconds"] for row in rows), 2)}
    print(json.dumps(summary), file=sys.stderr)
    sys.exit(0 if summary["complete"] == len(rows) else 3)


if __name__ == "__main__":
    main()

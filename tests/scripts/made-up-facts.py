#!/usr/bin/env python3
"""Write made-up facts as Parquet files, to measure how long reading millions of commits takes.

usage: made-up-facts.py DIR [--repositories N] [--commits N] [--clones SHARE] [--tasks N] [--last DAY] [--seed N]

DIR must not exist. By default, there are 200 repositories of 10,000 commits, which are 2,000,000; `--repositories 2000` makes
20,000,000 of them, in about 1 GB. `--commits` and `--tasks` count per repository. A share of the repositories (0.1) are clones of an
earlier one: the same commits and tasks under another key. Some tasks were revised on one side only. The same options always give
the same facts. Needs numpy and pyarrow.
"""

import argparse
import datetime
import hashlib
import json
import pathlib
import random
import sys
import time
import uuid

import numpy
import pyarrow
import pyarrow.parquet

VERSION = "1"
ID = 20
ROW_GROUP = 128 * 1024
DAYS = 3 * 365
DAY = 86_400
OFFSETS = [-480, -300, 0, 60, 120, 330, 540]
NAMES = "Ada Grace Linus Barbara Edsger Margaret Dennis Radia Ken Frances Niklaus Hedy Alan Katherine Donald Sophie".split()
FAMILIES = "Example Kiln Potter Glaze Miller Weaver Cooper Mason Carter Fletcher Tanner Wright Turner Smith Baker Sawyer".split()
VERBS = "Add Rework Test Document Shorten Split Import Validate Export Retry Cache Simplify".split()
THINGS = "the order parser|the login page|rate limits|the search index|a migration|the scheduler|invoices|the queue".split("|")
CATEGORIES = ["feature", "tests", "refactoring", "documentation", "bugfix", None]
CLASSES = ["docs", "config", "data", "generated", "vendored", "lock"]
CHANCE_OF_CLASS = [0.12, 0.08, 0.04, 0.01, 0.005, 0.02]
# How often each set of signs occurs. `True` stands for the number of lines of the commit.
EVIDENCE = [
    (0.46, [("trailer:co-authored-by", "claude-code", "Claude Opus 4.5", None)]),
    (0.20, [("trailer:co-authored-by", "claude-code", None, None), ("text:generated-with", "claude-code", None, None)]),
    (0.12, [("trailer:co-authored-by", "codex", "gpt-5-codex", None)]),
    (0.08, [("author", "opencode", None, None)]),
    (0.09, [("note:git-ai", "claude-code", "claude-sonnet-4-5", True)]),
    (0.02, [("trailer:co-authored-by", "claude-code", None, None), ("note:git-ai", "codex", "gpt-5-codex", True)]),
    (0.03, [("human:git-ai", None, None, True)]),
]
# The signs of a commit that a record of the ledger is on.
RECORDED = [("note:leverage", "claude-code", "claude-opus-4-5", None)]
SETS = [signs for _, signs in EVIDENCE] + [RECORDED, []]

TEXT, LONG, INT, BYTES = pyarrow.string(), pyarrow.int64(), pyarrow.int32(), pyarrow.binary()
# Text that repeats from row to row is passed as a dictionary; in the file it is text.
REPEATED = pyarrow.dictionary(INT, TEXT)


def must(name, kind):
    return pyarrow.field(name, kind, nullable=False)


def may(name, kind):
    return pyarrow.field(name, kind)


def every(names, kind, field=must):
    return [field(name, kind) for name in names.split()]


def listed(kind):
    return pyarrow.list_(must("element", kind))


CLASS = pyarrow.struct([must("class", TEXT), *every("files added removed", LONG)])
SIGN = pyarrow.struct([must("rule", TEXT), *every("agent model", TEXT, may), may("lines", LONG)])
TABLES = {
    "repos": [
        *every("repo key name", TEXT), *every("rank generation", INT), must("is_named_after_origin", pyarrow.bool_()),
        must("refs", TEXT), must("facts", INT), must("options", TEXT), must("read_at", LONG), must("status", TEXT),
        may("reason", TEXT), must("commits", LONG), must("cut_short", pyarrow.bool_()), must("rest", TEXT),
    ],
    "commits": [
        must("repo", REPEATED), must("commit", BYTES), must("parents", INT), must("parent_rows", listed(INT)),
        must("other_parents", listed(BYTES)), *every("author_name author_email", REPEATED),
        must("author_time", LONG), must("author_offset", INT), must("commit_time", LONG), must("commit_offset", INT),
        *every("files_changed lines_added lines_removed source_files source_added source_removed", LONG, may),
        *every("test_files test_added test_removed", LONG, may),
        must("other_classes", listed(CLASS)), must("evidence", listed(SIGN)),
    ],
    "tasks": [
        *every("repo task", TEXT), must("rev", INT), must("written_at", LONG), must("date", pyarrow.date32()),
        must("commits", listed(BYTES)), *every("title by", TEXT), must("estimate_ms", LONG),
        *every("agent_ms supervisory_ms tokens", LONG, may), *every("agent model category", TEXT, may), must("line", TEXT),
    ],
    "records": [
        must("repo", TEXT), must("commits", listed(BYTES)), *every("agent session", TEXT), must("rev", INT),
        *every("written_at started_at ended_at", LONG), *every("agent_ms supervisory_ms", LONG, may),
        *every("tokens_input tokens_cache_write tokens_cache_read tokens_output", LONG, may),
        must("share", INT), must("line", TEXT),
    ],
}


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--repositories", type=int, default=200)
    parser.add_argument("--commits", type=int, default=10_000)
    parser.add_argument("--clones", type=float, default=0.1)
    parser.add_argument("--tasks", type=int, default=20)
    parser.add_argument("--last", type=datetime.date.fromisoformat, default=datetime.date(2025, 12, 31))
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def seconds(day):
    return int(datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.timezone.utc).timestamp())


def rfc3339(ms):
    at = datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def made_up_id(chance, ms, version):
    """A UUID that begins with the time, as those of version 7 do."""
    random_bits = chance.getrandbits(80) & ~(0xF << 76) & ~(0x3 << 62)
    return str(uuid.UUID(int=ms << 80 | version << 76 | 0x2 << 62 | random_bits))


def canonical(record):
    return json.dumps(record, sort_keys=True, separators=(",", ":"))


def ids(data):
    """Ids of equal length, one after the other, as a column."""
    offsets = numpy.arange(0, len(data) + 1, ID, dtype=numpy.int32)
    return pyarrow.Array.from_buffers(BYTES, len(data) // ID, [None, pyarrow.py_buffer(offsets), pyarrow.py_buffer(data)])


def offsets_of(lengths):
    return pyarrow.array(numpy.concatenate([[0], numpy.cumsum(lengths)]).astype(numpy.int32))


def lists(lengths, values, kind):
    return pyarrow.ListArray.from_arrays(offsets_of(lengths), values, type=listed(kind))


def repeated(places, texts):
    return pyarrow.DictionaryArray.from_arrays(pyarrow.array(places, INT), pyarrow.array(texts, TEXT))


def where(is_there, values, kind=LONG):
    """Values of the rows that have one."""
    return pyarrow.array(values, kind, mask=~is_there)


class History:
    """The commits of one repository, which its clones share."""

    def __init__(self, options, number):
        self.options, self.count = options, options.commits
        self.dice = numpy.random.default_rng([options.seed, number])
        self.ids = self.dice.bytes(self.count * ID)
        self.first = seconds(options.last) + DAY - DAYS * DAY
        self.draw_people_and_times()
        self.draw_parents()
        self.draw_lines()
        self.draw_tasks(random.Random(f"{options.seed}/{number}"))

    def id(self, row):
        return self.ids[row * ID : (row + 1) * ID]

    def draw_people_and_times(self):
        everybody = max(60, 4 * self.options.repositories)
        self.people = self.dice.choice(everybody, size=self.dice.integers(20, 51), replace=False)
        weights = 1 / numpy.arange(1, len(self.people) + 1)
        who = self.dice.choice(len(self.people), size=self.count, p=weights / weights.sum())
        offset = numpy.array(OFFSETS)[self.people % len(OFFSETS)][who]
        # Less on weekends, more from year to year.
        days = numpy.arange(DAYS)
        busy = numpy.where((days + self.first // DAY + 3) % 7 > 4, 0.15, 1.0) * (1 + days / DAYS)
        day = self.dice.choice(DAYS, size=self.count, p=busy / busy.sum())
        hour = numpy.clip(self.dice.normal(14, 3, self.count), 0, 23.99)
        at = self.first + day * DAY + (hour * 3600).astype(numpy.int64) - offset * 60
        order = numpy.argsort(at, kind="stable")
        self.author, self.offset, self.author_time = who[order], offset[order], at[order]
        is_late = self.dice.random(self.count) < 0.15
        self.commit_time = self.author_time + is_late * self.dice.integers(60, 5 * DAY, self.count)

    def draw_parents(self):
        """Blocks of commits: most of them have two lines in the middle that the last commit of the block merges."""
        rows = numpy.arange(self.count)
        self.parent = rows - 1
        length = int(self.dice.integers(6, 20))
        ends = rows[length - 1 :: length][1:]
        ends = ends[self.dice.random(len(ends)) < 0.9]
        middle = ends - length // 2
        self.parent[middle] = ends - length
        self.second = numpy.full(self.count, -1)
        self.second[ends] = self.parent[ends]
        self.parent[ends] = middle - 1
        self.is_merge = self.second >= 0

    def draw_lines(self):
        def count(mean, spread):
            return self.dice.lognormal(mean, spread, self.count).astype(numpy.int64)

        def some(chance, of):
            is_there = (self.dice.random(self.count) < chance) & of
            added, removed = count(2.6, 1.3), count(1.8, 1.4)
            return is_there, self.dice.geometric(0.6, self.count), added, removed

        of = ~self.is_merge
        self.classes = [some(chance, of) for chance in (0.8, 0.35, *CHANCE_OF_CLASS)]
        self.totals = [sum(one[0] * one[at] for one in self.classes) for at in (1, 2, 3)]
        # Agents become more common over the years.
        chance = 0.6 * (self.author_time - self.first) / (DAYS * DAY)
        weights = numpy.array([weight for weight, _ in EVIDENCE])
        self.signs = self.dice.choice(len(EVIDENCE), size=self.count, p=weights / weights.sum())
        self.signs[(self.dice.random(self.count) >= chance) | self.is_merge] = SETS.index([])

    def draw_tasks(self, chance):
        self.tasks, self.records = [], []
        for number in range(self.options.tasks if self.count else 0):
            rows = sorted({chance.randrange(self.count)} | {chance.randrange(self.count) for _ in range(chance.randrange(3))})
            self.add_task(number, rows[::-1], chance)

    def add_task(self, number, rows, chance):
        at = (int(self.commit_time[rows[0]]) + 120) * 1000
        hours = max(0.5, round(chance.lognormvariate(1.8, 0.9) * 2) / 2)
        minutes = max(1.0, round(hours * 60 / chance.lognormvariate(3.0, 0.9), 1))
        person = self.person(self.author[rows[0]])
        local = int(self.author_time[rows[0]]) + 60 * int(self.offset[rows[0]])
        task = {
            "id": made_up_id(chance, at, 7), "rev": 0, "at": rfc3339(at),
            "by": "{} <{}>".format(*person), "title": f"{chance.choice(VERBS)} {chance.choice(THINGS)}",
            "date": str(datetime.date(1970, 1, 1) + datetime.timedelta(days=local // DAY)),
            "estimate": {"by": "{} <{}>".format(*person), "hours": hours}, "source": "record",
            "agent_minutes": None if number % 10 == 4 else minutes,
            "supervisory_minutes": None if number % 5 == 3 else round(minutes / 6 + 1, 1),
            "tokens": None if number % 7 == 6 else int(minutes * 5000),
            "agent": "claude-code", "model": "claude-opus-4-5", "category": chance.choice(CATEGORIES),
        }
        commits = [self.id(row) for row in rows]
        if commits[1:]:
            task["commits"] = sorted(commit.hex() for commit in commits[1:])
        self.signs[rows] = SETS.index(RECORDED)
        self.tasks.append((task, commits, at))
        if number % 3 == 0:
            self.add_records(at, minutes, commits, chance)

    def add_records(self, at, minutes, commits, chance):
        session = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        length = int(minutes * 60_000)
        tokens = int(minutes * 5000)
        shares = [10_000 // len(commits)] * len(commits)
        for commit, share in zip(commits, shares):
            record = {
                "id": made_up_id(chance, at, 8), "rev": 0,
                "at": rfc3339(at + 60_000), "by": "Ada Example <ada@example.org>", "session": f"claude-code:{session}",
                "agent": "claude-code", "models": ["claude-opus-4-5"], "started_at": rfc3339(at - 2 * length),
                "ended_at": rfc3339(at - length), "worked_seconds": [[0, length // 1000]], "agent_minutes": minutes,
                "supervisory_minutes": 2.5, "share": share / 10_000, "confidence": "certain", "evidence": ["hash:structured"],
                "tokens": {"input": tokens // 10, "cache_write": tokens // 20, "cache_read": tokens, "output": tokens // 20},
            }
            self.records.append((record, session, commit, share, at, length))

    def person(self, place):
        number = int(self.people[place])
        name = f"{NAMES[number % len(NAMES)]} {FAMILIES[number // len(NAMES) % len(FAMILIES)]}"
        return name, f"{name.replace(' ', '.').lower()}.{number}@example.org"

    def commits(self, repo):
        people = [self.person(place) for place in range(len(self.people))]
        has_parent = numpy.stack([self.parent >= 0, self.is_merge], axis=1)
        parents = has_parent.sum(axis=1)
        parent_rows = numpy.stack([self.parent, self.second], axis=1)[has_parent]
        source, test = self.classes[:2]
        return [
            repeated(numpy.zeros(self.count), [repo]), ids(self.ids), pyarrow.array(parents, INT),
            lists(parents, pyarrow.array(parent_rows, INT), INT),
            lists(numpy.zeros(self.count), pyarrow.array([], BYTES), BYTES),
            repeated(self.author, [name for name, _ in people]), repeated(self.author, [mail for _, mail in people]),
            pyarrow.array(self.author_time, LONG), pyarrow.array(self.offset, INT),
            pyarrow.array(self.commit_time, LONG), pyarrow.array(self.offset, INT),
            *(pyarrow.array(total, LONG) for total in self.totals),
            *(where(one[0], one[at]) for one in (source, test) for at in (1, 2, 3)),
            self.other_classes(), self.evidence(),
        ]

    def other_classes(self):
        others = self.classes[2:]
        is_there = numpy.stack([one[0] for one in others], axis=1)
        _, kind = numpy.nonzero(is_there)
        figures = (numpy.stack([one[at] for one in others], axis=1)[is_there] for at in (1, 2, 3))
        columns = [pyarrow.array(CLASSES).take(pyarrow.array(kind)), *(pyarrow.array(one, LONG) for one in figures)]
        return lists(is_there.sum(axis=1), pyarrow.StructArray.from_arrays(columns, fields=list(CLASS)), CLASS)

    def evidence(self):
        lengths = numpy.array([len(signs) for signs in SETS])
        begins = numpy.cumsum(lengths) - lengths
        counts = lengths[self.signs]
        rows = numpy.repeat(numpy.arange(self.count), counts)
        within = numpy.arange(len(rows)) - numpy.repeat(numpy.cumsum(counts) - counts, counts)
        place = numpy.repeat(begins[self.signs], counts) + within
        known = [sign for signs in SETS for sign in signs]
        texts = [pyarrow.array([sign[at] for sign in known], TEXT).take(pyarrow.array(place)) for at in (0, 1, 2)]
        has_lines = numpy.array([sign[3] is not None for sign in known])[place]
        columns = [*texts, where(has_lines, self.totals[1][rows])]
        return lists(counts, pyarrow.StructArray.from_arrays(columns, fields=list(SIGN)), SIGN)

    def task_rows(self, repo, is_clone):
        """Of ten tasks, one has its second revision only in the original, and another one only in clones."""
        rows = []
        for number, (task, commits, at) in enumerate(self.tasks):
            task = {name: value for name, value in task.items() if value is not None}
            placed = {"task": task, "earlier": [], "commits": [commit.hex() for commit in commits], "opinions": []}
            if number % 10 == (1 if is_clone else 2):
                hours = task["estimate"]["hours"] + 1
                at += 3_600_000
                placed["earlier"] = [task]
                task = task | {"rev": 1, "at": rfc3339(at), "estimate": task["estimate"] | {"hours": hours}}
                placed["task"] = task
            rows.append({
                "repo": repo, "task": task["id"], "rev": task["rev"], "written_at": at,
                "date": datetime.date.fromisoformat(task["date"]), "commits": commits, "title": task["title"], "by": task["by"],
                "estimate_ms": int(task["estimate"]["hours"] * 3_600_000), "agent_ms": ms(task.get("agent_minutes")),
                "supervisory_ms": ms(task.get("supervisory_minutes")), "tokens": task.get("tokens"), "agent": task["agent"],
                "model": task["model"], "category": task.get("category"), "line": canonical(placed),
            })
        return rows

    def record_rows(self, repo):
        return [
            {
                "repo": repo, "commits": [commit], "agent": record["agent"], "session": session, "rev": 0,
                "written_at": at + 60_000, "started_at": at - 2 * length, "ended_at": at - length,
                "agent_ms": ms(record["agent_minutes"]), "supervisory_ms": ms(record["supervisory_minutes"]),
                **{f"tokens_{kind}": count for kind, count in record["tokens"].items()}, "share": share,
                "line": canonical({"record": record, "commits": [commit.hex()]}),
            }
            for record, session, commit, share, at, length in self.records
        ]


def ms(minutes):
    return None if minutes is None else round(minutes * 60_000)


def write(options, name, repo, refs, content):
    """Writes a table of a repository: its columns, or its rows."""
    metadata = {"facts": VERSION, "table": name, "repo": repo, "refs": refs}
    if name == "commits":
        metadata["is_regrown"] = "false"
    schema = pyarrow.schema(TABLES[name])
    is_rows = not content or isinstance(content[0], dict)
    table = pyarrow.Table.from_pylist(content, schema) if is_rows else pyarrow.Table.from_arrays(content, schema=schema)
    path = options.dir / name / f"{repo}.parquet"
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd", store_schema=False) as writer:
        writer.write_table(table, row_group_size=ROW_GROUP)
        writer.add_key_value_metadata({f"git-leverage.{key}": value for key, value in metadata.items()})
    return path.stat().st_size


def sources(options):
    """For each repository the one that it was cloned from, or itself."""
    chance = random.Random(f"{options.seed}/clones")
    originals = []
    for number in range(options.repositories):
        is_clone = originals and int((number + 1) * options.clones) > int(number * options.clones)
        if not is_clone:
            originals.append(number)
        yield number, chance.choice(originals) if is_clone else number


def write_repository(options, number, source):
    is_clone = source != number
    name = f"kiln-{source:05}" + (f"-copy-{number:05}" if is_clone else "")
    key = f"git.example.org/team-{number % 97:02}/{name}"
    repo = hashlib.sha256(key.encode()).hexdigest()[:16]
    refs = hashlib.sha256(f"{options.seed}/{options.commits}/{options.tasks}/{key}".encode()).hexdigest()[:32]
    history = History(options, source)
    row = {
        "repo": repo, "key": key, "name": name, "rank": 0, "generation": int(is_clone), "is_named_after_origin": not is_clone,
        "refs": refs, "facts": int(VERSION), "options": "{}", "read_at": seconds(options.last) + 2 * DAY, "status": "complete",
        "reason": None, "commits": history.count, "cut_short": False, "rest": "{}",
    }
    content = {
        "commits": history.commits(repo), "tasks": history.task_rows(repo, is_clone), "records": history.record_rows(repo),
        "repos": [row],
    }
    size = sum(write(options, table, repo, refs, rows) for table, rows in content.items())
    return size, len(content["tasks"]), len(content["records"])


def main():
    options = arguments()
    if options.dir.exists():
        sys.exit(f"{options.dir} already exists")
    if not 0 <= options.clones < 1:
        sys.exit("`--clones` is a share of the repositories, from 0 to less than 1")
    for table in TABLES:
        (options.dir / table).mkdir(parents=True)
    began, size, tasks, records, originals = time.monotonic(), 0, 0, 0, 0
    for number, source in sources(options):
        counts = write_repository(options, number, source)
        size, tasks, records = size + counts[0], tasks + counts[1], records + counts[2]
        originals += source == number
        if sys.stderr.isatty():
            print(f"\r{number + 1} of {options.repositories}", end="", file=sys.stderr)
    print(
        f"{options.repositories:,} repositories, {options.repositories - originals:,} of them clones; "
        f"{options.repositories * options.commits:,} commits, "
        f"{originals * options.commits:,} different; {tasks:,} tasks and {records:,} records in files; "
        f"{size / 1e6:,.0f} MB in {time.monotonic() - began:,.0f} s"
    )


if __name__ == "__main__":
    main()

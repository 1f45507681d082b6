#!/usr/bin/env python3
"""Compare what the commands print about one repository: commits by agents, tasks, hours and agent minutes, side by side.

usage: one-answer.py REPOSITORY [LOGS…] [--program PROGRAM] [-- OPTION…]

LOGS are directories of Claude Code logs (`projects/`); by default, the logs of this machine are read. The working directories in
LOGS are mapped to the repository. Everything after `--` is passed to every command. Exits with 1 if two commands differ.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

# Cards and tables show whole minutes from 100 minutes on.
SHOWN = 0.51
# The order of a sum changes its last digits.
EXACT = 1e-6


def folders(logs):
    """The shortest working directory of each log: the top of its working tree."""
    found = set()
    for log in pathlib.Path(logs).rglob("*.jsonl"):
        named = set()
        for line in log.read_text(errors="replace").splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict) and record.get("cwd"):
                named.add(record["cwd"])
        found |= {min(named, key=len)} if named else set()
    return found


class Program:
    def __init__(self, program, repository, options):
        self.program, self.repository, self.options = program, repository, options

    def run(self, *words, root=True):
        command = [self.program, "-C", self.repository, *words, *self.options]
        command += [self.repository] if root else []
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 3):
            sys.exit(f"{' '.join(words)} failed with {done.returncode}: {done.stderr}")
        return done.stdout

    def json(self, *words, root=True):
        return json.loads(self.run(*words, "--format", "json", root=root))

    def lines(self, *words):
        return [json.loads(line) for line in self.run(*words).splitlines()]


def minutes(task):
    claimed = task.get("agent_minutes")
    return task.get("agent_minutes_measured") if claimed is None else claimed


def total(values):
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def of_tasks(tasks):
    hours = total(task["estimate"]["hours"] for task in tasks)
    return {"tasks": len(tasks), "hours": hours, "minutes": total(map(minutes, tasks))}


def card(text, fact):
    number = re.search(rf"^  {fact} +([\d.,]+)(?:h (\d+)m)?", text, re.MULTILINE)
    if not number:
        return None
    first = float(number.group(1).replace(",", ""))
    return first if number.group(2) is None else first * 60 + float(number.group(2))


def inventory(ask, commits):
    """An inventory covers only HEAD, so the exported commits of other branches are added."""
    row = ask.json("inventory", "--columns", "name,commits,ai")["rows"][0]
    git = ["git", "-C", ask.repository, "rev-list", "HEAD"]
    at_head = set(subprocess.run(git, capture_output=True, text=True, check=True).stdout.split())
    elsewhere = [commit for commit in commits if commit["commit"] not in at_head]
    return {
        "commits": row["commits"] + len(elsewhere),
        "by agents": row["agent_commits"] + sum(commit["state"] == "agent" for commit in elsewhere),
        "tasks": row["tasks"],
        "hours": row["human_hours"],
        "minutes": row.get("agent_minutes"),
    }


def answers(ask):
    totals = ask.json("report")["totals"]
    yield "report", {
        "commits": totals["commits"],
        "by agents": totals["agent_commits"],
        "tasks": totals["tasks"],
        "hours": totals["human_hours"],
        "minutes": totals["agent_minutes"],
    }
    commits = ask.lines("export", "commits")
    by_agents = sum(commit["state"] == "agent" for commit in commits)
    tasks = ask.lines("export", "tasks")
    yield "export", {"commits": len(commits), "by agents": by_agents, **of_tasks(tasks)}
    logged = ask.json("log", root=False)["tasks"]
    yield "log", of_tasks(logged)
    cards = [ask.run("show", task["id"], root=False) for task in logged]
    yield "show", {
        "tasks": len(cards),
        "hours": total(card(text, "estimate") for text in cards),
        "minutes": total(card(text, "agent time") for text in cards),
        "tolerance": SHOWN * max(1, len(cards)),
    }
    row = next(line for line in ask.run("scan").splitlines() if re.search(r"(complete|partial)\s*$", line))
    numbers = re.findall(r"[\d,]+", re.sub(r"^\S+", "", row))
    counts = [int(number.replace(",", "")) for number in numbers]
    yield "scan", {"commits": counts[0], "by agents": counts[2]}
    yield "inventory", inventory(ask, commits)
    audit = ask.json("audit")
    states = {row["value"]: row["commits"] for row in audit["origin"] if row["by"] == "state"}
    claims = audit["confidence"]
    yield "audit", {
        "commits": sum(states.values()),
        "by agents": states.get("agent", 0),
        "tasks": claims["claimed"]["tasks"],
        "hours": claims["claimed"]["human_hours"],
        "minutes": claims.get("agent_minutes"),
    }


def agree(one, other, tolerance):
    if one is None or other is None:
        return not one and not other
    return abs(one - other) <= tolerance


def main():
    options = []
    arguments = sys.argv[1:]
    if "--" in arguments:
        at = arguments.index("--")
        arguments, options = arguments[:at], arguments[at + 1 :]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository")
    parser.add_argument("logs", nargs="*")
    parser.add_argument("--program", default="git-leverage")
    asked = parser.parse_args(arguments)
    repository = str(pathlib.Path(asked.repository).resolve())
    for logs in asked.logs:
        logs = pathlib.Path(logs).resolve()
        options.append(f"--agent-dir=claude-code={logs}")
        options += [f"--path-map={folder}={repository}" for folder in sorted(folders(logs))]
    columns = ["commits", "by agents", "tasks", "hours", "minutes"]
    print(f"{'':10}" + "".join(f"{column:>14}" for column in columns))
    first, differ = None, False
    for command, said in answers(Program(asked.program, repository, options)):
        first = first or said
        cells = []
        for column in columns:
            if column not in said:
                cells.append("")
                continue
            same = agree(said[column], first[column], said.get("tolerance", EXACT))
            differ |= not same
            value = said[column]
            text = "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")
            cells.append(text if same else f"≠ {text}")
        print(f"{command:10}" + "".join(f"{cell:>14}" for cell in cells))
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()

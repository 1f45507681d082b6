#!/usr/bin/env python3
"""Measure how fast logs of Claude Code are read, and how much memory that takes.

usage: agent-log-speed.py GIT_LEVERAGE CCUSAGE CLAUDE_DIR [SESSIONS_OPTION...]
       agent-log-speed.py GIT_LEVERAGE --giant GIB [DIR]

The first form runs ccusage (its native binary) and `sessions` in turn over the same logs, after one uncounted run of each,
and prints the median of seven: cold without links, cold with links, and warm from the cache. Options such as
`--path-map FROM=TO` map the sessions to local repositories, so that there is something to link.

The second form writes one log of GIB gibibytes below DIR (by default the system's temporary directory) and removes it afterwards.
A quarter of it is lines of 50 MB, the rest ordinary lines of about 4 kB. It prints the time and the peak memory of reading it. Run
it with two sizes: the difference shows how memory grows.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

PAIRS = 7
LONG = 50_000_000


def seconds(command, environment):
    start = time.monotonic()
    ended = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    # 3: something was skipped, with a warning.
    if ended not in (0, 3):
        sys.exit(f"{command} failed with {ended}")
    return time.monotonic() - start


def compare(tool, ccusage, folder, options):
    with tempfile.TemporaryDirectory() as home:
        environment = dict(os.environ, HOME=home, CLAUDE_CONFIG_DIR=folder, XDG_CACHE_HOME=f"{home}/cache")
        commands = {
            "ccusage": [ccusage, "claude", "daily", "--json", "--offline", "--timezone", "UTC"],
            "sessions, cold, no links": [tool, "sessions", "--no-cache", "--no-links"],
            "sessions, cold": [tool, "sessions", "--no-cache", *options],
            "sessions, warm": [tool, "sessions", *options],
        }
        taken = {name: [] for name in commands}
        for round_ in range(PAIRS + 1):
            for name, command in commands.items():
                took = seconds(command, environment)
                if round_:
                    taken[name].append(took)
    for name, took in taken.items():
        print(f"{name:26} {statistics.median(took):6.3f} s  ({min(took):.3f} to {max(took):.3f})")


def templates(folder):
    """A turn as lines of about 4 kB: prompt, command, edit and reply. TURN and TIME are placeholders for its number and time."""
    words = random.Random(1)
    text = lambda length: " ".join(f"{words.getrandbits(40):x}" for _ in range(length // 11))
    usage = {"input_tokens": 3, "cache_creation_input_tokens": 900, "cache_read_input_tokens": 40_000, "output_tokens": 250}
    lines = []

    def record(kind, content, **more):
        number = f"TURN-{len(lines)}"
        message = {"role": kind, "content": content}
        if kind == "assistant":
            message.update(id=f"m-{number}", model="model-x", usage=usage)
        lines.append(json.dumps({
            "type": kind, "uuid": f"u-{number}", "sessionId": "giant", "timestamp": f"TIME{len(lines):02}.000Z", "cwd": folder,
            "gitBranch": "main", "version": "2.0.0", "requestId": f"r-{number}", "message": message, **more}))

    def call(name, arguments, printed, result):
        tool = f"t-TURN-{len(lines)}"
        record("assistant", [{"type": "tool_use", "id": tool, "name": name, "input": arguments}])
        record("user", [{"type": "tool_result", "tool_use_id": tool, "content": printed}], toolUseResult=result)

    record("user", text(200))
    printed = "\n".join(text(70) for _ in range(50))
    call("Bash", {"command": "cargo test"}, printed, {"stdout": printed, "stderr": ""})
    added = [text(60) for _ in range(30)]
    path = f"{folder}/src/file{words.randrange(500)}.rs"
    hunk = {"oldStart": 1, "oldLines": 0, "newStart": 1, "newLines": 30, "lines": [f"+{line}" for line in added]}
    call("Edit", {"file_path": path, "old_string": text(60), "new_string": "\n".join(added)}, text(2000),
         {"filePath": path, "structuredPatch": [hunk]})
    record("assistant", [{"type": "text", "text": text(3000)}])
    # Like real output, its 50 MB have an escape in every line.
    line = "x" * 70 + "\n"
    call("Bash", {"command": "make"}, line * (LONG // (len(line) + 1)), {"stderr": ""})
    return lines[:-2], lines[-2:]


def write_giant(path, size):
    ordinary, long = templates("/w/kiln")
    written = in_long = turn = 0
    with open(path, "w", encoding="ascii") as log:
        while written < size:
            at = time.strftime("%Y-%m-%dT%H:%M:", time.gmtime(1_700_000_000 + turn * 60))
            lines = "\n".join(long if in_long * 4 <= written else ordinary) + "\n"
            in_long += len(lines) if len(lines) > LONG else 0
            written += log.write(lines.replace("TURN", str(turn)).replace("TIME", at))
            turn += 1


def giant(tool, gib, folder):
    with tempfile.TemporaryDirectory(dir=folder) as home:
        logs = f"{home}/.claude/projects/kiln"
        os.makedirs(logs)
        # Another process writes it, because the memory of this one would count as memory of its children.
        subprocess.run([sys.executable, __file__, "--write", f"{logs}/giant.jsonl", str(gib)], check=True)
        environment = dict(os.environ, HOME=home, XDG_CACHE_HOME=f"{home}/cache")
        environment.pop("CLAUDE_CONFIG_DIR", None)
        for name, options in [("cold", ["--no-cache", "--no-links"]), ("first", []), ("warm", [])]:
            start = time.monotonic()
            process = subprocess.Popen([tool, "sessions", *options], env=environment, stdout=subprocess.DEVNULL)
            _, status, used = os.wait4(process.pid, 0)
            ended = os.waitstatus_to_exitcode(status)
            print(f"{gib} GiB, {name:6} {time.monotonic() - start:6.2f} s  {used.ru_maxrss / 1024:6.0f} MiB at most, exit {ended}")


def main(arguments):
    match arguments:
        case ["--write", path, gib]:
            write_giant(path, int(float(gib) * (1 << 30)))
        case [tool, "--giant", gib, *folder] if len(folder) <= 1:
            giant(tool, float(gib), folder[0] if folder else None)
        case [tool, ccusage, folder, *options]:
            compare(tool, ccusage, folder, options)
        case _:
            sys.exit(__doc__)


main(sys.argv[1:])

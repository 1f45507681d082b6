#!/usr/bin/env python3
"""Scan a hundred hostile repositories together with ten good ones: the ten must be complete and exact; prints the cost of the rest.

    tests/scripts/hostile-neighbours.py GIT_LEVERAGE [DIR]

DIR keeps the repositories for another run; without it, they are created and removed. Prints the seconds of the ten by themselves
and of all, by command, and exits with 1 if one of the ten differs from a scan without the others, or if all took longer than twice
the ten.
"""
import hashlib
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

GOOD, HOSTILE = 10, 100
WHO = "A <a@example.org>"


def git(repo, *arguments, data=None):
    ran = subprocess.run(["git", "-C", str(repo), *arguments], input=data, check=True, capture_output=True)
    return ran.stdout.decode().strip()


def init(path):
    subprocess.run(["git", "init", "-q", "-b", "main", str(path)], check=True)
    return path


def put(repo, kind, data):
    return git(repo, "hash-object", "-t", kind, "-w", "--literally", "--stdin", data=data)


def tree(repo, entries):
    body = b"".join(b"%s %s\0%s" % (mode, name, bytes.fromhex(of)) for mode, name, of in entries)
    return put(repo, "tree", body)


def commit(repo, top, *parents, branch="refs/heads/main"):
    lines = [f"tree {top}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {WHO} 1600000000 +0000", f"committer {WHO} 1600000000 +0000", "", "c", ""]
    made = put(repo, "commit", "\n".join(lines).encode())
    point(repo, made, branch)
    return made


def point(repo, at, branch="refs/heads/main"):
    file = repo / ".git" / branch
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{at}\n")


def healthy(repo, commits, seed="none of the ten"):
    """Commits that each change one of fifty files; the same seed gives the same commits."""
    of, lines = random.Random(seed), [[] for _ in range(50)]
    stream = []
    for number in range(commits):
        at = of.randrange(50)
        lines[at].insert(of.randrange(len(lines[at]) + 1), f"{of.random()}\n")
        text = "".join(lines[at])
        stream.append(f"commit refs/heads/main\ncommitter {WHO} {1600000000 + number} +0000\ndata 2\nc\n")
        stream.append(f"M 100644 inline src/f{at}.rs\ndata {len(text)}\n{text}")
    git(repo, "fast-import", "--quiet", data="".join(stream).encode())
    return repo


class Pack:
    """A pack with arbitrary object names."""

    def __init__(self):
        self.data, self.found = bytearray(b"PACK" + struct.pack(">II", 2, 0)), []

    def add(self, name, kind, body, size, base=b""):
        at = len(self.data)
        first, rest = (kind << 4) | (size & 15), size >> 4
        while rest:
            self.data.append(first | 0x80)
            first, rest = rest & 0x7F, rest >> 7
        self.data.append(first)
        self.data += base + body
        self.found.append((name, zlib.crc32(bytes(self.data[at:])), at))

    def whole(self, kind, body):
        name = hashlib.sha1(b"%s %d\0%s" % (kind, len(body), body)).digest()
        number = {b"commit": 1, b"tree": 2, b"blob": 3}[kind]
        self.add(name, number, zlib.compress(body), len(body))
        return name

    def delta(self, name, base, delta):
        self.add(name, 7, zlib.compress(delta), len(delta), base)
        return name

    def write(self, repo):
        self.data[8:12] = struct.pack(">I", len(self.found))
        sum_ = hashlib.sha1(self.data).digest()
        self.found.sort()
        index = b"\xfftOc" + struct.pack(">I", 2)
        index += b"".join(struct.pack(">I", sum(name[0] <= to for name, _, _ in self.found)) for to in range(256))
        index += b"".join(name for name, _, _ in self.found)
        index += b"".join(struct.pack(">I", crc) for _, crc, _ in self.found)
        index += b"".join(struct.pack(">I", at) for _, _, at in self.found) + sum_
        stem = repo / ".git/objects/pack" / f"pack-{sum_.hex()}"
        stem.with_suffix(".pack").write_bytes(bytes(self.data) + sum_)
        stem.with_suffix(".idx").write_bytes(index + hashlib.sha1(index).digest())


def number(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def name(text):
    return hashlib.sha1(text.encode()).digest()


def pipe(repo, place):
    healthy(repo, 20)
    file = repo / ".git" / place
    if place == "object":
        packed = git(repo, "rev-parse", "HEAD")
        body = subprocess.run(["git", "-C", str(repo), "cat-file", "commit", packed], check=True, capture_output=True)
        made = put(repo, "commit", body.stdout + b"again\n")
        point(repo, made)
        file = repo / ".git/objects" / made[:2] / made[2:]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    os.mkfifo(file)


def inflated(kind, size):
    """A loose object of zeros, in a thousandth of their size."""
    packer, sum_ = zlib.compressobj(9), hashlib.sha1()
    out, chunk = b"", b"\0" * (1 << 20)
    head = b"%s %d\0" % (kind, size)
    sum_.update(head)
    out += packer.compress(head)
    for _ in range(size >> 20):
        sum_.update(chunk)
        out += packer.compress(chunk)
    return sum_.hexdigest(), out + packer.flush()


def loose_bomb(repo, kind, size, file=None):
    of, body = inflated(kind, size)
    place = repo / ".git/objects" / of[:2] / of[2:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(body)
    if kind == b"commit":
        point(repo, of)
    elif kind == b"tree":
        commit(repo, of)
    else:
        commit(repo, tree(repo, [(b"100644", file, of)]))


def delta_bomb(repo, size, levels):
    """A chain of deltas, each as large as its result."""
    pack = Pack()
    at = pack.whole(b"blob", b"x" * 0xFFFF)
    copy = b"\xb0\xff\xff"
    times = size // 0xFFFF
    at = pack.delta(name("0"), at, number(0xFFFF) + number(times * 0xFFFF) + copy * times)
    for level in range(1, levels):
        at = pack.delta(name(str(level)), at, number(times * 0xFFFF) * 2 + b"\x01y" * 8 + copy * times)
    top = pack.whole(b"tree", b"100644 f\0" + at)
    pack.write(repo)
    commit(repo, top.hex())


def delta_circle(repo, length):
    pack = Pack()
    delta = number(4) * 2 + b"\x91\0\4"
    for step in range(length):
        pack.delta(name(f"circle {step}"), name(f"circle {(step + 1) % length}"), delta)
    top = pack.whole(b"tree", b"100644 f\0" + name("circle 0"))
    pack.write(repo)
    commit(repo, top.hex())


def lying_size(repo, size):
    pack = Pack()
    pack.add(name("lie"), 3, zlib.compress(b"abc"), size)
    top = pack.whole(b"tree", b"100644 f\0" + name("lie"))
    pack.write(repo)
    commit(repo, top.hex())


def tree_bomb(repo, levels, width, full):
    inside = put(repo, "blob", b"x\n")
    at = tree(repo, [(b"100644", b"f%03d" % of, inside) for of in range(width)] if full else [])
    for _ in range(levels):
        at = tree(repo, [(b"40000", b"d%03d" % of, at) for of in range(width)])
    commit(repo, at)


def own_parent(repo, _):
    pack, me = Pack(), name("own parent")
    top = pack.whole(b"tree", b"")
    body = f"tree {top.hex()}\nparent {me.hex()}\nauthor {WHO} 1 +0000\ncommitter {WHO} 1 +0000\n\nx\n".encode()
    pack.add(me, 1, zlib.compress(body), len(body))
    pack.write(repo)
    point(repo, me.hex())


def own_folder(repo, notes):
    pack, me = Pack(), name("own folder")
    body = b"40000 aa\0" + me
    pack.add(me, 2, zlib.compress(body), len(body))
    pack.write(repo)
    if notes:
        healthy(repo, 3)
        commit(repo, me.hex(), branch="refs/notes/leverage")
    else:
        commit(repo, me.hex())


def cut_pack(repo, part):
    healthy(repo, 200)
    git(repo, "repack", "-adq")
    pack = next((repo / ".git/objects/pack").glob("*.pack"))
    pack.chmod(0o644)
    os.truncate(pack, int(pack.stat().st_size * part))


def junk(repo, seed):
    healthy(repo, 100)
    of = random.Random(seed)
    for file in [file for file in (repo / ".git").rglob("*") if file.is_file() and "hooks" not in file.parts]:
        content = bytearray(file.read_bytes())
        for _ in range(1 + len(content) // 200):
            if content:
                content[of.randrange(len(content))] = of.randrange(256)
        file.chmod(0o644)
        file.write_bytes(content)


def renames(repo, files):
    """Any number of equal files, all changed and moved."""
    first, second = (put(repo, "blob", text) for text in (b"a\n" * 20, b"a\n" * 20 + b"b\n"))
    before = tree(repo, [(b"100644", b"a%06d" % of, first) for of in range(files)])
    after = tree(repo, [(b"100644", b"b%06d" % of, second) for of in range(files)])
    commit(repo, after, commit(repo, before))


def shuffled(repo, lines):
    """A file with the same lines in random order."""
    of, at = random.Random(lines), None
    order = [b"%d" % line for line in range(lines)]
    for _ in range(3):
        of.shuffle(order)
        top = tree(repo, [(b"100644", b"f", put(repo, "blob", b"\n".join(order)))])
        at = commit(repo, top, *([at] if at else []))


def holes(repo, place):
    healthy(repo, 5)
    file = repo / place
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "ab") as opened:
        opened.truncate(5 << 30)


def circles(repo, kind):
    healthy(repo, 5)
    if kind == "alternates":
        (repo / ".git/objects/info").mkdir(exist_ok=True)
        (repo / ".git/objects/info/alternates").write_text("../../.git/objects\n.\n")
    elif kind == "include":
        git(repo, "config", "include.path", "config")
    elif kind == "reference":
        (repo / ".git/HEAD").write_text("ref: refs/heads/a\n")
        (repo / ".git/refs/heads/a").write_text("ref: refs/heads/b\n")
        (repo / ".git/refs/heads/b").write_text("ref: refs/heads/a\n")
    else:
        git_dir = repo / ".git"
        git_dir.rename(repo / "real")
        git_dir.write_text("gitdir: .git\n")


PIPES = ["config", "object", "packed-refs", "shallow", "index", "info/grafts", "refs/heads/side", "HEAD", "info/exclude"]
PIPES += ["objects/info/alternates", "config.worktree", "refs/notes/leverage", "objects/pack/multi-pack-index"]
# Builders with their arguments, repeated until there are a hundred.
KINDS = [(pipe, (place,)) for place in PIPES]
KINDS += [(loose_bomb, (kind, size << 20)) for kind in (b"commit", b"tree") for size in (65, 1024)]
KINDS += [(loose_bomb, (b"blob", 1024 << 20, file)) for file in (b".gitmodules", b".mailmap", b"README.md", b"a.rs")]
KINDS += [(delta_bomb, (size << 20, levels)) for size, levels in ((400, 24), (60, 60), (15, 200))]
KINDS += [(delta_circle, (length,)) for length in (1, 2, 7)]
KINDS += [(lying_size, (size,)) for size in (1 << 59, 500 << 20, 1)]
KINDS += [(tree_bomb, (5, 256, full)) for full in (True, False)] + [(tree_bomb, (300, 2, True))]
KINDS += [(own_parent, (0,)), (own_folder, (True,)), (own_folder, (False,))]
KINDS += [(cut_pack, (part,)) for part in (0.2, 0.6, 0.99)] + [(junk, (seed,)) for seed in range(4)]
KINDS += [(renames, (files,)) for files in (2000, 20000)] + [(shuffled, (lines,)) for lines in (1000, 30000)]
KINDS += [(holes, (place,)) for place in (".git/config", ".git/packed-refs", ".gitattributes", ".git/index")]
KINDS += [(circles, (kind,)) for kind in ("alternates", "include", "reference", "gitfile")]


def build(folder):
    for at in range(GOOD):
        healthy(init(folder / "good" / f"good{at}"), 3000 + 200 * at, at)
    for at in range(HOSTILE):
        make, arguments = KINDS[at % len(KINDS)]
        told = "-".join(str(argument).replace("/", "-") for argument in arguments)
        make(init(folder / "bad" / f"{make.__name__}-{told}-{at}"), *arguments)


def run(program, folder, command, roots):
    environment = {name: os.environ[name] for name in ("PATH", "RUST_BACKTRACE") if name in os.environ}
    cache = tempfile.mkdtemp(dir=folder)
    environment |= {"HOME": str(folder / "home"), "XDG_CACHE_HOME": cache, "GIT_CONFIG_NOSYSTEM": "1"}
    began = time.monotonic()
    arguments = [program, *command, "--format", "json", *(str(folder / root) for root in roots)]
    ran = subprocess.run(arguments, env=environment, capture_output=True, cwd=folder)
    return time.monotonic() - began, ran


def rows(text, command):
    """The report on each of the ten."""
    answer = json.loads(text)
    found = answer["repos"] if command == "report" else answer["rows"]
    key = "name" if command == "report" else "path"
    said = {row[key]: row for row in found if "/good/" in row["path"]}
    if command == "report":
        for row in answer["rows"]:
            of = row["key"]["repo"]
            if of in said:
                said[of] = {**said[of], **row}
    return said


def check(program, folder, name, command):
    alone, ten = run(program, folder, command, ["good"])
    together, all_ = run(program, folder, command, ["good", "bad"])
    print(f"{name}: the ten alone {alone:.2f} s, all {together:.2f} s, {together / alone:.2f} times; exit code {all_.returncode}")
    if all_.returncode != 3 or ten.returncode != 0:
        print(all_.stderr.decode(errors="replace")[-2000:], ten.stderr.decode(errors="replace")[-500:])
        return False
    same = rows(ten.stdout, name) == rows(all_.stdout, name)
    whole = [row for row in rows(all_.stdout, name).values() if row["status"] == "complete"]
    if not same or len(whole) != GOOD:
        print(f"  {len(whole)} of the ten are complete, and they are {'' if same else 'not '}as they are alone")
    return same and len(whole) == GOOD and together <= 2 * alone


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[2] if len(sys.argv) > 2 else made).absolute()
        (folder / "home").mkdir(parents=True, exist_ok=True)
        os.environ.update(GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1")
        if not (folder / "good").exists():
            build(folder)
        commands = {"report": ["report", "--by", "repo", "--no-sessions"], "inventory": ["inventory"]}
        results = [check(program, folder, name, command) for name, command in commands.items()]
    sys.exit(0 if all(results) else 1)


main()

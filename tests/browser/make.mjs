// Builds repositories, and the pages of each, below the directory that is its only argument:
//
//   demo/        of `git leverage demo`, with the logs of its agents
//   published/   the published days of fixtures/published, imported
//   hostile/     repositories whose authors attack the reader, see attacks.mjs
//   empty/       a repository without a task
//
// Each has the site in `site/`, and beside it the single files that commands write, such as `report.html`.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { attacks } from "./attacks.mjs";

const into = process.argv[2];
const program = process.env.LEVERAGE;
const fixtures = join(dirname(fileURLToPath(import.meta.url)), "../../fixtures/published");

const home = join(into, "home");
mkdirSync(home, { recursive: true });
writeFileSync(
  join(home, ".gitconfig"),
  '[user]\n\tname = Ada Example\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n[safe]\n\tdirectory = *\n',
);

function environment(more = {}) {
  return {
    PATH: process.env.PATH,
    HOME: home,
    TZ: "UTC",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_DATE: "2026-04-04T10:00:00Z",
    GIT_COMMITTER_DATE: "2026-04-04T10:00:00Z",
    ...more,
  };
}

/** Runs git-leverage; any exit code that is not listed is a failure. */
function leverage(args, { env, cwd = into, codes = [0] } = {}) {
  const done = spawnSync(program, args, { cwd, env: environment(env), encoding: "utf8", maxBuffer: 1 << 28 });
  if (done.error) throw done.error;
  if (!codes.includes(done.status)) {
    throw new Error(`git leverage ${args.join(" ")} exited with ${done.status}:\n${done.stderr}`);
  }
  return done.stdout;
}

function git(cwd, args, { input, env } = {}) {
  return execFileSync("git", ["-c", "core.protectNTFS=false", ...args], {
    cwd,
    env: environment(env),
    input,
    encoding: "utf8",
    stdio: ["pipe", "pipe", "pipe"],
  }).trim();
}

/** The site and the single files of the repositories in `root`; `one` is one of these. */
function pages(name, root, one, { env, codes = [0], site = [] } = {}) {
  const folder = join(into, name);
  mkdirSync(folder, { recursive: true });
  leverage(["site", join(folder, "site"), root, ...site], { env, codes });
  const single = {
    report: ["report", root],
    tasks: ["report", root, "--by", "task"],
    days: ["report", root, "--by", "day"],
    audit: ["audit", one],
    inventory: ["inventory", root],
    readiness: ["inventory", root, "--readiness"],
    sessions: ["sessions", root],
    log: ["-C", one, "log"],
    history: ["-C", one, "log", "--history"],
    status: ["status", root],
  };
  for (const [page, args] of Object.entries(single)) {
    leverage([...args, "--format", "html", "-o", join(folder, `${page}.html`)], { env, codes });
  }
}

function demo() {
  const root = join(into, "demo", "repos");
  mkdirSync(dirname(root), { recursive: true });
  leverage(["demo", root]);
  const notes = join(into, "demo", "notes");
  mkdirSync(notes);
  writeFileSync(
    join(notes, "2026-04-04.txt"),
    "The accounting work was planned for two days.\n\nThe rest of the day went into content.\n",
  );
  pages("demo", root, join(root, "accounts"), {
    env: { CLAUDE_CONFIG_DIR: join(root, "agent-logs/claude") },
    site: ["--notes", notes],
  });
}

function published() {
  const repo = join(into, "published", "repos", "published");
  mkdirSync(repo, { recursive: true });
  git(repo, ["init", "-q"]);
  git(repo, ["commit", "-q", "--allow-empty", "-m", "Begin"]);
  for (const file of readdirSync(fixtures).filter((name) => name.endsWith(".csv"))) {
    leverage(["-C", repo, "import", join(fixtures, file)]);
  }
  pages("published", dirname(repo), repo);
}

function empty() {
  const repo = join(into, "empty", "repos", "empty");
  mkdirSync(repo, { recursive: true });
  git(repo, ["init", "-q"]);
  git(repo, ["commit", "-q", "--allow-empty", "-m", "Begin"]);
  pages("empty", dirname(repo), repo);
}

// The hostile repositories.

const hex = (number, width) => number.toString(16).padStart(width, "0");

/** As the ledger writes it: sorted keys, and ASCII only. */
function line(object) {
  const sorted = (value) => {
    if (Array.isArray(value)) return value.map(sorted);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
  };
  return JSON.stringify(sorted(object)).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`,
  );
}

/** The lines about one commit: a task, its revision, and a session, with `attack` in every text. */
function ledger(attack, number) {
  const id = `019d5a00-0000-7000-8000-${hex(number, 12)}`;
  const day = String(1 + (number % 3)).padStart(2, "0");
  const by = `${attack} <${attack}@example.org>`;
  // The ledger refuses ids with spaces and signs that nobody can type.
  const session = `claude-code:${attack.replace(/[^\x21-\x7e]/g, "_").slice(0, 120)}`;
  const task = {
    v: 1, kind: "task", id, rev: 0, at: `2026-04-${day}T12:00:00Z`, by,
    title: attack, date: `2026-04-${day}`,
    estimate: { hours: 4, by, agent: attack, model: attack, basis: attack, phases: [{ name: attack, hours: 3 }, { name: "Rest", hours: 1 }] },
    agent_minutes: 1 + number, agent: attack, model: attack, category: attack, tags: [attack], sessions: [session], source: "record",
  };
  const revision = { ...task, rev: 1, at: `2026-04-${day}T13:00:00Z`, reason: attack, supervisory_minutes: 5 };
  const worked = {
    v: 1, kind: "session", id: `019d5a00-0000-8000-8000-${hex(number, 12)}`, rev: 0, at: `2026-04-${day}T14:00:00Z`, by,
    session, agent: attack, models: [attack], started_at: `2026-04-${day}T09:00:00Z`, ended_at: `2026-04-${day}T09:40:00Z`,
    worked_seconds: [[0, 600], [900, 300]], agent_minutes: 15, share: 1, confidence: "certain", evidence: [attack],
    tokens: { input: 10, cache_write: 10, cache_read: 10, output: 10 },
  };
  return [task, revision, worked].map(line).sort().join("\n") + "\n";
}

/** A commit object, written byte for byte: its author and message are `attack`. */
function commit(repo, attack, number, parent) {
  const name = attack.replace(/[\n\u0000]/g, " ");
  const file = attack.replace(/[/\u0000]/g, "_").slice(0, 60);
  const blob = git(repo, ["hash-object", "-w", "--stdin"], { input: `fn f${number}() {}\n`.repeat(1 + (number % 7)) });
  // A tree entry per attack, and those of the parent.
  const before = parent ? git(repo, ["ls-tree", "-z", parent]).split("\0").filter(Boolean) : [];
  const safe = file === "." || file === ".." || !file.trim() ? `dot${number}` : file;
  const entries = [...before, `100644 blob ${blob}\t${number}-${safe}.rs`];
  const tree = git(repo, ["mktree", "-z"], { input: entries.join("\0") + "\0" });
  const when = 1775000000 + number * 3600;
  const text = [
    `tree ${tree}`,
    ...(parent ? [`parent ${parent}`] : []),
    `author ${name} <${name.replace(/[<> ]/g, "")}@example.org> ${when} +0000`,
    `committer ${name} <ada@example.org> ${when} +0000`,
    "",
    `${attack}\n\nCo-Authored-By: Claude <noreply@anthropic.com>\nLeverage-Agent: ${name}\n`,
  ].join("\n");
  return git(repo, ["hash-object", "-t", "commit", "-w", "--literally", "--stdin"], { input: text });
}

function hostile() {
  const root = join(into, "hostile", "repos");
  const names = [`"><img src=x onerror=alert(1)>`, "javascript:alert(1)", "CON", "con", "a\u202eb \u200b'c", "x..", "W".repeat(200)];
  const folders = names.map((name) => join(root, name));
  for (const folder of folders) {
    mkdirSync(folder, { recursive: true });
    git(folder, ["init", "-q"]);
  }
  const remotes = ["javascript:alert(1)//x", `https://evil.example/"><script>alert(1)</script>`, "https://ada:secret@evil.example/ada/kiln.git"];
  folders.forEach((repo, at) => {
    let parent;
    attacks.forEach((attack, number) => {
      if (number % folders.length !== at) return;
      parent = commit(repo, attack, number, parent);
      git(repo, ["notes", "--ref", "leverage", "add", "-f", "-F", "-", parent], { input: ledger(attack, number) });
    });
    git(repo, ["update-ref", "refs/heads/main", parent]);
    git(repo, ["config", "remote.origin.url", remotes[at % remotes.length]]);
    for (const [number, attack] of attacks.entries()) {
      const ref = `refs/heads/${number}-${attack.replace(/[\s~^:?*[\\\u0000-\u001f\u007f]/g, "-").slice(0, 80)}`;
      // git refuses some names, and no reader meets those.
      spawnSync("git", ["update-ref", ref, parent], { cwd: repo, env: environment() });
    }
  });
  const notes = join(into, "hostile", "notes");
  mkdirSync(notes);
  writeFileSync(join(notes, "2026-04-02.txt"), attacks.join("\n\n").replaceAll("\ud800", "\ufffd"));
  const logs = join(into, "hostile", "logs");
  hostileLogs(logs, folders[0]);
  pages("hostile", root, folders[0], {
    env: { CLAUDE_CONFIG_DIR: logs },
    // Lines that the ledger refuses are reported.
    codes: [0, 3],
    site: ["--notes", notes, "--mail", "--title", `</title><script>alert(1)</script>" onload="alert(1)`],
  });
}

/** A session's log with an attack for its model and its branch. */
function hostileLogs(logs, repo) {
  const folder = join(logs, "projects", "-hostile");
  mkdirSync(folder, { recursive: true });
  const id = "62ef7eda-a0d8-4ef9-99e2-5c269d0ec795";
  const entry = (minute, type, message) =>
    JSON.stringify({
      cwd: repo, gitBranch: attacks[0], isSidechain: false, message, sessionId: id, type, userType: "external",
      timestamp: `2026-04-02T09:${String(minute).padStart(2, "0")}:00.000Z`, uuid: `f8677031-74da-4f9e-a638-${hex(minute, 12)}`,
      parentUuid: minute ? `f8677031-74da-4f9e-a638-${hex(minute - 1, 12)}` : null, version: "2.1.225",
    });
  const lines = attacks.slice(0, 20).map((attack, minute) =>
    minute % 2
      ? entry(minute, "assistant", {
          id: `msg_${minute}`, model: attack, role: "assistant", stop_reason: "end_turn",
          content: [{ type: "text", text: attack }], usage: { input_tokens: 10, output_tokens: 20 },
        })
      : entry(minute, "user", { content: attack, role: "user" }));
  writeFileSync(join(folder, `${id}.jsonl`), lines.join("\n") + "\n");
}

const all = { demo, published, empty, hostile };
for (const [name, build] of Object.entries(all)) {
  if (!existsSync(join(into, name))) build();
}

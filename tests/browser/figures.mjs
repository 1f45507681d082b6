// The published days: every total and every factor that their pages show, as a browser reads it, is the published one.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { looking, open, root } from "./lib.mjs";

const fixtures = join(dirname(fileURLToPath(import.meta.url)), "../../fixtures/published");
const published = JSON.parse(readFileSync(join(fixtures, "published.json"), "utf8"));

/** The rows of a small CSV file, by its headings; a number where there is one, and nothing for an empty cell. */
function rows(day) {
  const [head, ...lines] = readFileSync(join(fixtures, `${day}.csv`), "utf8").trim().split("\n");
  const names = head.split(",");
  return lines.map((line) => {
    const cells = [...line.matchAll(/("([^"]*)"|[^,]*)(,|$)/g)].map(([, plain, quoted]) => quoted ?? plain);
    return Object.fromEntries(names.map((name, at) => [name, cells[at]]));
  });
}

/** The published totals of a day that follow from its rows: some days have tokens in all and none per task. */
function totalsOf(day) {
  const { tokens, ...totals } = published[day];
  return rows(day).every((row) => row.tokens) ? { ...totals, tokens } : totals;
}

// What the columns of the pages and of the published records are called.
const columns = {
  human: { head: /^Human/, total: "human_hours", row: "human_hours" },
  agent: { head: /^Agent/, total: "agent_minutes", row: "agent_minutes" },
  supervision: { head: /^Sup\.$|^Supervision$/, total: "supervisory_minutes", row: "supervisory_minutes" },
  factor: { head: /^(Factor|Leverage)$/, total: "leverage_factor", row: "published_factor" },
  supFactor: { head: /^Sup\. factor$/, total: "supervisory_leverage_factor", row: "published_supervisory_factor" },
  tokens: { head: /^Tokens$/, total: "tokens", row: "tokens" },
};

/** Whether a value is the published one, at the precision in which that was published: `96` is 95.5 to 96.5. */
function equals(value, stated) {
  if (stated === undefined || stated === "") return value === null;
  if (value === null) return false;
  const decimals = /\.(\d+)$/.exec(String(stated))?.[1].length ?? 0;
  return Math.abs(value - Number(stated)) <= 0.5 / 10 ** decimals + 1e-9;
}

/** Whether the words in a cell say the published value; what is unknown is a dash. */
function says(text, stated, unit) {
  if (stated === undefined || stated === "") return /^[–\s]*$/.test(text);
  const number = Number(stated);
  if (unit === "factor") {
    const shown = Number(text.replace(/[,x]/g, ""));
    return /x$/.test(text) && equals(shown, stated);
  }
  if (unit === "tokens") {
    const [, value, scale] = /^([\d,.]+)([kM]?)$/.exec(text) ?? [];
    const size = { k: 1e3, M: 1e6 }[scale] ?? 1;
    const decimals = /\.(\d+)/.exec(value)?.[1].length ?? 0;
    return Math.abs(Number(value?.replaceAll(",", "")) * size - number) <= (0.5 * size) / 10 ** decimals;
  }
  const [, hours, minutes] = /^(?:([\d,.]+)h)?\s*(?:([\d,.]+)m)?$/.exec(text) ?? [];
  const read = (part) => Number((part ?? "0").replaceAll(",", ""));
  const all = unit === "hours" ? read(hours) + read(minutes) / 60 : read(hours) * 60 + read(minutes);
  return text !== "" && Math.abs(all - number) < 0.51;
}
const units = { human: "hours", agent: "minutes", supervision: "minutes", factor: "factor", supFactor: "factor", tokens: "tokens" };

/** Runs in the page: the tables, each with its heads, rows and foot; and the tiles. A cell has its text and its data-v. */
function readPage() {
  const cell = (one) => {
    const holder = one.dataset.v === undefined ? one.querySelector("[data-v]") : one;
    return { text: one.textContent.trim(), value: holder ? Number(holder.dataset.v) : null };
  };
  const line = (row) => {
    const cells = [];
    for (const one of row.cells) {
      for (let span = 0; span < one.colSpan; span += 1) cells.push(cell(one));
    }
    return cells;
  };
  return {
    tables: [...document.querySelectorAll("table")].map((table) => ({
      name: table.closest("section")?.getAttribute("aria-label"),
      heads: [...table.tHead.rows[table.tHead.rows.length - 1].cells].map((one) => one.textContent.trim()),
      rows: [...table.tBodies[0].rows].map(line),
      foot: table.tFoot ? line(table.tFoot.rows[0]) : null,
    })),
    tiles: [...document.querySelectorAll("dl > div")].map((tile) => ({
      word: tile.querySelector("dt").textContent.trim(),
      text: tile.querySelector("dd").textContent.trim(),
      value: tile.querySelector("dd [data-v]") ? Number(tile.querySelector("dd [data-v]").dataset.v) : null,
    })),
  };
}

function compare(faults, path, what, { text, value }, stated, unit) {
  faults.expect(equals(value, stated), path, `${what}: data-v is ${value}, published is ${stated}`);
  faults.expect(says(text, stated, unit), path, `${what}: shown is "${text}", published is ${stated}`);
}

for (const day of Object.keys(published)) {
  const totals = totalsOf(day);
  test(`${day}: every total and every factor is the published one`, () =>
    looking(async (browser, faults) => {
      const path = join(root, "published/site/days", `${day}.html`);
      const shown = await open(browser, faults);
      await shown.go(path);
      const { tables, tiles } = await shown.page.evaluate(readPage);

      const log = tables.find(({ heads, rows }) => rows.length === totals.tasks && heads.some((head) => columns.human.head.test(head)));
      assert.ok(log, `a task log of ${totals.tasks} rows`);
      assert.ok(log.foot, "the task log has sums");
      const stated = rows(day);
      assert.equal(stated.length, totals.tasks);
      let compared = 0;
      for (const [key, { head, total, row }] of Object.entries(columns)) {
        const at = log.heads.findIndex((one) => head.test(one));
        if (at < 0) {
          assert.equal(key, "tokens", `the task log has a column ${head}`);
          continue;
        }
        // Each row is found by its title, and titles that are there twice by their hours.
        const title = log.heads.findIndex((one) => /^Task/.test(one));
        const human = log.heads.findIndex((one) => columns.human.head.test(one));
        for (const one of stated) {
          const found = log.rows.find((cells) => cells[title].text === one.title && equals(cells[human].value, one.human_hours));
          faults.expect(found, path, `no row for ${one.title}`);
          if (found) compare(faults, path, `${one.title}, ${key}`, found[at], one[row], units[key]);
          compared += 1;
        }
        // Sums of columns that nobody published for a day stay what they are.
        if (totals[total] !== undefined) compare(faults, path, `sum, ${key}`, log.foot[at], totals[total], units[key]);
      }
      assert.ok(compared >= 5 * totals.tasks, `${compared} cells were compared`);

      const tile = (word) => tiles.find((one) => word.test(one.word));
      for (const [word, total] of [
        [/^Human/, "human_hours"],
        [/^(Factor|Leverage)$/, "leverage_factor"],
        [/^Sup(\.|ervisory) (factor|leverage)$/, "supervisory_leverage_factor"],
      ]) {
        const found = tile(word);
        faults.expect(found, path, `no tile ${word} among ${tiles.map((one) => one.word)}`);
        if (found) faults.expect(equals(found.value, totals[total]), path, `tile ${found.word}: ${found.value}, published is ${totals[total]}`);
      }

      const text = await shown.page.evaluate(() => document.body.innerText);
      faults.expect(text.includes(`${totals.tasks} tasks`), path, `does not say ${totals.tasks} tasks`);
      const tokens = tables.flatMap(({ rows }) => rows).find(([head]) => head?.text === "Tokens");
      if (totals.tokens && tokens) compare(faults, path, "tokens", tokens[1], totals.tokens, "tokens");
      if (totals.human_weeks) {
        const weeks = String(totals.human_weeks);
        faults.expect(text.includes(weeks), path, `does not say ${weeks} weeks`);
      }
    }));
}

test("the record lists the published days with the published totals", () =>
  looking(async (browser, faults) => {
    const path = join(root, "published/site/index.html");
    const shown = await open(browser, faults);
    await shown.go(path);
    const { tables } = await shown.page.evaluate(readPage);
    const days = tables.find(({ heads, rows }) => heads[0] === "Day" && rows.length >= Object.keys(published).length);
    assert.ok(days, `a table of days among ${tables.map(({ name, heads }) => `${name}: ${heads}`).join("; ")}`);
    for (const day of Object.keys(published)) {
      const totals = totalsOf(day);
      const row = days.rows.find(([first]) => first.text === day);
      assert.ok(row, `a row for ${day}`);
      const tasks = days.heads.findIndex((one) => one === "Tasks");
      faults.expect(row[tasks].value === totals.tasks, path, `${day}: ${row[tasks].text} tasks`);
      for (const [key, { head, total }] of Object.entries(columns)) {
        const at = days.heads.findIndex((one) => head.test(one));
        faults.expect(at >= 0 || key === "tokens", path, `the days have no column ${head}`);
        if (at >= 0 && totals[total] !== undefined) compare(faults, path, `${day}, ${key}`, row[at], totals[total], units[key]);
      }
    }
  }));

// A day on paper: light, whole, on as many A4 pages as we say, and no figure or row on two of them.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { looking, open, root } from "./lib.mjs";

// A day of 29 tasks. Fonts differ between machines: a page more or less is no surprise, two are.
const days = [
  { set: "demo", day: "2026-04-04", pages: 4 },
  { set: "published", day: "2026-04-04", pages: 4 },
];

/**
 * Runs in the page: marks the start and the end of everything that should stay whole with a link to it, because a PDF says for the
 * target of each link on which of its pages it is.
 */
function markWhole(selectors) {
  const list = document.createElement("div");
  const parts = [];
  const link = (id) => {
    const to = document.createElement("a");
    to.href = `#${id}`;
    to.textContent = ".";
    list.append(to);
  };
  for (const one of document.querySelectorAll(selectors)) {
    if (!one.checkVisibility()) continue;
    const name = `<${one.localName}> ${one.textContent.trim().replace(/\s+/g, " ").slice(0, 50)}`;
    one.id = `start${parts.length}`;
    link(one.id);
    // Each cell of a row may end somewhere else.
    const ends = one.localName === "tr" ? [...one.cells].filter((cell) => cell.innerText.trim() && cell.checkVisibility()) : [one];
    ends.forEach((cell, at) => {
      const end = document.createElement("span");
      end.id = `end${parts.length}x${at}`;
      end.textContent = ".";
      cell.append(end);
      link(end.id);
    });
    parts.push({ name, ends: ends.length });
  }
  document.body.append(list);
  return parts;
}

/** How many pages a PDF of Chromium has, and on which of them each target of a link is. */
function readPdf(bytes) {
  const text = bytes.toString("latin1");
  const objects = new Map();
  for (const [, number, body] of text.matchAll(/\b(\d+) 0 obj\b(.*?)\bendobj\b/gs)) objects.set(number, body);
  const leaves = [...objects].filter(([, body]) => /\/Type\s*\/Page\b(?!s)/.test(body)).map(([number]) => number);
  // In the order of the page tree, whose leaves list themselves in /Kids.
  const order = [];
  const visit = (number) => {
    const kids = /\/Kids\s*\[([^\]]*)\]/.exec(objects.get(number) ?? "");
    if (!kids) return order.push(number);
    for (const [, kid] of kids[1].matchAll(/(\d+) 0 R/g)) visit(kid);
    return undefined;
  };
  const top = /\/Type\s*\/Catalog\b.*?\/Pages\s+(\d+) 0 R/s.exec(text);
  visit(top[1]);
  assert.equal(order.length, leaves.length, "every page of the PDF is in its tree");
  const targets = new Map();
  for (const [, name, page] of text.matchAll(/\/((?:start|end)[\dx]+)\s*\[\s*(\d+) 0 R/g)) {
    targets.set(name, order.indexOf(page) + 1);
  }
  const sizes = leaves.map((number) => /\/MediaBox\s*\[([^\]]*)\]/.exec(objects.get(number))?.[1].trim());
  return { pages: order.length, targets, sizes };
}

for (const { set, day, pages } of days) {
  test(`${set}, ${day}: ${pages} pages at most, and nothing is cut in two`, () => looking(async (browser, faults) => {
    const path = join(root, set, "site/days", `${day}.html`);
    // Dark on the screen: paper is light all the same.
    // The window is as wide as the text of a page, so that what is hidden on paper is hidden here.
    const shown = await open(browser, faults, { colorScheme: "dark", viewport: { width: 703, height: 1000 } });
    await shown.go(path);
    await shown.page.emulateMedia({ media: "print" });
    const looks = await shown.page.evaluate(() => {
      const seen = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility()).length;
      return {
        background: getComputedStyle(document.body).backgroundColor,
        controls: seen("button.theme, .tools, input, .skip, #tip"),
        heads: [...document.querySelectorAll("thead")].every((one) => getComputedStyle(one).display === "table-header-group"),
        rows: document.querySelectorAll("#log ~ section tbody tr, section:has(#log) tbody tr").length,
        drawings: [...document.querySelectorAll("figure")].map(
          (one) => [...one.querySelectorAll(":scope svg")].filter((svg) => svg.checkVisibility()).length,
        ),
      };
    });
    faults.expect(/^rgba?\((25[0-5]|24\d), /.test(looks.background), path, `paper is ${looks.background}`);
    faults.expect(looks.controls === 0, path, `${looks.controls} controls are printed`);
    faults.expect(looks.heads, path, "heads of tables do not repeat");
    faults.expect(looks.rows >= 29, path, `${looks.rows} rows`);
    faults.expect(looks.drawings.length >= 2, path, `${looks.drawings.length} figures`);
    faults.expect(looks.drawings.every((count) => count === 1), path, `drawings of each figure: ${looks.drawings}`);

    const plain = readPdf(await shown.page.pdf({ format: "A4", preferCSSPageSize: true }));
    console.log(`${set}, ${day}: ${plain.pages} pages`);
    faults.expect(plain.pages <= pages, path, `has ${plain.pages} pages`);
    faults.expect(plain.pages >= 2, path, "is a single page");
    for (const size of plain.sizes) {
      const [, , width, height] = size.split(/\s+/).map(Number);
      faults.expect(Math.abs(width - 595) < 2 && Math.abs(height - 842) < 2, path, `a page of ${size}`);
    }

    const parts = await shown.page.evaluate(markWhole, "figure, tr, dl > div, .finding");
    const { targets } = readPdf(await shown.page.pdf({ format: "A4", preferCSSPageSize: true }));
    assert.ok(parts.length > 30, `only ${parts.length} parts were marked`);
    parts.forEach(({ name, ends }, at) => {
      const on = [targets.get(`start${at}`)];
      for (let end = 0; end < ends; end += 1) on.push(targets.get(`end${at}x${end}`));
      assert.ok(on.every(Boolean), `${name} is in the PDF: ${on}`);
      faults.expect(new Set(on).size === 1, path, `${name} is on pages ${[...new Set(on)].join(" and ")}`);
    });
  }));
}

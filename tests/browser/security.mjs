// Titles, authors, models, reasons, and names of files, branches and repositories that attack the reader: nothing runs, nothing
// is fetched, nothing is hidden, and the pages have our elements and attributes only.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { attacks, deceptive } from "./attacks.mjs";
import { Faults, files, looking, oneOfEach, open, pagesOf, root, short, siteOf } from "./lib.mjs";

const hostile = pagesOf("hostile");

const elements = new Set(
  `html head meta title link script style body header nav main footer section article aside h1 h2 h3 h4 p ul ol li dl dt dd div
  span a code pre em strong small abbr time table caption colgroup col thead tbody tfoot tr th td figure figcaption details summary
  blockquote hr br sup sub svg g path line rect circle polyline polygon text tspan defs clipPath pattern title use`.split(/\s+/),
);
const attributes = new Set(
  `lang charset http-equiv content name rel href type src title class id tabindex scope colspan rowspan role datetime
  aria-label aria-hidden aria-current aria-labelledby aria-describedby data-v data-sort data-filter data-tip data-value
  width height viewbox x y x1 x2 y1 y2 cx cy r rx ry d points transform focusable pointer-events clip-path dx dy
  open span reversed fill patternunits patterntransform`.split(/\s+/),
);

/** Runs in a blank page: the elements and attributes of a document, each once, with an example of its value. */
function names(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const elements = new Set();
  const attributes = new Map();
  for (const one of page.querySelectorAll("*")) {
    elements.add(one.localName);
    for (const { name, value } of one.attributes) attributes.set(name.toLowerCase(), value.slice(0, 80));
  }
  return {
    elements: [...elements],
    attributes: [...attributes],
    scripts: [...page.scripts].map((one) => [one.getAttribute("src") ?? "", one.textContent]),
  };
}

test("no page has an element, an attribute or a script that is not ours", () => looking(async (browser, faults) => {
  const page = await browser.newPage();
  const ours = readFileSync(join(root, "demo/site/assets/leverage.js"), "utf8").trim();
  for (const path of [...hostile, ...oneOfEach("demo")]) {
    const found = await page.evaluate(names, readFileSync(path, "utf8"));
    for (const element of found.elements) faults.expect(elements.has(element), path, `an element ${element}`);
    for (const [name, value] of found.attributes) faults.expect(attributes.has(name), path, `an attribute ${name}="${value}"`);
    faults.expect(found.scripts.length === 1, path, `${found.scripts.length} scripts`);
    for (const [src, text] of found.scripts) {
      const known = siteOf(path) ? /^(\.\.\/)?assets\/leverage\.js$/.test(src) && text === "" : src === "" && text.trim() === ours;
      faults.expect(known, path, `a script that is not ours: ${src} ${text.slice(0, 80)}`);
    }
  }
}));

test("no deceptive character is written as it is", () => {
  const faults = new Faults();
  const site = join(root, "hostile/site");
  const written = [...hostile, ...files(site).filter((path) => /\.(xml|csv|json|jsonl)$/.test(path))];
  for (const path of new Set(written)) {
    const found = deceptive.exec(readFileSync(path, "utf8").replaceAll("\r\n", "\n"));
    faults.expect(!found, path, `U+${found?.[0].codePointAt(0).toString(16)} at ${found?.index}`);
  }
  faults.none();
});

test("names of files are ours, and none is outside of the directory", () => {
  const faults = new Faults();
  const site = join(root, "hostile/site");
  const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
  const seen = new Set();
  for (const path of files(site)) {
    const name = path.slice(site.length + 1);
    if (/^\.[a-z-]+$/.test(name)) continue;
    faults.expect(/^([a-z]+\/)?[a-z0-9][a-z0-9-]{0,59}\.(html|xml|json|jsonl|csv|css|js|svg)$/.test(name), path, "is not a name of ours");
    faults.expect(!reserved.test(name.split("/").pop()), path, "is a device of Windows");
    faults.expect(!seen.has(name.toLowerCase()), path, "differs from another name by case only");
    seen.add(name.toLowerCase());
  }
  const beside = readdirSync(join(root, "hostile")).sort();
  const single = readdirSync(join(root, "demo")).filter((name) => name.endsWith(".html"));
  assert.deepEqual(beside, [...single, "logs", "notes", "repos", "site"].sort());
  faults.none();
});

test("the attacks are on the pages, as text", () => looking(async (browser, faults) => {
  const shown = await open(browser, faults);
  const tasks = hostile.filter((path) => short(path).includes("/tasks/"));
  // A line of the ledger with half of a character is not JSON, and is reported.
  const readable = attacks.filter((attack) => !/\p{Surrogate}/u.test(attack));
  assert.equal(tasks.length, readable.length, "each attack is the title of a task");
  let text = "";
  for (const path of [...tasks, join(root, "hostile/report.html"), join(root, "hostile/tasks.html")]) {
    await shown.go(path);
    text += await shown.page.evaluate(() => document.body.textContent);
  }
  for (const attack of readable) {
    // Long ones are cut, and deceptive characters are written out.
    const start = attack.split(new RegExp(`\n|${deceptive.source}`, "u"))[0].slice(0, 40).trim();
    faults.expect(text.includes(start), tasks[0], `nowhere: ${start}`);
  }
}));

test("nothing runs, nothing is fetched, and the console stays empty", () => looking(async (browser, faults) => {
  const shown = await open(browser, faults);
  for (const path of hostile) {
    await shown.go(path);
    await shown.page.evaluate(use);
    const ran = await shown.page.evaluate(() => window.ran);
    faults.expect(ran === undefined, path, "something of an attacker ran");
    faults.expect((await shown.page.title()).length > 0, path, "has no title");
  }
}));

/** Runs in the page: points at every mark, sorts by every column, and filters. */
function use() {
  for (const mark of document.querySelectorAll("[data-tip]")) {
    mark.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
  }
  for (const button of document.querySelectorAll("th button")) button.click();
  for (const field of document.querySelectorAll("input[type=search]")) {
    field.value = "<script>";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

// What a person does with a page: sorts, filters, points, switches the theme, tabs through it, makes the window small,
// and does without script.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isPlain, looking, oneOfEach, open, pagesOf, short } from "./lib.mjs";

const every = oneOfEach("demo");
const pages = every.filter((path) => !isPlain(path));
const strange = [...oneOfEach("hostile"), ...oneOfEach("empty")];

/** Calls `check(shown, path)` for each page, in one window. */
function each(paths, options, check) {
  return looking(async (browser, faults) => {
    const shown = await open(browser, faults, options);
    for (const path of paths) {
      await shown.go(path);
      await check(shown, path, faults);
    }
  });
}

// Runs in the page: clicks on every head of every table twice, and tells what the column then has from top to bottom. A number is
// its data-v; an unknown number has none.
function sortAll() {
  const value = (cell) => {
    if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
    const inner = cell.querySelector("[data-v]");
    if (inner) return Number(inner.dataset.v);
    const text = cell.textContent.trim();
    return cell.classList.contains("n") || text === "" || text === "–" ? null : text;
  };
  const sorted = [];
  for (const table of document.querySelectorAll("table[data-sort]")) {
    const status = table.closest(".scroll").previousElementSibling.querySelector("[role=status]");
    [...table.querySelectorAll("thead tr:last-child > *")].forEach((head, at) => {
      const button = head.querySelector("button");
      if (!button) return;
      const column = () => [...table.tBodies[0].rows].map((row) => value(row.cells[at]));
      const name = button.textContent.trim();
      const before = column();
      const clicks = [1, 2].map(() => {
        // The keyboard works where another column hides this one at this width.
        button.click();
        const marked = table.querySelectorAll("th[aria-sort]").length;
        return { way: head.getAttribute("aria-sort"), after: column(), said: status.textContent, marked };
      });
      sorted.push({ name, before, clicks });
    });
  }
  return sorted;
}

/** What is wrong with the order of these values; nothing if it is right. */
function disorder(values, way) {
  const known = values.findLastIndex((value) => value !== null);
  if (values.slice(0, known + 1).includes(null)) return "an unknown value is not last";
  const sign = way === "ascending" ? 1 : -1;
  for (let at = 1; at <= known; at += 1) {
    const [before, after] = [values[at - 1], values[at]];
    // Which of two texts comes first is the browser's business; that numbers are in order is ours.
    if (typeof before === "number" && typeof after === "number" && sign * (before - after) > 0) {
      return `${before} is before ${after}`;
    }
  }
  return undefined;
}

test("columns sort both ways, with unknown values last", async () => {
  let columns = 0;
  let withUnknown = 0;
  await each([...every, ...oneOfEach("published")], {}, async ({ page }, path, faults) => {
    for (const { name, before, clicks } of await page.evaluate(sortAll)) {
      for (const { way, after, said, marked } of clicks) {
        const wrong = disorder(after, way);
        faults.expect(!wrong, path, `${name}, ${way}: ${wrong}`);
        faults.expect(after.length === before.length, path, `${name}: rows were lost`);
        faults.expect(said.includes(name) && said.includes(way), path, `${name}, ${way}: not said: ${said}`);
        faults.expect(marked === 1, path, `${marked} columns say that they are sorted`);
      }
      const ways = clicks.map(({ way }) => way);
      faults.expect([...ways].sort().join() === "ascending,descending", path, `${name}: ${ways}`);
      columns += 1;
      if (before.includes(null) && before.some((one) => one !== null)) withUnknown += 1;
    }
  });
  assert.ok(columns > 50, `only ${columns} columns sort`);
  assert.ok(withUnknown > 3, `only ${withUnknown} of these have unknown values`);
});

test("a filter hides the other rows and says how many remain", async () => {
  let filters = 0;
  await each([...pages, ...oneOfEach("published")], {}, async ({ page }, path, faults) => {
    const fields = page.locator("input[type=search]");
    for (let at = 0; at < (await fields.count()); at += 1) {
      filters += 1;
      const field = fields.nth(at);
      const rows = page.locator("table[data-filter]").nth(at).locator("tbody tr");
      const texts = await rows.allTextContents();
      const word = /[a-z]{4,}|[0-9]{4}/i.exec(texts[texts.length - 1])?.[0] ?? "";
      const wanted = texts.filter((text) => text.toLowerCase().includes(word.toLowerCase())).length;
      const visible = () => rows.evaluateAll((all) => all.filter((row) => row.checkVisibility()).length);
      await field.fill(word.toUpperCase());
      faults.expect((await visible()) === wanted, path, `${word}: ${await visible()} rows, not ${wanted}`);
      const said = (await page.locator("[role=status]").allTextContents()).join("; ");
      faults.expect(said.includes(`${wanted} of ${texts.length} rows`), path, `${word}: said: ${said}`);
      await field.fill("no row has this");
      faults.expect((await visible()) === 0, path, "rows remain that do not match");
      await field.fill("");
      faults.expect((await visible()) === texts.length, path, "rows are missing after the filter was cleared");
    }
  });
  assert.ok(filters > 2, `only ${filters} filters`);
});

test("a tip shows what its mark says, and Escape closes it", async () => {
  let tips = 0;
  await each(pages, {}, async ({ page }, path, faults) => {
    const marks = page.locator("[data-tip]:visible");
    const count = await marks.count();
    for (const at of new Set([0, Math.floor(count / 2), count - 1])) {
      if (at < 0 || at >= count) continue;
      const mark = marks.nth(at);
      const text = await mark.getAttribute("data-tip");
      // Marks may lie on each other: the pointer is told, not moved.
      await mark.scrollIntoViewIfNeeded();
      await mark.dispatchEvent("pointerover");
      const tip = page.locator("#tip");
      faults.expect(await tip.isVisible(), path, `no tip for ${text}`);
      faults.expect((await tip.textContent()) === text, path, `the tip of ${text} says ${await tip.textContent()}`);
      const box = await tip.boundingBox();
      const width = page.viewportSize().width;
      faults.expect(box && box.x >= 0 && box.x + box.width <= width, path, `the tip of ${text} leaves the window`);
      await page.keyboard.press("Escape");
      faults.expect(!(await tip.isVisible()), path, "Escape does not close a tip");
      tips += 1;
    }
  });
  assert.ok(tips > 10, `only ${tips} tips`);
});

test("the theme can be switched, whatever the system asks for", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await each(pages, { colorScheme }, async ({ page }, path, faults) => {
      const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const brightness = (color) => /\d+/g.exec(color) && Number(/\d+/.exec(color)[0]);
      const button = page.locator("button.theme");
      if ((await button.count()) !== 1) {
        faults.add(path, "has no switch of the theme");
        return;
      }
      // A page of the same origin may have kept the choice of the one before.
      const before = await background();
      await button.click();
      const after = await background();
      faults.expect(Math.abs(brightness(before) - brightness(after)) > 120, path, `${colorScheme}: ${before}, then ${after}`);
      await button.click();
      faults.expect((await background()) === before, path, "a second click does not undo the first");
    });
  }
});

// Runs in the page: its words, without what the script adds.
function words() {
  const main = document.body.cloneNode(true);
  for (const added of main.querySelectorAll(".tools, .theme, #tip")) added.remove();
  return main.textContent.replace(/\s+/g, " ").trim();
}

test("without script, everything is there", async () => {
  const texts = new Map();
  const all = [...every, ...strange];
  const visible = () => document.body.innerText.replace(/\s+/g, " ").length;
  await each(all, {}, async ({ page }, path) => {
    texts.set(path, [await page.evaluate(words), await page.evaluate(visible)]);
  });
  await each(all, { javaScriptEnabled: false }, async ({ page }, path, faults) => {
    const [text, seen] = texts.get(path);
    faults.expect((await page.evaluate(words)) === text, path, "says something else without script");
    faults.expect((await page.locator("button, input").count()) === 0, path, "has controls that do nothing");
    const without = await page.evaluate(visible);
    faults.expect(without >= seen * 0.97 - 200, path, `shows ${without} characters without script, ${seen} with it`);
  });
});

/** Runs in the page: elements that stick out of the window, and words of a drawing that leave its frame. */
function tooWide() {
  const width = document.documentElement.clientWidth;
  const found = [];
  if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
  // What its own box scrolls, or what is hidden from sight, does not stick out.
  const contained = (one) => {
    for (let up = one.parentElement; up && up !== document.body; up = up.parentElement) {
      const { overflowX } = getComputedStyle(up);
      if (overflowX !== "visible") return overflowX !== "hidden" || up.matches(".vh");
    }
    return false;
  };
  const name = (one) => `<${one.localName} class="${one.getAttribute("class") ?? ""}"> ${one.textContent.slice(0, 40)}`;
  for (const one of document.body.querySelectorAll("*")) {
    if (!one.checkVisibility() || one.closest(".skip, .vh") || one.ownerSVGElement) continue;
    const box = one.getBoundingClientRect();
    if (box.width === 0 || contained(one)) continue;
    if (box.right > width + 1 || box.left < -1) found.push(`${name(one)} from ${box.left} to ${box.right}`);
  }
  for (const text of document.querySelectorAll("svg text")) {
    if (!text.checkVisibility()) continue;
    const box = text.getBoundingClientRect();
    const frame = text.closest("figure, td, th") ?? text.ownerSVGElement;
    const around = frame.getBoundingClientRect();
    const below = frame.querySelector("figcaption")?.getBoundingClientRect().top ?? around.bottom;
    if (box.left < around.left || box.right > around.right || box.top < around.top || box.bottom > below + 2) {
      found.push(`"${text.textContent.slice(0, 40)}" leaves its frame`);
    }
  }
  return found.slice(0, 4);
}

for (const width of [320, 360, 390, 640, 820, 1280]) {
  // 640 px at two device pixels each: a window of 1,280 px at 200 %.
  const zoom = width === 640 ? { deviceScaleFactor: 2 } : {};
  test(`nothing is wider than a window of ${width} px`, () =>
    each([...every, ...strange], { viewport: { width, height: 800 }, ...zoom }, async ({ page }, path, faults) => {
      for (const what of await page.evaluate(tooWide)) faults.add(path, what);
    }));
}

test("letters of twice the size still fit into a window of 1280 px", () =>
  each([...every, ...strange], {}, async ({ page }, path, faults) => {
    await page.evaluate(() => {
      document.documentElement.style.fontSize = "200%";
    });
    for (const what of await page.evaluate(tooWide)) faults.add(path, what);
  }));

/** Runs in the page: numbers everything that a keyboard should reach, and returns how many there are. */
function reachable() {
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter(
    (one) => one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }),
  );
  all.forEach((one, at) => one.setAttribute("data-walk", at));
  return { count: all.length, ordered: all.every((one) => one.tabIndex === 0) };
}

/** Runs in the page: which control has the focus, and whether one can see that. */
function focused() {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const style = getComputedStyle(one);
  const ringed = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
  const boxes = [...one.getClientRects()].filter((box) => box.width > 0 && box.height > 0);
  // Some of it is enough: what covers it, as a row head that stays, must not cover all.
  const inside = boxes.some((box) => {
    const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)];
    const [upper, lower] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
    if (left >= right || upper >= lower) return false;
    return [0.1, 0.5, 0.9].some((share) => {
      const top = document.elementFromPoint(left + (right - left) * share, (upper + lower) / 2);
      return top && (one.contains(top) || top.contains(one));
    });
  });
  return {
    at: Number(one.dataset.walk ?? -1),
    what: `<${one.localName}> ${(one.textContent || one.getAttribute("aria-label") || "").trim().slice(0, 40)}`,
    ringed,
    inside,
  };
}

for (const width of [1280, 320]) {
  test(`Tab reaches every control, visibly, and leaves it again, at ${width} px`, async () => {
    let controls = 0;
    await each([...pages, ...oneOfEach("empty")], { viewport: { width, height: 700 }, reducedMotion: "reduce" }, async ({ page }, path, faults) => {
      const { count, ordered } = await page.evaluate(reachable);
      faults.expect(ordered, path, "a tabindex above 0 changes the order");
      // Long tables repeat the same links: the walk ends after the first 150 and starts again before the last 30.
      const last = Math.min(count, 150);
      const walk = async (key, steps) => {
        const seen = [];
        for (let step = 0; step < steps; step += 1) {
          await page.keyboard.press(key);
          const now = await page.evaluate(focused);
          if (now === null) break;
          faults.expect(now.ringed, path, `the focus cannot be seen on ${now.what}`);
          faults.expect(now.inside, path, `the focus is hidden on ${now.what}`);
          seen.push(now.at);
        }
        return seen;
      };
      const forward = await walk("Tab", last);
      const expected = [...Array(last).keys()];
      faults.expect(forward.join() === expected.join(), path, `Tab goes through ${forward.slice(0, 40)} of ${count}`);
      const back = await walk("Shift+Tab", last - 1);
      faults.expect(back.join() === expected.slice(0, -1).reverse().join(), path, `Shift+Tab goes through ${back.slice(0, 40)}`);
      if (count > last) {
        const from = Math.max(count - 30, 0);
        await page.evaluate((at) => document.querySelector(`[data-walk="${at}"]`).focus(), from);
        const end = await walk("Tab", count - from);
        faults.expect(end.join() === [...Array(count).keys()].slice(from + 1).join(), path, `the end of the walk: ${end}`);
      }
      controls += count;
    });
    assert.ok(controls > 300, `only ${controls} controls`);
  });
}

test("the skip link leads to the content", () =>
  each(pages, {}, async ({ page }, path, faults) => {
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    const within = await page.evaluate(() => document.activeElement.closest("main") !== null);
    faults.expect(within, path, "the skip link does not lead into the content");
  }));

test("every kind of page was looked at", () => {
  const kinds = pages.map(short);
  for (const kind of ["index", "method", "days/", "repos/", "tasks/", "report", "audit", "inventory"]) {
    assert.ok(kinds.some((path) => path.includes(kind)), `no page ${kind} among ${kinds}`);
  }
  assert.ok(pagesOf("demo").length > 90);
});

// What every check needs: the pages, a browser that reports whatever it should not do, and a list of faults.

import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.env.BROWSER_MODULES, "package.json"));
export const { chromium } = require("playwright-core");
export const { HtmlValidate } = require("html-validate");
export const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** The directory of all pages. */
export const root = process.env.PAGES;
export const sets = ["demo", "published", "empty", "hostile"];

/** A path below the pages, with `/`, for messages. */
export const short = (path) => relative(root, path).split(sep).join("/");

/** Every file below a directory. */
export function files(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)]));
}

/** The HTML files of one set: its single files, then its site. */
export function pagesOf(set) {
  const single = readdirSync(join(root, set))
    .filter((name) => name.endsWith(".html"))
    .map((name) => join(root, set, name));
  const site = files(join(root, set, "site")).filter((path) => path.endsWith(".html"));
  assert.ok(single.length > 0 && site.length > 0, `${set} has pages`);
  return [...single, ...site];
}

export const allPages = () => sets.flatMap(pagesOf);

/** The directory of the site that a page belongs to; nothing for a single file. */
export function siteOf(path) {
  const parts = short(path).split("/");
  return parts[1] === "site" ? join(root, parts[0], "site") : undefined;
}

/** `day`, `task`, `index`, `report`: what sort of page it is. */
export function kindOf(path) {
  const parts = short(path).split("/");
  return parts[1] === "site" && parts.length > 3 ? `${parts[2]}/` : basename(path, ".html");
}

/** One page of each kind of a set: the longest. */
export function oneOfEach(set) {
  const kinds = new Map();
  for (const path of pagesOf(set)) {
    const kind = kindOf(path);
    const length = readFileSync(path).length;
    if (!kinds.has(kind) || kinds.get(kind).length < length) kinds.set(kind, { path, length });
  }
  return [...kinds.values()].map(({ path }) => path);
}

/** Kinds of single files that are tables only: what is found in one is found in all. */
export const isPlain = (path) => ["tasks", "days", "readiness", "log", "history", "status"].includes(kindOf(path)) && !siteOf(path);

export const url = (path) => pathToFileURL(path).href;

/** Calls `check(browser, faults)`, closes the browser whatever happens, and fails with the faults. */
export async function looking(check) {
  const faults = new Faults();
  const browser = await launch();
  try {
    await check(browser, faults);
  } finally {
    await browser.close();
  }
  faults.none();
}

export function launch() {
  return chromium.launch({
    executablePath: process.env.BROWSER_PROGRAM,
    args: [
      // Chromium refuses its sandbox to root, as in a container.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      // Nothing leaves this machine even if a page tries.
      "--host-resolver-rules=MAP * ~NOTFOUND",
      "--disable-dev-shm-usage",
    ],
  });
}

/** Things that are wrong, each said with its page; `none` fails with all of them. */
export class Faults {
  #list = [];
  add(page, what) {
    this.#list.push(`${page ? `${short(page)}: ` : ""}${what}`);
  }
  /** Adds the fault unless the condition holds. */
  expect(condition, page, what) {
    if (!condition) this.add(page, what);
  }
  none() {
    const shown = this.#list.slice(0, 60);
    const rest = this.#list.length - shown.length;
    if (rest > 0) shown.push(`and ${rest} more`);
    assert.ok(this.#list.length === 0, `${this.#list.length} faults\n${shown.join("\n")}`);
  }
}

/**
 * A window for pages of one setting. Every dialog, line on the console, error, pop-up, and every request for anything but a
 * file of the page's own site becomes a fault of the page.
 */
export async function open(browser, faults, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  let path;
  let left;
  const own = (address) => {
    const site = siteOf(path);
    return site ? address.startsWith(`${url(site)}/`) : address.split("#")[0] === url(path);
  };
  page.on("dialog", (dialog) => {
    faults.add(path, `a dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  page.on("console", (line) => faults.add(path, `on the console: ${line.text()}`));
  page.on("pageerror", (error) => faults.add(path, `an error: ${error.message}`));
  page.on("popup", () => faults.add(path, "a window was opened"));
  page.on("download", () => faults.add(path, "a download was started"));
  page.on("websocket", (socket) => faults.add(path, `a socket to ${socket.url()}`));
  page.on("request", (request) => {
    // The icon of a page that was left already may still be on its way.
    const late = request.url().endsWith("/assets/icon.svg") && left && request.url().startsWith(url(siteOf(left) ?? left));
    if (!own(request.url()) && !late) faults.add(path, `a request for ${request.url().slice(0, 200)}`);
  });
  page.on("requestfailed", (request) => {
    // The icon of a page that was left already.
    if (request.failure()?.errorText === "net::ERR_ABORTED") return;
    faults.add(path, `could not load ${request.url().slice(0, 200)}: ${request.failure()?.errorText}`);
  });
  return {
    page,
    context,
    async go(to) {
      left = path;
      path = to;
      await page.goto(url(to), { waitUntil: "load" });
    },
    close: () => context.close(),
  };
}

// Every link leads somewhere, nothing leads out, and the policy of each page is exactly ours and names what is there.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { Faults, allPages, files, kindOf, looking, root, sets, siteOf } from "./lib.mjs";

const common = "base-uri 'none'; form-action 'none'";
const sitePolicy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; ${common}`;
const singlePolicy = (script, style) =>
  `default-src 'none'; script-src ${script}; style-src ${style}; img-src data:; ${common}`;
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const hosted = /^https:\/\/[a-z0-9.-]+\/[A-Za-z0-9._/-]*$/;

// Attributes that hold text for people, in which an address is only text.
const forPeople = new Set(["title", "data-tip", "aria-label", "alt", "content", "placeholder", "data-filter"]);

/** Runs in a blank page: what the document in `html` contains. */
function read(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const all = [...page.querySelectorAll("*")];
  return {
    ids: all.filter((one) => one.id).map((one) => one.id),
    attributes: all.flatMap((one) =>
      [...one.attributes].map(({ name, value }) => [one.localName, name, value])),
    scripts: [...page.scripts].map((one) => [one.getAttribute("src"), one.textContent]),
    styles: [...page.querySelectorAll("style")].map((one) => one.textContent),
    sheets: [...page.querySelectorAll("link[rel~=stylesheet]")].map((one) => one.getAttribute("href")),
    head: [...page.head.children].slice(0, 2).map((one) => one.outerHTML),
    policies: [...page.querySelectorAll("meta[http-equiv]")].map((one) => [
      one.getAttribute("http-equiv"),
      one.getAttribute("content"),
    ]),
    title: page.title,
    referrer: page.querySelector("meta[name=referrer]")?.getAttribute("content"),
  };
}

const pages = new Map();
await looking(async (browser) => {
  const page = await browser.newPage();
  for (const path of allPages()) pages.set(path, await page.evaluate(read, readFileSync(path, "utf8")));
});

test("every link and every id resolves, within the site", () => {
  const faults = new Faults();
  let links = 0;
  for (const [path, { ids, attributes }] of pages) {
    faults.expect(new Set(ids).size === ids.length, path, "an id is there twice");
    const site = siteOf(path);
    for (const [element, name, value] of attributes) {
      if (["for", "aria-controls", "aria-labelledby", "aria-describedby", "headers"].includes(name)) {
        for (const id of value.split(/\s+/)) faults.expect(ids.includes(id), path, `${name} names #${id}, which is not there`);
      }
      if (!["href", "src", "xlink:href"].includes(name)) continue;
      links += 1;
      if (value === "data:," && element === "link") continue;
      // An inventory leads to where repositories are hosted, for who clicks on it.
      if (kindOf(path) === "inventory" && element === "a" && hosted.test(value)) continue;
      const [, to, fragment] = /^([^#?]*)(?:#(.*))?$/s.exec(value) ?? [];
      if (to === undefined || !/^[A-Za-z0-9._/-]*$/.test(to) || to.startsWith("/")) {
        faults.add(path, `a link that we do not write: ${value.slice(0, 100)}`);
        continue;
      }
      const target = to === "" ? path : resolve(dirname(path), to);
      const within = site ? !relative(site, target).startsWith("..") : target === path;
      faults.expect(within, path, `${value} leads out of the site`);
      faults.expect(existsSync(target) && statSync(target).isFile(), path, `${value} leads nowhere`);
      if (fragment !== undefined && pages.has(target)) {
        faults.expect(pages.get(target).ids.includes(decodeURIComponent(fragment)), path, `${value}: no such id`);
      }
    }
  }
  assert.ok(links > 1000, `only ${links} links`);
  faults.none();
});

test("nothing names another host", () => {
  const faults = new Faults();
  // A reference to something in the same drawing is the only `url()`.
  const reaches = (text) => /https?:|\/\/|@import|javascript:|url\((?!#[a-z0-9-]+\))|expression\(/i.exec(text)?.[0];
  for (const [path, { ids, attributes, styles, scripts }] of pages) {
    for (const [element, name, value] of attributes) {
      if (forPeople.has(name) || (kindOf(path) === "inventory" && element === "a" && hosted.test(value))) continue;
      faults.expect(!reaches(value), path, `<${element} ${name}> has ${reaches(value)}`);
      const drawing = /url\(#([^)]*)\)/.exec(value)?.[1];
      faults.expect(!drawing || ids.includes(drawing), path, `<${element} ${name}> names #${drawing}, which is not there`);
    }
    for (const text of styles) faults.expect(!reaches(text), path, `its style has ${reaches(text)}`);
    for (const [, text] of scripts) {
      const code = text.replace(/^\s*\/\/.*$/gm, "");
      faults.expect(!reaches(code), path, `its script has ${reaches(code)}`);
    }
  }
  for (const set of sets) {
    for (const path of files(join(root, set, "site", "assets"))) {
      // The namespace of a drawing in a file of its own looks like an address.
      const text = readFileSync(path, "utf8")
        .replaceAll('xmlns="http://www.w3.org/2000/svg"', "")
        .replace(/^\s*\/\/.*$/gm, "");
      faults.expect(!reaches(text), path, `has ${reaches(text)}`);
    }
  }
  faults.none();
});

test("the policy of each page is exact, and its hashes are those of its script and its style", () => {
  const faults = new Faults();
  for (const [path, { head, policies, referrer, scripts, styles, sheets, title }] of pages) {
    faults.expect(title.length > 0 && [...title].length <= 70, path, `its title has ${title.length} letters`);
    faults.expect(/charset/.test(head[0]) && /Content-Security-Policy/.test(head[1]), path, "the policy is not right after the charset");
    faults.expect(policies.length === 1, path, `${policies.length} elements meta http-equiv`);
    faults.expect(referrer === "no-referrer", path, "has no referrer policy");
    const policy = policies[0]?.[1];
    if (siteOf(path)) {
      faults.expect(policy === sitePolicy, path, `policy: ${policy}`);
      faults.expect(styles.length === 0 && sheets.length === 1, path, "does not have exactly one style sheet");
      faults.expect(scripts.length === 1 && scripts[0][1] === "", path, "does not have exactly one script of the site");
    } else {
      faults.expect(styles.length === 1 && sheets.length === 0, path, "does not have exactly one style within");
      faults.expect(scripts.length === 1 && scripts[0][0] === null, path, "does not have exactly one script within");
      const exact = singlePolicy(hash(scripts[0]?.[1] ?? ""), hash(styles[0] ?? ""));
      faults.expect(policy === exact, path, `policy: ${policy}; expected: ${exact}`);
    }
  }
  faults.none();
});

test("the feed and the data are well formed, and their links resolve", () => looking(async (browser, faults) => {
  const page = await browser.newPage();
  for (const set of sets) {
    const site = join(root, set, "site");
    const feed = join(site, "feed.xml");
    const { error, ids, links, updated } = await page.evaluate((text) => {
      const feed = new DOMParser().parseFromString(text, "application/xml");
      const texts = (name) => [...feed.getElementsByTagName(name)].map((one) => one.textContent);
      return {
        error: feed.querySelector("parsererror")?.textContent,
        ids: texts("id"),
        updated: texts("updated"),
        links: [...feed.getElementsByTagName("link")].map((one) => one.getAttribute("href")),
      };
    }, readFileSync(feed, "utf8"));
    faults.expect(!error, feed, `is not well formed: ${error}`);
    faults.expect(ids.every((id) => /^urn:uuid:[0-9a-f-]{36}$/.test(id)), feed, `ids: ${ids}`);
    faults.expect(new Set(ids).size === ids.length, feed, "an id is there twice");
    faults.expect(updated.length === ids.length, feed, "an entry does not say when it was updated");
    for (const link of links) {
      faults.expect(/^[a-z0-9./-]+$/.test(link) && existsSync(join(site, link)), feed, `${link} leads nowhere`);
    }
    for (const path of files(join(site, "data"))) {
      const text = readFileSync(path, "utf8");
      try {
        if (path.endsWith(".json")) JSON.parse(text);
        if (path.endsWith(".jsonl")) text.split("\n").filter(Boolean).forEach((line) => JSON.parse(line));
      } catch (error) {
        faults.add(path, error.message);
      }
    }
  }
}));

test("no page is larger than 500 kB", () => {
  const faults = new Faults();
  for (const path of pages.keys()) faults.expect(statSync(path).size <= 500_000, path, `${statSync(path).size} bytes`);
  faults.none();
});

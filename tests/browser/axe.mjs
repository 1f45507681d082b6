// Accessibility: axe-core with WCAG 2.2 A and AA and its best practices, light and dark, wide and narrow.

import assert from "node:assert/strict";
import { test } from "node:test";
import { axeSource, isPlain, looking, oneOfEach, open } from "./lib.mjs";

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const settings = ["light", "dark"].flatMap((colorScheme) => [1280, 360].map((width) => ({ colorScheme, width })));

/** Runs in the page. Without `preload`, which would fetch the styles again and hit the policy of the page. */
const analyze = (tags) =>
  axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"], preload: false });

function check(pages, settings) {
  return looking(async (browser, faults) => {
    for (const { colorScheme, width } of settings) {
      const shown = await open(browser, faults, { colorScheme, viewport: { width, height: 900 } });
      for (const path of pages) {
        await shown.go(path);
        await shown.page.evaluate(axeSource);
        const { violations, passes } = await shown.page.evaluate(analyze, tags);
        assert.ok(passes.length > 5, `axe checked ${path}`);
        for (const { id, help, nodes } of violations) {
          const where = nodes.slice(0, 2).map((node) => `${node.target.join(" ")} ${node.html.slice(0, 120)}`).join(" | ");
          faults.add(path, `${colorScheme}, ${width} px: ${id}: ${help}, ${nodes.length} times: ${where}`);
        }
      }
      await shown.close();
    }
  });
}

const demo = oneOfEach("demo");

test("each kind of page is accessible", () => check(demo.filter((path) => !isPlain(path)), settings));
test("a page of tables only is accessible", () => check(demo.filter(isPlain), [settings[1]]));
test("a page with little or with odd text is accessible", async () => {
  const rest = [...oneOfEach("empty"), ...oneOfEach("hostile")].filter((path) => !isPlain(path));
  await check(rest, [settings[3]]);
});

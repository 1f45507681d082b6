// Every page is valid: html-validate, with its rules for whole documents and for accessibility.

import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Faults, HtmlValidate, allPages } from "./lib.mjs";

const validator = new HtmlValidate({
  root: true,
  extends: ["html-validate:recommended", "html-validate:document", "html-validate:a11y"],
  rules: {
    // With integrity attributes, browsers refuse the files of a site that was opened from a folder.
    "require-sri": "off",
    // It counts `&quot;` as six letters. links.mjs counts as a browser does.
    "long-title": "off",
  },
});

test("every page is valid HTML", async () => {
  const faults = new Faults();
  const seen = new Map();
  for (const page of allPages()) {
    const report = await validator.validateString(readFileSync(page, "utf8"), page);
    for (const { ruleId, message, line, column } of report.results.flatMap((result) => result.messages)) {
      seen.set(ruleId, (seen.get(ruleId) ?? 0) + 1);
      // The first of each rule show what it is about.
      if (seen.get(ruleId) <= 5) faults.add(page, `${line}:${column} ${ruleId}: ${message}`);
    }
  }
  for (const [rule, count] of seen) faults.add(null, `${rule}: ${count} in all`);
  faults.none();
});

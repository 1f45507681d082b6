// See `pictures`.

import { mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { kindOf, looking, oneOfEach, open, root, short } from "./lib.mjs";

const into = process.argv[2];
let pages;
if (process.env.SITE) {
  // As if it were one of the sets.
  mkdirSync(join(root, "given"));
  symlinkSync(resolve(process.env.SITE), join(root, "given/site"));
  pages = oneOfEach("given");
} else {
  pages = [...oneOfEach("demo"), join(root, "hostile/site/index.html"), join(root, "empty/site/index.html")];
}

await looking(async (browser, faults) => {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [360, 820, 1280]) {
      const shown = await open(browser, faults, { colorScheme, viewport: { width, height: 900 } });
      for (const path of pages) {
        await shown.go(path);
        const name = `${short(path).split("/")[0]}-${kindOf(path)}-${width}-${colorScheme}.png`;
        await shown.page.screenshot({ path: join(into, name), fullPage: true });
      }
      await shown.close();
    }
  }
  const shown = await open(browser, faults);
  for (const path of pages.filter((path) => kindOf(path) === "days")) {
    await shown.go(path);
    await shown.page.pdf({ path: join(into, `${short(path).split("/")[0]}-day.pdf`), format: "A4", preferCSSPageSize: true });
  }
});

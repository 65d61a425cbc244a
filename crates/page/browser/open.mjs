// Starts the browser that ./dev has unpacked, or the one that RICOCHET_BROWSER names.

import { createRequire } from "node:module";
import { join } from "node:path";

const tools = process.env.RICOCHET_BROWSER_TOOLS;
if (!tools) throw new Error("RICOCHET_BROWSER_TOOLS is not set: run ./dev test");
const require = createRequire(join(tools, "package.json"));
export const { chromium } = require("playwright-core");
export const axeScript = require.resolve("axe-core/axe.min.js");

export function open() {
  const folder = join(tools, "chromium");
  return chromium.launch({
    executablePath: process.env.RICOCHET_BROWSER || join(folder, "chromium"),
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    env: { ...process.env, LD_LIBRARY_PATH: join(folder, "lib"), FONTCONFIG_PATH: folder },
  });
}

// What the rules of accessibility say against a page, a line each.
export async function violations(page) {
  await page.addScriptTag({ path: axeScript }).catch(async () => {
    // The page's policy forbids scripts that are not its own: it is read into the page from outside.
    const { readFileSync } = await import("node:fs");
    await page.evaluate(readFileSync(axeScript, "utf8"));
  });
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await page.evaluate((values) => axe.run(document, { runOnly: { type: "tag", values } }), tags);
  return found.violations.flatMap((one) =>
    one.nodes.map((node) => `${one.id}: ${one.help}: ${node.target.join(" ")}: ${node.failureSummary}`),
  );
}

// Pictures of every page, in light, dark, wall and phone format and in both languages:
// node pictures.mjs URL FOLDER [HH:MM]
// With a time it waits until the board's clock has come so far: a day that has just begun shows little.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { open } from "./open.mjs";

const [url, folder, time] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

const formats = {
  light: { query: "theme=light", width: 1440, height: 900 },
  dark: { query: "theme=dark", width: 1440, height: 900 },
  wall: { query: "theme=dark&format=wall", width: 2560, height: 1440 },
  phone: { query: "theme=light", width: 390, height: 844 },
};

const browser = await open();
if (time) {
  const page = await browser.newPage();
  const minutes = 10;
  for (let tries = 0; ; tries += 1) {
    await page.goto(url);
    const isThere = (await page.locator("#causes").count()) && !(await page.locator("#notices .notice").count());
    const clock = isThere ? await page.locator(".live time").innerText() : "";
    if (clock >= time) break;
    if (tries > minutes * 60) throw new Error(`the board's clock is ${clock} after ${minutes} minutes`);
    await page.waitForTimeout(1000);
  }
  await page.close();
}
for (const [format, { query, width, height }] of Object.entries(formats)) {
  for (const lang of ["en", "fr"]) {
    const context = await browser.newContext({ viewport: { width, height }, reducedMotion: "reduce" });
    const page = await context.newPage();
    const take = async (name, fullPage) => {
      const path = join(folder, `${name}-${format}-${lang}.png`);
      await page.screenshot({ path, fullPage });
      console.log(path);
    };
    await page.goto(`${url}/?lang=${lang}&${query}`);
    await page.locator("#now").waitFor();
    await take("board", format !== "wall");
    const cause = page.locator("#causes a[data-inside]").first();
    if (format === "light" && (await cause.count()) > 0) {
      await cause.click();
      await page.locator("#causes tr.opened").waitFor();
      await page.locator("#now .why summary").first().click();
      await take("opened", true);
      await page.keyboard.press("Escape");
    }
    const alert = page.locator("#people a.what").first();
    if (format !== "wall" && (await alert.count()) > 0) {
      await alert.click();
      await page.locator(".told").waitFor();
      await take("story", true);
    }
    await context.close();
  }
}
await browser.close();

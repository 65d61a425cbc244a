// The pages in a browser. Each test opens a page of its own; what fails is said with its name.

import assert from "node:assert/strict";
import { open, violations } from "./open.mjs";

const url = process.env.PAGE_URL;
const control = async (what) => {
  const answer = await fetch(`${process.env.CONTROL_URL}/${what}`, { method: "POST" });
  assert.ok(answer.ok, `control ${what}: ${answer.status}`);
};

const tests = [];
const test = (name, run, options = {}) => tests.push({ name, run, options });

// -------------------------------------------------------- accessibility, every page and state

for (const lang of ["en", "fr"]) {
  for (const theme of ["light", "dark"]) {
    for (const [path, width] of [["/", 1440], ["/", 390], [`/alerts/${"a".repeat(32)}`, 1440], [`/alerts/${"a".repeat(32)}`, 390]]) {
      test(`axe finds nothing: ${path.slice(0, 9)} ${lang} ${theme} ${width}`, async (page) => {
        await page.setViewportSize({ width, height: 900 });
        await page.goto(`${url}${path}?lang=${lang}&theme=${theme}`);
        assert.deepEqual(await violations(page), []);
      });
    }
  }
}

for (const state of ["empty", "waiting", "behind", "cluster-lost", "nobody", "hostile"]) {
  test(`axe finds nothing: ${state}`, async (page) => {
    await control(state);
    await page.goto(url);
    assert.deepEqual(await violations(page), []);
  });
}

// ------------------------------------------------------------------------------- formats

for (const width of [320, 390, 768, 1024, 1440, 2560]) {
  test(`nothing is wider than ${width} pixels`, async (page) => {
    await page.setViewportSize({ width, height: 900 });
    for (const query of ["", "?lang=fr&open=reason:payment/confirmation", "?format=wall"]) {
      await page.goto(`${url}/${query}`);
      const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= room, `${wide} of ${room} pixels with "${query}"`);
    }
  });
}

test("a text of 10,000 characters stays in its place", async (page) => {
  await control("hostile");
  for (const width of [390, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(url);
    const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= room, `${wide} of ${room} pixels`);
  }
  assert.equal(await page.evaluate(() => window.harmed), undefined);
});

// ------------------------------------------------------------------------- without a script

test("reads and acts without a script", async (page) => {
  await page.goto(url);
  assert.match(await page.locator("#now .figure").innerText(), /18\.4/);
  await page.getByRole("link", { name: "payment/confirmation" }).click();
  assert.ok(await page.getByText("Contacts to listen to").isVisible());
  assert.match(page.url(), /open=reason:payment\/confirmation/);
  await page.locator(".filters select[name=channel]").selectOption("phone");
  await page.getByRole("button", { name: "Filter" }).click();
  assert.match(page.url(), /channel=phone/);
  await page.locator("#people").getByRole("button", { name: "I take it" }).first().click();
  assert.match(page.url(), /\/alerts\//);
  assert.ok(await page.getByText("acknowledged").first().isVisible());
  await page.getByLabel("Assign to").fill("supervisor-9");
  await page.getByRole("button", { name: "Assign" }).click();
  assert.ok(await page.getByText("to supervisor-9").first().isVisible());
}, { javaScriptEnabled: false });

test("explains each figure on demand, without a script", async (page) => {
  await page.goto(`${url}/?lang=fr`);
  await page.locator("#now .why summary").first().click();
  assert.ok(await page.getByText("Réitérations ÷ contacts").isVisible());
}, { javaScriptEnabled: false });

// ------------------------------------------------------------------------------ live parts

test("shows a change within a second or two, and keeps what is open", async (page) => {
  await page.goto(url);
  await page.locator("#flow details > summary").last().click();
  await page.locator("#now .why summary").first().click();
  await control("rate");
  await page.locator("#now .figure", { hasText: "21.0" }).waitFor({ timeout: 4000 });
  assert.ok(await page.locator("#now .why[open]").first().isVisible());
  assert.ok(await page.locator("#flow table").isVisible());
  assert.match(await page.title(), /21\.0/);
});

test("dims when the server is gone, says of when its figures are, and comes back by itself", async (page) => {
  await page.goto(url);
  await page.locator("[data-part=now]").waitFor();
  await control("stop");
  await page.locator("html[data-connection=lost]").waitFor({ timeout: 8000 });
  assert.ok(await page.getByText("These are the figures of 14:32.").isVisible());
  assert.deepEqual(await violations(page), []);
  await control("start");
  await page.locator("html:not([data-connection])").waitFor({ timeout: 15000 });
  assert.ok(!(await page.locator("#lost").isVisible()));
});

test("goes from nothing to figures without being loaded again", async (page) => {
  await control("empty");
  await page.goto(url);
  await page.evaluate(() => (window.sameDocument = true));
  assert.ok(await page.getByText("No data yet").isVisible());
  await control("day");
  await page.locator("#causes").waitFor({ timeout: 4000 });
  assert.equal(await page.evaluate(() => window.sameDocument), true);
});

test("filters stand in the address, and back goes back", async (page) => {
  await page.goto(url);
  await page.evaluate(() => (window.sameDocument = true));
  await page.locator(".filters select[name=reason]").selectOption("payment/confirmation");
  await page.waitForURL(/reason=payment/);
  await page.locator("#causes tbody tr").nth(1).waitFor({ state: "detached" });
  await page.locator("#causes .tabs").getByText("team").click();
  await page.waitForURL(/by=team/);
  await page.goBack();
  await page.waitForURL((now) => !now.search.includes("by="));
  await page.goBack();
  await page.locator("#causes tbody tr").nth(3).waitFor();
  assert.equal(await page.evaluate(() => window.sameDocument), true);
  assert.equal(new URL(page.url()).search, "");
});

test("takes an alert without leaving the page; of two at once one is told", async (page) => {
  const other = await page.context().newPage();
  await page.goto(url);
  await other.goto(url);
  const first = (of) => of.locator("#people li", { hasText: "Video chat dropped" });
  await control("hold");
  await first(page).getByRole("button", { name: "I take it" }).click();
  await first(page).getByText("acknowledged").waitFor({ timeout: 4000 });
  assert.match(page.url(), /^[^?]*\/$/);
  const stale = await other.evaluate(async () => {
    const form = [...document.querySelectorAll("#people li")]
      .find((row) => row.textContent.includes("Video chat dropped")).querySelector("form");
    const body = new URLSearchParams(new FormData(form));
    body.set("revision", "0");
    return (await fetch(form.action, { method: "POST", body })).status;
  });
  assert.equal(stale, 409);
});

// -------------------------------------------------------------------------------- keyboard

test("everything can be done by keyboard alone", async (page) => {
  await page.goto(url);
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.name), "reading");
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  const first = await page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press("j");
  const second = await page.evaluate(() => document.activeElement.textContent);
  assert.notEqual(first, second);
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("k");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), first);
  await page.keyboard.press("Enter");
  await page.locator("#causes tr.opened").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#causes tr.opened").waitFor({ state: "detached" });
  await page.keyboard.press("?");
  assert.ok(await page.locator("#keys").isVisible());
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Escape");
  assert.ok(!(await page.locator("#keys").isVisible()));
  // Through the whole page with the tabulator: nobody is caught.
  const seen = new Set();
  for (let count = 0; count < 200; count += 1) {
    await page.keyboard.press("Tab");
    seen.add(await page.evaluate(() => document.activeElement.closest("[data-part]")?.dataset.part ?? ""));
  }
  for (const part of ["now", "causes", "people", "journeys", "flow", "resolved", "data"]) {
    assert.ok(seen.has(part), `${part} cannot be reached`);
  }
});

test("a story opens and closes by keyboard", async (page) => {
  await page.goto(url);
  await page.locator("#people a.what").first().focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/alerts\//);
  assert.ok(await page.locator(".lanes").isVisible());
  await page.keyboard.press("Escape");
  await page.waitForURL(/#people$/);
});

// ---------------------------------------------------------------------- weight and requests

test("weighs less than 500 kB, asks no other host, and breaks no policy", async (page) => {
  let bytes = 0;
  const hosts = new Set();
  const complaints = [];
  page.on("response", async (answer) => {
    hosts.add(new URL(answer.url()).host);
    if (!answer.url().includes("stream")) bytes += (await answer.body().catch(() => Buffer.alloc(0))).length;
  });
  page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url);
  await page.locator("#data").waitFor();
  await page.waitForTimeout(1500);
  assert.deepEqual([...hosts], [new URL(url).host]);
  assert.ok(bytes > 10_000 && bytes < 500_000, `${bytes} bytes`);
  assert.deepEqual(complaints, []);
});

// -------------------------------------------------------------------------------------- run

const browser = await open();
let failed = 0;
for (const { name, run, options } of tests) {
  await control("day");
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en", ...options });
  context.setDefaultTimeout(10_000);
  try {
    await run(await context.newPage());
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}\n${error.stack ?? error}`);
  }
  await context.close();
}
await browser.close();
console.log(`${tests.length - failed} of ${tests.length} tests in the browser passed`);
process.exit(failed === 0 ? 0 : 1);

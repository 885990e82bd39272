// Opens pages in a browser and says what is wrong with them: `node page.mjs PAGE…`. Chromium is that of
// the system, or the one that PREFLIGHT_CHROMIUM names.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = createRequire(import.meta.url)("axe-core");
const executablePath = process.env.PREFLIGHT_CHROMIUM || "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const problems = [];

/** A page of its own; whatever it asks the network or complains of is a problem. */
async function open(url, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const say = (what) => problems.push(`${url} ${JSON.stringify(options)}: ${what}`);
  page.on("console", (message) => say(`console: ${message.text()}`));
  page.on("pageerror", (error) => say(`error: ${error}`));
  page.on("request", (request) => {
    if (!/^(file|data):/.test(request.url())) say(`request: ${request.url()}`);
  });
  await page.goto(url);
  return { context, page, say };
}

const unfold = (page) =>
  page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));

/** Nothing that axe calls serious or critical, and nothing wider than the window. */
async function look(url, width, colorScheme) {
  const { context, page, say } = await open(url, { viewport: { width, height: 900 }, colorScheme });
  await unfold(page);
  const over = await page.evaluate(() => {
    const root = document.documentElement;
    return root.scrollWidth - root.clientWidth;
  });
  if (over > 0) say(`${over} pixels wider than the window`);
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => window.axe.run().then((result) => result.violations));
  for (const { id, impact, nodes } of found) {
    if (["serious", "critical"].includes(impact)) say(`${impact} ${id}: ${nodes[0].html.slice(0, 200)}`);
  }
  await context.close();
}

/** Filters, expanders and links do what they say. */
async function use(url) {
  const { context, page } = await open(url, { viewport: { width: 1280, height: 900 } });
  const shown = (selector) => page.locator(`${selector}:visible`).count();
  const [rows, checks] = [".matrix tbody tr", "details.check"];
  const all = { rows: await shown(rows), checks: await shown(checks) };
  assert.ok(all.rows > 0 && all.checks > 0, "there is something to filter");

  const search = page.locator("#search");
  await search.fill("no such word anywhere");
  assert.equal((await shown(rows)) + (await shown(checks)), 0);
  const id = (await page.locator("details.check .id").first().textContent()).trim();
  await search.fill(id);
  assert.ok((await shown(checks)) >= 1 && (await shown(checks)) < all.checks, id);
  await page.getByRole("button", { name: "Reset" }).click();
  await page.waitForFunction((count) =>
    document.querySelectorAll("details.check:not([hidden])").length === count, all.checks);

  const box = page.locator("input[name=level]").first();
  const level = await box.getAttribute("value");
  await box.uncheck();
  assert.equal(await shown(`${checks}[data-level=${level}]`), 0, level);
  assert.match(await page.locator(".shown").textContent(), /Shown: \d+ of \d+ clauses, \d+ of \d+ checks/);
  // What is filtered out is shown where a link leads to it.
  const target = page.locator(`${checks}[data-level=${level}] .body`).first();
  if (await target.count()) {
    const anchor = await target.getAttribute("id");
    await page.evaluate((hash) => (location.hash = hash), anchor);
    await target.waitFor({ state: "visible" });
  }
  await page.getByRole("button", { name: "Expand all" }).click();
  assert.equal(await page.locator(`${checks}:not([open]):visible`).count(), 0);
  await page.getByRole("button", { name: "Collapse all" }).click();
  assert.equal(await page.locator(`${checks}[open]:visible`).count(), 0);
  // By keyboard: the first thing is the way past everything, and a summary opens with Enter.
  await page.evaluate(() => (document.activeElement.blur(), window.scrollTo(0, 0)));
  await page.locator(`${checks}:visible summary`).first().focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.locator(`${checks}[open]:visible`).count(), 1);
  await context.close();
}

/** Without script everything is there, and what is folded opens. */
async function read(url) {
  const { context, page } = await open(url, { javaScriptEnabled: false });
  assert.equal(await page.locator("#filters:visible").count(), 0, "a dead filter is not shown");
  const folded = page.locator("details.check:not([open])").first();
  const id = await folded.locator(".body").getAttribute("id");
  await folded.locator("summary").first().click();
  await page.locator(`[id="${id}"] .message`).waitFor({ state: "visible" });
  await context.close();
}

/** What is folded is printed, in as many pages as it takes. */
async function print(url) {
  const { context, page } = await open(url, {});
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator(".contents:visible").count(), 0);
  const folded = page.locator("details.check:not([open]) .message").first();
  const height = await folded.evaluate((one) => one.getBoundingClientRect().height);
  assert.ok(height > 0, "what is folded has a height on paper");
  const bytes = await page.pdf({ preferCSSPageSize: true });
  assert.equal(bytes.subarray(0, 5).toString(), "%PDF-");
  await context.close();
}

try {
  for (const path of process.argv.slice(2)) {
    const url = pathToFileURL(resolve(path)).href;
    for (const width of [1280, 390]) {
      for (const scheme of ["light", "dark"]) await look(url, width, scheme);
    }
    await use(url);
    await read(url);
    await print(url);
  }
} finally {
  await browser.close();
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

// Reviews a bundle in a browser and says what is wrong with the page: `node review.mjs script|plain|read
// LINK`, with the scripts of the page or without, or where nobody can sign. Chromium is that of the system, or the one that
// PREFLIGHT_CHROMIUM names; pictures go into the folder PREFLIGHT_PICTURES, where one is named.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const axe = createRequire(import.meta.url)("axe-core");
const [mode, link] = process.argv.slice(2);
const scripted = mode !== "plain";
const executablePath = process.env.PREFLIGHT_CHROMIUM || "/usr/bin/chromium";
const pictures = process.env.PREFLIGHT_PICTURES;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const context = await browser.newContext({ javaScriptEnabled: scripted });
const page = await context.newPage();
const problems = [];
let expected = [];
page.on("console", (message) => {
  // A browser tells of every answer from 400 on.
  const told = message.text();
  if (!expected.some((status) => told.includes(String(status)))) problems.push(`console: ${told}`);
});
page.on("pageerror", (error) => problems.push(`error: ${error}`));
page.on("request", (request) => {
  const own = request.url().startsWith(new URL(link).origin) || request.url().startsWith("data:");
  if (!own) problems.push(`request: ${request.url()}`);
});

const picture = async (name) => {
  if (!pictures) return;
  const form = page.locator("#review");
  const shown = (await form.count()) ? form : page;
  await shown.screenshot({ path: join(pictures, `${mode}-${name}.png`) });
};

/** Nothing that axe calls serious or critical, and nothing wider than the window, at both widths. */
async function look(name) {
  for (const width of [1280, 390]) {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await picture(`${name}-${width}-${colorScheme}`);
      const over = await page.evaluate(() => {
        const root = document.documentElement;
        return root.scrollWidth - root.clientWidth;
      });
      if (over > 0) problems.push(`${name}: ${over} pixels wider than a window of ${width}`);
      await page.evaluate(axe.source);
      const found = await page.evaluate(() => window.axe.run().then((result) => result.violations));
      for (const { id, impact, nodes } of found) {
        if (["serious", "critical"].includes(impact)) {
          problems.push(`${name} ${width} ${colorScheme}: ${impact} ${id}: ${nodes[0].html.slice(0, 200)}`);
        }
      }
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** What was decided can be read, and nothing be filled in. */
async function read() {
  await page.getByText("This can only be read").waitFor();
  assert.equal(await page.locator("#review input, #review textarea, #review button").count(), 0);
  assert.ok((await page.locator(".item .decided").count()) >= 2);
  await look("read");
}

/** The form is on paper, without what only a screen can use. */
async function print() {
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.getByRole("button", { name: "Sign the review" }).count(), 0);
  assert.ok(await page.locator(".item table.events").first().isVisible());
  const bytes = await page.pdf({ preferCSSPageSize: true });
  assert.equal(bytes.subarray(0, 5).toString(), "%PDF-");
  await page.emulateMedia({ media: "screen" });
}

async function decide() {
  const items = page.locator(".item");
  const count = await items.count();
  assert.ok(count >= 2, "there is something to decide");
  assert.ok(!page.url().includes("token"), "the token is no longer in the address");
  // The evidence stands where the decision is asked for.
  for (const item of await items.all()) {
    await item.locator("table.events").waitFor();
    assert.equal(await item.locator("input[type=radio]:checked").getAttribute("value"), "undecided");
  }
  if (scripted) {
    await look("empty");
    await print();
    await page.locator("#review").scrollIntoViewIfNeeded();
    // The report below is as it is elsewhere: filters, expanders, links.
    const id = (await items.first().locator("h3 .id").textContent()).trim().split(" ")[0];
    await page.locator("#search").fill(id);
    assert.ok((await page.locator("details.check:visible").count()) >= 1);
    await page.getByRole("button", { name: "Reset" }).click();
    await items.first().locator("h3 .id").click();
    await page.locator("details.check[open] .body:visible").first().waitFor();
  }
  const choice = (place) => page.locator(`.choice[data-item="${place}"]`);
  const sign = page.getByRole("button", { name: "Sign the review" });

  // By keyboard: the arrow keys choose, and Tab leads to the reason.
  await choice(0).getByLabel("Leave it open").focus();
  await page.keyboard.press("ArrowDown");
  assert.ok(await choice(0).getByLabel("Accept").isChecked());
  await page.keyboard.press("Tab");
  await page.keyboard.type("Agreed with the platform, see <mail>.");
  await choice(1).getByLabel("Reject").check();
  await page.getByLabel("Your name, as it will be signed").fill("Jo Reviewer");
  if (scripted) {
    assert.match(await page.locator("#progress").textContent(), new RegExp(`^2 of ${count} decided`));
    // A reason is missing: the browser asks for it, and nothing is sent.
    await sign.click();
    assert.ok(await choice(1).locator("textarea:invalid").count());
    await page.evaluate(() => (document.getElementById("review-form").noValidate = true));
  }
  // Whoever takes the form looks at it again.
  expected = [422];
  await sign.click();
  await page.getByText("Nothing was signed.").waitFor();
  expected = [];
  assert.equal(await choice(0).locator("textarea").inputValue(), "Agreed with the platform, see <mail>.");
  assert.ok(await choice(1).getByLabel("Reject").isChecked());
  assert.equal(await page.locator("textarea[aria-invalid=true]").getAttribute("id"), "reason-1");
  if (scripted) await look("refused");
  await choice(1).locator("textarea").fill("Not before the hint is obeyed.");
  await sign.click();
  await page.getByRole("heading", { name: "The review is signed" }).waitFor();
  const told = await page.locator("#signed").textContent();
  assert.match(told, /accepted +\S+ connector: Agreed with the platform, see <mail>\./);
  assert.match(told, /rejected +\S+ connector: Not before the hint is obeyed\./);
  if (scripted) await look("signed");
  await page.setViewportSize({ width: 1280, height: 900 });
  const { width } = await page.locator("#signed").boundingBox();
  if (width < 640) problems.push(`what was signed stands in a column of ${width} pixels`);
}

try {
  await page.goto(link);
  await (mode === "read" ? read() : decide());
} finally {
  await browser.close();
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

// Opens the pages that `harness/tests/pages.rs` had made in a browser, as people do: wide and narrow, light and dark, with
// and without script, by keyboard, on paper. Prints a line for each thing that is not as it should be.
//
//     node browse.mjs MODULES REPORT.html SITE [SCREENSHOTS]
import { createRequire } from "node:module";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, report, site, shots] = process.argv.slice(2);
const require = createRequire(join(modules, "package.json"));
const { chromium } = require("playwright-core");
const axe = require("axe-core").source;

const wrong = [];
const check = (holds, what) => { if (!holds) wrong.push(what); };

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

// Calls `use` with a page that tells of what goes wrong in it.
async function open(file, options, use) {
  const context = await browser.newContext({ bypassCSP: true, ...options });
  const page = await context.newPage();
  const name = file.split("/").slice(-2).join("/");
  page.on("console", (message) => check(message.type() !== "error", `${name}: console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`${name}: ${error.message}`));
  page.on("requestfailed", (request) => wrong.push(`${name}: not there: ${request.url()}`));
  page.on("request", (request) => check(/^(file|data):/.test(request.url()), `${name}: fetches ${request.url()}`));
  await page.goto(pathToFileURL(file).href);
  await use(page, name);
  await context.close();
}

const of = (folder) => readdirSync(join(site, folder)).filter((name) => name.endsWith(".html")).map((name) => join(site, folder, name));
const pages = [report, join(site, "index.html"), join(site, "costs.html"), join(site, "clause/index.html"),
  join(site, "clause/R-2.html"), ...of("suite").slice(0, 2), ...of("binder")];

for (const file of pages) {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1280, 360]) {
      await open(file, { colorScheme, viewport: { width, height: 900 } }, async (page, name) => {
        const at = `${name}, ${colorScheme}, ${width} wide`;
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        check(over <= 0, `${at}: ${over} pixels wider than the window`);
        if (shots) await page.screenshot({ path: join(shots, `${at.replaceAll(/[^\w.-]+/g, "-")}.png`), fullPage: true });
        // What is folded is to be read, too.
        if ((colorScheme === "light") !== (width === 1280)) return;
        await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
        await page.addScriptTag({ content: axe });
        const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"], preload: false }));
        for (const { id, help, nodes } of violations) {
          wrong.push(`${at}: ${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")}`);
        }
      });
    }
  }
}

await open(report, { viewport: { width: 1280, height: 900 } }, async (page) => {
  const lines = () => page.locator("#results tbody tr").count();
  const found = () => page.locator("#found").textContent();
  const all = await found();
  await page.fill("[name=text]", "unsigned-returns u64-top-bit");
  const some = await found();
  check(some !== all && (await lines()) > 0, `a search finds ${some} of ${all}`);
  await page.selectOption("[name=outcome]", "failed");
  check((await lines()) === 1, `one failed trial has that name, and ${await lines()} are shown`);
  const link = await page.locator("#results tbody a").first().getAttribute("href");
  check(decodeURIComponent(link) === "#round-trip::unsigned-returns::u64-top-bit", `a search for it leads to ${link}`);
  await page.click("#results tbody a");
  const failure = page.locator("details.failure[id='round-trip::unsigned-returns::u64-top-bit']");
  check(await failure.locator("dl.compared").isVisible(), "a link to a failure opens it");
  await failure.locator("details.program > summary").click();
  check(await failure.getByText("int main(void)").isVisible(), "a failure has its C program");
  await failure.locator("p a").first().click();
  const clause = decodeURIComponent(new URL(page.url()).hash.slice(1));
  check(await page.locator(`tr[id="${clause}"]`).isVisible(), `the link to ${clause} shows its text`);
  await page.click(`tr[id="${clause}"] [data-clause]`);
  check((await page.inputValue("[name=clause]")) === clause, "a clause's trials are searched for");
  await page.click("[type=reset]");
  await page.waitForFunction((all) => document.getElementById("found").value === all, all);

  const dead = await page.evaluate(() => [...document.querySelectorAll("a[href^='#']")]
    .map((link) => decodeURIComponent(link.getAttribute("href").slice(1)))
    .filter((name) => !document.getElementById(name)));
  check(dead.length === 0, `links that lead nowhere: ${dead.slice(0, 5).join(" ")}`);

  await page.evaluate(() => { document.querySelectorAll("details.failure").forEach((one) => { one.open = false; }); });
  const paper = await page.pdf();
  check(paper.length > 10_000, "it prints");
  check((await page.locator("details.failure[open]").count()) === 0, "what was folded is folded again after printing");
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  check((await page.locator("details:not([open])").count()) === 0, "paper has no folds");
});

await open(report, { viewport: { width: 1280, height: 900 } }, async (page) => {
  await page.keyboard.press("Tab");
  check((await page.evaluate(() => document.activeElement.className)) === "skip", "the first stop is the link past the links");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  check(await page.evaluate(() => document.querySelector("main").contains(document.activeElement)), "it leads past them");
  const summary = await page.locator("details.failure:not([open]) > summary").first().elementHandle();
  await summary.focus();
  await page.keyboard.press("Enter");
  check(await summary.evaluate((one) => one.parentElement.open), "a failure opens by keyboard");
});

await open(report, { javaScriptEnabled: false }, async (page) => {
  check(await page.locator("details.failure[open] dl.compared").first().isVisible(), "without script failures are read");
  check(!(await page.locator("#search").isVisible()), "without script there is no search");
  check(await page.locator("#by-arm table").isVisible(), "without script trials are told by arm");
});

await browser.close();
for (const line of wrong) console.log(line);
process.exitCode = wrong.length > 0 ? 1 : 0;

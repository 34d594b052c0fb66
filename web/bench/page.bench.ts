import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page, Response } from "@playwright/test";
import { button, signIn, test } from "../e2e/stack";

// Figures of the page, printed as a table. None is asserted: they depend on the machine.
const figures: [what: string, measured: string, wanted: string][] = [];

test.afterAll(() => {
  const rows = figures.map(([what, measured, wanted]) => `| ${what} | ${measured} | ${wanted} |`);
  process.stdout.write(`\n| what | measured | wanted |\n| --- | --- | --- |\n${rows.join("\n")}\n`);
});

/** scripts adds up what the scripts of a page weigh when compressed, as a front server would send them. */
async function scripts(page: Page, go: () => Promise<unknown>): Promise<string> {
  const answers: Response[] = [];
  page.on("response", (answer) => answer.request().resourceType() === "script" && answers.push(answer));
  await go();
  await page.waitForLoadState("networkidle");
  const bodies = await Promise.all(answers.map((answer) => answer.body()));
  return `${Math.round(bodies.reduce((sum, body) => sum + gzipSync(body).length, 0) / 1000)} kB`;
}

test("first load", async ({ page, stack }) => {
  figures.push(["scripts of `/`, gzip", await scripts(page, () => page.goto(stack.publicUrl)), "≤ 180 kB"]);
  const folder = join(import.meta.dirname, "../../tools/lighthouse");
  const report = join(import.meta.dirname, "../e2e/results/lighthouse.json");
  const args = [`${stack.publicUrl}/`, "--preset=desktop", "--output=json", `--output-path=${report}`, "--quiet"];
  const chrome = "--chrome-flags=--headless=new --no-sandbox";
  execFileSync(join(folder, "node_modules/.bin/lighthouse"), [...args, chrome], {
    env: { ...process.env, CHROME_PATH: process.env.CHROMIUM_PATH },
  });
  const { categories } = JSON.parse(await readFile(report, "utf8"));
  const score = (name: string) => String(Math.round(categories[name].score * 100));
  figures.push(["Lighthouse, desktop: performance", score("performance"), "≥ 95"]);
  figures.push(["Lighthouse: accessibility", score("accessibility"), "100"]);
  figures.push(["Lighthouse: best practices", score("best-practices"), "100"]);
});

test("a table of 10,000 stores", async ({ page, stack }) => {
  await page.addInitScript(() => {
    const seen = window as unknown as { tasks: number[]; firstRow?: number };
    seen.tasks = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.tasks.push(entry.duration);
    }).observe({ type: "longtask" });
    new MutationObserver((_, self) => {
      if (!document.querySelector("tbody tr[data-index]")) return;
      self.disconnect();
      requestAnimationFrame(() => {
        seen.firstRow = performance.now();
      });
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(`${stack.publicUrl}/stores`);
  await signIn(page, "large");
  await page.getByText("10,000 stores,").waitFor({ timeout: 120_000 });
  figures.push(["scripts of `/stores`, gzip", await scripts(page, () => page.reload()), ""]);
  const rows = await page.evaluate(() => {
    const data = performance.getEntriesByType("resource").find((entry) => entry.name.includes("/api/stores")) as
      | PerformanceResourceTiming
      | undefined;
    return Math.round(((window as unknown as { firstRow?: number }).firstRow ?? 0) - (data?.responseEnd ?? 0));
  });
  figures.push(["first rows after the data", `${rows} ms`, "≤ 200 ms"]);

  while ((await page.locator("tr[aria-rowindex]").last().getAttribute("aria-rowindex")) !== "10001") {
    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  }
  const longest = await page.evaluate(async () => {
    const seen = window as unknown as { tasks: number[] };
    window.scrollTo(0, 0);
    await new Promise((done) => setTimeout(done, 500)); // what loading left behind is not scrolling
    seen.tasks = [];
    for (let y = 0; y < 40_000; y += 400) {
      window.scrollTo(0, y);
      await new Promise((done) => requestAnimationFrame(done));
    }
    return seen.tasks.length === 0 ? "none over 50 ms" : `${Math.round(Math.max(...seen.tasks))} ms`;
  });
  figures.push(["longest task while scrolling", longest, "none over 50 ms"]);

  const all = button(page, "Choose all 10,000");
  await all.waitFor();
  const took = await all.evaluate(async (element: HTMLButtonElement) => {
    const start = performance.now();
    element.click();
    while (!document.body.textContent?.includes("10,000 stores chosen"))
      await new Promise((done) => requestAnimationFrame(done));
    return Math.round(performance.now() - start);
  });
  figures.push(["choosing all 10,000", `${took} ms`, "≤ 100 ms"]);
});

import { expect } from "@playwright/test";
import { button, heading, look, sandbox, signIn, test } from "./stack";

test("500 stores by a pasted sheet, through a reload and a lost network, then stopped", async ({
  page,
  context,
  stack,
}) => {
  const otter = sandbox(stack);
  const stores = await otter.stores("big");

  await test.step("pastes a sheet with what does not fit in it", async () => {
    await page.goto(`${stack.publicUrl}/stores`);
    await signIn(page, "big");
    await button(page, "Choose all 500").click();
    await page.getByRole("link", { name: "Map 500 stores" }).click();
    await button(page, "Take from a spreadsheet").click();
    await look(page, "sheet-empty");
    const rows = stores.map((store, i) => `${store.brandName}\t${store.name}\tP-${i + 1}`);
    await page
      .getByRole("textbox", { name: "Or paste cells here" })
      .fill(["Brand\tStore\tYour ID", ...rows, "Nowhere\tAtlantis\tP-0"].join("\n"));
    await expect(page.getByText("500 ids fit, of 501 rows")).toBeVisible();
    await expect(page.getByText("Row 502, column B:")).toBeVisible();
    await look(page, "sheet");
    await button(page, "Use 500 ids").click();
    await expect(page.getByText("500 of 500 ready")).toBeVisible();
  });

  await test.step("counts while it looks, and follows the run through a reload", async () => {
    await button(page, "Review 500 stores").click();
    await expect(page.getByText(/Looked at [\d,]+ of 500 stores/).first()).toBeVisible();
    await expect(button(page, "Connect 500")).toBeEnabled({ timeout: 120_000 });
    // Slow enough that there is something to follow and to stop.
    await otter.fault({ method: "POST", pathPattern: "/connection$", delayMs: 1_000, times: -1 });
    await button(page, "Connect 500").click();
    await expect(heading(page, "Result")).toBeVisible();
    await page.reload();
    await expect(page.getByText(/^\d+ of 500 done$/)).toBeVisible();
    await look(page, "run-going");
  });

  await test.step("says that the network is lost, and catches up", async () => {
    await context.setOffline(true);
    await expect(page.getByText("There is no network at the moment")).toBeVisible();
    await look(page, "run-offline");
    await context.setOffline(false);
    await expect(page.getByText("There is no network at the moment")).toBeHidden();
  });

  await test.step("stops it", async () => {
    await button(page, "Stop").click();
    await look(page, "run-stop");
    await button(page, "Stop the run").click();
    await otter.clearFaults();
    await expect(page.getByText(/^\d+ of 500 as you asked$/)).toBeVisible({ timeout: 60_000 });
    await expect(page.getByText(/\d+ not begun/).first()).toBeVisible();
    await expect(button(page, /^Try \d+ stores again$/)).toBeVisible();
    await look(page, "run-stopped");
  });
});

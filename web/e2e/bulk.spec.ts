import { expect } from "@playwright/test";
import { button, heading, look, sandbox, signIn, test } from "./stack";

test("a manager connects 40 stores, one of them in conflict and one refused", async ({ page, stack }) => {
  const otter = sandbox(stack);
  const stores = await otter.stores("medium");
  const legacy = await otter.connectedTo(stores, "LEGACY-2");
  const refused = stores.find((store) => store.storeId !== legacy.storeId);
  if (refused === undefined) throw new Error("the sandbox has too few stores");

  await test.step("chooses all that match", async () => {
    await page.goto(stack.publicUrl);
    await signIn(page, "medium");
    await expect(page.getByText("40 stores,")).toBeVisible();
    await look(page, "choose");
    await page.getByRole("row").nth(1).getByRole("checkbox").check();
    await expect(page.getByText("1 store chosen")).toBeVisible();
    await button(page, "Choose all 40").click();
    await expect(page.getByText("40 stores chosen")).toBeVisible();
    await look(page, "choose-all");
    await page.getByRole("link", { name: "Map 40 stores" }).click();
  });

  await test.step("types, and reads what is wrong at the field", async () => {
    await expect(heading(page, "Give each store your id")).toBeVisible();
    await look(page, "map-empty");
    const fields = page.getByRole("textbox", { name: /^Your id for/ });
    await fields.first().fill("Café");
    await expect(page.getByText("Use letters, digits and signs without accents only.")).toBeVisible();
    await fields.first().fill("K-1");
    await fields.first().press("Enter");
    await expect(fields.nth(1)).toBeFocused();
    await fields.nth(1).fill("K-1");
    await expect(page.getByText(/ has the same id\./)).toHaveCount(2);
    await look(page, "map-faults");
    await fields.nth(1).fill("");
    await button(page, "Fill by a pattern").click();
    await page.getByRole("textbox", { name: "Pattern" }).fill("K-###");
    await look(page, "map-pattern");
    await button(page, "Fill 39 fields").click();
    await expect(page.getByText("40 of 40 ready")).toBeVisible();
    await page.reload();
    await expect(page.getByText("40 of 40 ready")).toBeVisible();
    await look(page, "map-ready");
    await button(page, "Review 40 stores").click();
  });

  await test.step("reviews, and confirms the replace", async () => {
    await expect(button(page, "Connect 39")).toBeEnabled();
    await look(page, "review");
    await page.getByRole("checkbox", { name: legacy.name }).check();
    await otter.fault({ method: "POST", pathPattern: refused.storeId, status: 422 });
    await button(page, "Connect 39, replace 1").click();
  });

  await test.step("sees what came of it, and mends what was refused", async () => {
    await expect(page.getByText("39 of 40 as you asked")).toBeVisible({ timeout: 60_000 });
    await look(page, "result");
    expect(await otter.connection(legacy.storeId)).toMatch(/^K-/);
    const download = page.waitForEvent("download");
    await button(page, "Download as CSV").click();
    expect((await download).suggestedFilename()).toMatch(/^result-.*\.csv$/);
    await button(page, `Use another id: ${refused.name}`).click();
    await page.getByRole("textbox", { name: `Your id for ${refused.name}` }).fill("SOHO-9");
    await button(page, "Review 1 store").click();
    await button(page, "Connect 1").click();
    await expect(page.getByText("1 of 1 as you asked")).toBeVisible();
    expect(await otter.connection(refused.storeId)).toBe("SOHO-9");
    await page.getByRole("link", { name: "Earlier runs" }).click();
    await expect(page.getByText("40 stores,")).toBeVisible();
    await look(page, "runs");
  });
});

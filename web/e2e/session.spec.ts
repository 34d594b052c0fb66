import { expect, type Locator, type Page } from "@playwright/test";
import { button, heading, look, sandbox, signIn, test } from "./stack";

/** tabTo goes to something as somebody without a mouse does. */
async function tabTo(page: Page, target: Locator) {
  for (let i = 0; i < 80; i++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("it cannot be reached by the tab key");
}

const fits = async (page: Page) =>
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);

test("by keyboard alone, on a small screen, in the dark, in Spanish, past an expired session and two tabs", async ({
  page,
  context,
  stack,
}) => {
  const otter = sandbox(stack);
  const kept = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("draft")));

  await test.step("walks the wizard without a mouse", async () => {
    await page.goto(stack.publicUrl);
    await signIn(page, "short-lived");
    await expect(page.getByText(/Your consent runs out in \d minutes?\./)).toBeVisible();
    await expect(page.getByText("4 stores,")).toBeVisible();
    await tabTo(page, page.getByRole("row").nth(1).getByRole("checkbox"));
    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Space");
    await tabTo(page, page.getByRole("link", { name: "Map 2 stores" }));
    await page.keyboard.press("Enter");
    await tabTo(page, page.getByRole("textbox", { name: /^Your id for/ }).first());
    await page.keyboard.type("N-1");
    await page.keyboard.press("Enter");
    await page.keyboard.type("N-2");
    await tabTo(page, button(page, "Review 2 stores"));
    await page.keyboard.press("Enter");
    await expect(button(page, "Connect 2")).toBeEnabled();
    await tabTo(page, button(page, "Connect 2"));
    await page.keyboard.press("Enter");
    await expect(page.getByText("2 of 2 as you asked")).toBeVisible();
    const ids = await Promise.all((await otter.stores("short-lived")).map((store) => otter.connection(store.storeId)));
    expect(ids.filter((id) => id?.startsWith("N-"))).toHaveLength(2);
  });

  await test.step("loses the session while typing, and comes back to it", async () => {
    await page.getByRole("link", { name: "Connect more stores" }).click();
    await page.getByRole("combobox", { name: "State" }).selectOption("New");
    await button(page, "Choose all 2").click();
    await page.getByRole("link", { name: "Map 2 stores" }).click();
    const fields = page.getByRole("textbox", { name: /^Your id for/ });
    await fields.first().fill("N-3");
    await fields.nth(1).fill("N-1");
    await expect(page.getByText(/is connected to this id already/)).toBeVisible();
    await fields.nth(1).fill("N-4");
    await context.clearCookies();
    await button(page, "Review 2 stores").click();
    await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
    await look(page, "session-expired");
    await signIn(page, "short-lived");
    await expect(heading(page, "Review")).toBeVisible();
    await expect(button(page, "Connect 2")).toBeEnabled();
    await page.goBack();
  });

  await test.step("fits a small screen, in the dark, in Spanish", async () => {
    await page.goto(`${stack.publicUrl}/map`);
    await page.setViewportSize({ width: 360, height: 740 });
    await page.emulateMedia({ colorScheme: "dark" });
    await page.getByRole("combobox", { name: "Language" }).selectOption("es");
    await expect(heading(page, "Da a cada tienda tu id")).toBeVisible();
    await expect(page.locator("html")).toHaveAttribute("lang", "es");
    await look(page, "small-map");
    await fits(page);
    await button(page, "Revisar 2 tiendas").click();
    await expect(button(page, "Conectar 2")).toBeEnabled();
    await look(page, "small-review");
    await fits(page);
    await page.getByRole("link", { name: "Tiendas" }).click();
    await expect(page.getByText("4 tiendas,")).toBeVisible();
    await look(page, "small-choose");
    await fits(page);
    await page.getByRole("link", { name: "Procesos anteriores" }).click();
    await page.getByRole("link", { name: /^2 tiendas/ }).click();
    await expect(page.getByText("2 de 2 como pediste")).toBeVisible();
    await look(page, "small-result");
    await fits(page);
  });

  await test.step("signs out in another tab: nothing is kept here either", async () => {
    expect(await kept()).not.toEqual([]);
    const other = await context.newPage();
    await other.goto(`${stack.publicUrl}/runs`);
    await button(other, "Cerrar sesión").click();
    await expect(other.getByRole("link", { name: "Iniciar sesión con Otter" })).toBeVisible();
    await expect(page.getByRole("heading", { name: "Tu sesión se cerró" })).toBeVisible();
    expect(await kept()).toEqual([]);
  });
});

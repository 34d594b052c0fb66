import { expect, type Page } from "@playwright/test";
import { look, sandbox, signIn, test } from "./stack";

const field = (page: Page) => page.getByRole("textbox", { name: /id for this store/ });
const live = (page: Page) => page.getByRole("region", { name: "Connection at Otter" });

async function openStore(page: Page, name: string) {
  await page.getByRole("searchbox", { name: "Search stores" }).fill(name);
  await page.getByRole("link", { name, exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
}

async function ask(page: Page, localStoreId: string, button: "Connect" | "Replace") {
  await field(page).fill(localStoreId);
  await page.getByRole("button", { name: button, exact: true }).click();
}

test("a manager connects, replaces and disconnects stores", async ({ page, stack }) => {
  const otter = sandbox(stack);
  const stores = await otter.stores("small");
  const legacy = await otter.connectedTo(stores, "LEGACY-1");
  const [fresh, other] = stores.filter((store) => store.storeId !== legacy.storeId);
  if (fresh === undefined || other === undefined) throw new Error("the sandbox has too few stores");

  await test.step("signs in", async () => {
    await page.goto(stack.publicUrl);
    await expect(page.getByRole("link", { name: "Sign in with Otter" })).toBeVisible();
    await look(page, "welcome");
    await signIn(page, "small");
    await expect(page.getByRole("heading", { level: 1, name: "Stores" })).toBeVisible();
    await expect(page.getByText("12 stores")).toBeVisible();
    await look(page, "stores");
  });

  await test.step("searches and filters, and the address keeps it", async () => {
    await page.getByRole("link", { name: fresh.brandName, exact: true }).click();
    await expect(page.getByText("6 stores")).toBeVisible();
    await page.getByRole("combobox", { name: "State" }).selectOption("Connected");
    await expect(page.getByRole("heading", { name: "No store matches" })).toBeVisible();
    await look(page, "stores-none");
    await page.goBack();
    await expect(page.getByText("6 stores")).toBeVisible();
    await page.getByRole("searchbox", { name: "Search stores" }).fill(legacy.name);
    await expect(page).toHaveURL(/q=/);
    await page.reload();
    await expect(page.getByText("1 store,")).toBeVisible();
    await expect(page.getByRole("link", { name: legacy.name, exact: true })).toBeVisible();
  });

  await test.step("connects a store", async () => {
    await openStore(page, fresh.name);
    await expect(live(page)).toContainText("Not connected");
    await look(page, "store-new");
    await ask(page, " K-17", "Connect");
    await expect(page.getByText("Remove the spaces at the beginning or end.")).toBeVisible();
    await look(page, "store-invalid");
    await ask(page, "K-17", "Connect");
    await expect(page.getByText(`Orders for ${fresh.name} go to K-17.`)).toBeVisible();
    await expect(live(page)).toContainText("Connected to K-17");
    expect(await otter.connection(fresh.storeId)).toBe("K-17");
    await look(page, "store-connected");
    const run = new URL(page.url()).searchParams.get("run");
    await page.goto(`${stack.publicUrl}/runs/${run}`);
    await expect(page.getByText("1 of 1 as you asked")).toBeVisible();
    await look(page, "run");
  });

  await test.step("finds it among the connected ones", async () => {
    await page.getByRole("link", { name: "Connect more stores" }).click();
    await page.getByRole("combobox", { name: "State" }).selectOption("Connected");
    const row = page.getByRole("row").filter({ hasText: fresh.name });
    await expect(row).toContainText("K-17");
    await expect(row).toContainText("Connected");
    await page.getByRole("combobox", { name: "State" }).selectOption("All");
  });

  await test.step("sees the conflict of a store connected by hand, keeps it, then replaces it", async () => {
    await openStore(page, legacy.name);
    await expect(live(page)).toContainText("Connected to LEGACY-1");
    await ask(page, "K-22", "Connect");
    const dialog = page.getByRole("dialog", { name: "This store is connected to LEGACY-1. Replace it?" });
    await expect(dialog).toContainText(`Orders for ${legacy.name} will go to K-22 instead of LEGACY-1.`);
    await look(page, "store-conflict");
    await dialog.getByRole("button", { name: "Keep LEGACY-1" }).click();
    await expect(dialog).toBeHidden();
    expect(await otter.connection(legacy.storeId)).toBe("LEGACY-1");
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await dialog.getByRole("button", { name: "Replace by K-22" }).click();
    await expect(page.getByText("Moved to the new id")).toBeVisible();
    await expect(live(page)).toContainText("Connected to K-22");
    expect(await otter.connection(legacy.storeId)).toBe("K-22");
    await look(page, "store-replaced");
  });

  await test.step("moves it once more, and is asked before anything is sent", async () => {
    await ask(page, "K-23", "Replace");
    const dialog = page.getByRole("dialog", { name: "This store is connected to K-22. Replace it?" });
    await dialog.getByRole("button", { name: "Replace by K-23" }).click();
    await expect(live(page)).toContainText("Connected to K-23");
  });

  await test.step("cannot give one id to two stores", async () => {
    await page.getByRole("link", { name: "All stores" }).click();
    await openStore(page, other.name);
    await ask(page, "K-23", "Connect");
    await expect(page.getByText("K-23 is used by another store.")).toBeVisible();
    await look(page, "store-taken");
    expect(await otter.connection(other.storeId)).toBeNull();
  });

  await test.step("signs in again where the consent has ended, and comes back to the same store", async () => {
    const address = page.url();
    await otter.endTokens("small");
    await page.getByRole("button", { name: "Look again" }).click();
    await expect(page.getByRole("heading", { name: "Sign in again to go on" })).toBeVisible();
    await look(page, "sign-in-again");
    await signIn(page, "small");
    await expect(page).toHaveURL(address);
    await expect(field(page)).toHaveValue("K-23");
  });

  await test.step("disconnects", async () => {
    await page.getByRole("link", { name: "All stores" }).click();
    await openStore(page, fresh.name);
    await page.getByRole("button", { name: "Disconnect" }).click();
    const dialog = page.getByRole("dialog", { name: `Disconnect ${fresh.name}?` });
    await look(page, "store-disconnect");
    await dialog.getByRole("button", { name: "Disconnect" }).click();
    await expect(page.getByText(`No orders arrive for ${fresh.name}.`)).toBeVisible();
    await expect(live(page)).toContainText("Not connected");
    expect(await otter.connection(fresh.storeId)).toBeNull();
  });

  await test.step("works on a small screen and in the dark", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.emulateMedia({ colorScheme: "dark" });
    await look(page, "small-dark-store");
    await page.getByRole("link", { name: "All stores" }).click();
    await page.getByRole("searchbox", { name: "Search stores" }).fill("");
    await expect(page.getByText("12 stores")).toBeVisible();
    await look(page, "small-dark-stores");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  });

  await test.step("signs out", async () => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("link", { name: "Sign in with Otter" })).toBeVisible();
    await page.goto(`${stack.publicUrl}/stores`);
    await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
    await look(page, "small-dark-signed-out");
  });
});

test("a manager who denies consent reads why, and can start again", async ({ page, stack }) => {
  await page.goto(stack.publicUrl);
  await signIn(page, "small", "Deny");
  await expect(page.getByRole("alert")).toContainText("You did not give access");
  await expect(page).toHaveURL(/\/\?error=consent-denied&return_to=%2Fstores$/);
  await look(page, "denied");
  await signIn(page, "empty");
  await expect(page.getByText("Your organization has no stores at Otter")).toBeVisible();
  await look(page, "stores-empty");
});

test("a large organization is counted while it loads, and scrolled without end", async ({ page, stack }) => {
  const stores = await sandbox(stack).stores("large");
  const last = stores.at(-1);
  if (last === undefined) throw new Error("the sandbox has no large account");
  await page.goto(stack.publicUrl);
  await signIn(page, "large");
  await expect(page.getByText("10,000 stores")).toBeVisible({ timeout: 90_000 });
  await look(page, "large");
  const rows = page.getByRole("row");
  await expect(rows.nth(1)).toBeVisible();
  expect(await rows.count()).toBeLessThan(100);
  await expect(async () => {
    await page.mouse.wheel(0, 20_000);
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeGreaterThan(30_000);
  }).toPass();
  await page.getByRole("searchbox", { name: "Search stores" }).fill(last.name);
  await expect(page.getByRole("link", { name: last.name, exact: true }).first()).toBeVisible();
});

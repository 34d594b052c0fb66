import { expect, type Page } from "@playwright/test";
import { look, type Stack, sandbox, test } from "./stack";

// An account of its own: the stack is shared with the wizard's tests.
const account = "refreshing";
const organization = "Evergreen Eateries";

type Store = { brandId: string; storeId: string; name: string; brandName: string };

/** Sets the stage without the wizard: what a manager asked for, and what happened to it. */
async function stage(page: Page, stack: Stack) {
  const { publicUrl, internalUrl, sandboxUrl, adminToken } = stack;
  const control = async (method: string, path: string, body?: unknown) => {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`${sandboxUrl}/_sandbox/${path}`, {
      method,
      headers,
      body: JSON.stringify(body),
    });
    expect(answer.ok, `${method} ${path}`).toBe(true);
  };
  const admin = async (path: string, body?: unknown, expected = [200]) => {
    const headers = { Authorization: `Bearer ${adminToken}`, "Content-Type": "application/json" };
    const answer = await fetch(internalUrl + path, {
      method: body ? "POST" : "GET",
      headers,
      body: JSON.stringify(body),
    });
    expect(expected, path).toContain(answer.status);
    return answer.json();
  };
  await page.goto(`${publicUrl}/auth/login?return_to=/stores`);
  await page.getByRole("radio", { name: new RegExp(`^${account}`) }).check();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.waitForURL(`${publicUrl}/**`);
  // Names are known once the organization is loaded.
  const loading = async () => (await (await page.request.get(`${publicUrl}/api/stores`)).json()).loading;
  await expect.poll(loading).toBeNull();
  const onboard = async (wishes: [Store, string][]) => {
    const items = wishes.map(([{ brandId, storeId }, localStoreId]) => ({ brandId, storeId, localStoreId }));
    const headers = { Origin: publicUrl, Prefer: "wait=20" };
    const answer = await page.request.post(`${publicUrl}/api/onboard`, { data: { items }, headers });
    expect(answer.ok(), await answer.text()).toBe(true);
  };
  const stores = (await sandbox(stack).stores(account)) as Store[];
  const [good, refused, taken, removed, holder, never] = stores as [Store, Store, Store, Store, Store, Store];
  const message = '{"message": "CON-REFUSED is on no menu."}';
  await control("POST", "faults", {
    method: "POST",
    pathPattern: refused.storeId,
    status: 422,
    body: message,
    times: 9,
  });
  await control("PUT", `connections/${holder.storeId}`, { localStoreId: "CON-TAKEN" });
  await onboard([
    [good, "CON-1"],
    [refused, "CON-REFUSED"],
    [removed, "CON-3"],
  ]);
  await onboard([[taken, "CON-TAKEN"]]);
  await control("DELETE", `connections/${removed.storeId}`);
  const mapping = await admin(`/admin/mappings/lookup?remoteStoreId=${removed.storeId}`);
  // Adopting what was there makes the store be looked at again, where Otter's webhook has not done so before.
  await admin(`/admin/mappings/${mapping.id}/adopt`, { reason: "look again", expectObserved: "CON-3" }, [200, 409]);
  return { good, refused, taken, removed, never };
}

async function signIn(page: Page, { internalUrl }: Stack, token: string, path = "/") {
  await page.goto(internalUrl + path);
  await page.getByLabel("Admin token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("banner")).toBeVisible();
}

/** find searches for the store's id, as somebody does who was given it, and opens its mapping. */
async function find(page: Page, { internalUrl }: Stack, store: Store) {
  await page.goto(`${internalUrl}/mappings`);
  await page.getByRole("searchbox", { name: "Search" }).fill(store.storeId);
  await page.getByRole("link", { name: store.name, exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: store.name })).toBeVisible();
}

const why = (page: Page) => page.getByRole("status").first();

test("an operator finds why a store gets no orders, and does something about it", async ({ page, stack }) => {
  const { good, refused, taken, removed, never } = await stage(page, stack);
  const filtered = `/mappings?state=failed&state=drifted`;

  await test.step("signs in with a token, which the page keeps nowhere", async () => {
    await page.goto(stack.internalUrl + filtered);
    await look(page, "console-sign-in");
    await page.getByLabel("Admin token").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByText("This token is not known.")).toBeVisible();
    await expect(page.getByLabel("Admin token")).toHaveValue("");
    await signIn(page, stack, stack.adminToken, filtered);
    await expect(page).toHaveURL(stack.internalUrl + filtered);
    await expect(page.getByRole("link", { name: refused.name, exact: true })).toBeVisible();
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
    );
    expect(kept + (await page.content())).not.toContain(stack.adminToken);
    await look(page, "console-mappings");
  });

  await test.step("never asked", async () => {
    await page.getByRole("searchbox", { name: "Search" }).fill(never.storeId);
    await page.getByRole("link", { name: "Clear all filters" }).click();
    await page.getByRole("searchbox", { name: "Search" }).fill(never.storeId);
    await expect(page.getByRole("heading", { name: "Nobody ever asked to connect this store" })).toBeVisible();
    await look(page, "console-never-asked");
  });

  await test.step("id refused", async () => {
    await find(page, stack, refused);
    await expect(why(page)).toContainText("Otter refused CON-REFUSED");
    await expect(why(page)).toContainText("the store is not connected and gets no orders.");
    await expect(why(page)).toContainText("CON-REFUSED is on no menu.");
    await look(page, "console-refused");
  });

  await test.step("id taken by another store", async () => {
    await find(page, stack, taken);
    await expect(why(page)).toContainText("CON-TAKEN is used by another store");
    await expect(why(page)).toContainText("it is used outside of storelink");
  });

  await test.step("removed by hand at upstream; and put right", async () => {
    await find(page, stack, removed);
    await expect(why(page)).toContainText("Removed at Otter by somebody else: the store should be connected to CON-3");
    await look(page, "console-drifted");
    await page.getByRole("button", { name: "Reconcile now" }).click();
    const dialog = page.getByRole("dialog", { name: `Reconcile ${removed.name} now?` });
    await expect(dialog).toContainText(`orders for ${removed.name} will go to CON-3.`);
    await dialog.getByLabel("Reason").fill("ticket 12");
    await look(page, "console-reconcile");
    await dialog.getByRole("button", { name: "Reconcile now" }).click();
    await expect(why(page)).toContainText("Connected to CON-3, as wanted");
    expect(await sandbox(stack).connection(removed.storeId)).toBe("CON-3");
    await expect(page.getByRole("region", { name: "History" })).toContainText("“ticket 12”");
    await look(page, "console-mapping");
  });

  await test.step("disconnects one, and follows the run", async () => {
    await page.getByRole("button", { name: "Disconnect" }).click();
    const dialog = page.getByRole("dialog", { name: `Disconnect ${removed.name}?` });
    await dialog.getByLabel("Reason").fill("closed");
    await dialog.getByRole("button", { name: "Disconnect" }).click();
    await expect(page).toHaveURL(/\/runs\//);
    await expect(page.getByText("1 of 1 done")).toBeVisible();
    await expect(page.getByRole("row").filter({ hasText: removed.name })).toContainText("Disconnected");
    await look(page, "console-run");
  });

  await test.step("looks at organizations, consents and runs", async () => {
    await page.getByRole("link", { name: "Organizations" }).click();
    await page.getByRole("searchbox", { name: "Search" }).fill(organization);
    await expect(page.getByRole("row").filter({ hasText: organization })).toContainText("2 failed");
    await look(page, "console-organizations");
    await page.getByRole("link", { name: "Consents", exact: true }).click();
    await expect(page.getByRole("row").filter({ hasText: organization }).first()).toContainText("Active");
    await look(page, "console-consents");
    await page.getByRole("link", { name: "Runs", exact: true }).click();
    await expect(page.getByRole("row").filter({ hasText: organization }).first()).toBeVisible();
    await look(page, "console-runs");
  });

  await test.step("takes a filtered list along as a file", async () => {
    await page.goto(`${stack.internalUrl}/mappings?state=failed&q=CON-`);
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: /CSV/ }).click()]);
    expect(file.suggestedFilename()).toMatch(/^mappings-.*\.csv$/);
  });

  await test.step("consent gone; seen by acting on all that match once their number was typed", async () => {
    await page.goto(`${stack.internalUrl}/grants`);
    const grant = page.getByRole("row").filter({ hasText: organization });
    await grant.getByRole("button", { name: `Forget this consent of ${organization}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Forget it" }).click();
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(grant).toHaveCount(0);
    await page.goto(`${stack.internalUrl}/mappings?q=${good.storeId}`);
    await page.getByRole("button", { name: "Act on all of these" }).click();
    const dialog = page.getByRole("dialog", { name: "Act on all that match" });
    await expect(dialog.getByText("This is about 1 mapping.")).toBeVisible();
    await dialog.getByLabel("Reason").fill("no orders");
    await dialog.getByLabel("Type 1 to confirm").fill("1");
    await look(page, "console-bulk");
    await dialog.getByRole("button", { name: "Reconcile 1" }).click();
    await expect(page).toHaveURL(/\/runs\//);
    await expect(page.getByText("Waiting for consent")).toBeVisible();
    await find(page, stack, good);
    await expect(why(page)).toContainText(`The consent of ${organization} has ended`);
    await look(page, "console-consent-ended");
  });

  await test.step("sees at a glance how things are", async () => {
    await page.getByRole("link", { name: "Overview" }).click();
    await expect(page.getByRole("region", { name: "Now" })).toContainText("All mappings");
    await expect(page.getByRole("region", { name: /^Drift found and healed, by day$/ })).toBeVisible();
    await look(page, "console-overview");
    await page.getByRole("link", { name: "Webhooks", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Unmatched webhooks" })).toBeVisible();
    await look(page, "console-webhooks");
  });

  await test.step("a reader sees everything, and no button that it may not press", async () => {
    await page.getByRole("button", { name: /^dev/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(page.getByLabel("Admin token")).toBeVisible();
    await signIn(page, stack, stack.readToken, `/mappings?q=${good.storeId}`);
    await expect(page.getByRole("button", { name: "Act on all of these" })).toHaveCount(0);
    await page.getByRole("link", { name: good.name, exact: true }).click();
    await expect(page.getByText("Your role may look and not change anything.")).toBeVisible();
    await expect(page.getByRole("button", { name: /Reconcile|Adopt|Disconnect/ })).toHaveCount(0);
    await look(page, "console-reader");
    await page.getByRole("link", { name: "Consents", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Consents" })).toBeVisible();
    await expect(page.getByRole("button", { name: /Forget/ })).toHaveCount(0);
  });

  await test.step("works on a small screen, in the dark and in Spanish", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.emulateMedia({ colorScheme: "dark" });
    await page.getByRole("button", { name: /^dev/ }).click();
    await page.getByText("Español", { exact: true }).click();
    await page.goto(stack.internalUrl);
    await expect(page.getByRole("region", { name: "Ahora" })).toBeVisible();
    await look(page, "console-small-dark-overview");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    for (const [path, heading] of [
      ["/mappings", "Asignaciones"],
      ["/organizations", "Organizaciones"],
      ["/grants", "Consentimientos"],
      ["/runs", "Ejecuciones"],
    ] as const) {
      await page.goto(stack.internalUrl + path);
      await expect(page.getByRole("heading", { level: 1, name: heading })).toBeVisible();
      if (path !== "/grants") await expect(page.getByRole("main").getByRole("listitem").first()).toBeVisible();
      await look(page, `console-small-dark${path.replace("/", "-")}`);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    }
    await page.goto(`${stack.internalUrl}/mappings?q=${refused.storeId}`);
    await page.getByRole("link", { name: refused.name, exact: true }).click();
    await expect(why(page)).toContainText("Otter rechazó CON-REFUSED");
    await look(page, "console-small-dark-mapping");
    await expect(page.locator("html")).toHaveAttribute("lang", "es");
  });

  await test.step("signs out", async () => {
    await page.getByRole("button", { name: /^dev/ }).click();
    await page.getByRole("menuitem", { name: "Cerrar sesión" }).click();
    await expect(page.getByLabel("Token de administración")).toBeVisible();
    await look(page, "console-small-dark-sign-in");
  });
});

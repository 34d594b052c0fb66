import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test as plain } from "@playwright/test";

/** A whole running stack: service, database and sandbox. All tests share one, and each has an account of its own. */
export type Stack = {
  publicUrl: string;
  internalUrl: string;
  sandboxUrl: string;
  adminToken: string;
  readToken: string;
};

const binary = process.env.STORELINK_BIN ?? join(import.meta.dirname, "../../bin/storelink");

async function start(dir: string) {
  const anyPort = "127.0.0.1:0";
  const flags = [
    "--json",
    "--rate", // the tests are about the pages, not about waiting
    "100",
    "--state-dir",
    dir,
    "--public-addr",
    anyPort,
    "--internal-addr",
    anyPort,
    "--sandbox-addr",
    anyPort,
  ];
  const { STORELINK_DATABASE_URL: _, ...env } = process.env;
  const child = spawn(binary, ["dev", ...flags], { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const first = once(createInterface(child.stdout), "line");
  const line = await Promise.race([
    first,
    ended.then(([code]) => Promise.reject(new Error(`storelink dev ended: ${code}`))),
  ]);
  const stop = async () => {
    child.kill("SIGINT");
    await ended;
  };
  return { stack: JSON.parse(String(line[0])) as Stack, stop };
}

/**
 * test runs against the one stack of all tests, and fails where a page asks a third party or breaks the content security
 * policy.
 */
export const test = plain.extend<{ watched: undefined }, { stack: Stack }>({
  stack: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures that are used from this pattern.
    async ({}, use) => {
      const dir = await mkdtemp(join(tmpdir(), "storelink-e2e-"));
      await chmod(dir, 0o755); // the database server may run as another user
      const { stack, stop } = await start(dir);
      await sandbox(stack).freely();
      await use(stack);
      await stop();
      await rm(dir, { recursive: true, force: true });
    },
    { scope: "worker", timeout: 120_000 },
  ],
  watched: [
    async ({ page, stack }, use) => {
      const faults: string[] = [];
      page.on("request", (request) => {
        const { origin, protocol } = new URL(request.url());
        if (protocol.startsWith("http") && ![stack.publicUrl, stack.internalUrl, stack.sandboxUrl].includes(origin))
          faults.push(request.url());
      });
      page.on("console", (message) => {
        if (message.text().includes("Content Security Policy")) faults.push(message.text());
      });
      page.on("pageerror", (error) => faults.push(String(error)));
      await use(undefined);
      expect(faults).toEqual([]);
    },
    { auto: true },
  ],
});

/** signIn begins at the page's own button and clicks through the sandbox's consent page. */
export async function signIn(page: Page, account: string, decision: "Allow" | "Deny" = "Allow") {
  const { origin } = new URL(page.url());
  await page.getByRole("link", { name: /Sign in with Otter|Start again|Iniciar sesión/ }).click();
  await page.getByRole("radio", { name: new RegExp(`^${account}`) }).check();
  await page.getByRole("button", { name: decision }).click();
  // Upstream allows three sign-ins a minute; a fourth waits for its turn.
  await page.waitForURL((url) => url.origin === origin && !url.pathname.startsWith("/auth"), { timeout: 120_000 });
}

export const heading = (page: Page, name: string | RegExp) => page.getByRole("heading", { level: 1, name });
export const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });

/** look takes a screenshot, for people, and lets axe search the page for barriers. */
export async function look(page: Page, name: string) {
  await page.screenshot({ path: join(import.meta.dirname, "screenshots", `${name}.png`) });
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
}

type SandboxStore = { storeId: string; name: string; brandName: string };

/** The sandbox as somebody at upstream sees and changes it. */
export function sandbox({ sandboxUrl }: Stack) {
  const control = (path: string, init?: RequestInit) => fetch(`${sandboxUrl}/_sandbox/${path}`, init);
  const connection = async (storeId: string): Promise<string | null> => {
    const answer = await control(`connections/${storeId}`);
    return answer.ok ? (await answer.json()).localStoreId : null;
  };
  return {
    connection,
    stores: async (account: string): Promise<SandboxStore[]> => (await control(`stores?account=${account}`)).json(),
    endTokens: async (account: string) => {
      const answer = await control(`tokens?account=${account}`, { method: "DELETE" });
      expect(answer.ok).toBe(true);
    },
    fault: async (fault: {
      method?: string;
      pathPattern: string;
      status?: number;
      delayMs?: number;
      times?: number;
    }) => {
      const answer = await control("faults", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(fault),
      });
      expect(answer.ok).toBe(true);
    },
    clearFaults: async () => expect((await control("faults", { method: "DELETE" })).ok).toBe(true),
    /** Signing in is not limited any more, so that no test waits for another one's sign-ins. */
    freely: async () => {
      const settings = await (await control("settings")).json();
      const body = JSON.stringify({ ...settings, tokenPerMinute: 0 });
      const answer = await control("settings", {
        method: "PUT",
        headers: { "Content-Type": "application/json" },
        body,
      });
      expect(answer.ok).toBe(true);
    },
    connectedTo: async (stores: SandboxStore[], localStoreId: string): Promise<SandboxStore> => {
      for (const store of stores) if ((await connection(store.storeId)) === localStoreId) return store;
      throw new Error(`no store is connected to ${localStoreId}`);
    },
  };
}

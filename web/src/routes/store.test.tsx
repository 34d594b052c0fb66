import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { open } from "../test/open";
import { type Answers, camden, problem, runId, runOf, session, soho } from "../test/service";

const address = (store: typeof soho) => `/stores/${store.brandId}/${store.id}`;
const connection = (localStoreId: string | null) => ({ connected: localStoreId !== null, localStoreId });

function answersFor(store: typeof soho, live: () => string | null): Answers {
  return {
    "GET /api/session": session,
    [`GET /api/brands/${store.brandId}/stores/${store.id}`]: store,
    [`GET /api/brands/${store.brandId}/stores/${store.id}/connection`]: () => connection(live()),
  };
}

const field = () => screen.findByRole("textbox", { name: /id for this store/ });
const status = (words: string) => screen.findByText(words, { selector: "[role=status] *" });

test("connects a store and says so only once upstream did", async () => {
  let live: string | null = null;
  const page = open(address(soho), {
    ...answersFor(soho, () => live),
    "POST /api/onboard": () => {
      live = "K-22";
      return runOf(soho, "connected", { observedLocalStoreId: "K-22" });
    },
  });
  expect(await status("Not connected")).toBeVisible();
  await page.user.type(await field(), "K-22");
  await page.user.click(screen.getByRole("button", { name: "Connect" }));
  expect(await screen.findByText("Orders for Soho go to K-22.")).toBeVisible();
  expect(await status("Connected to K-22")).toBeVisible();
  expect(page.address()).toBe(`${address(soho)}?run=${runId}`);
  expect(await field()).toHaveValue("");
  expect(screen.queryByText("Enter the id.")).not.toBeInTheDocument();
  const [post] = page.calls.filter((call) => call.method === "POST");
  expect(post?.body).toEqual({ items: [{ brandId: soho.brandId, storeId: soho.id, localStoreId: "K-22" }] });
  expect(post?.headers.get("Prefer")).toBe("wait=10");
  expect(post?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
});

test.each([
  [" K-1", "Remove the spaces at the beginning or end."],
  ["Café", "Use letters, digits and signs without accents only."],
  ["x".repeat(256), "Use at most 255 characters."],
])("refuses %j at the field and sends nothing", async (id, words) => {
  const page = open(
    address(soho),
    answersFor(soho, () => null),
  );
  const input = await field();
  await page.user.click(input);
  await page.user.paste(id);
  await page.user.click(screen.getByRole("button", { name: "Connect" }));
  expect(await screen.findByText(words)).toBeVisible();
  expect(input).toBeInvalid();
  expect(page.calls.every((call) => call.method === "GET")).toBe(true);
});

test("asks for an id where none was typed", async () => {
  const page = open(
    address(soho),
    answersFor(soho, () => null),
  );
  await field();
  await page.user.click(screen.getByRole("button", { name: "Connect" }));
  expect(await screen.findByText("Enter the id.")).toBeVisible();
});

test("a conflict asks in plain words, and replaces only what was named", async () => {
  let live = "LEGACY-1";
  const page = open(address(soho), {
    ...answersFor(soho, () => live),
    "POST /api/onboard": async (request: Request) => {
      const { items } = await request.json();
      if (items[0].replaces !== "LEGACY-1") return runOf(soho, "conflict", { observedLocalStoreId: "LEGACY-1" });
      live = "K-22";
      return runOf(soho, "replaced", { observedLocalStoreId: "K-22" });
    },
  });
  await page.user.type(await field(), "K-22");
  await page.user.click(screen.getByRole("button", { name: "Connect" }));
  const dialog = await screen.findByRole("dialog", { name: "This store is connected to LEGACY-1. Replace it?" });
  expect(dialog).toHaveTextContent("Orders for Soho will go to K-22 instead of LEGACY-1.");
  await page.user.click(within(dialog).getByRole("button", { name: "Replace by K-22" }));
  expect(await screen.findByText("Moved to the new id")).toBeVisible();
  expect(await status("Connected to K-22")).toBeVisible();
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
});

test("keeping the old id of a conflict changes nothing", async () => {
  const page = open(address(soho), {
    ...answersFor(soho, () => "LEGACY-1"),
    "POST /api/onboard": runOf(soho, "conflict", { observedLocalStoreId: "LEGACY-1" }),
  });
  await page.user.type(await field(), "K-22");
  await page.user.click(screen.getByRole("button", { name: "Connect" }));
  await page.user.click(await screen.findByRole("button", { name: "Keep LEGACY-1" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  expect(page.calls.filter((call) => call.method === "POST")).toHaveLength(1);
  expect(await field()).toHaveValue("K-22");
});

test("asks before an id of ours is replaced, before anything is sent", async () => {
  const page = open(address(camden), {
    ...answersFor(camden, () => "K-17"),
    "POST /api/onboard": runOf(camden, "replaced", { observedLocalStoreId: "K-22" }),
  });
  await page.user.type(await field(), "K-22");
  await page.user.click(await screen.findByRole("button", { name: "Replace" }));
  const dialog = await screen.findByRole("dialog", { name: "This store is connected to K-17. Replace it?" });
  expect(page.calls.filter((call) => call.method === "POST")).toHaveLength(0);
  await page.user.click(within(dialog).getByRole("button", { name: "Replace by K-22" }));
  expect(await screen.findByText("Moved to the new id")).toBeVisible();
  const [post] = page.calls.filter((call) => call.method === "POST");
  expect(post?.body).toMatchObject({ items: [{ localStoreId: "K-22", replaces: "K-17" }] });
});

test("disconnects only what is shown, after a question", async () => {
  let live: string | null = "K-17";
  const page = open(address(camden), {
    ...answersFor(camden, () => live),
    [`DELETE /api/brands/${camden.brandId}/stores/${camden.id}/connection`]: () => {
      live = null;
      return new Response(null, { status: 204 });
    },
  });
  await page.user.click(await screen.findByRole("button", { name: "Disconnect" }));
  const dialog = await screen.findByRole("dialog", { name: "Disconnect Camden?" });
  expect(dialog).toHaveTextContent("Orders for Camden will no longer go to K-17.");
  await page.user.click(within(dialog).getByRole("button", { name: "Disconnect" }));
  expect(await screen.findByText("No orders arrive for Camden.")).toBeVisible();
  const [call] = page.calls.filter((each) => each.method === "DELETE");
  expect(call?.headers.get("If-Match")).toBe('"K-17"');
});

test("follows a run that takes longer until it has ended", async () => {
  let looks = 0;
  const page = open(address(soho), {
    ...answersFor(soho, () => null),
    "POST /api/onboard": () => Response.json(runOf(soho, null), { status: 202 }),
    [`GET /api/onboard/${runId}`]: () => {
      looks += 1;
      return looks > 1 ? runOf(soho, "connected", { observedLocalStoreId: "K-22" }) : runOf(soho, null);
    },
  });
  await page.user.type(await field(), "K-22");
  await page.user.click(screen.getByRole("button", { name: "Connect" }));
  expect(await screen.findByText("You can close this page; it goes on.")).toBeVisible();
  expect(screen.queryByText("Connected")).not.toBeInTheDocument();
  expect(await screen.findByText("Orders for Soho go to K-22.", undefined, { timeout: 10_000 })).toBeVisible();
}, 15_000);

test.each([
  ["store_not_found", "Otter no longer has this store."],
  ["local_store_id_refused", "Otter did not accept the id K-22; the store keeps K-9."],
  ["local_store_id_taken", "K-22 is used by another store."],
  ["scope_missing", "Your account may not connect stores: ask your administrator."],
  ["upstream_unavailable", "Otter does not answer; we keep trying."],
] as const)("says in words why it did not work: %s", async (code, words) => {
  const error = { code, detail: "detail", retryable: false };
  open(`${address(soho)}?run=${runId}`, {
    ...answersFor(soho, () => "K-9"),
    [`GET /api/onboard/${runId}`]: runOf(soho, "failed", { observedLocalStoreId: "K-9", error }),
  });
  expect(await screen.findByText(words)).toBeVisible();
});

test("says at the field that another store has the id", async () => {
  const page = open(address(soho), {
    ...answersFor(soho, () => null),
    "POST /api/onboard": () =>
      problem("local-store-id-taken", 409, { errors: [{ pointer: "/items/0/localStoreId", detail: "is taken" }] }),
  });
  const input = await field();
  await page.user.type(input, "K-22");
  await page.user.click(screen.getByRole("button", { name: "Connect" }));
  expect(await screen.findByText("K-22 is used by another store.")).toBeVisible();
  expect(input).toBeInvalid();
  expect(screen.getByRole("alert")).toHaveTextContent("req-1");
});

test("repeats the idempotency key only where no answer came", async () => {
  let fails = true;
  const page = open(address(soho), {
    ...answersFor(soho, () => null),
    "POST /api/onboard": () => {
      if (fails) throw new TypeError("network");
      return runOf(soho, "connected", { observedLocalStoreId: "K-22" });
    },
  });
  await page.user.type(await field(), "K-22");
  await page.user.click(screen.getByRole("button", { name: "Connect" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("No answer");
  fails = false;
  await page.user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Orders for Soho go to K-22.")).toBeVisible();
  const keys = page.calls.filter((call) => call.method === "POST").map((call) => call.headers.get("Idempotency-Key"));
  expect(keys).toHaveLength(2);
  expect(new Set(keys).size).toBe(1);
});

test("an account that may not connect sees why, and nothing is asked of upstream", async () => {
  const page = open(address(soho), {
    ...answersFor(soho, () => null),
    "GET /api/session": { ...session, scopes: ["organization.read"] },
  });
  expect(await screen.findByText("Your account may not connect stores: ask your administrator.")).toBeVisible();
  expect(screen.queryByRole("textbox")).not.toBeInTheDocument();
  expect(page.calls.some((call) => call.url.pathname.endsWith("/connection"))).toBe(false);
});

test("offers only the ids that the session may use", async () => {
  const page = open(address(soho), {
    ...answersFor(soho, () => null),
    "GET /api/session": { ...session, localStoreIds: ["K-1", "K-2"] },
    "POST /api/onboard": runOf(soho, "connected", { localStoreId: "K-2", observedLocalStoreId: "K-2" }),
  });
  await page.user.selectOptions(await screen.findByRole("combobox", { name: "Your id for this store" }), "K-2");
  await page.user.click(screen.getByRole("button", { name: "Connect" }));
  expect(await screen.findByText("Orders for Soho go to K-2.")).toBeVisible();
});

test("leads back to the list as it was searched", async () => {
  open(
    `${address(soho)}?q=dean&state=none`,
    answersFor(soho, () => null),
  );
  const back = await screen.findByRole("link", { name: "All stores" });
  expect(back).toHaveAttribute("href", "/stores?q=dean&state=none");
});

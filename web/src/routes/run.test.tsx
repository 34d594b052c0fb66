import { act, screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { open } from "../test/open";
import { camden, runId, runOf, session, soho } from "../test/service";

test("counts, and puts what failed on top", async () => {
  const good = runOf(soho, "connected", { observedLocalStoreId: "K-22" });
  const bad = runOf(camden, "failed", { error: { code: "store_not_found", detail: "", retryable: false } });
  const run = { ...good, total: 2, counts: { ...good.counts, failed: 1 }, items: [...good.items, ...bad.items] };
  open(`/runs/${runId}`, { "GET /api/session": session, [`GET /api/onboard/${runId}`]: run });
  expect(await screen.findByText("1 of 2 as you asked")).toBeVisible();
  const items = within(screen.getByRole("list", { name: "Stores of this run" })).getAllByRole("listitem");
  expect(items[0]).toHaveTextContent("Otter no longer has this store.");
  expect(items[1]).toHaveTextContent("Orders for Soho go to K-22.");
});

test("an unknown run is a problem in words, not an empty page", async () => {
  open(`/runs/${runId}`, { "GET /api/session": session });
  expect(await screen.findByRole("alert")).toHaveTextContent("The title of not-found");
});

test("follows the run as it happens, and merges what it is told", async () => {
  let tell: (run: unknown) => void = () => {};
  class Speaking extends EventTarget {
    static readonly CLOSED = 2;
    readyState = 1;
    onmessage?: (event: { data: string }) => void;
    constructor(readonly url: string) {
      super();
      tell = (run) => act(() => this.onmessage?.({ data: JSON.stringify(run) }));
    }
    close() {}
  }
  vi.stubGlobal("EventSource", Speaking);
  const going = runOf(soho, null);
  const camdens = runOf(camden, null).items;
  const both = { ...going, total: 2, counts: { ...going.counts, pending: 2 }, items: [...going.items, ...camdens] };
  const page = open(`/runs/${runId}`, {
    "GET /api/session": session,
    [`GET /api/onboard/${runId}`]: both,
    [`POST /api/onboard/${runId}/cancel`]: () => ({ ...both, state: "done" }),
  });
  expect(await screen.findByText("0 of 2 done")).toBeVisible();
  const counts = { ...both.counts, pending: 1, connected: 1 };
  tell({ ...both, counts, items: runOf(soho, "connected", { observedLocalStoreId: "K-22" }).items });
  expect(await screen.findByText("1 of 2 done")).toBeVisible();
  expect(screen.getByText("Orders for Soho go to K-22.")).toBeVisible();
  expect(screen.getByText("Camden")).toBeVisible();
  await page.user.click(screen.getByRole("button", { name: "Stop" }));
  const dialog = await screen.findByRole("dialog", { name: "Stop this run?" });
  expect(dialog).toHaveTextContent("1 store has not ended. Those not begun stay as they are.");
  await page.user.click(within(dialog).getByRole("button", { name: "Stop the run" }));
  await waitFor(() => expect(page.calls.some((call) => call.url.pathname.endsWith("/cancel"))).toBe(true));
});

test("each failure has one thing that helps", async () => {
  const error = { detail: "", retryable: false } as const;
  const refused = runOf(soho, "failed", { error: { ...error, code: "local_store_id_refused" } });
  const conflict = runOf(camden, "conflict", { observedLocalStoreId: "K-9" });
  const run = { ...refused, total: 2, items: [...refused.items, ...conflict.items] };
  const page = open(`/runs/${runId}`, { "GET /api/session": session, [`GET /api/onboard/${runId}`]: run });
  expect(await screen.findByRole("button", { name: "Decide: Camden" })).toBeVisible();
  await page.user.click(screen.getByRole("button", { name: "Use another id: Soho" }));
  expect(await screen.findByRole("textbox", { name: "Your id for Soho" })).toHaveValue("K-22");
});

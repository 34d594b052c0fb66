import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
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

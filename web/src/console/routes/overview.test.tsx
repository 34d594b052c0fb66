import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { list } from "../../test/service";
import type { Stats, StatsDay } from "../api/nouns";
import { organization, reader } from "../test/nouns";
import { open } from "../test/open";

const codes: Stats["codes"] = {
  store_not_found: 0,
  local_store_id_refused: 3,
  local_store_id_taken: 0,
  scope_missing: 0,
  access_denied: 0,
  reauthorization_required: 0,
  upstream_unavailable: 0,
  restore_failed: 0,
};

const stats: Stats = {
  asOf: new Date().toISOString(),
  total: 1_234_567,
  states: { ...organization.mappings, connected: 1_234_560, failed: 5, drifted: 2 },
  codes,
  counts: [],
  dark: 1,
  darkForSeconds: 90,
  drifted: 2,
  grants: { active: 12, organizationsWithout: 1, expiringIn1Day: 0, expiringIn7Days: 2, expiringIn30Days: 4 },
  workList: [
    { lane: "interactive", depth: 0, exact: true, oldestSeconds: 0 },
    { lane: "background", depth: 12_000, exact: false, oldestSeconds: 7_200 },
    { lane: "drift", depth: 3, exact: true, oldestSeconds: 2 },
  ],
  budget: {
    limitPerSecond: 20,
    rateShare: 0.5,
    aheadSeconds: 0.2,
    tokenCalls: 1,
    lanes: [
      { lane: "interactive", slotsPerSecond: 1.5 },
      { lane: "background", slotsPerSecond: 6 },
      { lane: "drift", slotsPerSecond: 0 },
    ],
  },
  drift: { settled: 1_234_560, intervalSeconds: 21_600, effectiveIntervalSeconds: 61_728 },
};

const day: StatsDay = {
  day: "2026-11-26",
  total: 10,
  states: stats.states,
  codes,
  counts: [],
  dark: 0,
  drifted: 2,
  driftFound: 7,
  driftHealed: 4,
  settled: organization.mappings,
};

const answers = {
  "GET /admin/session": reader,
  "GET /admin/stats": stats,
  "GET /admin/stats/history": { asOf: stats.asOf, items: [day] },
  "GET /admin/webhooks/unmatched": list([]),
};

test("each number leads to what is behind it", async () => {
  open("/", answers);
  const now = await screen.findByRole("region", { name: "Now" });
  expect(within(now).getByRole("link", { name: /^5\s*Failed/ })).toHaveAttribute("href", "/mappings?state=failed");
  expect(within(now).getByRole("link", { name: /^1\s*Dark/ })).toHaveAttribute("href", "/mappings?dark=true");
  expect(within(now).getByRole("link", { name: /^1\s*Dark/ })).toHaveTextContent("the longest for 1.5 min");
  expect(within(now).getByRole("link", { name: /^1,234,567/ })).toHaveAttribute("href", "/mappings");
  const why = screen.getByRole("region", { name: "Why not as asked" });
  expect(within(why).getByRole("link", { name: "3" })).toHaveAttribute("href", "/mappings?code=local_store_id_refused");
  const work = screen.getByRole("region", { name: "Work list" });
  expect(work).toHaveTextContent("~12,000 due");
  expect(work).toHaveTextContent("the oldest for 2 hr");
  const drift = screen.getByRole("region", { name: "Looks for drift" });
  expect(within(drift).getByRole("link", { name: "2" })).toHaveAttribute("href", "/mappings?state=drifted");
  expect(drift).toHaveTextContent("17 hr");
});

test("says how much of the budget is used, and that it was lowered", async () => {
  open("/", answers);
  const budget = await screen.findByRole("region", { name: "Calls of Otter" });
  expect(budget).toHaveTextContent("7.5 of 10 calls a second");
  expect(budget).toHaveTextContent("Lowered to 50% after Otter said 429");
  expect(budget).toHaveTextContent("1 of 3 in the last minute");
});

test("draws the last days, with their numbers for who does not see pictures", async () => {
  const page = open("/", answers);
  const drift = await screen.findByRole("region", { name: "Drift found and healed, by day" });
  await page.user.click(within(drift).getByText("As numbers"));
  const row = within(drift).getByRole("row", { name: /Nov 26/ });
  expect(row).toHaveTextContent("74");
  expect(page.asked("GET", "/admin/stats/history")[0]?.url.searchParams.get("days")).toBe("30");
});

test("webhooks that fitted no mapping lead to a search for what they named", async () => {
  const webhook = {
    eventId: "0190a000-0000-7000-8000-0000000000c1",
    type: "stores.upsert",
    eventTime: null,
    receivedAt: stats.asOf,
    localStoreId: "K-99",
    remoteStoreId: "0190a000-0000-7000-8000-0000000000a9",
  };
  open("/unmatched", { ...answers, "GET /admin/webhooks/unmatched": list([webhook]) });
  expect(await screen.findByRole("link", { name: "K-99" })).toHaveAttribute("href", "/mappings?localStoreId=K-99");
  expect(screen.getByRole("table")).toHaveTextContent("Store connected");
});

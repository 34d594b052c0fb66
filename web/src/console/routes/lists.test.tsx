import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { list, problem } from "../../test/service";
import { grant, item, operator, organization, reader, run } from "../test/nouns";
import { open } from "../test/open";

const gone = () => new Response(null, { status: 204 });

test("organizations: each number leads to the mappings behind it", async () => {
  open("/organizations", { "GET /admin/session": reader, "GET /admin/organizations": list([organization]) });
  const failed = await screen.findByRole("link", { name: "2 failed" });
  expect(failed).toHaveAttribute("href", `/mappings?organizationId=${organization.id}&state=failed`);
  expect(screen.getByRole("link", { name: "31" })).toHaveAttribute("href", expect.stringContaining("state=connected"));
  expect(screen.getByText(/until/)).toHaveTextContent("until in 5 days");
  expect(screen.queryByRole("combobox")).not.toBeInTheDocument();
});

test("organizations: another drift policy is set once its meaning was read", async () => {
  const path = `/admin/organizations/${organization.id}`;
  const page = open("/organizations", {
    "GET /admin/session": operator,
    "GET /admin/organizations": list([organization]),
    [`PATCH ${path}`]: gone,
  });
  await page.user.selectOptions(
    await screen.findByRole("combobox", { name: "Drift policy of Probe Kitchens" }),
    "Heal",
  );
  const dialog = await screen.findByRole("dialog");
  expect(dialog).toHaveTextContent("put right by the next look, without asking anybody");
  await page.user.click(within(dialog).getByRole("button", { name: "Change: Heal" }));
  await waitFor(() => expect(page.asked("PATCH", path)[0]?.body).toEqual({ driftPolicy: "heal" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
});

test("consents: says why one has ended, and forgets it once asked twice", async () => {
  const page = open(`/grants?organizationId=${organization.id}`, {
    "GET /admin/session": operator,
    "GET /admin/grants": list([grant]),
    [`DELETE /admin/grants/${grant.id}`]: gone,
  });
  expect(await screen.findByText("Otter withdrew it")).toBeVisible();
  expect(page.asked("GET", "/admin/grants")[0]?.url.searchParams.get("organizationId")).toBe(organization.id);
  await page.user.click(screen.getByRole("button", { name: "Forget this consent of Probe Kitchens" }));
  const dialog = await screen.findByRole("dialog");
  expect(dialog).toHaveTextContent("2 browsers will be signed out.");
  await page.user.click(within(dialog).getByRole("button", { name: "Forget it" }));
  await waitFor(() => expect(page.asked("DELETE", `/admin/grants/${grant.id}`)).toHaveLength(1));
});

test("consents: a reader has no way to forget one", async () => {
  open("/grants", { "GET /admin/session": reader, "GET /admin/grants": list([grant]) });
  expect(await screen.findByText("Otter withdrew it")).toBeVisible();
  expect(screen.queryByRole("button", { name: /Forget/ })).not.toBeInTheDocument();
});

test("runs: filtered by the address, each leads to its page", async () => {
  const page = open("/runs?state=running", { "GET /admin/session": reader, "GET /admin/runs": list([run]) });
  expect(await screen.findByRole("link", { name: "1 minute ago" })).toHaveAttribute("href", `/runs/${run.id}`);
  expect(page.asked("GET", "/admin/runs")[0]?.url.searchParams.get("state")).toBe("running");
  expect(screen.getByRole("table")).toHaveTextContent("1 not ended");
});

test("a run: counts, lists, and can be cancelled", async () => {
  const ended = { ...run, state: "done" as const, counts: { ...run.counts, pending: 0, cancelled: 1 } };
  let cancelled = false;
  const page = open(`/runs/${run.id}`, {
    "GET /admin/session": operator,
    [`GET /admin/runs/${run.id}`]: () => (cancelled ? ended : run),
    [`GET /admin/runs/${run.id}/items`]: () => list([cancelled ? { ...item, outcome: "cancelled" } : item]),
    [`POST /admin/runs/${run.id}/cancel`]: () => {
      cancelled = true;
      return ended;
    },
  });
  expect(await screen.findByText(/0 of 1 done/)).toBeVisible();
  await page.user.click(screen.getByRole("button", { name: "Cancel" }));
  const dialog = await screen.findByRole("dialog", { name: "Cancel what has not begun?" });
  await page.user.click(within(dialog).getByRole("button", { name: "Cancel what has not begun" }));
  expect(await screen.findByText("1 of 1 done")).toBeVisible();
  expect(screen.queryByRole("button", { name: "Cancel" })).not.toBeInTheDocument();
  const row = (await screen.findByRole("link", { name: "Camden" })).closest("tr") as HTMLElement;
  await waitFor(() => expect(row).toHaveTextContent("Stopped before it began"));
});

test("a run: why a store failed stands beside it", async () => {
  const failed = {
    ...item,
    outcome: "failed" as const,
    error: { code: "store_not_found" as const, detail: "Otter does not know this store", retryable: false },
  };
  open(`/runs/${run.id}?outcome=failed`, {
    "GET /admin/session": reader,
    [`GET /admin/runs/${run.id}`]: { ...run, state: "done", counts: { ...run.counts, pending: 0, failed: 1 } },
    [`GET /admin/runs/${run.id}/items`]: list([failed]),
  });
  const row = (await screen.findByRole("link", { name: "Camden" })).closest("tr") as HTMLElement;
  expect(row).toHaveTextContent("Store gone at Otter");
  expect(screen.getByRole("combobox", { name: "Outcome" })).toHaveValue("failed");
});

test("a page that does not exist says so", async () => {
  open("/nowhere", { "GET /admin/session": problem("not-signed-in", 401) });
  expect(await screen.findByRole("heading", { name: "There is no such page" })).toBeVisible();
});

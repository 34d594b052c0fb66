import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { type Answers, list, problem } from "../../test/service";
import type { Mapping } from "../api/nouns";
import { asked, connected, operator, reader, refused, run, settled } from "../test/nouns";
import { open } from "../test/open";

const answersFor = (mapping: Mapping): Answers => ({
  "GET /admin/session": operator,
  [`GET /admin/mappings/${mapping.id}`]: mapping,
  [`GET /admin/mappings/${mapping.id}/history`]: list([asked, settled]),
  "GET /admin/mappings": list([]),
});

const show = (mapping: Mapping, more: Answers = {}) =>
  open(`/mappings/${mapping.id}`, { ...answersFor(mapping), ...more });

const drifted: Mapping = { ...connected, state: "drifted", observedLocalStoreId: null };

test.each<[string, Mapping, string]>([
  ["refused", refused, "Otter refused K-22 1 hour ago; the store is still connected to K-9."],
  [
    "taken",
    { ...refused, code: "local_store_id_taken", observedLocalStoreId: null },
    "K-22 is used by another store (seen 1 hour ago); the store is not connected and gets no orders.",
  ],
  [
    "consent",
    { ...connected, state: "waiting", waitingFor: "consent", waitingSince: connected.updatedAt },
    "The consent of Probe Kitchens has ended: storelink waits since 1 hour ago for somebody to sign in again. The store is connected to K-22.",
  ],
  [
    "removed by hand",
    drifted,
    "Removed at Otter by somebody else: the store should be connected to K-22 and was found without a connection 1 hour ago. It gets no orders.",
  ],
  ["connected", connected, "Connected to K-22, as wanted; seen at Otter 1 hour ago."],
])("says in its first line why a store is as it is: %s", async (_, mapping, sentence) => {
  show(mapping);
  expect(await screen.findByText(sentence)).toBeVisible();
});

test("names the store that has the id", async () => {
  const taken: Mapping = { ...refused, code: "local_store_id_taken" };
  const page = show(taken, { "GET /admin/mappings": list([connected, taken]) });
  const holder = await screen.findByRole("link", { name: "Camden (Probe Kitchens)" });
  expect(holder).toHaveAttribute("href", `/mappings/${connected.id}`);
  expect(page.asked("GET", "/admin/mappings")[0]?.url.searchParams.get("localStoreId")).toBe("K-22");
});

test("tells the history, newest first", async () => {
  show(refused);
  const history = await screen.findByRole("region", { name: "History" });
  const events = await within(history).findAllByRole("listitem");
  expect(events[0]).toHaveTextContent("Ended: Failed (Otter did not accept the id K-22)");
  expect(events[0]).toHaveTextContent("req-settled");
  expect(events[1]).toHaveTextContent("Asked for K-22 instead of K-9");
  expect(events[1]).toHaveTextContent("a manager · 1 hour ago");
  expect(events[1]).toContainElement(within(history).getAllByRole("link", { name: "Run" })[1] ?? null);
});

test("a role that may only read is shown nothing to press", async () => {
  show(drifted, { "GET /admin/session": reader });
  expect(await screen.findByText("Your role may look and not change anything.")).toBeVisible();
  expect(screen.queryByRole("button", { name: /Reconcile|Adopt|Disconnect/ })).not.toBeInTheDocument();
});

test("reconciles with a reason, and only what was seen", async () => {
  const path = `/admin/mappings/${refused.id}/reconcile`;
  const wrong: Mapping = { ...refused, desiredLocalStoreId: "K-22" };
  const page = show(wrong, { [`POST ${path}`]: wrong });
  await page.user.click(await screen.findByRole("button", { name: "Reconcile now" }));
  const dialog = await screen.findByRole("dialog", { name: "Reconcile Soho now?" });
  expect(dialog).toHaveTextContent("Orders for Soho will go to K-22 instead of K-9.");
  await page.user.click(within(dialog).getByRole("button", { name: "Reconcile now" }));
  expect(within(dialog).getByText("Say why.")).toBeVisible();
  expect(page.asked("POST", path)).toEqual([]);
  await page.user.type(within(dialog).getByLabelText("Reason"), "ticket 12");
  await page.user.click(within(dialog).getByRole("button", { name: "Reconcile now" }));
  expect(await screen.findByText("storelink looks at the store now; this page shows what comes of it.")).toBeVisible();
  expect(page.asked("POST", path)[0]?.body).toEqual({ reason: "ticket 12", expectObserved: "K-9" });
});

test("adopts what Otter shows", async () => {
  const path = `/admin/mappings/${connected.id}/adopt`;
  const page = show(drifted, { [`POST ${path}`]: { ...drifted, state: "disconnected", desiredLocalStoreId: null } });
  await page.user.click(await screen.findByRole("button", { name: "Adopt: no connection" }));
  const dialog = await screen.findByRole("dialog", { name: "Adopt what Otter shows for Camden?" });
  expect(dialog).toHaveTextContent("From now on no connection is wanted for Camden.");
  await page.user.type(within(dialog).getByLabelText("Reason"), "closed");
  await page.user.click(within(dialog).getByRole("button", { name: "Adopt" }));
  expect(await screen.findByText("What Otter shows is what is wanted from now on.")).toBeVisible();
  expect(page.asked("POST", path)[0]?.body).toEqual({ reason: "closed" });
});

test("disconnects, and goes to the run", async () => {
  const path = `/admin/mappings/${connected.id}/disconnect`;
  const page = show(connected, {
    [`POST ${path}`]: () => Response.json(run, { status: 202 }),
    [`GET /admin/runs/${run.id}`]: run,
    [`GET /admin/runs/${run.id}/items`]: list(run.items),
  });
  await page.user.click(await screen.findByRole("button", { name: "Disconnect" }));
  const dialog = await screen.findByRole("dialog", { name: "Disconnect Camden?" });
  expect(dialog).toHaveTextContent("K-22 is taken off at Otter. No orders will arrive for Camden.");
  await page.user.type(within(dialog).getByLabelText("Reason"), "closed for good");
  await page.user.click(within(dialog).getByRole("checkbox", { name: "Only if Otter still shows K-22" }));
  await page.user.click(within(dialog).getByRole("button", { name: "Disconnect" }));
  await waitFor(() => expect(page.address()).toBe(`/runs/${run.id}`));
  expect(page.asked("POST", path)[0]?.body).toEqual({ reason: "closed for good" });
});

test("shows a refusal where it was asked, and keeps what was typed", async () => {
  const page = show(connected, {
    [`POST /admin/mappings/${connected.id}/reconcile`]: () =>
      problem("conflict", 409, { detail: "The store is being changed at this moment." }),
  });
  await page.user.click(await screen.findByRole("button", { name: "Reconcile now" }));
  const dialog = await screen.findByRole("dialog");
  await page.user.type(within(dialog).getByLabelText("Reason"), "ticket 12");
  await page.user.click(within(dialog).getByRole("button", { name: "Reconcile now" }));
  expect(await within(dialog).findByRole("alert")).toHaveTextContent("The store is being changed at this moment.");
  expect(within(dialog).getByLabelText("Reason")).toHaveValue("ticket 12");
});

test("an unknown mapping is a problem in words", async () => {
  open(`/mappings/${connected.id}`, { "GET /admin/session": operator });
  expect(await screen.findByRole("alert")).toHaveTextContent("The title of not-found");
});

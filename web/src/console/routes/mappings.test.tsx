import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { type Answers, list, problem } from "../../test/service";
import { connected, operator, refused } from "../test/nouns";
import { open } from "../test/open";

beforeEach(() => localStorage.clear());

const answers: Answers = { "GET /admin/session": operator, "GET /admin/mappings": list([connected, refused]) };

const lastQuery = (page: ReturnType<typeof open>) => page.asked("GET", "/admin/mappings").at(-1)?.url.searchParams;

test("lists mappings with the reason in words", async () => {
  open("/mappings", answers);
  const row = (await screen.findByRole("link", { name: "Soho" })).closest("tr") as HTMLElement;
  expect(row).toHaveTextContent("Id refused");
  expect(row).toHaveTextContent("K-9");
  expect(row).toHaveTextContent("1 hour ago");
});

test("a store without a name goes by its id", async () => {
  open("/mappings", { ...answers, "GET /admin/mappings": list([{ ...connected, storeName: "" }]) });
  expect(await screen.findByRole("link", { name: connected.storeId })).toBeVisible();
});

test("says that a total is an estimate", async () => {
  const total = { value: 1_000_000, exact: false };
  open("/mappings", { ...answers, "GET /admin/mappings": { ...list([connected]), nextCursor: "c", total } });
  expect(await screen.findByText("~1,000,000")).toBeVisible();
});

test("reads every filter from the address, and sends it", async () => {
  const id = connected.organizationId;
  const search =
    `q=soho&state=failed&state=conflict&code=store_not_found&localStoreId=K-1&desiredLocalStoreId=K-2` +
    `&observedLocalStoreId=K-3&remoteStoreId=${id}&organizationId=${id}&brandId=${id}&dark=true` +
    `&staleSince=2026-01-02T03:04:05.000Z&sort=-observedAt`;
  const page = open(`/mappings?${search}`, answers);
  await screen.findByRole("link", { name: "Soho" });
  const sent = new URLSearchParams(lastQuery(page)?.toString());
  sent.delete("limit");
  const sorted = (query: URLSearchParams) => [...query].map((pair) => pair.join("=")).sort();
  expect(sorted(sent)).toEqual(sorted(new URLSearchParams(search)));
  const csv = screen.getByRole("link", { name: /CSV/ }).getAttribute("href") ?? "";
  expect(sorted(new URLSearchParams(csv.split("?")[1]))).toEqual(sorted(new URLSearchParams(`format=csv&${search}`)));
});

test("leaves out of the address what makes no sense", async () => {
  const page = open(
    "/mappings?state=nonsense&organizationId=1&dark=perhaps&staleSince=soon&sort=hacked&q=ab&limit=9",
    answers,
  );
  await screen.findByRole("link", { name: "Soho" });
  expect(lastQuery(page)?.toString()).toBe("limit=100");
  expect(screen.getByRole("searchbox")).toHaveValue("ab");
});

test("filters by several states, and each filter can be ended", async () => {
  const page = open("/mappings", answers);
  await page.user.click(await screen.findByRole("button", { name: /^State/ }));
  await page.user.click(await screen.findByRole("checkbox", { name: "Failed" }));
  await page.user.click(screen.getByRole("checkbox", { name: "Conflict" }));
  await waitFor(() => expect(page.address()).toBe("/mappings?state=failed&state=conflict"));
  await page.user.keyboard("{Escape}");
  await page.user.click(screen.getByRole("button", { name: "Remove the filter State Failed" }));
  await waitFor(() => expect(page.address()).toBe("/mappings?state=conflict"));
  expect(lastQuery(page)?.getAll("state")).toEqual(["conflict"]);
});

test("sorts both ways", async () => {
  const page = open("/mappings", answers);
  await page.user.click(await screen.findByRole("button", { name: /Looked at/ }));
  await waitFor(() => expect(page.address()).toBe("/mappings?sort=observedAt"));
  expect(screen.getByRole("columnheader", { name: /Looked at/ })).toHaveAttribute("aria-sort", "ascending");
  await page.user.click(screen.getByRole("button", { name: /Looked at/ }));
  await waitFor(() => expect(lastQuery(page)?.get("sort")).toBe("-observedAt"));
});

test("keeps the choice of columns", async () => {
  const page = open("/mappings", answers);
  await page.user.click(await screen.findByRole("button", { name: /^Columns/ }));
  await page.user.click(await screen.findByRole("checkbox", { name: "Previous" }));
  await page.user.keyboard("{Escape}");
  expect(await screen.findByRole("columnheader", { name: "Previous" })).toBeVisible();
  await waitFor(() => expect(localStorage.getItem("storelink:columns")).toContain("previous"));
});

test("asks for the next page with the cursor of the one before", async () => {
  let asked = 0;
  const page = open("/mappings", {
    ...answers,
    "GET /admin/mappings": () => (++asked === 1 ? { ...list([connected]), nextCursor: "more" } : list([refused])),
  });
  expect(await screen.findByRole("link", { name: "Soho" })).toBeVisible();
  expect(lastQuery(page)?.get("cursor")).toBe("more");
  expect(screen.getByText("That is all: 2")).toBeVisible();
});

test("tells a store never asked for from one that does not exist", async () => {
  const storeId = connected.storeId;
  const lookup = (knownStore: boolean) => ({
    ...answers,
    "GET /admin/mappings": list([]),
    "GET /admin/mappings/lookup": () => problem("not-found", 404, { knownStore }),
  });
  open(`/mappings?remoteStoreId=${storeId}`, lookup(true));
  expect(await screen.findByRole("heading", { name: "Nobody ever asked to connect this store" })).toBeVisible();
});

test("an id that somebody pastes into the search is looked up, too", async () => {
  const page = open(`/mappings?q=${connected.storeId}`, {
    ...answers,
    "GET /admin/mappings": list([]),
    "GET /admin/mappings/lookup": () => problem("not-found", 404, { knownStore: false }),
  });
  expect(await screen.findByRole("heading", { name: "No such store is known" })).toBeVisible();
  expect(page.asked("GET", "/admin/mappings/lookup")[0]?.url.searchParams.get("remoteStoreId")).toBe(connected.storeId);
});

test("a search without result is told from an empty table", async () => {
  const page = open("/mappings?state=failed", { ...answers, "GET /admin/mappings": list([]) });
  await page.user.click(await screen.findByRole("link", { name: "Clear all filters" }));
  expect(await screen.findByRole("heading", { name: "There is no mapping yet" })).toBeVisible();
  expect(page.address()).toBe("/mappings");
});

test("shows a problem with its request id, and asks again", async () => {
  let broken = true;
  const page = open("/mappings", {
    ...answers,
    "GET /admin/mappings": () => (broken ? problem("database-unavailable", 503) : list([connected])),
  });
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("req-1");
  broken = false;
  await page.user.click(within(alert).getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("link", { name: "Camden" })).toBeVisible();
});

test("sets the rarer filters together, and refuses what is no id", async () => {
  const page = open("/mappings", answers);
  await page.user.click(await screen.findByRole("button", { name: "More filters" }));
  const drawer = await screen.findByRole("dialog", { name: "Filters" });
  await page.user.type(within(drawer).getByLabelText("Local id"), "K-1");
  await page.user.type(within(drawer).getByLabelText("Otter's store id"), "4711");
  await page.user.click(within(drawer).getByRole("button", { name: "Show" }));
  expect(within(drawer).getByText(/This is no id of the form/)).toBeVisible();
  await page.user.clear(within(drawer).getByLabelText("Otter's store id"));
  await page.user.click(within(drawer).getByText("Only dark"));
  await page.user.click(within(drawer).getByRole("button", { name: "Show" }));
  await waitFor(() => expect(page.address()).toBe("/mappings?localStoreId=K-1&dark=true"));
});

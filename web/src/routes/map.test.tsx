import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import type { OnboardItem } from "../api/nouns";
import { chosen } from "../draft/draft";
import { draftOf, forgetDrafts } from "../draft/draftStore";
import { open } from "../test/open";
import { camden, list, problem, runId, runOf, session, soho } from "../test/service";

const organization = session.organization?.id ?? "";
const leeds = { ...camden, id: "0190a000-0000-7000-8000-0000000000a3", name: "Leeds" };
const answers = {
  "GET /api/session": session,
  "GET /api/stores": { ...list([{ ...leeds, mapping: { ...leeds.mapping, localStoreId: "K-9" } }]), loading: null },
};
const field = (store: string) => screen.findByRole("textbox", { name: `Your id for ${store}` });

beforeEach(() => {
  forgetDrafts();
  draftOf(organization).choose([soho, camden].map((store) => chosen(store, null)));
});

test("says at the field what is wrong, counts what is ready, and goes down by Enter", async () => {
  const { user } = open("/map", answers);
  const [first, second] = [await field("Camden"), await field("Soho")];
  await user.type(first, "K-9");
  expect(await screen.findByText("Leeds is connected to this id already.")).toBeVisible();
  await user.clear(first);
  await user.type(first, "K-1{Enter}");
  expect(second).toHaveFocus();
  await user.type(second, "K-1");
  expect(screen.getByText("Camden has the same id.")).toBeVisible();
  expect(screen.getByText("0 of 2 ready, 2 to fix")).toBeVisible();
  await user.type(second, "0");
  expect(screen.getByText("2 of 2 ready")).toBeVisible();
  expect(screen.getByRole("button", { name: "Review 2 stores" })).toBeVisible();
});

test("what is pasted fills down from the field", async () => {
  const { user } = open("/map", answers);
  await user.click(await field("Camden"));
  await user.paste("K-1\r\nK-2\r\n");
  expect(await field("Camden")).toHaveValue("K-1");
  expect(await field("Soho")).toHaveValue("K-2");
});

test("three columns where one was expected ask which is which", async () => {
  const { user } = open("/map", answers);
  await user.click(await field("Camden"));
  await user.paste("London\tSoho\tK-1\nLondon\tAtlantis\tK-2");
  const dialog = await screen.findByRole("dialog", { name: "Take ids from a spreadsheet" });
  await user.selectOptions(within(dialog).getByRole("combobox", { name: "Which column names the store?" }), "Column B");
  await user.selectOptions(within(dialog).getByRole("combobox", { name: "Which holds your id?" }), "Column C");
  expect(within(dialog).getByText("Row 2, column B:")).toBeVisible();
  await user.click(within(dialog).getByRole("button", { name: "Use 1 id" }));
  expect(await field("Soho")).toHaveValue("K-1");
  expect(await field("Camden")).toHaveValue("");
});

test("leads to the next field to fix", async () => {
  const { user } = open("/map", answers);
  await user.type(await field("Camden"), "K-1");
  await user.click(screen.getByRole("button", { name: "Go to the one to fix" }));
  expect(await field("Soho")).toHaveFocus();
  expect(screen.getByText("Enter the id.")).toBeVisible();
});

test("without a choice there is a way to choose", async () => {
  forgetDrafts();
  open("/map", answers);
  expect(await screen.findByRole("link", { name: "Go to your stores" })).toBeVisible();
});

async function looked(request: Request) {
  const { items } = (await request.clone().json()) as { items: OnboardItem[] };
  const steps = items.map((item) =>
    item.storeId === soho.id
      ? { ...item, step: "connect", observedLocalStoreId: null }
      : { ...item, step: "conflict", observedLocalStoreId: "K-17" },
  );
  return { items: steps };
}

test("replaces only what was ticked, and repeats the key where no answer came", async () => {
  draftOf(organization).type([
    [soho.id, "K-1"],
    [camden.id, "K-2"],
  ]);
  let lost = true;
  const page = open("/review", {
    ...answers,
    "POST /api/onboard/preview": looked,
    "POST /api/onboard": () => {
      if (lost) throw new TypeError("Failed to fetch");
      return runOf(soho, "connected", { observedLocalStoreId: "K-1" });
    },
    [`GET /api/onboard/${runId}`]: runOf(soho, "connected", { observedLocalStoreId: "K-1" }),
  });
  expect(await screen.findByRole("button", { name: "Connect 1" })).toBeEnabled();
  await page.user.click(screen.getByRole("checkbox", { name: /Camden/ }));
  await page.user.click(screen.getByRole("button", { name: "Connect 1, replace 1" }));
  const alert = await screen.findByRole("alert");
  lost = false;
  await page.user.click(within(alert).getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(page.address()).toBe(`/runs/${runId}`));
  const asks = page.calls.filter((call) => call.method === "POST" && call.url.pathname === "/api/onboard");
  expect(asks).toHaveLength(2);
  expect(new Set(asks.map((call) => call.headers.get("Idempotency-Key"))).size).toBe(1);
  expect(asks[1]?.body).toEqual({
    items: [
      { brandId: soho.brandId, storeId: soho.id, localStoreId: "K-1" },
      { brandId: camden.brandId, storeId: camden.id, localStoreId: "K-2", replaces: "K-17" },
    ],
  });
  await waitFor(() => expect(draftOf(organization).get().stores.size).toBe(0));
});

test("keeps what was looked at where the rest could not be, and goes on", async () => {
  draftOf(organization).type([
    [soho.id, "K-1"],
    [camden.id, "K-2"],
  ]);
  let broken = true;
  const page = open("/review", {
    ...answers,
    "POST /api/onboard/preview": (request: Request) =>
      broken ? problem("upstream-unavailable", 502) : looked(request),
  });
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("req-1");
  broken = false;
  await page.user.click(within(alert).getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("button", { name: "Connect 1" })).toBeEnabled();
});

test("an id still to be given leads back to the map", async () => {
  const page = open("/review", answers);
  await waitFor(() => expect(page.address()).toBe("/map"));
});

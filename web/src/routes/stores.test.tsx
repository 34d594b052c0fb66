import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { open } from "../test/open";
import { type Answers, brand, camden, list, problem, session, signedOut, soho } from "../test/service";

const answers: Answers = {
  "GET /api/session": session,
  "GET /api/brands": list([brand]),
  "GET /api/stores": { ...list([soho, camden]), loading: null },
};

test("lists stores with their state in words", async () => {
  open("/stores", answers);
  const row = (await screen.findByRole("link", { name: "Camden" })).closest("tr") as HTMLElement;
  expect(row).toHaveTextContent("Connected");
  expect(row).toHaveTextContent("K-17");
  expect(screen.getByRole("link", { name: "Soho" }).closest("tr")).toHaveTextContent("New");
  expect(screen.getByText(/^2 stores/)).toBeVisible();
});

test("keeps search, brand and state in the address and asks the service for them", async () => {
  const page = open("/stores", answers);
  await page.user.type(await screen.findByRole("searchbox", { name: "Search stores" }), "123");
  await waitFor(() => expect(page.address()).toBe("/stores?q=123"));
  await page.user.selectOptions(screen.getByRole("combobox", { name: "State" }), "Connected");
  await page.user.click(
    within(screen.getByRole("navigation", { name: "Brands" })).getByRole("link", { name: "Burger" }),
  );
  await waitFor(() => expect(page.address()).toBe(`/stores?q=123&state=connected&brandId=${brand.id}`));
  await waitFor(() => {
    const last = page.calls.filter((call) => call.url.pathname === "/api/stores").at(-1)?.url.searchParams;
    expect(last?.get("q")).toBe("123");
    expect(last?.get("state")).toBe("connected");
    expect(last?.get("brandId")).toBe(brand.id);
  });
  expect(
    within(screen.getByRole("navigation", { name: "Brands" })).getByRole("link", { current: "page" }),
  ).toHaveAccessibleName("Burger");
});

test("does not send a search that the service would refuse", async () => {
  const page = open("/stores?q=ab&state=nonsense", answers);
  expect(await screen.findByRole("searchbox")).toHaveValue("ab");
  await screen.findByRole("link", { name: "Soho" });
  const asked = page.calls.filter((call) => call.url.pathname === "/api/stores");
  expect(asked.map((call) => call.url.search)).toEqual(["?limit=200"]);
});

test("counts brands while they are loaded", async () => {
  open("/stores", { ...answers, "GET /api/stores": { ...list([soho]), loading: { brands: 3, of: 20 } } });
  expect(await screen.findByText("Loading your stores: 3 of 20 brands")).toBeVisible();
});

test("tells an empty organization from a search without result", async () => {
  const none = { ...answers, "GET /api/stores": { ...list([]), loading: null } };
  const page = open("/stores?q=nowhere", none);
  await page.user.click(await screen.findByRole("link", { name: "Show all stores" }));
  expect(await screen.findByText("Your organization has no stores at Otter")).toBeVisible();
  expect(page.address()).toBe("/stores");
});

test("shows a problem with its request id, and asks again", async () => {
  let broken = true;
  const page = open("/stores", {
    ...answers,
    "GET /api/stores": () => (broken ? problem("upstream-unavailable", 502) : answers["GET /api/stores"]),
  });
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("The title of upstream-unavailable");
  expect(alert).toHaveTextContent("req-1");
  broken = false;
  await page.user.click(within(alert).getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("link", { name: "Soho" })).toBeVisible();
  expect(screen.queryByRole("alert")).not.toBeInTheDocument();
});

test("asks to sign in again, and to come back here, once the session has ended", async () => {
  let ended = false;
  open("/stores?state=failed", {
    ...answers,
    "GET /api/session": () => (ended ? signedOut : session),
    "GET /api/stores": () => {
      ended = true;
      return problem("not-signed-in", 401);
    },
  });
  expect(await screen.findByRole("heading", { name: "You are signed out" })).toBeVisible();
  expect(screen.getByRole("link", { name: "Sign in with Otter" })).toHaveAttribute(
    "href",
    "/auth/login?return_to=%2Fstores%3Fstate%3Dfailed",
  );
});

test("asks for consent again where the grant has ended", async () => {
  open("/stores", {
    ...answers,
    "GET /api/session": { ...session, grant: { state: "reauthorization_required", expiresAt: null } },
  });
  expect(await screen.findByRole("heading", { name: "Sign in again to go on" })).toBeVisible();
  expect(screen.getByRole("button", { name: "Sign out" })).toBeVisible();
});

test("signs out", async () => {
  let signedIn = true;
  const page = open("/stores", {
    ...answers,
    "GET /api/session": () => (signedIn ? session : signedOut),
    "POST /auth/logout": () => {
      signedIn = false;
      return new Response(null, { status: 204 });
    },
  });
  await page.user.click(await screen.findByRole("button", { name: "Sign out" }));
  expect(await screen.findByRole("link", { name: "Sign in with Otter" })).toBeVisible();
  await waitFor(() => expect(page.address()).toBe("/"));
});

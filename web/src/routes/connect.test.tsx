import { screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { open } from "../test/open";
import { problem, session, signedOut } from "../test/service";

const allowed = { localStoreIds: ["K-1", "K-2"], organizationId: null, returnTo: "/stores", bound: false };

function follow(secret: string, signedIn: typeof session, answer: unknown) {
  window.history.replaceState(null, "", `/connect#${secret}`);
  return open("/connect", { "GET /api/session": signedIn, "POST /auth/connect": answer });
}

afterEach(() => window.history.replaceState(null, "", "/"));

test("redeems the link once, takes its secret out of the address, and goes on to sign in", async () => {
  const page = follow("first", signedOut, allowed);
  expect(await screen.findByText(/2 store ids/)).toBeVisible();
  expect(screen.getByRole("link", { name: "Sign in with Otter" })).toHaveAttribute(
    "href",
    "/auth/login?return_to=%2Fstores",
  );
  expect(window.location.hash).toBe("");
  const redeemed = page.calls.filter((call) => call.method === "POST");
  expect(redeemed.map((call) => call.body)).toEqual([{ secret: "first" }]);
});

test("names the company before anything is connected", async () => {
  follow("second", session, { ...allowed, bound: true });
  expect(await screen.findByText(/You are signed in for Probe Kitchens/)).toBeVisible();
  expect(screen.getByRole("link", { name: "Choose stores" })).toBeVisible();
});

test("offers another account where the link is for another company", async () => {
  follow("third", session, allowed);
  expect(await screen.findByRole("alert")).toHaveTextContent("Probe Kitchens");
  expect(screen.getByRole("button", { name: "Use another account" })).toBeVisible();
});

test("says that a link was used", async () => {
  follow("fourth", session, problem("link-used", 410));
  expect(await screen.findByRole("heading", { name: "This link does not work any more" })).toBeVisible();
});

test("asks for nothing without a secret", async () => {
  const page = open("/connect", { "GET /api/session": session });
  expect(await screen.findByRole("alert")).toHaveTextContent("ask for a new one");
  await waitFor(() => expect(page.calls.every((call) => call.method === "GET")).toBe(true));
});

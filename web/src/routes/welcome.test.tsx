import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { open } from "../test/open";
import { brand, list, session, signedOut, soho } from "../test/service";

test("offers to sign in and to come back to the stores", async () => {
  open("/", { "GET /api/session": signedOut });
  expect(await screen.findByRole("heading", { name: "Connect your stores to Acme POS" })).toBeVisible();
  const link = screen.getByRole("link", { name: "Sign in with Otter" });
  expect(link).toHaveAttribute("href", "/auth/login?return_to=%2Fstores");
});

test.each([
  ["consent-denied", "You did not give access"],
  ["sign-in-expired", "The sign-in took too long"],
  ["sign-in-invalid", "This sign-in cannot be finished"],
  ["sign-in-failed", "Otter did not finish the sign-in"],
  ["<b>made up</b>", "The sign-in did not work"],
])("says in words why a sign-in ended with %s, and starts again", async (slug, title) => {
  open(`/?error=${encodeURIComponent(slug)}`, { "GET /api/session": signedOut });
  expect(await screen.findByRole("alert")).toHaveTextContent(title);
  expect(screen.getByRole("link", { name: "Start again" })).toHaveAttribute("href", "/auth/login?return_to=%2Fstores");
});

test("goes straight to the stores where somebody is signed in", async () => {
  const page = open("/", {
    "GET /api/session": session,
    "GET /api/brands": list([brand]),
    "GET /api/stores": { ...list([soho]), loading: null },
  });
  await waitFor(() => expect(page.address()).toBe("/stores"));
});

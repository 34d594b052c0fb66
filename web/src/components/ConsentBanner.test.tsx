import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { Words } from "../test/Words";
import { ConsentBanner } from "./ConsentBanner";

const now = Date.parse("2026-05-02T12:00:00Z");

function show(expiresAt: string | null) {
  render(<ConsentBanner grant={{ state: "active", expiresAt }} signInHref="/auth/login" now={now} />, {
    wrapper: Words,
  });
}

test.each([
  ["2026-05-07T13:00:00Z", "Your consent runs out in 5 days."],
  ["2026-05-02T12:03:00Z", "Your consent runs out in 3 minutes."],
  ["2026-05-02T12:00:20Z", "Your consent runs out in a moment."],
])("a consent that ends at %s can be renewed", (expiresAt, words) => {
  show(expiresAt);
  expect(screen.getByRole("status")).toHaveTextContent(words);
  expect(screen.getByRole("link", { name: "Renew" })).toHaveAttribute("href", "/auth/login");
});

test.each([null, "2026-05-20T12:00:00Z", "2026-05-01T12:00:00Z"])("says nothing of %s", (expiresAt) => {
  show(expiresAt);
  expect(screen.queryByRole("status")).not.toBeInTheDocument();
});

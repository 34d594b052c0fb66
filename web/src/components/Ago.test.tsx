import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { Words } from "../test/Words";
import { Ago } from "./Ago";

const now = Date.parse("2026-05-02T12:00:00Z");

test.each([
  ["2026-05-02T11:59:40Z", "just now"],
  ["2026-05-02T11:58:00Z", "2 minutes ago"],
  ["2026-05-02T11:00:00Z", "1 hour ago"],
  ["2026-04-29T11:00:00Z", "3 days ago"],
])("%s is %s, the exact time on hover", (at, words) => {
  render(<Ago at={at} now={now} />, { wrapper: Words });
  const time = screen.getByText(words);
  expect(time).toHaveAttribute("datetime", at);
  expect(time).toHaveAttribute("title", expect.stringContaining("2026"));
});

test("never is a word, too", () => {
  render(<Ago at={null} />, { wrapper: Words });
  expect(screen.getByText("never")).toBeVisible();
});

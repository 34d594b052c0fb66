import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { Words } from "../test/Words";
import { BackButton } from "./BackButton";

test("leads back with the run's id beside what the address has already", () => {
  render(<BackButton returnTo="https://pos.example/done?shop=7#top" runId="r-1" />, { wrapper: Words });
  const link = screen.getByRole("link", { name: "Back to pos.example" });
  expect(link).toHaveAttribute("href", "https://pos.example/done?shop=7&run=r-1#top");
});

test("is not there where no link led here", () => {
  render(<BackButton returnTo={null} runId="r-1" />, { wrapper: Words });
  expect(screen.queryByRole("link")).toBeNull();
});

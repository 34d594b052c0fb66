import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { runOf, soho } from "../test/service";
import { Words } from "../test/Words";
import { RunProgress } from "./RunProgress";

test("its bar has a name that may be said, also before anything is done", () => {
  render(<RunProgress run={runOf(soho, null)} signInHref="/auth/login" />, { wrapper: Words });
  expect(screen.getByRole("group", { name: "0 of 1 done" })).toBeVisible();
});

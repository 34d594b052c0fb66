import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { storeStates } from "../api/nouns";
import { Words } from "../test/Words";
import { en } from "../text/en";
import { StateLabel } from "./StateLabel";

test.each(storeStates)("says %s by a word and a sign", (state) => {
  const { container } = render(<StateLabel state={state} />, { wrapper: Words });
  expect(screen.getByText(en.states[state])).toBeVisible();
  expect(container.querySelector("svg[aria-hidden=true]")).not.toBeNull();
});

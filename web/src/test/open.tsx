import { createMemoryHistory } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createQueryClient } from "../api/queries";
import { createPages } from "../router";
import { en } from "../text/en";
import { WizardApp } from "../WizardApp";
import { type Answers, serve } from "./service";

/** open shows the page of an address over the given answers of the service. */
export function open(address: string, answers: Answers) {
  const calls = serve(answers);
  const pages = createPages(createMemoryHistory({ initialEntries: [address] }));
  const queries = createQueryClient();
  queries.setDefaultOptions({ queries: { retry: false } });
  render(<WizardApp pages={pages} queries={queries} language="en" words={en} env="test" />);
  return { user: userEvent.setup(), calls, address: () => pages.state.location.href };
}

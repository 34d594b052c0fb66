import { createMemoryHistory } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createQueryClient } from "../../api/queries";
import { type Answers, serve } from "../../test/service";
import { ConsoleApp } from "../ConsoleApp";
import { createPages } from "../router";

/** open shows the console's page of an address over the given answers of the service. */
export function open(address: string, answers: Answers) {
  const calls = serve(answers);
  const pages = createPages(createMemoryHistory({ initialEntries: [address] }));
  const queries = createQueryClient();
  queries.setDefaultOptions({ queries: { retry: false } });
  render(<ConsoleApp pages={pages} queries={queries} env="test" />);
  const asked = (method: string, path: string) =>
    calls.filter((call) => call.method === method && call.url.pathname === path);
  return { user: userEvent.setup({ delay: null }), calls, asked, queries, address: () => pages.state.location.href };
}

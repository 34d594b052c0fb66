import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { type Answers, list, problem } from "../../test/service";
import { connected, operator, reader, run } from "../test/nouns";
import { open } from "../test/open";

const path = "/admin/mappings/actions";

type Body = { preview?: boolean; expectCount?: number };

/** A service at which so many mappings match, and after the first try another number. */
function service(counts: number[]): Answers {
  let tries = 0;
  return {
    "GET /admin/session": operator,
    "GET /admin/mappings": list([connected]),
    [`POST ${path}`]: async (request: Request) => {
      const body = (await request.clone().json()) as Body;
      const count = counts[Math.min(tries, counts.length - 1)];
      if (body.preview) return { count };
      tries++;
      const now = counts[Math.min(tries, counts.length - 1)];
      if (body.expectCount !== now) return problem("count-changed", 409);
      return Response.json(run, { status: 202, headers: { Location: `/admin/runs/${run.id}` } });
    },
    [`GET /admin/runs/${run.id}`]: run,
    [`GET /admin/runs/${run.id}/items`]: list(run.items),
  };
}

async function begin(counts: number[]) {
  const page = open("/mappings?state=failed&q=soho", service(counts));
  await page.user.click(await screen.findByRole("button", { name: "Act on all of these" }));
  return { page, dialog: await screen.findByRole("dialog", { name: "Act on all that match" }) };
}

test("acts on all that match once their number was typed, and goes to the run", async () => {
  const { page, dialog } = await begin([1_200]);
  expect(await within(dialog).findByText("This is about 1,200 mappings.")).toBeVisible();
  expect(dialog).toHaveTextContent("State: Failed");
  await page.user.type(within(dialog).getByLabelText("Reason"), "ticket 12");
  await page.user.click(within(dialog).getByRole("button", { name: "Reconcile 1,200" }));
  expect(within(dialog).getByText("Type the number that stands above.")).toBeVisible();
  await page.user.type(within(dialog).getByLabelText("Type 1,200 to confirm"), "1200");
  await page.user.click(within(dialog).getByRole("button", { name: "Reconcile 1,200" }));
  await waitFor(() => expect(page.address()).toBe(`/runs/${run.id}`));
  const bodies = page.asked("POST", path).map((call) => call.body);
  const filter = { state: ["failed"], q: "soho" };
  expect(bodies[0]).toMatchObject({ action: "reconcile", filter, preview: true });
  expect(bodies.at(-1)).toMatchObject({ action: "reconcile", filter, expectCount: 1_200, reason: "ticket 12" });
});

test("says that the number has changed, and asks for the new one", async () => {
  const { page, dialog } = await begin([3, 4]);
  await within(dialog).findByText("This is about 3 mappings.");
  await page.user.click(within(dialog).getByRole("radio", { name: "Disconnect" }));
  await page.user.type(within(dialog).getByLabelText("Reason"), "closed");
  await page.user.type(await within(dialog).findByLabelText("Type 3 to confirm"), "3");
  await page.user.click(within(dialog).getByRole("button", { name: "Disconnect 3" }));
  expect(await within(dialog).findByText(/The number has changed meanwhile: it is about 4 mappings now/)).toBeVisible();
  expect(within(dialog).getByLabelText("Reason")).toHaveValue("closed");
  expect(page.address()).toBe("/mappings?q=soho&state=failed");
});

test("a reader is not offered it", async () => {
  open("/mappings", { ...service([1]), "GET /admin/session": reader });
  await screen.findByRole("link", { name: "Camden" });
  expect(screen.queryByRole("button", { name: "Act on all of these" })).not.toBeInTheDocument();
});

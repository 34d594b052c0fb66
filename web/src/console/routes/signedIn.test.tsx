import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { list, problem } from "../../test/service";
import { connected, operator } from "../test/nouns";
import { open } from "../test/open";

const token = "SECRET-TOKEN";

/** A service at which somebody signs in and out. */
function service(refusal?: () => Response) {
  let signedIn = false;
  const end = () => {
    signedIn = false;
  };
  const answers = {
    "GET /admin/session": () => (signedIn ? operator : problem("not-signed-in", 401)),
    "POST /admin/session": () => {
      if (refusal) return refusal();
      signedIn = true;
      return operator;
    },
    "DELETE /admin/session": () => {
      end();
      return new Response(null, { status: 204 });
    },
    "GET /admin/mappings": () => (signedIn ? list([connected]) : problem("not-signed-in", 401)),
  };
  return { answers, end };
}

async function signIn(page: ReturnType<typeof open>, given = token) {
  await page.user.type(await screen.findByLabelText("Admin token"), given);
  await page.user.click(screen.getByRole("button", { name: "Sign in" }));
}

test("exchanges the token for a session, and keeps it nowhere", async () => {
  const page = open("/mappings?state=failed", service().answers);
  await signIn(page, ` ${token} `);
  expect(await screen.findByRole("link", { name: "Camden" })).toBeVisible();
  expect(page.address()).toBe("/mappings?state=failed");
  expect(page.asked("POST", "/admin/session").map((call) => call.body)).toEqual([{ token }]);
  expect(document.documentElement.outerHTML).not.toContain(token);
  const kept = [localStorage, sessionStorage].map((storage) => JSON.stringify({ ...storage })).join();
  expect(kept).not.toContain(token);
  await waitFor(() => {
    const cached = page.queries.getMutationCache().getAll();
    expect(JSON.stringify(cached.map((mutation) => mutation.state))).not.toContain(token);
  });
});

test("clears the field where the token is refused, and says so", async () => {
  const page = open("/mappings", service(() => problem("not-signed-in", 401)).answers);
  await signIn(page);
  const field = await screen.findByLabelText("Admin token");
  await waitFor(() => expect(field).toHaveAccessibleDescription(/This token is not known/));
  expect(field).toHaveValue("");
  await page.user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(field).toHaveAccessibleDescription(/Enter the token/);
});

test("says that the role does not suffice", async () => {
  const page = open("/mappings", service(() => problem("forbidden", 403)).answers);
  await signIn(page);
  const field = await screen.findByLabelText("Admin token");
  await waitFor(() => expect(field).toHaveAccessibleDescription(/it takes read or operate/));
});

test("a session that ends keeps the address, and says why it asks", async () => {
  const { answers, end } = service();
  const page = open("/mappings?state=failed", answers);
  await signIn(page);
  await screen.findByRole("link", { name: "Camden" });
  end();
  await page.user.type(screen.getByRole("searchbox"), "soho");
  expect(await screen.findByText("Your session has ended. Sign in to go on where you were.")).toBeVisible();
  await waitFor(() => expect(page.address()).toBe("/mappings?state=failed&q=soho"));
  await signIn(page);
  expect(await screen.findByRole("searchbox")).toHaveValue("soho");
});

test("signs out", async () => {
  const page = open("/mappings", service().answers);
  await signIn(page);
  await page.user.click(await screen.findByRole("button", { name: "ops-anna (operate)" }));
  await page.user.click(await screen.findByRole("menuitem", { name: "Sign out" }));
  expect(await screen.findByLabelText("Admin token")).toBeVisible();
  expect(screen.queryByText(/Your session has ended/)).not.toBeInTheDocument();
  expect(screen.queryByText("Camden")).not.toBeInTheDocument();
});

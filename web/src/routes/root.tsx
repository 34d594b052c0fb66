import { Button, Group } from "@mantine/core";
import { createRootRoute, type ErrorComponentProps, Outlet } from "@tanstack/react-router";
import { PageButton } from "../components/links";
import { Nothing } from "../components/Nothing";
import { useText } from "../text/text";

/** The route that all pages hang on. */
export const rootRoute = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Broken });

function NotFound() {
  const text = useText();
  return (
    <main>
      <title>{text.page.notFound}</title>
      <Nothing title={text.page.notFound} detail={text.page.notFoundDetail}>
        <PageButton to="/stores">{text.page.toStores}</PageButton>
      </Nothing>
    </main>
  );
}

/** Broken stands where a page broke; what is around it, and what was typed, is not touched. */
export function Broken({ error, reset }: ErrorComponentProps) {
  const text = useText();
  return (
    <>
      <title>{text.page.broken}</title>
      <Nothing title={text.page.broken} detail={error instanceof Error ? error.message : String(error)}>
        <Group>
          <Button onClick={reset}>{text.problem.retry}</Button>
          <Button variant="default" onClick={() => window.location.reload()}>
            {text.page.reload}
          </Button>
        </Group>
      </Nothing>
    </>
  );
}

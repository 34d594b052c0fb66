import { createRootRoute, Outlet } from "@tanstack/react-router";
import { PageButton } from "../../components/links";
import { Nothing } from "../../components/Nothing";
import { useConsoleText } from "../text/text";
import { Broken } from "./Broken";

/** The route that all pages of the console hang on. */
export const rootRoute = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Broken });

function NotFound() {
  const text = useConsoleText();
  return (
    <main>
      <title>{text.nav.notFound}</title>
      <Nothing title={text.nav.notFound} detail={text.nav.notFoundDetail}>
        <PageButton to="/mappings">{text.nav.toMappings}</PageButton>
      </Nothing>
    </main>
  );
}

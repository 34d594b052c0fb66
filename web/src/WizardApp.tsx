import { MantineProvider } from "@mantine/core";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import type { createPages } from "./router";
import { en } from "./text/en";
import { TextContext } from "./text/text";
import { readableVariables, theme } from "./theme";

type Props = {
  pages: ReturnType<typeof createPages>;
  queries: QueryClient;
  /** In tests nothing moves. */
  env?: "default" | "test";
};

/** WizardApp is the program that managers use: its pages, its words, its look. */
export function WizardApp({ pages, queries, env }: Props) {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={readableVariables} defaultColorScheme="auto" env={env}>
      <TextContext value={en}>
        <QueryClientProvider client={queries}>
          <RouterProvider router={pages} />
        </QueryClientProvider>
      </TextContext>
    </MantineProvider>
  );
}

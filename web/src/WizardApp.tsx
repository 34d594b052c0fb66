import { MantineProvider } from "@mantine/core";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import type { createPages } from "./router";
import { LanguageProvider } from "./text/LanguageProvider";
import type { Language } from "./text/languages";
import type { Text } from "./text/text";
import { readableVariables, theme } from "./theme";

type Props = {
  pages: ReturnType<typeof createPages>;
  queries: QueryClient;
  language: Language;
  words: Text;
  /** In tests nothing moves. */
  env?: "default" | "test";
};

/** WizardApp is the program that managers use: its pages, its words, its look. */
export function WizardApp({ pages, queries, language, words, env }: Props) {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={readableVariables} defaultColorScheme="auto" env={env}>
      <LanguageProvider language={language} words={words}>
        <QueryClientProvider client={queries}>
          <RouterProvider router={pages} />
        </QueryClientProvider>
      </LanguageProvider>
    </MantineProvider>
  );
}

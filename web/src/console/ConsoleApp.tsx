import { MantineProvider } from "@mantine/core";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { TextContext } from "../text/text";
import { readableVariables, theme } from "../theme";
import type { createPages } from "./router";
import { keepLanguage, LanguageContext, languages, preferredLanguage } from "./text/language";
import { ConsoleTextContext } from "./text/text";

type Props = {
  pages: ReturnType<typeof createPages>;
  queries: QueryClient;
  /** In tests nothing moves. */
  env?: "default" | "test";
};

/** ConsoleApp is the program that operators use: its pages, its words, its look. */
export function ConsoleApp({ pages, queries, env }: Props) {
  const [words, setWords] = useState(preferredLanguage);
  useEffect(() => {
    document.documentElement.lang = words.code;
  }, [words]);
  const choice = useMemo(() => {
    const choose = (code: string) => {
      const chosen = languages.find((language) => language.code === code);
      if (chosen === undefined) return;
      keepLanguage(code);
      setWords(chosen);
    };
    return { languages: languages.map(({ code, name }) => ({ code, name })), choose };
  }, []);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={readableVariables} defaultColorScheme="auto" env={env}>
      <LanguageContext value={choice}>
        <TextContext value={words.shared}>
          <ConsoleTextContext value={words.own}>
            <QueryClientProvider client={queries}>
              <RouterProvider router={pages} />
            </QueryClientProvider>
          </ConsoleTextContext>
        </TextContext>
      </LanguageContext>
    </MantineProvider>
  );
}

import { MantineProvider } from "@mantine/core";
import type { ReactNode } from "react";
import { en } from "../text/en";
import { TextContext } from "../text/text";

/** Words puts a component into the library's look and English, as a page would. */
export function Words({ children }: { children: ReactNode }) {
  return (
    <MantineProvider env="test">
      <TextContext value={en}>{children}</TextContext>
    </MantineProvider>
  );
}

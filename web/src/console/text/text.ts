import { createContext, useContext } from "react";
import { type ConsoleText, en } from "./en";

export type { ConsoleText } from "./en";

/** The language of the console's pages around it. */
export const ConsoleTextContext = createContext<ConsoleText>(en);

/** useConsoleText returns the console's own words in the language of the page. */
export function useConsoleText(): ConsoleText {
  return useContext(ConsoleTextContext);
}

import { createContext, useContext } from "react";
import { en, type Text } from "./en";

export type { Text } from "./en";

/** The language of the pages around it. */
export const TextContext = createContext<Text>(en);

/** useText returns the words in the language of the page. */
export function useText(): Text {
  return useContext(TextContext);
}

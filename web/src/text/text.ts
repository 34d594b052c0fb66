import { createContext, useContext } from "react";
import type { Text } from "./en";

export type { Text } from "./en";

/** The words of the pages around it. */
export const TextContext = createContext<Text | null>(null);

/** useText returns the words in the language of the page. */
export function useText(): Text {
  const text = useContext(TextContext);
  if (text === null) throw new Error("words are used outside of a language");
  return text;
}

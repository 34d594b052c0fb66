import { createContext, useContext } from "react";
import type { Text } from "../../text/en";
import { en as shared } from "../../text/en";
import { es as sharedEs } from "../../text/es";
import { type ConsoleText, en } from "./en";
import { es } from "./es";

/** A language of the console: its own words and those of the components that it shares with the wizard. */
export type Words = { code: string; name: string; own: ConsoleText; shared: Text };

/** All languages, the first for whoever reads none of them. */
export const languages: readonly [Words, ...Words[]] = [
  { code: "en", name: "English", own: en, shared },
  { code: "es", name: "Español", own: es, shared: sharedEs },
];

const storageKey = "storelink:language";

/** preferredLanguage returns what was chosen before, else the first that the browser asks for and that there is. */
export function preferredLanguage(): Words {
  const asked = [window.localStorage.getItem(storageKey) ?? "", ...navigator.languages];
  for (const tag of asked) {
    const found = languages.find(({ code }) => code === tag.split("-")[0]?.toLowerCase());
    if (found !== undefined) return found;
  }
  return languages[0];
}

/** keepLanguage remembers the choice in this browser. */
export function keepLanguage(code: string) {
  window.localStorage.setItem(storageKey, code);
}

type Choice = { languages: { code: string; name: string }[]; choose: (code: string) => void };

/** How the language of the pages is chosen. */
export const LanguageContext = createContext<Choice>({ languages: [], choose: () => undefined });

/** useLanguage returns the languages that there are, and chooses one. */
export function useLanguage(): Choice {
  return useContext(LanguageContext);
}

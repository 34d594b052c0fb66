import type { Text } from "./en";

/** The languages of the pages. One more is a file beside en.ts and a line here. */
export const languages = {
  en: { name: "English", load: async (): Promise<Text> => (await import("./en")).en },
  es: { name: "Español", load: async (): Promise<Text> => (await import("./es")).es },
};

export type Language = keyof typeof languages;

const kept = "storelink:language";

/** isLanguage reports whether the pages speak it. */
export function isLanguage(tag: string | null): tag is Language {
  return tag !== null && Object.hasOwn(languages, tag);
}

/** preferredLanguage is the one that was chosen here before, else the first that the browser wants and the pages have. */
export function preferredLanguage(wanted: readonly string[] = navigator.languages): Language {
  const chosen = localStorage.getItem(kept);
  if (isLanguage(chosen)) return chosen;
  return wanted.map((tag) => tag.toLowerCase().split("-")[0] ?? "").find(isLanguage) ?? "en";
}

/** keepLanguage remembers what was chosen, past signing out. */
export function keepLanguage(language: Language) {
  localStorage.setItem(kept, language);
}

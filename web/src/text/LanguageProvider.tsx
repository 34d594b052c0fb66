import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { keepLanguage, type Language, languages } from "./languages";
import { type Text, TextContext } from "./text";

type Choice = { language: Language; choose: (language: Language) => void };

const ChoiceContext = createContext<Choice | null>(null);

type Props = { language: Language; words: Text; children: ReactNode };

/** LanguageProvider gives the pages inside their words, and lets a person choose another language. */
export function LanguageProvider({ language, words, children }: Props) {
  const [current, setCurrent] = useState({ language, words });
  useEffect(() => {
    document.documentElement.lang = current.language;
  }, [current.language]);
  const choice = useMemo(
    () => ({
      language: current.language,
      choose: (next: Language) => {
        keepLanguage(next);
        void languages[next].load().then((loaded) => setCurrent({ language: next, words: loaded }));
      },
    }),
    [current.language],
  );
  return (
    <ChoiceContext value={choice}>
      <TextContext value={current.words}>{children}</TextContext>
    </ChoiceContext>
  );
}

/** useLanguage returns the language of the page and the way to another. */
export function useLanguage(): Choice {
  const choice = useContext(ChoiceContext);
  if (choice === null) throw new Error("a language is chosen outside of a language");
  return choice;
}

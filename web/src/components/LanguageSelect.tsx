import { useLanguage } from "../text/LanguageProvider";
import { isLanguage, languages } from "../text/languages";
import { useText } from "../text/text";
import classes from "./Frame.module.css";

/** LanguageSelect offers the languages of the page, each in its own words. */
export function LanguageSelect() {
  const text = useText();
  const { language, choose } = useLanguage();
  return (
    <select
      aria-label={text.page.language}
      className={classes.language}
      value={language}
      onChange={({ currentTarget: { value } }) => isLanguage(value) && choose(value)}
    >
      {Object.entries(languages).map(([tag, { name }]) => (
        <option key={tag} value={tag} lang={tag}>
          {name}
        </option>
      ))}
    </select>
  );
}

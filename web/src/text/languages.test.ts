import { expect, test } from "vitest";
import { en } from "./en";
import { es } from "./es";
import { keepLanguage, languages, preferredLanguage } from "./languages";

test.each([
  [["es-MX", "en"], "es"],
  [["fr", "en-GB"], "en"],
  [["fr"], "en"],
  [[], "en"],
])("of %j the page speaks %s", (wanted, language) => {
  expect(preferredLanguage(wanted)).toBe(language);
});

test("what was chosen comes first", () => {
  keepLanguage("es");
  expect(preferredLanguage(["en"])).toBe("es");
});

test("each language says that it is itself", async () => {
  for (const [tag, { load }] of Object.entries(languages)) expect((await load()).language).toBe(tag);
});

test("numbers and plurals follow the language", () => {
  expect(en.stores.count(12_345, true)).toBe("12,345 stores");
  expect(es.stores.count(12_345, true)).toBe("12.345 tiendas");
  expect(es.stores.count(1, true)).toBe("1 tienda");
  expect(en.review.action({ connect: 31, replace: 2, right: 6 })).toBe("Connect 31, replace 2");
});

import { expect, test } from "vitest";
import { accentShades, contrast, wearAccent } from "./accent";

test.each(["#ffff00", "#ffffff", "#000000", "#0a7f5a", "#ff6600", "#88ccee"])(
  "%s can be read in both schemes",
  (accent) => {
    const { filled, hover, onDark } = accentShades(accent);
    expect(contrast(filled, "#ffffff")).toBeGreaterThanOrEqual(4.5);
    expect(contrast(hover, "#ffffff")).toBeGreaterThanOrEqual(4.5);
    expect(contrast(onDark, "#242424")).toBeGreaterThanOrEqual(4.5);
  },
);

test("a colour that can be read stays as it is", () => {
  expect(accentShades("#0a7f5a").filled).toBe("#0a7f5a");
});

test("without a colour the pages keep their own", () => {
  const { style } = document.createElement("div");
  wearAccent(null, style);
  expect(style).toHaveLength(0);
  wearAccent("#0a7f5a", style);
  expect(style.getPropertyValue("--mantine-primary-color-filled")).toBe("#0a7f5a");
});

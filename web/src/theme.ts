import { type CSSVariablesResolver, createTheme } from "@mantine/core";

/** The look of all pages. Shades are chosen for a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3). */
export const theme = createTheme({
  primaryColor: "blue",
  primaryShade: { light: 8, dark: 8 },
  cursorType: "pointer",
  defaultRadius: "md",
  respectReducedMotion: true,
});

/** The library's own grey and red are too pale to read on white. */
export const readableVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--surface": "var(--mantine-color-white)",
    "--chosen": "color-mix(in srgb, var(--mantine-primary-color-filled) 8%, var(--mantine-color-white))",
    "--accent-text": "var(--mantine-primary-color-filled)",
    "--mantine-color-dimmed": "var(--mantine-color-gray-7)",
    "--mantine-color-placeholder": "var(--mantine-color-gray-7)",
    "--mantine-color-error": "var(--mantine-color-red-9)",
    "--state-good": "var(--mantine-color-green-9)",
    "--state-busy": "var(--mantine-color-blue-8)",
    "--state-attention": "#b8400b",
    "--state-bad": "var(--mantine-color-red-9)",
    "--state-quiet": "var(--mantine-color-gray-7)",
  },
  dark: {
    "--surface": "var(--mantine-color-dark-6)",
    "--chosen": "color-mix(in srgb, var(--mantine-primary-color-filled) 22%, var(--mantine-color-dark-6))",
    "--accent-text": "var(--mantine-color-blue-3)",
    "--mantine-color-dimmed": "var(--mantine-color-dark-1)",
    "--mantine-color-placeholder": "var(--mantine-color-dark-1)",
    "--mantine-color-error": "var(--mantine-color-red-4)",
    "--state-good": "var(--mantine-color-green-4)",
    "--state-busy": "var(--mantine-color-blue-3)",
    "--state-attention": "var(--mantine-color-orange-4)",
    "--state-bad": "var(--mantine-color-red-4)",
    "--state-quiet": "var(--mantine-color-dark-1)",
  },
});

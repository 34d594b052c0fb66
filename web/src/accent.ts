type Colour = [red: number, green: number, blue: number];

const white: Colour = [255, 255, 255];
const black: Colour = [0, 0, 0];
const dark: Colour = [36, 36, 36]; // the pages' background in the dark
const enough = 4.6; // WCAG 2.2, 1.4.3 wants 4.5

function parse(hex: string): Colour {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as Colour;
}

function format(colour: Colour): string {
  return `#${colour.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}

function luminance(colour: Colour): number {
  const [r, g, b] = colour.map((part) => {
    const c = part / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as Colour;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** contrast is the ratio of WCAG 2.2 between two colours, 1 to 21. */
export function contrast(a: string, b: string): number {
  return ratio(parse(a), parse(b));
}

function ratio(a: Colour, b: Colour): number {
  const [light, deep] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (deep + 0.05);
}

// The colour, moved towards another one until it can be read on the ground.
function readable(colour: Colour, ground: Colour, towards: Colour): Colour {
  for (let share = 0; share <= 1; share += 0.05) {
    const mixed = colour.map((part, i) => part + ((towards[i] ?? 0) - part) * share) as Colour;
    if (ratio(mixed, ground) >= enough) return mixed;
  }
  return towards;
}

/** accentShades returns what an accent colour (#rrggbb) becomes where something has to be read on it, or written in it. */
export function accentShades(accent: string) {
  const colour = parse(accent);
  const filled = readable(colour, white, black);
  const hover = filled.map((part) => part * 0.85) as Colour;
  return { filled: format(filled), hover: format(hover), onDark: format(readable(colour, dark, white)) };
}

/** wearAccent gives the pages the integrator's colour, in shades that can be read. */
export function wearAccent(accent: string | null, style: CSSStyleDeclaration = document.documentElement.style) {
  if (accent === null) return;
  const { filled, hover, onDark } = accentShades(accent);
  const text = `light-dark(${filled}, ${onDark})`;
  style.setProperty("--mantine-primary-color-filled", filled);
  style.setProperty("--mantine-primary-color-filled-hover", hover);
  style.setProperty("--mantine-primary-color-contrast", "#ffffff");
  style.setProperty("--mantine-color-anchor", text);
  style.setProperty("--accent-text", text);
}

/** The sign that stands for the number; several make it as many digits wide. */
const places = /#+/;

/** hasPlace reports whether the pattern says where the number goes. */
export function hasPlace(pattern: string): boolean {
  return places.test(pattern);
}

/** fromPattern returns so many ids, counted up from start: `K-##` makes K-01, K-02 and so on. */
export function fromPattern(pattern: string, start: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    pattern.replace(places, (signs) => String(start + i).padStart(signs.length, "0")),
  );
}

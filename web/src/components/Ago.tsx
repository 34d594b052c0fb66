import { useText } from "../text/text";

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** Ago says how long ago something was, with the exact time on hover. */
export function Ago({ at, now = Date.now() }: { at: string | null; now?: number }) {
  const text = useText();
  if (at === null) return text.time.never;
  const exact = new Intl.DateTimeFormat(text.language, { dateStyle: "medium", timeStyle: "medium" });
  return (
    <time dateTime={at} title={exact.format(new Date(at))}>
      {relativeTime((Date.parse(at) - now) / 1000, text.language) ?? text.time.now}
    </time>
  );
}

/** relativeTime says in words how far a time is from now; null: less than a minute. */
export function relativeTime(seconds: number, language: string): string | null {
  const unit = units.find(([, size]) => Math.abs(seconds) >= size);
  if (unit === undefined) return null;
  const [name, size] = unit;
  return new Intl.RelativeTimeFormat(language, { numeric: "always" }).format(Math.trunc(seconds / size), name);
}

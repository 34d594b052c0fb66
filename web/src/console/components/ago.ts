import { relativeTime } from "../../components/Ago";
import type { Text } from "../../text/text";

/** ago returns how long ago something was, in words, or in how long it will be. */
export function ago(at: string | null, text: Text): string {
  if (at === null) return text.time.never;
  return relativeTime((Date.parse(at) - Date.now()) / 1000, text.language) ?? text.time.now;
}

import type { Store } from "../api/nouns";

/** addressLine returns a store's address in one line, or null where upstream knows none. */
export function addressLine(address: Store["address"]): string | null {
  if (address === null) return null;
  const parts = [...address.addressLines, [address.postalCode, address.city].filter(Boolean).join(" ")];
  return address.fullAddress || parts.filter(Boolean).join(", ") || null;
}

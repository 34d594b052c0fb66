import { useLocation } from "@tanstack/react-router";
import { signInAddress } from "../api/session";

/** useSignInHref returns where signing in begins that comes back to the page as it is now. */
export function useSignInHref(): string {
  return signInAddress(useLocation({ select: (location) => location.href }));
}

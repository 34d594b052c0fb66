import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

// Pages are loaded when they are first shown, which takes a busy machine a while.
configure({ asyncUtilTimeout: 20_000 });

// What jsdom has not: the width of a wide screen, and things that change their size.
window.matchMedia = (query) =>
  ({
    matches: query.includes("min-width"),
    media: query,
    addEventListener: vi.fn(),
    removeEventListener: vi.fn(),
  }) as unknown as MediaQueryList;
window.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
window.scrollTo = () => {};

/** A stream that tells nothing; tests that need one to speak stub their own. */
class Silent extends EventTarget {
  static readonly CLOSED = 2;
  readyState = 0;
  close() {}
}
window.EventSource = Silent as unknown as typeof EventSource;

afterEach(() => {
  cleanup();
  sessionStorage.clear();
  localStorage.clear();
});

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const service = process.env.STORELINK_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  // The service's Content-Security-Policy allows no inline script and no third party.
  build: {
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    emptyOutDir: false, // the console was built into it before
  },
  server: {
    proxy: {
      "/api": { target: service, changeOrigin: true },
      "/auth": { target: service, changeOrigin: true },
    },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test/setup.ts"],
    testTimeout: 60_000,
    restoreMocks: true,
    unstubGlobals: true,
  },
});

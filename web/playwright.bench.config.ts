import { defineConfig } from "@playwright/test";
import tests from "./playwright.config";

// The figures of `make bench-web`.
export default defineConfig({ ...tests, testDir: "bench", testMatch: "*.bench.ts" });

import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const service = process.env.STORELINK_INTERNAL_URL ?? "http://127.0.0.1:8081";

// The operators' console is built by itself, into files of its own: nothing of it can end up in what managers load.
export default defineConfig({
  plugins: [react(), consoleAtEveryAddress()],
  build: {
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    assetsDir: "assets/console",
    rolldownOptions: { input: "console.html" },
  },
  server: { port: 5174, proxy: { "/admin": { target: service, changeOrigin: true } } },
});

/** In development every address that is no file is the console's page, as the internal listener has it. */
function consoleAtEveryAddress(): Plugin {
  return {
    name: "console-at-every-address",
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        if (request.headers.accept?.includes("text/html")) request.url = "/console.html";
        next();
      });
    },
  };
}

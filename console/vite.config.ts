// Builds the page into the package, where the server finds it.

import { defineConfig } from "vite";

export default defineConfig({
  // The server gives the page at `/`, and everything that belongs to it below `/console/`.
  base: "/console/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/linarite/http/console/static",
    emptyOutDir: true,
    target: "es2022",
    // The content security policy allows no inline script, and needs none: browsers of the target preload by themselves.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // Whoever gets the page gets the licences of what is in it.
    license: { fileName: "assets/licences.txt" },
  },
});

import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";
import { catalogue } from "./catalogue/words.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [vue(), catalogue(here("src"), here("../src/guandian/wording/words.zh.json"))],
  resolve: { alias: { "@": here("src") } },
  define: {
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    outDir: here("../src/guandian/service/dashboard_files"),
    emptyOutDir: true,
    // The policy allows no data: or blob: source, so every asset is a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
  },
  server: { proxy: { "/v1": process.env.GUANDIAN_SERVICE ?? "http://127.0.0.1:8765" } },
  test: { environment: "happy-dom", include: ["tests/**/*.test.ts"] },
});

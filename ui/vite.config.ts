import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const OUT = "../src/lodeline/server/static/app";
const COMPRESSED = /\.(?:js|css|svg)$/;

/** Writes a gzip and a brotli copy beside each asset, so that the server never compresses. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    async closeBundle() {
      const directory = join(import.meta.dirname, OUT, "assets");
      const names = (await readdir(directory)).filter((name) => COMPRESSED.test(name));
      await Promise.all(
        names.map(async (name) => {
          const data = await readFile(join(directory, name));
          const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
          await writeFile(join(directory, `${name}.gz`), await promisify(gzip)(data, { level: 9 }));
          await writeFile(join(directory, `${name}.br`), await promisify(brotliCompress)(data, brotli));
        }),
      );
    },
  };
}

export default defineConfig({
  plugins: [react(), precompress()],
  resolve: { alias: { "@": join(import.meta.dirname, "src") } },
  html: { cspNonce: "__NONCE__" },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  server: { port: 5173, proxy: { "/api": "http://127.0.0.1:5000" } },
  // The limit ends a test that hangs; how long one takes says more about the machine.
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"], testTimeout: 60_000, hookTimeout: 60_000 },
} as Parameters<typeof defineConfig>[0]);

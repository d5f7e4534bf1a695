import { defineConfig } from "rolldown"

// One file per entry and per lazy import, readable: stack traces matter more than 200 kB on disk.
export default defineConfig({
  input: { bin: "src/bin.ts" },
  platform: "node",
  external: [/^node:/],
  output: {
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    minify: false,
    sourcemap: true
  }
})

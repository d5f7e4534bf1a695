import { defineConfig } from "rolldown"

// One file per entry and per lazy import, readable: stack traces matter more than 200 kB on disk.
export default defineConfig({
  input: { bin: "src/bin.ts" },
  platform: "node",
  // koffi brings a library of its own, which it looks for beside itself.
  external: [/^node:/, "koffi"],
  output: {
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    minify: false,
    sourcemap: true
  }
})

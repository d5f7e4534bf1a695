import { readFileSync } from "node:fs"

// The manifest is one level up from src/ and from dist/ alike, so no build step has to stamp the version in.
const manifest: { readonly version: string } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8")
)

export const version = manifest.version

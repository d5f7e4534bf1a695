import { readdirSync, readFileSync } from "node:fs"
import { onceFor } from "./stamp.mjs"
import { step } from "./step.mjs"
import { bin, inRoot, pnpm } from "./workspace.mjs"

/**
 * @param {string} manifest
 * @returns {Record<string, unknown>}
 */
const readManifest = (manifest) => JSON.parse(readFileSync(manifest, "utf8"))

// `npm run` says which npm it is; without it, the one in PATH is as good.
/** @returns {[string, ...Array<string>]} */
const npm = () => {
  const path = process.env["npm_execpath"]
  return path?.endsWith("npm-cli.js") ? [process.execPath, path] : ["npm"]
}

const ensurePnpm = async () => {
  const wanted = String(readManifest(inRoot("package.json"))["packageManager"])
  await onceFor({
    mark: inRoot(".toolchain", "node_modules", ".complete"),
    inputs: [inRoot("package.json")],
    work: () =>
      step(`installing ${wanted}`, [
        ...npm(),
        "install",
        "--prefix",
        inRoot(".toolchain"),
        "--no-save",
        "--no-audit",
        "--no-fund",
        wanted
      ])
  })
}

const members = () =>
  ["packages", "apps"].flatMap((directory) => readdirSync(inRoot(directory)).map((name) => inRoot(directory, name)))

const ensureDependencies = () =>
  onceFor({
    mark: inRoot("node_modules", ".complete"),
    inputs: [
      inRoot("package.json"),
      inRoot("pnpm-lock.yaml"),
      inRoot("pnpm-workspace.yaml"),
      ...members().map((member) => `${member}/package.json`)
    ],
    work: () => step("installing dependencies", [pnpm, "install", "--frozen-lockfile"])
  })

const ensureBuild = () =>
  onceFor({
    mark: inRoot("apps", "cli", "dist", ".complete"),
    inputs: [
      inRoot("package.json"),
      inRoot("pnpm-lock.yaml"),
      inRoot("turbo.json"),
      inRoot("tooling", "tsconfig"),
      ...members()
    ],
    work: () => step("building vmnet", [bin("turbo"), "run", "build"])
  })

export const ensureToolchain = async () => {
  await ensurePnpm()
  await ensureDependencies()
  await ensureBuild()
}

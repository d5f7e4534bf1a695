import { spawnSync } from "node:child_process"
import { cniIsThere } from "./contestants/cni.ts"
import { say } from "./progress.ts"

const packageName = "containernetworking-plugins"

const apt = (...words: ReadonlyArray<string>): boolean =>
  spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=120", ...words], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
  }).status === 0

/** Debian's CNI plugins, installed where they are missing; why they are left out where that does not work. */
export const ensurePlugins = (): string | undefined => {
  if (cniIsThere()) return undefined
  say(`installing ${packageName}, which one of the contestants is`)
  const install = () => apt("install", "--yes", "--no-install-recommends", packageName)
  if (install() || (apt("update") && install())) return undefined
  return `CNI plugins are left out: apt-get install ${packageName} does not work here`
}

import { execFileSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const home = "/run/vmnet-test"

/** Where anybody finds the Node of this run and the command as `pnpm build` leaves it, wherever the repository is. */
export const node = `${home}/node`
export const vmnetProgram = `${home}/cli/dist/bin.js`

const bind = (from: string, to: string): void => {
  execFileSync("mount", ["--bind", from, to])
}

/**
 * Makes programs and a resolver's address readable for every user of this private mount namespace: the repository may lie
 * in a directory that only root can enter.
 */
export const openPrograms = (): void => {
  if (existsSync(home)) return
  mkdirSync(`${home}/cli`, { recursive: true })
  writeFileSync(node, "")
  bind(process.execPath, node)
  bind(fileURLToPath(new URL("../../../../apps/cli", import.meta.url)), `${home}/cli`)
  writeFileSync(`${home}/resolv.conf`, "nameserver 198.51.100.53\n")
  bind(`${home}/resolv.conf`, "/etc/resolv.conf")
  chmodSync(home, 0o755)
}

import type { ManagerSetting, NetworkdFacts, NetworkFile, NetworkManagerFacts } from "@vmnet/core"
import { parseKeyFile } from "./keyFile.ts"
import { namesIn, readText } from "./look.ts"

const limit = 256 * 1024

/** Files of several directories by name: of one that is in two, only that in the first counts. */
const filesIn = (directories: ReadonlyArray<string>, suffix: string): ReadonlyArray<string> => {
  const byName = new Map(
    directories
      .toReversed()
      .flatMap((directory) => namesIn(directory).map((name) => [name, `${directory}/${name}`] as const))
      .filter(([name]) => name.endsWith(suffix))
  )
  return [...byName].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path)
}

/** In the order in which NetworkManager reads them (NetworkManager.conf(5)). */
const managerFiles = (root: string): ReadonlyArray<string> => {
  const shadowing = (directories: ReadonlyArray<string>) =>
    filesIn(
      directories.map((one) => root + one),
      ".conf"
    )
  return [
    ...shadowing(["/run/NetworkManager/conf.d", "/usr/lib/NetworkManager/conf.d"]),
    `${root}/etc/NetworkManager/NetworkManager.conf`,
    ...shadowing(["/etc/NetworkManager/conf.d"])
  ]
}

/** What one `[device]` section says is not read: `unmanaged-devices` is what there is for this. */
const unmanagedIn = (file: string): ReadonlyArray<ManagerSetting> =>
  parseKeyFile(readText(file, limit) ?? "")
    .filter(({ key, section }) => section === "keyfile" && key === "unmanaged-devices")
    .map(({ value }) => ({ file, value: value.slice(0, 4096) }))

export const networkManager = (running: ReadonlySet<string>, root = ""): NetworkManagerFacts => ({
  running: running.has("NetworkManager"),
  unmanaged: managerFiles(root).flatMap(unmanagedIn)
})

const networkDirectories = [
  "/etc/systemd/network",
  "/run/systemd/network",
  "/usr/lib/systemd/network",
  "/lib/systemd/network"
]

/** An empty file, or a link to /dev/null, is how one is switched off: it matches nothing. */
const networkFile = (file: string): NetworkFile => {
  const entries = parseKeyFile(contents(file))
  return {
    file,
    match: entries.flatMap(({ key, section, value }) => (section === "Match" ? [[key, value] as const] : [])),
    unmanaged: entries.some(({ key, section, value }) => section === "Link" && key === "Unmanaged" && isTrue(value))
  }
}

const isTrue = (value: string): boolean => /^(?:yes|true|on|1)$/i.test(value)

const contents = (file: string): string => {
  try {
    return readText(file, limit) ?? ""
  } catch {
    return ""
  }
}

export const networkd = (running: ReadonlySet<string>, root = ""): NetworkdFacts => ({
  // The kernel keeps 15 characters of systemd-networkd.
  running: running.has("systemd-network"),
  files: filesIn(
    networkDirectories.map((directory) => root + directory),
    ".network"
  ).map(networkFile)
})

import { readFileSync, readdirSync, readlinkSync } from "node:fs"

const recordVariable = "VMNET_TESTKIT_OUTSIDE"

/** The identity of a process's network and mount namespaces, for example `net:[4026531833]`. */
interface Namespaces {
  readonly net: string
  readonly mnt: string
}

const namespacesOf = (pid: number | "self"): Namespaces | undefined => {
  try {
    return { net: readlinkSync(`/proc/${pid}/ns/net`), mnt: readlinkSync(`/proc/${pid}/ns/mnt`) }
  } catch {
    // Gone, or not ours to read: pid 1 of a container host or of a user namespace's outside.
    return undefined
  }
}

const parentOf = (pid: number): number => {
  const [, fields = ""] = /^.*\) \S (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? []
  return Number(fields.split(" ")[0])
}

const ancestors = (pid: number): ReadonlyArray<number> => {
  const found: Array<number> = []
  try {
    for (let parent = parentOf(pid); parent > 0 && found.length < 64; parent = parentOf(parent)) found.push(parent)
  } catch {
    // An ancestor that ended meanwhile: those before it are enough.
  }
  return found
}

const recorded = (): Namespaces | undefined => {
  const [net, mnt] = (process.env[recordVariable] ?? "").split(" ")
  return net !== undefined && mnt !== undefined && /^net:\[\d+\]$/.test(net) ? { net, mnt } : undefined
}

/**
 * Namespaces to compare with: pid 1's, and those of ancestors that are not wholly in ours. pid 1 may be unreadable even
 * for root, so an ancestor or the record that `enterArgv` left proves an outside as well.
 */
const outside = (own: Namespaces): ReadonlyArray<Namespaces> => {
  const known = [recorded(), ...ancestors(process.pid).map(namespacesOf)].filter((one) => one !== undefined)
  const elsewhere = known.filter((one) => one.net !== own.net || one.mnt !== own.mnt)
  const init = namespacesOf(1)
  return init === undefined ? elsewhere : [init, ...elsewhere]
}

/** Mount points whose mounts and unmounts reach another mount namespace. `ip netns add` itself shares /run/netns. */
const sharedMounts = (): ReadonlyArray<string> =>
  readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .filter((fields) => fields.slice(6, fields.indexOf("-")).some((tag) => /^(shared|master):/.test(tag)))
    .map((fields) => fields[4] ?? "")
    .filter((point) => point !== "/run/netns" && !point.startsWith("/run/netns/"))

/** A device with a driver behind it never comes with a fresh namespace: somebody's real network is here. */
const realDevices = (): ReadonlyArray<string> => {
  const names = readFileSync("/proc/self/net/dev", "utf8").match(/^\s*\S+(?=:)/gm) ?? []
  const real = new Set(readdirSync("/sys/class/net").filter(hasDriver))
  return names.map((name) => name.trim()).filter((name) => real.has(name))
}

const hasDriver = (name: string): boolean => {
  try {
    readlinkSync(`/sys/class/net/${name}/device`)
    return true
  } catch {
    return false
  }
}

/** What is missing for this process to be in a network and mount namespace of its own. Empty: it is. Reads only. */
export const privacyGaps = (): ReadonlyArray<string> => {
  const own = namespacesOf("self")
  if (own === undefined) return ["/proc/self/ns cannot be read"]
  const out = outside(own)
  const gaps: Array<string> = []
  if (!out.some((one) => one.net !== own.net && one.mnt !== own.mnt)) {
    gaps.push("no process is known to be outside of both the network and the mount namespace")
  }
  if (out.some((one) => one.net === own.net)) gaps.push("the network namespace is also used outside")
  if (out.some((one) => one.mnt === own.mnt)) gaps.push("the mount namespace is also used outside")
  const shared = sharedMounts()
  if (shared.length > 0) gaps.push(`mounts reach other namespaces at ${shared.slice(0, 3).join(", ")}`)
  const devices = realDevices()
  if (devices.length > 0) gaps.push(`the network namespace has real devices: ${devices.join(", ")}`)
  return gaps
}

/** Whether this process is provably in a network and a mount namespace of its own, mounts reaching nobody else. */
export const isPrivate = (): boolean => privacyGaps().length === 0

/**
 * The argv that runs `argv` in a network and a mount namespace of its own, for a program to start itself again:
 * `spawn(enterArgv([process.execPath, ...process.argv.slice(1)]))`. Root only. The program and its descendants die
 * with the caller, as what they build must not outlive it.
 */
export const enterArgv = (argv: ReadonlyArray<string>): ReadonlyArray<string> => {
  const here = namespacesOf("self")
  const record = here === undefined ? [] : [`${recordVariable}=${here.net} ${here.mnt}`]
  const private_ = ["unshare", "--net", "--mount", "--propagation", "private", "--"]
  return ["setpriv", "--pdeathsig", "KILL", ...private_, "env", ...record, ...argv]
}

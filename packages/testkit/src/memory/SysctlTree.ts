import type { SysctlKey } from "@vmnet/core"
import { refuse } from "./Refusal.ts"
import { conf4, conf4All, conf6, neigh4, scalars } from "./sysctlDefaults.ts"

type Family = "ipv4" | "ipv6"

const conf = (family: Family, device: string, parameter: string): string => `net/${family}/conf/${device}/${parameter}`

const neigh = (device: string, parameter: string): string => `net/ipv4/neigh/${device}/${parameter}`

const parameters = { ipv4: conf4, ipv6: conf6 }
const families: ReadonlyArray<Family> = ["ipv4", "ipv6"]
const isInteger = (text: string): boolean => /^-?\d{1,10}$/.test(text) && Math.abs(Number(text)) < 2 ** 31

/** `ip_forward` and `conf.all.forwarding` are one variable (net/ipv4/devinet.c). */
const alias = (key: SysctlKey): string => {
  const path = key.join("/")
  return path === "net/ipv4/ip_forward" ? conf("ipv4", "all", "forwarding") : path
}

/** `net.*` of one namespace. A device's parameters are born from `default` and go with the device. */
export class SysctlTree {
  readonly #values = new Map(Object.entries(scalars))
  readonly #devices = new Set<string>()
  /** IPv4 parameters of devices that no longer follow `default`: written, or of a device that has had an address. */
  readonly #settled = new Set<string>()

  constructor(parent?: SysctlTree) {
    for (const family of families) {
      for (const [parameter, value] of Object.entries(parameters[family])) {
        const all = family === "ipv4" ? (conf4All[parameter] ?? value) : value
        const inherited = (device: string) => parent?.read(["net", family, "conf", device, parameter])
        this.#values.set(conf(family, "all", parameter), inherited("all") ?? all)
        this.#values.set(conf(family, "default", parameter), inherited("default") ?? value)
      }
    }
    for (const [parameter, value] of Object.entries(neigh4)) this.#values.set(neigh("default", parameter), value)
  }

  addDevice(device: string): void {
    this.#devices.add(device)
    for (const family of families) {
      for (const parameter of Object.keys(parameters[family])) {
        this.#values.set(conf(family, device, parameter), this.#values.get(conf(family, "default", parameter))!)
      }
    }
    for (const parameter of Object.keys(neigh4)) {
      this.#values.set(neigh(device, parameter), this.#values.get(neigh("default", parameter))!)
    }
  }

  removeDevice(device: string): void {
    this.#devices.delete(device)
    for (const family of families) {
      for (const parameter of Object.keys(parameters[family])) {
        this.#values.delete(conf(family, device, parameter))
        this.#settled.delete(conf(family, device, parameter))
      }
    }
    for (const parameter of Object.keys(neigh4)) this.#values.delete(neigh(device, parameter))
  }

  /** Its parameters go by its new name. */
  renameDevice(device: string, to: string): void {
    this.#devices.delete(device)
    this.#devices.add(to)
    const moved = (path: string) => path.replace(`/${device}/`, `/${to}/`)
    for (const [path, value] of [...this.#values].filter(([path]) => path.includes(`/${device}/`))) {
      this.#values.delete(path)
      this.#values.set(moved(path), value)
      if (this.#settled.delete(path)) this.#settled.add(moved(path))
    }
  }

  /** A device that gets its first address keeps what it has when `default` changes (`ipv4_devconf_setall`). */
  settleDevice(device: string): void {
    for (const parameter of Object.keys(conf4)) this.#settled.add(conf("ipv4", device, parameter))
  }

  read(key: SysctlKey): string | null {
    return key.some((part) => part.includes("/")) ? null : (this.#values.get(alias(key)) ?? null)
  }

  /** As the kernel sets it itself: no side effects. */
  set(key: SysctlKey, value: string): void {
    this.#values.set(alias(key), value)
  }

  /** As a program writes it, with what the kernel does about it. */
  write(key: SysctlKey, text: string): void {
    const value = text.trim()
    const before = this.read(key)
    if (before === null) return refuse("Missing", "No such file or directory")
    if (isInteger(before) && !isInteger(value)) return refuse("Invalid", "Invalid argument")
    const path = alias(key)
    this.#values.set(path, isInteger(value) ? `${Number(value)}` : value)
    this.#settled.add(path)
    const match = /^net\/(ipv[46])\/conf\/(all|default)\/(\w+)$/.exec(path)
    if (match !== null) this.#spread(match[1] as Family, match[2]!, match[3]!, Number(before) !== Number(value))
  }

  /** IPv4 forwarding of every device, `all` and `default`. */
  forwarding(): Readonly<Record<string, string>> {
    const devices = ["all", "default", ...this.#devices]
    return Object.fromEntries(devices.map((device) => [device, this.#values.get(conf("ipv4", device, "forwarding"))!]))
  }

  entries(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#values].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  #spread(family: Family, target: string, parameter: string, changed: boolean): void {
    const value = this.#values.get(conf(family, target, parameter))!
    if (family === "ipv4" && parameter === "forwarding") {
      if (target === "all" && changed) this.#forwardChange(value)
    } else if (target === "default" && family === "ipv4") {
      for (const device of this.#devices) {
        const path = conf(family, device, parameter)
        if (!this.#settled.has(path)) this.#values.set(path, value)
      }
    } else if (target === "all" && family === "ipv6" && ["forwarding", "disable_ipv6"].includes(parameter)) {
      for (const device of ["default", ...this.#devices]) this.#values.set(conf(family, device, parameter), value)
    }
  }

  /** `inet_forward_change` of net/ipv4/devinet.c: only a change does it, the same value again does nothing. */
  #forwardChange(value: string): void {
    this.#values.set(conf("ipv4", "all", "accept_redirects"), Number(value) === 0 ? "1" : "0")
    for (const device of ["default", ...this.#devices]) this.#values.set(conf("ipv4", device, "forwarding"), value)
  }
}

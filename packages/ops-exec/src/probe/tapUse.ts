import type { TapUse } from "@vmnet/core"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

/** Whatever goes away while it is looked at was not in use. */
const orElse = <A>(f: () => A, otherwise: A): A => {
  try {
    return f()
  } catch {
    return otherwise
  }
}

/** The device an open `/dev/net/tun` is attached to: the `iff` line of its fdinfo (`tun_chr_show_fdinfo`). */
const deviceOf = (fdinfo: string): string | undefined => /^iff:\t(.*)$/m.exec(fdinfo)?.[1]

/** The device behind each `/dev/net/tun` that a process has open; empty for one without, or whose device is gone. */
export const tunsOf = (pid: number | string): ReadonlyArray<string> =>
  orElse(() => readdirSync(`/proc/${pid}/fd`), []).flatMap((fd) => {
    if (!orElse(() => readlinkSync(`/proc/${pid}/fd/${fd}`), "").endsWith("/net/tun")) return []
    const device = deviceOf(orElse(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"), ""))
    return device === undefined ? [] : [device]
  })

const holds = (pid: string, device: string): boolean => tunsOf(pid).includes(device)

/** The list of processes has to be readable. Slow: every descriptor of every process is looked at. */
const isHeldBySomebody = (device: string): boolean =>
  readdirSync("/proc").some((name) => /^\d+$/.test(name) && holds(name, device))

/** `-1` is the kernel's word for nobody. */
const idOf = (text: string): number | null => (text === "" || text === "-1" ? null : Number(text))

/**
 * How a TAP is used, from what the kernel shows of the device. It has a carrier while a queue of it is attached, in
 * whatever process (`tun_attach`, `__tun_detach` in drivers/net/tun.c). Of a device that is down the kernel does not say
 * whether it has one; then processes are looked at. A holder may switch the carrier off (TUNSETCARRIER) and is not seen.
 */
export const tapUse = (device: string): TapUse => {
  const field = (name: string) => orElse(() => readFileSync(`/sys/class/net/${device}/${name}`, "utf8").trim(), "")
  const [carrier, owner, group] = [field("carrier"), field("owner"), field("group")]
  const isThere = owner !== ""
  const held = carrier === "1" || (isThere && carrier === "" && isHeldBySomebody(device))
  return { held, uid: idOf(owner), gid: idOf(group) }
}

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
const deviceOf = (fdinfo: string): string | undefined => /^iff:\t(.+)$/m.exec(fdinfo)?.[1]

const holds = (pid: string, device: string): boolean =>
  orElse(() => readdirSync(`/proc/${pid}/fd`), []).some(
    (fd) =>
      orElse(() => readlinkSync(`/proc/${pid}/fd/${fd}`), "").endsWith("/net/tun") &&
      deviceOf(orElse(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"), "")) === device
  )

/**
 * Who has a TAP open. A TAP has a carrier while a queue of it is attached (drivers/net/tun.c), in whatever process; but
 * its holder may switch that off, so processes are looked at too. The list of processes itself has to be readable.
 */
export const tapUse = (device: string): TapUse => {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name))
  const holders = pids.filter((pid) => holds(pid, device)).map(Number)
  const carrier = orElse(() => readFileSync(`/sys/class/net/${device}/carrier`, "utf8").trim(), "")
  return { held: holders.length > 0 || carrier === "1", pids: holders }
}

import { type Check, ok, problem, whenSeen } from "../Check.ts"

const path = "/dev/net/tun"

/** VMs' devices are made through it, and VMMs open them through it. */
export const tun: Check = {
  id: "tun",
  diagnose: ({ tun }) =>
    whenSeen(tun, path, (facts) => {
      const details = { ...facts }
      if (facts === null) {
        return [problem(`there is no ${path}: no VM can have a TAP`, "modprobe tun", details)]
      }
      if (!facts.character) {
        return [
          problem(
            `${path} is no device: no VM can have a TAP`,
            `rm ${path} && modprobe -r tun && modprobe tun`,
            details
          )
        ]
      }
      const mode = facts.mode.toString(8).padStart(4, "0")
      if (facts.usable) return [ok(`${path} can be used (mode ${mode})`, details)]
      return [problem(`${path} cannot be opened by this user (mode ${mode})`, `chmod 0666 ${path}`, details)]
    })
}

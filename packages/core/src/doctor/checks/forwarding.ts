import { type Check, ok, problem, whenSeen } from "../Check.ts"

/** vmnet turns forwarding on by itself, unless the configuration says that it must not have to. */
export const forwarding: Check = {
  id: "forwarding",
  diagnose: ({ forwarding }, context) =>
    whenSeen(forwarding, "the forwarding flags", (flags) => {
      const details = { ...flags, configured: context.forwarding }
      if (flags.global === null) return [problem("this kernel has no net.ipv4.ip_forward", undefined, details)]
      const off = [
        ...(flags.global === "1" ? [] : ["net.ipv4.ip_forward"]),
        ...(flags.default === "1" ? [] : ["net.ipv4.conf.default.forwarding"])
      ]
      if (off.length === 0) return [ok("the host forwards (net.ipv4.ip_forward is 1)", details)]
      if (context.forwarding !== "require") {
        return [
          ok(
            `${off.join(" and ")} ${off.length === 1 ? "is" : "are"} 0: vmnet turns it on while VMs are up (forwarding: ${context.forwarding})`,
            details
          )
        ]
      }
      return [
        problem(
          `${off.join(" and ")} ${off.length === 1 ? "is" : "are"} 0 and the configuration says forwarding: require`,
          off.map((key) => `sysctl -w ${key}=1`).join(" && "),
          details
        )
      ]
    })
}

import { type Check, ok, warning, whenSeen } from "../Check.ts"

export const permissions: Check = {
  id: "permissions",
  diagnose: ({ process }) =>
    whenSeen(process, "the rights of this process", (facts) => {
      const details = { ...facts }
      if (facts.missing.length === 0) return [ok(`uid ${facts.uid} may change the host's network`, details)]
      return [
        warning(
          `uid ${facts.uid} lacks ${facts.missing.join(" and ")}: of all backends only slirp works`,
          "sudo vmnet up VM # or, without any rights: vmnet up VM --backend slirp",
          details
        )
      ]
    })
}

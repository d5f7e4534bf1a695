import { type Check, ok, type Said, warning, whenSeen } from "../Check.ts"

const isDigits = /^\d+$/

/** User namespaces are what the slirp backend makes instead of asking for rights: user_namespaces(7), Debian's and Ubuntu's own. */
export const kernel: Check = {
  id: "user-namespaces",
  diagnose: ({ kernel }) =>
    whenSeen(kernel, "the kernel's settings", (facts): ReadonlyArray<Said> => {
      const { apparmorRestriction, maxUserNamespaces, release, unprivilegedUserNamespaces } = facts
      const fixes = [
        ...(maxUserNamespaces !== null && isDigits.test(maxUserNamespaces) && Number(maxUserNamespaces) === 0
          ? ["sysctl -w user.max_user_namespaces=15000"]
          : []),
        ...(unprivilegedUserNamespaces === "0" ? ["sysctl -w kernel.unprivileged_userns_clone=1"] : []),
        ...(apparmorRestriction === "1" ? ["sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"] : [])
      ]
      const details = { ...facts }
      if (fixes.length === 0)
        return [ok(`Linux ${release ?? "of unknown release"} lets users make namespaces`, details)]
      return [
        warning(
          `Linux ${release ?? "of unknown release"} forbids users to make namespaces: the slirp backend does not work for them`,
          fixes.join(" && "),
          details
        )
      ]
    })
}

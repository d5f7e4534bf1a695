import type { NetworkSpec } from "../plan/AttachRequest.ts"
import { backendsWith, whoDoes } from "./options.ts"
import type { RequestFlags } from "./RequestFlags.ts"
import type { Sections } from "./sections/Section.ts"
import { fromFlag, type SettingReader } from "./Setting.ts"

/** The flags that stand for an option of a VM, with that option. */
const flagged = {
  "--ip": ["ip", "ip"],
  "--slot": ["slot", "slot"],
  "--mac": ["mac", "mac"],
  "--netns": ["netns", "netns"],
  "--pid": ["pid", "netns"],
  "--tap-owner": ["tapOwner", "tapOwner"],
  "--egress": ["egress", "egress"],
  "--publish": ["publish", "publish"]
} as const satisfies Readonly<Record<string, readonly [keyof RequestFlags, string]>>

/** Refuses by name what the backend of the network cannot honour: nothing that was asked for is ignored. */
export const refuseFlags = (
  reader: SettingReader,
  flags: RequestFlags,
  { backend }: NetworkSpec,
  sections: Sections
): void => {
  for (const [flag, [key, option]] of Object.entries(flagged)) {
    const given = [flags[key] ?? []].flat()
    if (given.length === 0 || Object.hasOwn(sections[backend]?.vm ?? {}, option)) continue
    const { path } = fromFlag(flag, given[0]!)
    reader.refuse(path, `the ${backend} backend cannot honour it (${whoDoes(backendsWith(sections, "vm", option))})`)
  }
}

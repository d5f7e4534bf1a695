import type { NetworkSpec } from "../plan/AttachRequest.ts"
import { backendsWith, whoDoes } from "./options.ts"
import type { RequestFlags } from "./RequestFlags.ts"
import type { Sections } from "./sections/Section.ts"
import type { VmSources } from "./resolveVm.ts"
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
export const refuseForeign = (
  reader: SettingReader,
  { config, flags, section }: Pick<VmSources, "config" | "flags" | "section">,
  { backend }: NetworkSpec,
  sections: Sections
): void => {
  const honoured = { backend, ...sections[backend]?.vm }
  for (const option of Object.keys(config).filter((option) => !Object.hasOwn(honoured, option))) {
    const kinds = backendsWith(sections, "vm", option)
    reader.refuse(`${section}.${option}`, `the ${backend} backend cannot honour it (${whoDoes(kinds)})`)
  }
  for (const [flag, [key, option]] of Object.entries(flagged)) {
    const given = [flags[key] ?? []].flat()
    if (given.length === 0 || Object.hasOwn(honoured, option)) continue
    const { path } = fromFlag(flag, given[0]!)
    reader.refuse(path, `the ${backend} backend cannot honour it (${whoDoes(backendsWith(sections, "vm", option))})`)
  }
}

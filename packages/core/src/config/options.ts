import { quote } from "../names/quote.ts"
import type { BackendKind } from "../plan/Attachment.ts"
import type { ConfigReader } from "./ConfigReader.ts"
import type { Data } from "./decodeSection.ts"
import type { Path } from "./Path.ts"
import type { Sections } from "./sections/Section.ts"
import { suggestion } from "./suggest.ts"

/** Why an option of the command line is not one of the file. */
const flagsOnly: Readonly<Record<string, string>> = {
  ownerPid: "a process id means nothing after it ends: give --owner-pid to `vmnet up`",
  pid: "a process id means nothing after it ends: give --pid to `vmnet up`",
  owner: "a process id means nothing after it ends: give --owner-pid to `vmnet up`"
}

/** Refuses keys that are not options, with the one that was probably meant. */
export const checkKeys = (
  reader: ConfigReader,
  path: Path,
  keys: ReadonlyArray<string>,
  known: ReadonlyArray<string>
): void => {
  for (const key of keys.filter((key) => !known.includes(key))) {
    reader.refuseKey([...path, key], `there is no such option${suggestion(key, known)}`)
  }
}

const optionsOf = (
  sections: Sections,
  kind: "network" | "vm",
  backend: BackendKind | undefined
): ReadonlyArray<string> =>
  backend === undefined
    ? Object.values(sections).flatMap((section) => Object.keys(section[kind]))
    : Object.keys(sections[backend]![kind])

/** The backends that have an option. */
export const backendsWith = (sections: Sections, kind: "network" | "vm", option: string): ReadonlyArray<BackendKind> =>
  Object.values(sections)
    .filter((section) => Object.hasOwn(section[kind], option))
    .map((section) => section.kind)

export const whoDoes = (kinds: ReadonlyArray<BackendKind>): string => `backends that do: ${kinds.join(", ")}`

/** Refuses what is no option of any backend, and by name what is one but not of this backend (which is absent when it is wrong itself). */
export const checkOptions = (
  reader: ConfigReader,
  path: Path,
  kind: "network" | "vm",
  section: Data,
  backend: BackendKind | undefined
): void => {
  const honoured = ["backend", ...optionsOf(reader.sections, kind, backend)]
  for (const key of Object.keys(section).filter((key) => !honoured.includes(key))) {
    const kinds = backendsWith(reader.sections, kind, key)
    if (kinds.length > 0) {
      reader.refuseKey([...path, key], `the ${backend} backend cannot honour ${quote(key)} (${whoDoes(kinds)})`)
    } else if (kind === "vm" && Object.hasOwn(flagsOnly, key)) {
      reader.refuseKey([...path, key], flagsOnly[key]!)
    } else {
      checkKeys(reader, path, [key], honoured)
    }
  }
}

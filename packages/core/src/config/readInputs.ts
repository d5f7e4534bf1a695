import { Result } from "effect"
import type { VmnetError } from "../errors/VmnetError.ts"
import { parseVmName } from "../names/Name.ts"
import type { PublishSpec } from "../plan/AttachRequest.ts"
import { badInput } from "./Problem.ts"
import { readPublishes } from "./resolveVm.ts"
import { fromFlag, SettingReader } from "./Setting.ts"

/** The VMs a verb names, each once; all names that are wrong at once. */
export const readVmNames = (texts: ReadonlyArray<string>): Result.Result<ReadonlyArray<string>, VmnetError> =>
  readAll((reader) => {
    const names = texts.map((text) => reader.read(fromFlag("VM", text), parseVmName))
    return [...new Set(names.filter((name) => name !== undefined))]
  })

/** The specs of `publish` and `unpublish`: at least one, none wanting what another has. */
export const readPublishSpecs = (texts: ReadonlyArray<string>): Result.Result<ReadonlyArray<PublishSpec>, VmnetError> =>
  readAll((reader) => {
    if (texts.length === 0) reader.refuse("SPEC", "name at least one port, such as 8080:80")
    return readPublishes(
      reader,
      texts.map((text) => fromFlag("SPEC", text))
    )
  })

const readAll = <A>(read: (reader: SettingReader) => A): Result.Result<A, VmnetError> => {
  const reader = new SettingReader()
  const value = read(reader)
  return reader.problems.length > 0 ? Result.fail(badInput(reader.problems)) : Result.succeed(value)
}

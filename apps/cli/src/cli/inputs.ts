import { parseNetworkName, type PublishSpec, readPublishSpecs, readVmNames, VmnetError } from "@vmnet/core"
import { Effect, Result } from "effect"

/** Bad input that does not say itself what to do gets the line that usage errors have. */
export const pointToHelp =
  (verb: string) =>
  (error: VmnetError): VmnetError =>
    error.code !== "BAD_INPUT" || error.hint !== undefined
      ? error
      : new VmnetError({
          code: error.code,
          detail: error.detail,
          hint: `see vmnet ${verb} --help`,
          ...(error.details !== undefined && { details: error.details })
        })

const read = <A>(verb: string, answer: Result.Result<A, VmnetError>): Effect.Effect<A, VmnetError> =>
  Effect.mapError(Effect.fromResult(answer), pointToHelp(verb))

/** The VMs a verb names, each once; everything wrong with the names comes at once. */
export const readVms = (verb: string, texts: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<string>, VmnetError> =>
  read(verb, readVmNames(texts))

export const readVm = (verb: string, text: string): Effect.Effect<string, VmnetError> =>
  Effect.map(readVms(verb, [text]), ([vm = ""]) => vm)

export const readSpecs = (
  verb: string,
  texts: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<PublishSpec>, VmnetError> => read(verb, readPublishSpecs(texts))

export const readNetwork = (verb: string, text: string): Effect.Effect<string, VmnetError> =>
  read(
    verb,
    Result.mapError(
      parseNetworkName(text),
      (problem) => new VmnetError({ code: "BAD_INPUT", detail: `NETWORK: ${problem}` })
    )
  )

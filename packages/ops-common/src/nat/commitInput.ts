import type { Netns, OpsError } from "@vmnet/core"
import { Effect } from "effect"
import type { Attempt } from "../errors/opsErrors.ts"
import type { NftAnswer, NftOutcome } from "./Nft.ts"
import { renderJson } from "./renderJson.ts"
import { renderText } from "./renderText.ts"
import type { Command } from "./transaction.ts"

/** One transaction as input for nft; `check` tries it without committing it. */
export interface NftInput {
  readonly text: string
  readonly json: boolean
  readonly check?: true
}

export type LoadInput = (netns: Netns, attempt: Attempt, input: NftInput) => Effect.Effect<NftAnswer, OpsError>

/** The line an error is about: `/dev/stdin:3:1-10: Error: ...`. JSON input has no lines. */
export const failedLine = (stderr: string): number | undefined => {
  const line = /^\/dev\/stdin:(\d+):/m.exec(stderr)?.[1]
  return line === undefined ? undefined : Number(line)
}

/** The index of the change that all commands come from, where there is but one. */
export const onlyIndex = (commands: ReadonlyArray<Command>): number | undefined => {
  const [first] = commands
  return commands.every(({ index }) => index === first?.index) ? first?.index : undefined
}

/** A transaction as text; the lines of its errors say which change it failed at. */
export const commitText = (
  load: LoadInput,
  netns: Netns,
  attempt: Attempt,
  install: string,
  commands: ReadonlyArray<Command>
): Effect.Effect<NftOutcome, OpsError> => {
  const { indexes, text } = renderText(install, commands)
  return Effect.map(load(netns, attempt, { text, json: false }), ({ ok, stderr }) =>
    ok ? { ok } : { ok, stderr, index: indexes[(failedLine(stderr) ?? 0) - 1] }
  )
}

/**
 * A transaction as JSON, or as text when a layout is created in it. Which change failed JSON failed at nft says only of text:
 * the same transaction is tried once more as text and without being committed.
 */
export const commitInput = Effect.fnUntraced(function* (
  load: LoadInput,
  netns: Netns,
  attempt: Attempt,
  install: string,
  commands: ReadonlyArray<Command>
): Effect.fn.Return<NftOutcome, OpsError> {
  const json = renderJson(install, commands)
  if (json === undefined) return yield* commitText(load, netns, attempt, install, commands)
  const { ok, stderr } = yield* load(netns, attempt, { text: json, json: true })
  if (ok) return { ok }
  const only = onlyIndex(commands)
  if (only !== undefined) return { ok, stderr, index: only }
  const { indexes, text } = renderText(install, commands)
  const tried = yield* load(netns, attempt, { text, json: false, check: true })
  return { ok, stderr, index: indexes[(failedLine(tried.stderr) ?? 0) - 1] }
})

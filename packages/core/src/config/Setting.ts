import { Result } from "effect"
import type { Parsed } from "../names/Parsed.ts"
import { quote } from "../names/quote.ts"
import type { Problem } from "./Problem.ts"

/** Where a setting came from: `flag`, `vms.api`, `networks.web`, `file` (its top level), `default`. */
export type Origin = string

/** A value with where it came from, and the words that name it in a problem: `--ip 10.0.42.7`, `vms.api.ip`. */
export interface Setting<A> {
  readonly value: A
  readonly origin: Origin
  readonly path: string
}

export function fromFlag(flag: string, value: string): Setting<string>
export function fromFlag(flag: string, value: string | undefined): Setting<string> | undefined
export function fromFlag(flag: string, value: string | undefined): Setting<string> | undefined {
  return value === undefined ? undefined : { value, origin: "flag", path: `${flag} ${shown(value)}` }
}

/** Shown as typed where that is harmless, in quotes where a terminal or a reader could be misled. */
const shown = (value: string): string => (/^[!-~]{1,80}$/.test(value) ? value : quote(value))

export const fromConfig = <A>(section: string, key: string, value: A | undefined): Setting<A> | undefined =>
  value === undefined ? undefined : { value, origin: section, path: `${section}.${key}` }

/** A list of the command line, or else of the file: one replaces the other whole. */
export const fromList = (
  flag: string,
  flags: ReadonlyArray<string>,
  section: string,
  key: string,
  config: ReadonlyArray<string> | undefined
): ReadonlyArray<Setting<string>> =>
  flags.length > 0
    ? flags.map((value) => fromFlag(flag, value))
    : (config ?? []).map((value, index) => ({ value, origin: section, path: `${section}.${key}[${index}]` }))

/** Reads settings and keeps every problem on the way, so that a person hears of all of them at once. */
export class SettingReader {
  readonly problems: Array<Problem> = []
  readonly origins: Record<string, Origin> = {}

  refuse(path: string, problem: string): undefined {
    this.problems.push({ path, problem })
    return undefined
  }

  /** The setting parsed, or `undefined` when it is absent or wrong. */
  read<A, B>(setting: Setting<A> | undefined, parse: (value: A) => Parsed<B>): B | undefined {
    if (setting === undefined) return undefined
    return Result.match(parse(setting.value), {
      onFailure: (problem) => this.refuse(setting.path, problem),
      onSuccess: (value) => value
    })
  }

  /** Notes where the named option was taken from. */
  note(option: string, setting: Setting<unknown> | undefined): void {
    this.origins[option] = setting?.origin ?? "default"
  }
}

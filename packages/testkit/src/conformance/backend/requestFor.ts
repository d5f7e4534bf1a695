import { type AttachRequest, decodeConfig, type ProcessId, type RequestFlags, resolveRequest } from "@vmnet/core"
import { Result } from "effect"
import type { BackendSubject } from "./BackendSubject.ts"

export type Flags = Omit<Partial<RequestFlags>, "vm">

/** The resolver on the simulated internet. */
export const resolver = "198.51.100.53"

export interface Facts {
  readonly resolvers?: ReadonlyArray<string>
  readonly findProcess?: (pid: number) => ProcessId | null
}

/** A request for a guest of the subject's, as the command line and a configuration make it; its error is the person's. */
export const resolveFor = (subject: BackendSubject, vm: string, flags: Flags = {}, facts: Facts = {}) =>
  Result.flatMap(decodeConfig(subject.config ?? "", "config.yaml"), (config) =>
    resolveRequest({
      config,
      flags: { publish: [], egress: [], backend: subject.backend.kind, ...subject.flags, ...flags, vm },
      defaults: { [subject.backend.kind]: subject.backend.defaultNetwork },
      facts: { findProcess: () => null, resolvers: [resolver], ...facts }
    })
  )

export const requestFor = (subject: BackendSubject, vm: string, flags: Flags = {}, facts: Facts = {}): AttachRequest =>
  Result.getOrThrow(resolveFor(subject, vm, flags, facts))

/** What `publish` and `unpublish` are asked for, from what a person writes. */
export const specs = (subject: BackendSubject, ...publish: ReadonlyArray<string>) =>
  requestFor(subject, "any", { publish }).publish

/** The same settings as words of the command line. */
export const argvFor = (subject: BackendSubject, flags: Flags = {}): ReadonlyArray<string> => {
  const all: Flags = { backend: subject.backend.kind, ...subject.flags, ...flags }
  return Object.entries(all).flatMap(([flag, value]) => {
    const option = `--${flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    return [value ?? []].flat().flatMap((one) => [option, one])
  })
}

import { type Attachment, Vmnet, VmnetError } from "@vmnet/core"
import { Effect } from "effect"

/** One life of a VM: its name may come back with another. */
export type Generation = Pick<Attachment, "vm" | "generation">

const isAnother = ({ generation }: Generation, found: { readonly attachment: Attachment }): boolean =>
  found.attachment.generation !== generation

/** Takes this generation down, and nothing that has come into its place since. */
export const downGeneration = Effect.fn("downGeneration")(function* ({ generation, vm }: Generation, wait: boolean) {
  const vmnet = yield* Vmnet
  return yield* vmnet.down(vm, { generation, wait })
})

/** Refuses to touch what has come into the place of this generation. */
export const requireGeneration = Effect.fn("requireGeneration")(function* (one: Generation) {
  const vmnet = yield* Vmnet
  if (!isAnother(one, yield* vmnet.show(one.vm))) return
  return yield* new VmnetError({
    code: "VM_CONFLICT",
    detail: `${one.vm} was taken down, and another of its name is up`,
    hint: "Use the object that its own up gave.",
    details: { vm: one.vm, generation: one.generation }
  })
})

import { type Attachment, Vmnet } from "@vmnet/core"
import { Effect } from "effect"
import type { BackendSubject } from "./BackendSubject.ts"
import { emptyNetns, netnsPeer } from "./netnsPeer.ts"
import { makePeer } from "./Peer.ts"
import { qemuPeer } from "./qemuPeer.ts"
import { type Flags, requestFor } from "./requestFor.ts"

/** A namespace for the guest where it is one, and the flags that name it. */
export const placeFor = Effect.fn("placeFor")(function* (subject: BackendSubject, vm: string) {
  return subject.guest === "netns-peer" ? { netns: yield* emptyNetns(vm) } : {}
})

/** Up, and down with the scope; no guest is started on it. */
export const attached = Effect.fn("attached")(function* (subject: BackendSubject, vm: string, flags: Flags = {}) {
  const vmnet = yield* Vmnet
  const place = yield* placeFor(subject, vm)
  const up = Effect.orDie(vmnet.up(requestFor(subject, vm, { ...place, ...flags })))
  const { attachment } = yield* Effect.acquireRelease(up, () => Effect.orDie(vmnet.down(vm)))
  return attachment
})

/** The guest that stands behind an attachment; it ends with the scope. */
export const guestOn = Effect.fn("guestOn")(function* (subject: BackendSubject, attachment: Attachment) {
  const hands =
    subject.guest === "netns-peer"
      ? yield* netnsPeer(attachment, `/run/netns/${attachment.vm}`)
      : yield* qemuPeer(attachment, subject.enter)
  return makePeer(hands)
})

/** A guest that is up; it ends, and is taken down, with the scope. */
export const guestOf = Effect.fn("guestOf")(function* (subject: BackendSubject, vm: string, flags: Flags = {}) {
  return yield* guestOn(subject, yield* attached(subject, vm, flags))
})

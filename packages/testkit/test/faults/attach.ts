import { type LinkChange, LinkOps, type NatChange, NatOps, type NatElement, SysctlOps, hostNetns } from "@vmnet/core"
import { Effect, Exit } from "effect"

export const owner = "vmnet:0a1b2c3d:vm1:1"
export const links: ReadonlyArray<LinkChange> = [
  { _tag: "AddBridge", link: "vmb1", mac: "02:00:00:00:00:01", mtu: 1500 },
  { _tag: "SetAlias", link: "vmb1", alias: owner },
  { _tag: "SetUp", link: "vmb1" }
]
export const guest: NatElement = { _tag: "Guest", device: "vmb1", address: "10.0.42.2", mark: 1, egress: "all" }
export const masquerade: NatElement = { _tag: "Masquerade", device: "vmb1" }
export const ipForward = ["net", "ipv4", "ip_forward"]
const added = [masquerade, guest]

/** Takes back what is there and ours, after looking: a call that failed may have been applied. */
export const release = Effect.gen(function* () {
  const [linkOps, nat, sysctls] = [yield* LinkOps, yield* NatOps, yield* SysctlOps]
  yield* sysctls.write(hostNetns, ipForward, "0")
  const findings = yield* nat.find(hostNetns, added)
  const present = added.filter((_, i) => findings[i]?._tag === "Present")
  const changes = present.map((element): NatChange => ({ _tag: "DeleteElement", element }))
  if (changes.length > 0) yield* nat.apply(hostNetns, changes)
  const [bridge] = yield* linkOps.find(hostNetns, ["vmb1"])
  if (bridge != null) yield* linkOps.apply(hostNetns, [{ _tag: "DeleteLink", link: "vmb1" }])
})

const forward = SysctlOps.use((sysctls) => sysctls.write(hostNetns, ipForward, "1"))
const bridge = LinkOps.use((ops) => ops.apply(hostNetns, links))
const nat = NatOps.use((ops) =>
  ops.apply(
    hostNetns,
    added.map((element): NatChange => ({ _tag: "AddElement", element, owner }))
  )
)

/** All three, or nothing, whatever goes wrong. */
export const attach = Effect.gen(function* () {
  yield* forward
  yield* bridge
  yield* nat
}).pipe(Effect.onExit((exit) => (Exit.isSuccess(exit) ? Effect.void : release)))

/** Undoes what it knows to be done: wrong, since a call may fail though it is applied. */
export const trustingAttach = Effect.gen(function* () {
  const ops = yield* LinkOps
  yield* bridge
  const undo = Effect.orDie(ops.apply(hostNetns, [{ _tag: "DeleteLink", link: "vmb1" }]))
  yield* Effect.onError(nat, () => undo)
})

/** Wrong when it is interrupted, and when the second fails. */
export const carelessAttach = Effect.andThen(bridge, nat)

import { tapBackend } from "@vmnet/backend-tap-pool"
import { type Attachment, type RequestFlags, Vmnet } from "@vmnet/core"
import { Guest, type GuestShape, type Place, PrivateHost } from "@vmnet/testkit"
import { layerService } from "@vmnet/testkit/conformance"
import { assert } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { request } from "./request.ts"
import { native } from "./subjects.ts"

export { leavesNoTrace } from "@vmnet/testkit/conformance"

/** The service on the real kernel of this (private) namespace, and what it stands on. */
const service = layerService({ ...native, backends: [tapBackend] })

const privateHost = Layer.provideMerge(service, Layer.orDie(PrivateHost.layer()))

type Services = Layer.Success<typeof privateHost>

/** A host of its own with the service on it; both live as long as the test. */
export const onPrivateHost = <A, E>(work: Effect.Effect<A, E, Services>) => Effect.provide(work, privateHost)

/** A VM that is up until the scope closes. */
export const attached = Effect.fn("attached")(function* (vm: string, flags: Partial<RequestFlags> = {}, config = "") {
  const vmnet = yield* Vmnet
  const up = Effect.map(vmnet.up(request(vm, flags, config)), ({ attachment }) => attachment)
  return yield* Effect.acquireRelease(up, () => Effect.orDie(vmnet.down(vm)))
})

export const bootOptions = ({ device, guest }: Attachment) => ({
  device: device.name,
  mac: guest.mac,
  address: guest.address,
  gateway: guest.gateway,
  dns: ["198.51.100.53"]
})

/** A machine that runs on a VM's TAP. */
export const booted = (attachment: Attachment, changes: Partial<ReturnType<typeof bootOptions>> = {}) =>
  Guest.boot({ ...bootOptions(attachment), ...changes })

/** The page a guest gets, empty when it gets none. */
export const fetched = (guest: GuestShape, url: string) =>
  Effect.map(guest.exec(["wget", "-q", "-O", "-", "-T", "2", url]), ({ exitCode, stdout }) =>
    exitCode === 0 ? stdout : ""
  )

export const pings = (guest: GuestShape, address: string) =>
  Effect.map(guest.exec(["ping", "-c", "1", "-W", "2", address]), ({ exitCode }) => exitCode === 0)

/** Runs a program and gives what it prints; it has to succeed. */
export const runOk = Effect.fn("runOk")(function* (at: Place, argv: ReadonlyArray<string>) {
  const host = yield* PrivateHost
  const { exitCode, stdout, stderr } = yield* Effect.orDie(host.run(at, argv))
  assert.strictEqual(exitCode, 0, `${argv.join(" ")}: ${stderr}`)
  return stdout
})

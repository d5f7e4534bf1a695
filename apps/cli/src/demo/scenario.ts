import type { Attachment } from "@vmnet/core"
import { Guest, type GuestShape, HostSnapshot, PrivateHost, type PrivateHostShape } from "@vmnet/testkit"
import { Effect } from "effect"
import { demoFailed } from "./demoFailed.ts"
import type { Journal } from "./Journal.ts"
import { up, vmnet } from "./vmnetCommand.ts"

const page = "http://203.0.113.10/"
const published = "http://192.0.2.10:8080/"
const greeting = "hello from alpha"

/** What is different on the host after everything went down: nothing, if all is well. One line each. */
export interface Outcome {
  readonly differences: ReadonlyArray<string>
}

/** Two real guests on the bridge backend, on a host made for them, by the commands a user would type. */
export const scenario = (journal: Journal) =>
  Effect.gen(function* () {
    const { step } = journal
    const host = yield* step(
      "simulate a host with a LAN and an internet",
      PrivateHost.make(),
      () => "eth0 192.0.2.10/24"
    )
    // Makes the state directory, which stays.
    yield* vmnet("status")
    const before = yield* HostSnapshot.take()
    const alpha = yield* step("vmnet up alpha --publish 8080:80", up("alpha", "--publish", "8080:80"), addressOf)
    const beta = yield* step("vmnet up beta", up("beta"), addressOf)
    yield* Effect.scoped(useGuests(journal, host, alpha, beta))
    yield* step("vmnet down alpha beta", vmnet("down", "alpha", "beta"), () => "both gone")
    const after = yield* HostSnapshot.take()
    return { differences: HostSnapshot.diff(before, after) } satisfies Outcome
  }).pipe(Effect.scoped, Effect.mapError(demoFailed))

const useGuests = Effect.fnUntraced(function* (
  { step }: Journal,
  host: PrivateHostShape,
  alpha: Attachment,
  beta: Attachment
) {
  const boot = Effect.all([Guest.boot(bootOptions(alpha)), Guest.boot(bootOptions(beta))], { concurrency: 2 })
  const [a, b] = yield* step("boot a guest on each (QEMU)", boot, () => "Linux in both")
  yield* a.serve({ port: 80, page: greeting })
  yield* step(`alpha fetches ${page}`, fetchIn(a, page), clientOf)
  yield* step(`beta fetches ${page}`, fetchIn(b, page), clientOf)
  yield* step(`the LAN neighbour fetches ${published}`, fetchFrom(host, "lan", published), pageOf)
  yield* step("the host fetches http://127.0.0.1:8080/", fetchFrom(host, "host", "http://127.0.0.1:8080/"), pageOf)
  yield* step(`beta fetches http://${alpha.host.address}/`, fetchIn(b, `http://${alpha.host.address}/`), pageOf)
})

const addressOf = ({ guest, device }: Attachment): string => `${guest.address} on ${device.name}`

const bootOptions = ({ device, guest }: Attachment) => ({
  device: device.name,
  mac: guest.mac,
  address: guest.address,
  gateway: guest.gateway,
  mtu: guest.mtu
})

/** What every server of the demo answers: its page, and the client as it saw it. */
interface Answer {
  readonly page: string
  readonly clientAddress: string
}

const clientOf = ({ clientAddress }: Answer): string => `answered; it saw ${clientAddress}`

const pageOf = ({ page }: Answer): string => `"${page}"`

const fetchIn = Effect.fnUntraced(function* (guest: GuestShape, url: string) {
  const { exitCode, stdout, stderr } = yield* guest.exec(["wget", "-q", "-O", "-", "-T", "5", url])
  if (exitCode !== 0) return yield* demoFailed(new Error(`wget ${url} in the guest: ${stderr.trim()}`))
  return JSON.parse(stdout) as Answer
})

const fetchFrom = Effect.fnUntraced(function* (host: PrivateHostShape, from: "lan" | "host", url: string) {
  const { seen, body } = yield* host.http(from, url)
  return seen ?? (yield* demoFailed(new Error(`${url} answered with something else: ${body}`)))
})

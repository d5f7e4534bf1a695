import type { Attachment } from "@vmnet/core"
import { Guest, type GuestShape, HostSnapshot, PrivateHost, type PrivateHostShape } from "@vmnet/testkit"
import { Effect } from "effect"
import { bootOptions } from "./bootOptions.ts"
import { demoFailed } from "./demoFailed.ts"
import type { Journal } from "./Journal.ts"
import { up, vmnet } from "./vmnetCommand.ts"

const page = "http://203.0.113.10/"

/** One VM on each backend, and the host's port that leads to its web server. */
const vms: ReadonlyArray<Vm> = [
  { vm: "alpha", backend: "bridge", port: 8081 },
  { vm: "beta", backend: "netns", port: 8082 },
  { vm: "gamma", backend: "tap", port: 8083 },
  { vm: "delta", backend: "slirp", port: 8084 }
]

interface Vm {
  readonly vm: string
  readonly backend: string
  readonly port: number
}

/** A VM of the demo that runs. */
interface Running extends Vm {
  readonly attachment: Attachment
  readonly guest: GuestShape
}

/** What is different on the host after everything went down: nothing, if all is well. One line each. */
export interface Outcome {
  readonly vms: ReadonlyArray<Attachment>
  readonly differences: ReadonlyArray<string>
}

/** A real guest on every backend, on a host made for them, by the commands a user would type. */
export const scenario = (journal: Journal) =>
  Effect.gen(function* () {
    const { step } = journal
    const simulate = PrivateHost.make()
    const host = yield* step("simulate a host with a LAN and an internet", simulate, () => "eth0 192.0.2.10/24")
    // Makes the state directory, which stays.
    yield* vmnet("status")
    const before = yield* HostSnapshot.take()
    const attachments = yield* Effect.forEach(vms, (one) => attach(journal, one))
    yield* Effect.scoped(useGuests(journal, host, attachments))
    yield* step("vmnet down --all", vmnet("down", "--all"), () => "all gone")
    const after = yield* HostSnapshot.take()
    return { vms: attachments, differences: HostSnapshot.diff(before, after) } satisfies Outcome
  }).pipe(Effect.scoped, Effect.mapError(demoFailed))

const attach = ({ step }: Journal, { backend, port, vm }: Vm) => {
  const words = [vm, "--backend", backend, "--publish", `${port}:80`]
  return step(`vmnet up ${words.join(" ")}`, up(...words), reached)
}

const reached = ({ device, guest, host }: Attachment): string =>
  `${guest.address} on ${device.name}, reached at ${host.address}`

const useGuests = Effect.fnUntraced(function* (
  journal: Journal,
  host: PrivateHostShape,
  attachments: ReadonlyArray<Attachment>
) {
  const boot = Effect.forEach(attachments, (attachment) => Guest.boot(bootOptions(attachment)), { concurrency: 2 })
  const guests = yield* journal.step("boot a guest on each (QEMU)", boot, () => "Linux in all four")
  const running = vms.map((one, index) =>
    Object.assign({ attachment: attachments[index]!, guest: guests[index]! }, one)
  )
  yield* Effect.forEach(running, (one) => one.guest.serve({ port: 80, page: `hello from ${one.vm}` }))
  for (const one of running) yield* visit(journal, host, one)
  yield* neighbours(journal, running)
})

/** Out to the internet, and in from the LAN and from the host itself. */
const visit = Effect.fnUntraced(function* ({ step }: Journal, host: PrivateHostShape, { guest, port, vm }: Running) {
  yield* step(`${vm} fetches ${page}`, fetchIn(guest, page), clientOf)
  const published = `http://192.0.2.10:${port}/`
  yield* step(`the LAN neighbour fetches ${published}`, fetchFrom(host, "lan", published), pageOf)
  const loopback = `http://127.0.0.1:${port}/`
  yield* step(`the host fetches ${loopback}`, fetchFrom(host, "host", loopback), pageOf)
})

/** Guests of different networks meet at published ports, and nowhere else. */
const neighbours = Effect.fnUntraced(function* ({ step }: Journal, [alpha, beta]: ReadonlyArray<Running>) {
  if (alpha === undefined || beta === undefined) return
  const published = `http://192.0.2.10:${beta.port}/`
  yield* step(`alpha fetches ${published}`, fetchIn(alpha.guest, published), pageOf)
  const inner = `http://${beta.attachment.host.address}/`
  yield* step(`alpha tries ${inner}`, refusedIn(alpha.guest, inner), () => "not let through, as it should be")
})

/** What every server of the demo answers: its page, and the client as it saw it. */
interface Answer {
  readonly page: string
  readonly clientAddress: string
}

const clientOf = ({ clientAddress }: Answer): string => `answered; it saw ${clientAddress}`

const pageOf = ({ page }: Answer): string => `"${page}"`

const wget = (guest: GuestShape, url: string, seconds: number) =>
  guest.exec(["wget", "-q", "-O", "-", "-T", `${seconds}`, url])

const fetchIn = Effect.fnUntraced(function* (guest: GuestShape, url: string) {
  const { exitCode, stdout, stderr } = yield* wget(guest, url, 5)
  if (exitCode !== 0) return yield* demoFailed(new Error(`wget ${url} in the guest: ${stderr.trim()}`))
  return JSON.parse(stdout) as Answer
})

const refusedIn = Effect.fnUntraced(function* (guest: GuestShape, url: string) {
  const { exitCode } = yield* wget(guest, url, 1)
  if (exitCode === 0) return yield* demoFailed(new Error(`${url} answered, and should not have`))
})

const fetchFrom = Effect.fnUntraced(function* (host: PrivateHostShape, from: "lan" | "host", url: string) {
  const { seen, body } = yield* host.http(from, url)
  return seen ?? (yield* demoFailed(new Error(`${url} answered with something else: ${body}`)))
})

import { forwardKey, type ForwardChange, OpsError, type PortForward, singlePorts } from "@vmnet/core"
import { type Attempt, ofSystemError } from "@vmnet/ops-common"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import type { Place } from "./place.ts"
import { type Answer, askSlirp } from "./slirpApi.ts"

const ask = (place: Place, attempt: Attempt, request: object): Effect.Effect<Answer, OpsError> =>
  Effect.tryPromise({ try: () => askSlirp(place, request), catch: (cause) => ofSystemError(attempt, cause) })

interface Listed {
  readonly id: number
  readonly forward: PortForward
}

const list = (place: Place, attempt: Attempt): Effect.Effect<ReadonlyArray<Listed>, OpsError> =>
  Effect.map(ask(place, attempt, { execute: "list_hostfwd" }), ({ entries = [] }) =>
    entries.map(({ id, proto, ...entry }) => ({
      id,
      forward: {
        protocol: proto,
        hostAddress: entry.host_addr,
        hostPort: entry.host_port,
        guestAddress: entry.guest_addr,
        guestPort: entry.guest_port,
        count: 1
      }
    }))
  )

export const listForwards = (place: Place): Effect.Effect<ReadonlyArray<PortForward>, OpsError> =>
  Effect.map(list(place, { family: "process", action: "list forwarded ports" }), (listed) =>
    listed.map(({ forward }) => forward)
  )

/** CAP_NET_BIND_SERVICE is bit 10 (linux/capability.h). */
const mayBind = (port: number): boolean => {
  const first = Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"))
  const effective = BigInt(
    `0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"}`
  )
  return port >= first || ((effective >> 10n) & 1n) === 1n
}

/** slirp4netns says the same whatever it was; a port of one's own that cannot be had is in use. */
const refused = (attempt: Attempt, port: PortForward, output: string): OpsError =>
  new OpsError({
    ...attempt,
    ...(mayBind(port.hostPort) ? inUse(port) : notAllowed(port)),
    output: `${forwardKey(port)}: ${output}`
  })

const inUse = ({ hostPort }: PortForward) =>
  ({
    reason: "Exists",
    hint: `Something on the host has it: ss -lnp 'sport = :${hostPort}' shows what. Publish another port.`
  }) as const

const notAllowed = ({ hostPort }: PortForward) =>
  ({
    reason: "Denied",
    hint: `Publish a higher port, or as root: sysctl -w net.ipv4.ip_unprivileged_port_start=${hostPort}`
  }) as const

const addOne = Effect.fnUntraced(function* (place: Place, attempt: Attempt, port: PortForward) {
  const { error } = yield* ask(place, attempt, {
    execute: "add_hostfwd",
    arguments: {
      proto: port.protocol,
      host_addr: port.hostAddress,
      host_port: port.hostPort,
      guest_addr: port.guestAddress,
      guest_port: port.guestPort
    }
  })
  if (error !== undefined) return yield* refused(attempt, port, error.desc)
})

const removeIds = Effect.fnUntraced(function* (place: Place, attempt: Attempt, ids: ReadonlyArray<number>) {
  for (const id of ids) {
    const { error } = yield* ask(place, attempt, { execute: "remove_hostfwd", arguments: { id } })
    if (error !== undefined) return yield* new OpsError({ ...attempt, reason: "Failed", output: error.desc })
  }
})

const idsOf = (listed: ReadonlyArray<Listed>, forward: PortForward): ReadonlyArray<number> => {
  const keys = new Set(singlePorts(forward).map(forwardKey))
  return listed.filter((one) => keys.has(forwardKey(one.forward))).map(({ id }) => id)
}

/** slirp4netns knows single ports only: a range that cannot be had whole is taken back. */
const add = Effect.fnUntraced(function* (place: Place, attempt: Attempt, forward: PortForward) {
  if (idsOf(yield* list(place, attempt), forward).length > 0) {
    return yield* new OpsError({ ...attempt, reason: "Exists", output: "some of it is forwarded already" })
  }
  yield* Effect.forEach(singlePorts(forward), (port) => addOne(place, attempt, port), { discard: true }).pipe(
    Effect.onError(() =>
      Effect.ignore(Effect.flatMap(list(place, attempt), (listed) => removeIds(place, attempt, idsOf(listed, forward))))
    )
  )
})

const remove = Effect.fnUntraced(function* (place: Place, attempt: Attempt, forward: PortForward) {
  const ids = idsOf(yield* list(place, attempt), forward)
  if (ids.length === 0) return yield* new OpsError({ ...attempt, reason: "Missing", output: "it is not forwarded" })
  yield* removeIds(place, attempt, ids)
})

export const changeForward = (place: Place, { _tag, forward }: ForwardChange): Effect.Effect<void, OpsError> => {
  const verb = _tag === "AddForward" ? "forward" : "stop forwarding"
  const attempt: Attempt = { family: "process", action: `${verb} ${forwardKey(forward)}` }
  return (_tag === "AddForward" ? add : remove)(place, attempt, forward)
}

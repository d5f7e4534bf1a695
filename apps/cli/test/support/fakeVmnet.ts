import {
  type Attachment,
  type AttachRequest,
  type GcOptions,
  type GcResult,
  type LeftAlone,
  type DriftItem,
  type EachVm,
  type NetworkDetail,
  type Plan,
  Progress,
  type PublishSpec,
  type RepairAction,
  type Status,
  Vmnet,
  VmnetError
} from "@vmnet/core"
import { Effect, Layer } from "effect"

/** What a test may make go wrong or look different; everything else behaves. */
export interface FakeOptions {
  readonly attachments?: ReadonlyArray<Attachment>
  readonly fail?: Readonly<Record<string, VmnetError>>
  readonly netnsPath?: string
  readonly target?: AttachRequest["target"]
  readonly drift?: ReadonlyArray<DriftItem>
  readonly actions?: ReadonlyArray<RepairAction>
  readonly pools?: Status["pools"]
  /** What `gc` does with what it is asked for. */
  readonly gc?: (options: GcOptions) => GcResult
  /** What `down` leaves alone. */
  readonly left?: ReadonlyArray<LeftAlone>
  /** `up` never ends: what a signal interrupts. */
  readonly hang?: true
}

export const attachmentOf = (vm: string, changes: Partial<Attachment> = {}): Attachment => ({
  apiVersion: "vmnet/v1",
  vm,
  generation: 1,
  backend: "bridge",
  network: "bridge",
  state: "active",
  guest: {
    address: "10.0.42.17/24",
    gateway: "10.0.42.1",
    mac: "02:fc:00:00:00:05",
    dns: ["198.51.100.53", "203.0.113.53"],
    mtu: 1500
  },
  host: { address: "10.0.42.17", uplink: "eth0" },
  device: { kind: "tap", name: "vmtabcdefghijkl", netns: null, mac: "02:fc:00:00:00:06" },
  publish: [],
  ...changes
})

const published = (spec: PublishSpec) => ({ ...spec, hostAddress: spec.hostAddress ?? "0.0.0.0" })

const planOf = (request: AttachRequest): Plan => ({
  shares: [
    {
      key: "network.bridge",
      resources: [
        { kind: "Bridge", netns: { _tag: "Host" }, link: "vmbabcdefghijkl", mac: "02:fc:00:00:00:01", mtu: 1500 },
        { kind: "Address", netns: { _tag: "Host" }, link: "vmbabcdefghijkl", address: "10.0.42.1/24" }
      ]
    }
  ],
  resources: [{ kind: "Tap", netns: { _tag: "Host" }, link: "vmtabcdefghijkl", mtu: 1500 }],
  attachment: attachmentOf(request.vm)
})

const network: NetworkDetail = {
  network: "bridge",
  backend: "bridge",
  subnet: "10.0.42.0/24",
  gateway: "10.0.42.1",
  device: "vmbabcdefghijkl",
  state: "up",
  vms: ["vm1"],
  free: 252,
  source: "default"
}

const statusOf = (attachments: ReadonlyMap<string, Attachment>, pools: Status["pools"] = []): Status => ({
  install: "0123abcd",
  stateDir: "/run/vmnet",
  leases: { configuring: 0, active: attachments.size, releasing: 0, failed: 0 },
  networks: 1,
  published: 0,
  pools,
  sysctls: [{ key: "net.ipv4.ip_forward", value: "1", before: "0" }]
})

/** A `Vmnet` in memory, and the requests it was given. */
export const fakeVmnet = (options: FakeOptions = {}) => {
  const attachments = new Map((options.attachments ?? []).map((one) => [one.vm, one]))
  const requests = new Map<string, AttachRequest>()
  const failing = (key: string) => {
    const error = options.fail?.[key]
    return error === undefined ? Effect.void : Effect.fail(error)
  }
  const find = (vm: string) => {
    const found = attachments.get(vm)
    return found === undefined
      ? Effect.fail(new VmnetError({ code: "VM_NOT_FOUND", detail: `there is no VM ${vm}`, details: { vm } }))
      : Effect.succeed(found)
  }
  const each = <A>(vm: string, answer: Effect.Effect<A, VmnetError>) =>
    Effect.map(Effect.result(answer), (result): EachVm<A> => ({ vm, result }))
  const service: Vmnet["Service"] = Vmnet.of({
    upMany: (all) =>
      Effect.forEach(all, (request, index) =>
        each(request.vm, Effect.andThen(failing(`up ${request.vm}`), service.up(request))).pipe(
          Effect.updateService(Progress, (report) => (step) => report({ ...step, fraction: index / all.length }))
        )
      ),
    downMany: (vms) => Effect.forEach(vms, (vm) => each(vm, service.down(vm))),
    up: Effect.fnUntraced(function* (request) {
      const progress = yield* Progress
      yield* progress({ vm: request.vm, step: "reserve" })
      yield* progress({ vm: request.vm, step: "create tap vmtabcdefghijkl" })
      if (options.hang === true) return yield* Effect.never
      yield* failing("up")
      const existing = attachments.has(request.vm)
      const attachment = attachmentOf(request.vm, { publish: request.publish.map(published) })
      attachments.set(request.vm, attachment)
      requests.set(request.vm, request)
      return { attachment, existing }
    }),
    plan: (request) => Effect.as(failing("plan"), planOf(request)),
    down: Effect.fnUntraced(function* (vm) {
      yield* failing(`down ${vm}`)
      const outcome = attachments.delete(vm) ? ("removed" as const) : ("absent" as const)
      return { vm, outcome, ...(options.left && { left: options.left }) }
    }),
    list: Effect.andThen(
      failing("list"),
      Effect.sync(() => [...attachments.values()])
    ),
    show: Effect.fnUntraced(function* (vm) {
      yield* failing("show")
      const attachment = yield* find(vm)
      const request = requests.get(vm) ?? ({ vm, ...(options.target && { target: options.target }) } as AttachRequest)
      const resources = [{ kind: "Tap", what: "vmtabcdefghijkl", state: "present" }]
      return { attachment, request, createdAt: "2026-01-01T00:00:00Z", resources, problems: [] }
    }),
    publish: (vm, specs) =>
      Effect.map(find(vm), (one) => {
        const next = { ...one, publish: [...one.publish, ...specs.map(published)] }
        attachments.set(vm, next)
        return next
      }),
    unpublish: (vm, specs) =>
      Effect.map(find(vm), (one) => {
        const gone = new Set(specs.map((spec) => spec.hostPort))
        const next = { ...one, publish: one.publish.filter(({ hostPort }) => !gone.has(hostPort)) }
        attachments.set(vm, next)
        return next
      }),
    resolvConf: Effect.fnUntraced(function* (vm, rootfs) {
      yield* failing("resolv-conf")
      const { guest } = yield* find(vm)
      return { vm, rootfs, path: `${rootfs}/etc/resolv.conf`, nameservers: guest.dns, existing: false }
    }),
    networks: (known) =>
      Effect.succeed([
        { ...network, ...(options.pools?.[0] && { pool: options.pools[0] }) },
        ...known.config.map((spec) => ({
          ...network,
          network: spec.network,
          subnet: spec.subnet,
          gateway: spec.gateway,
          device: null,
          state: "down" as const,
          vms: [],
          source: "config" as const
        }))
      ]),
    warm: ({ network }) => Effect.as(failing(`warm ${network}`), { network, made: 2, ready: 3, leased: 1 }),
    removeNetwork: (vm) => Effect.as(failing(`rm ${vm}`), { vm, outcome: "removed" as const }),
    gc: (asked) => Effect.map(failing("gc"), () => options.gc?.(asked) ?? { actions: [], problems: [] }),
    check: Effect.fnUntraced(function* (vms = []) {
      yield* failing("check")
      yield* Effect.forEach(vms, find)
      return { drift: options.drift ?? [] }
    }),
    repair: Effect.fnUntraced(function* (vms = []) {
      yield* failing("repair")
      yield* Effect.forEach(vms, find)
      return { actions: options.actions ?? [] }
    }),
    status: Effect.sync(() => statusOf(attachments, options.pools))
  })
  return { layer: Layer.succeed(Vmnet, service), attachments, requests }
}

import { Helpers, MountOps, NatOps, type Netns, type Resource, SysctlOps } from "@vmnet/core"
import type { MemoryKernel } from "@vmnet/testkit"
import { Effect } from "effect"
import type { Row, Services } from "./world.ts"

/** One way to damage an object, and what `check` has to say of it. */
export interface Damage {
  readonly words: string
  readonly drift: "missing" | "altered" | "foreign"
  readonly do: Effect.Effect<unknown, unknown, Services>
  /** What nobody can put back while it is there. */
  readonly stays?: true
}

/** The namespace as the kernel knows it: of a helper, the process that holds it now. */
export const entered = (kernel: MemoryKernel, netns: Netns): Netns => {
  if (netns._tag !== "Helper") return netns
  const { pid, startTime } = kernel.host.helpers()[`${netns.owner} namespace`]!.process
  return { _tag: "Process", pid, startTime }
}

const missing = (words: string, action: () => void): Damage => ({ words, drift: "missing", do: Effect.sync(action) })
const altered = (words: string, action: () => void): Damage => ({ words, drift: "altered", do: Effect.sync(action) })
const foreign = (words: string, action: () => void): Damage => ({
  words,
  drift: "foreign",
  do: Effect.sync(action),
  stays: true
})

/** Every way to damage this object that the kernel in memory knows. */
export const damagesOf = (kernel: MemoryKernel, row: Row): ReadonlyArray<Damage> => {
  const { resource } = row
  const at = () => entered(kernel, resource.netns)
  const hands = kernel.foreign
  switch (resource.kind) {
    case "Bridge":
    case "Tap":
    case "Veth":
      return deviceDamages(kernel, resource, at)
    case "Address":
      return [
        missing("is deleted", () => {
          hands.apply(at(), { _tag: "DeleteAddress", link: resource.link, address: resource.address })
        })
      ]
    case "Route":
      return routeDamages(kernel, resource, at)
    case "Neighbour": {
      const { address, link } = resource
      const remove = () => hands.apply(at(), { _tag: "DeleteNeighbour", link, address })
      return [
        missing("is deleted", remove),
        altered("has another MAC", () => {
          remove()
          hands.apply(at(), { _tag: "AddNeighbour", link, address, mac: "02:00:00:00:00:99" })
        })
      ]
    }
    case "Sysctl": {
      const flip = SysctlOps.use((ops) => ops.write(at(), resource.key, resource.value === "1" ? "0" : "1"))
      return [{ words: "is written", drift: "altered", do: Effect.suspend(() => flip) }]
    }
    case "NatLayout":
      return [altered("is flushed", () => hands.damageLayout(at()))]
    case "NatElement":
      return elementDamages(kernel, row, at)
    case "Netns":
      return [
        missing("is deleted", () => kernel.removeNetns(`/run/netns/${resource.name}`)),
        altered("lost its tag", () => hands.alias({ _tag: "Path", path: `/run/netns/${resource.name}` }, "lo", "")),
        foreign("is somebody else's", () => {
          kernel.removeNetns(`/run/netns/${resource.name}`)
          kernel.addNetns(`/run/netns/${resource.name}`)
        })
      ]
    case "Helper":
      return [
        missing("has ended", () => {
          kernel.host.endProcess(kernel.host.helpers()[`${row.owner} ${resource.spec.helper}`]!.process.pid)
        })
      ]
    case "Forward": {
      const key = { owner: row.owner, helper: "slirp4netns" } as const
      const change = { _tag: "DeleteForward", forward: resource.forward } as const
      return [{ words: "is taken back", drift: "missing", do: Helpers.use((ops) => ops.forward(key, change)) }]
    }
    case "ResolvConf":
      return [
        missing("is unmounted", () => kernel.rootfs.unmount(resource.mount.rootfs.path)),
        { words: "is gone", drift: "missing", do: MountOps.use((ops) => ops.unmount(resource.mount)) },
        foreign("is covered", () => kernel.rootfs.cover(resource.mount.rootfs.path))
      ]
  }
}

type Device = Extract<Resource, { readonly kind: "Bridge" | "Tap" | "Veth" }>

const deviceDamages = (kernel: MemoryKernel, resource: Device, at: () => Netns): ReadonlyArray<Damage> => {
  const { foreign: hands } = kernel
  const { link } = resource
  const master = "master" in resource ? resource.master : undefined
  return [
    missing("is deleted", () => hands.unplug(at(), link)),
    altered("has another MTU", () => hands.change(at(), link, { mtu: resource.mtu - 100 })),
    altered("is down", () => hands.linkDown(at(), link)),
    altered("has another name", () => hands.rename(at(), link, "elsewhere")),
    altered("lost its tag", () => hands.alias(at(), link, "")),
    foreign("carries another's tag", () => hands.alias(at(), link, "vmnet:ffffffff:vm1:1")),
    foreign("is another device", () => {
      hands.unplug(at(), link)
      hands.link(at(), { link, type: "dummy", up: true })
    }),
    ...(resource.mac === undefined
      ? []
      : [altered("has another MAC", () => hands.change(at(), link, { mac: "02:00:00:00:00:98" }))]),
    ...(master === undefined
      ? []
      : [
          altered("is no port", () => hands.apply(at(), { _tag: "ClearMaster", link })),
          altered("is isolated otherwise", () => hands.change(at(), link, { isolated: !master.isolated }))
        ]),
    ...(resource.kind === "Veth"
      ? [
          altered("has its other end down", () =>
            hands.linkDown(entered(kernel, resource.peer.netns), resource.peer.link)
          )
        ]
      : []),
    ...(resource.kind === "Tap"
      ? [
          {
            ...altered("is another's to open", () => hands.change(at(), link, { owner: { uid: 4242, gid: null } })),
            stays: true as const
          }
        ]
      : [])
  ]
}

const routeDamages = (
  kernel: MemoryKernel,
  { destination, link, via }: Extract<Resource, { readonly kind: "Route" }>,
  at: () => Netns
): ReadonlyArray<Damage> => {
  const route = { destination, link, ...(via === undefined ? {} : { via }) }
  const remove = () => kernel.foreign.apply(at(), { _tag: "DeleteRoute", ...route })
  return [
    missing("is deleted", remove),
    altered("leads elsewhere", () => {
      remove()
      const other = via === undefined ? "10.99.0.1" : undefined
      kernel.foreign.route(at(), {
        destination: destination === "default" ? "0.0.0.0/0" : destination,
        link,
        ...(other === undefined ? {} : { via: other })
      })
    })
  ]
}

/** Its entries one by one: those that are gone once it is deleted. */
const elementDamages = (kernel: MemoryKernel, { owner, resource }: Row, at: () => Netns): ReadonlyArray<Damage> => {
  if (resource.kind !== "NatElement") return []
  const { element } = resource
  const key = () => {
    const netns = at()
    if (netns._tag === "Host") return "host"
    return netns._tag === "Path" ? netns.path : netns._tag === "Process" ? `pid ${netns.pid}/${netns.startTime}` : ""
  }
  const ofElement = Effect.gen(function* () {
    const ops = yield* NatOps
    const before = kernel.snapshot()[key()]!.natEntries
    yield* ops.apply(at(), [{ _tag: "DeleteElement", element }])
    const after = new Set(
      (kernel.snapshot()[key()]?.natEntries ?? []).map(({ key: one, set }) => `${set} ${one.join()}`)
    )
    yield* ops.apply(at(), [{ _tag: "AddElement", element, owner }])
    return before.filter(({ key: one, set }) => !after.has(`${set} ${one.join()}`))
  })
  const each = (count: number, add: (index: number) => string | undefined) =>
    Effect.map(ofElement, (entries) => {
      for (const [index, entry] of entries.slice(0, count).entries()) {
        const comment = add(index)
        kernel.foreign.deleteNatEntry(at(), entry)
        const { value, ...rest } = entry
        if (comment !== undefined) {
          kernel.foreign.natEntry(at(), { ...rest, comment, ...(value === null ? {} : { value }) })
        }
      }
      return entries.length
    })
  const isSingle =
    ["Masquerade", "HostAccess", "Egress", "Port"].includes(element._tag) ||
    (element._tag === "Segment" && element.isolated)
  return [
    {
      words: "is deleted",
      drift: "missing",
      do: NatOps.use((ops) => Effect.suspend(() => ops.apply(at(), [{ _tag: "DeleteElement", element }])))
    },
    {
      words: "lost all its entries",
      drift: element._tag === "Slot" ? "altered" : "missing",
      do: each(99, () => undefined)
    },
    ...(isSingle ? [] : [{ words: "lost an entry", drift: "altered", do: each(1, () => undefined) } satisfies Damage]),
    { words: "is somebody else's", drift: "foreign", do: each(99, () => "vmnet:ffffffff:vm1:1"), stays: true },
    ...(element._tag === "Slot" ? [altered("has other rules", () => kernel.foreign.damageLayout(at()))] : [])
  ]
}

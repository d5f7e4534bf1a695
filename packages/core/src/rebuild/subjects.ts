import { resolverDirectory } from "../plan/resolverDirectory.ts"
import type { Owner } from "../names/Owner.ts"
import type { ResolverMount } from "../ops/MountOps.ts"
import { hostNetns } from "../ops/Netns.ts"
import { shareSubject } from "../ledger/ShareRow.ts"
import type { HeldShare } from "./hostParameters.ts"
import type { Sight } from "./look.ts"
import { resourcesSeen, type SeenResource } from "./resourcesSeen.ts"

/** Everything found, by whom it was made for. */
export interface Subjects {
  readonly vms: ReadonlyMap<string, ReadonlyArray<SeenResource>>
  /** By share key. */
  readonly shares: ReadonlyMap<string, ReadonlyArray<SeenResource>>
  /** Devices of pools that no VM has, by what they are tagged with. */
  readonly members: ReadonlyMap<string, ReadonlyArray<SeenResource>>
}

/** The part of a subject that names a member of a pool: `@pool.web.3`. */
const memberPattern = /^@pool\.(.+)\.(\d+)$/

export const isMember = (subject: string): boolean => memberPattern.test(subject)

export const networkOfMember = (subject: string): string => memberPattern.exec(subject)?.[1] ?? ""

export const numberOfMember = (subject: string): number => Number(memberPattern.exec(subject)?.[2] ?? 0)

export const subjectsOf = (sight: Sight, install: string, stateDir: string): Subjects => {
  const seen = resourcesSeen(sight)
  const isVm = ({ owner }: SeenResource): boolean => !owner.subject.startsWith("@")
  const users = usersOf(seen.filter(isVm))
  const members = new Map<string, string>()
  for (const one of seen) {
    const user = isMember(one.owner.subject) ? users.get(linkOf(one) ?? "") : undefined
    if (user !== undefined) members.set(one.owner.subject, user)
  }
  // A device of a pool, and what is said of it, is with the VM that has it.
  const subjectOf = ({ owner }: SeenResource): string => members.get(owner.subject) ?? owner.subject
  const all = [...Map.groupBy(seen, subjectOf)]
  const vms = new Map(all.filter(([subject]) => !subject.startsWith("@")))
  const layout = sight.layout === "absent" ? [] : [layoutOf(install)]
  return {
    vms: withMounts(vms, sight.mounts, install, stateDir),
    shares: new Map([
      ...(layout.length === 0 ? [] : [["nat", layout] as const]),
      ...all.filter(([subject]) => subject.startsWith("@") && !isMember(subject)).map(withoutAt),
      // Last: no tag of a link makes it a parameter.
      ...sight.parameters.held.map(parametersSeen(install))
    ]),
    members: new Map(all.filter(([subject]) => isMember(subject)))
  }
}

const withoutAt = ([subject, seen]: readonly [string, ReadonlyArray<SeenResource>]) => [subject.slice(1), seen] as const

const layoutOf = (install: string): SeenResource => ({
  owner: { install, subject: "@nat", generation: 0 },
  resource: { kind: "NatLayout", netns: hostNetns }
})

const parametersSeen =
  (install: string) =>
  ({ key, parameters }: HeldShare) => {
    const owner = { install, subject: shareSubject(key), generation: 0 }
    return [key, parameters.map((one): SeenResource => ({ owner, ...one }))] as const
  }

/** Which VM is behind which device, by the rules about its guest. */
const usersOf = (seen: ReadonlyArray<SeenResource>): ReadonlyMap<string, string> =>
  new Map(
    seen.flatMap(({ owner, resource }) => {
      if (resource.kind !== "NatElement") return []
      const { element } = resource
      if (element._tag === "Guest") return [[element.device, owner.subject] as const]
      return element._tag === "Binding" ? [[element.port, owner.subject] as const] : []
    })
  )

/** The link a seen resource is, or says something of. */
const linkOf = ({ resource }: SeenResource): string | undefined => {
  if ("link" in resource) return resource.link
  return resource.kind === "NatElement" && "device" in resource.element ? resource.element.device : undefined
}

/** The name of a mount's directory is made from install, VM, generation and rootfs: whose it is can be proven. */
const withMounts = (
  vms: ReadonlyMap<string, ReadonlyArray<SeenResource>>,
  mounts: ReadonlyArray<ResolverMount>,
  install: string,
  stateDir: string
): Subjects["vms"] =>
  new Map(
    [...vms].map(([vm, seen]) => {
      const owners = seen.map(({ owner }) => owner).filter(({ subject }) => subject === vm)
      const lives = [...new Map(owners.map((owner) => [owner.generation, owner])).values()]
      const own = lives.flatMap((owner) => mounts.filter(isOf(owner, install, stateDir)).map(mountSeen(owner)))
      return [vm, [...seen, ...own]]
    })
  )

const isOf =
  ({ generation, subject: vm }: Owner, install: string, stateDir: string) =>
  ({ directory, rootfs }: ResolverMount): boolean =>
    directory === resolverDirectory(stateDir, { install, vm, generation }, rootfs)

const mountSeen =
  (owner: Owner) =>
  (mount: ResolverMount): SeenResource => ({ owner, resource: { kind: "ResolvConf", netns: hostNetns, mount } })

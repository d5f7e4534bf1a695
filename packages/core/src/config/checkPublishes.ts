import { Result } from "effect"
import { formatPublish, parsePublish } from "../net/Publish.ts"
import type { PublishSpec } from "../plan/AttachRequest.ts"
import type { ConfigReader } from "./ConfigReader.ts"
import type { Data } from "./decodeSection.ts"
import { formatPath, type Path } from "./Path.ts"

interface Written {
  readonly spec: PublishSpec
  readonly path: Path
  readonly order: number
}

/** Published ranges of all VMs against one another, in one pass over them sorted by port; the later written is told. */
export const checkPublishes = (reader: ConfigReader, vms: ReadonlyArray<readonly [string, Data]>): void => {
  let order = 0
  const specs = vms.flatMap(([vm, { publish }]) =>
    Array.isArray(publish)
      ? publish.flatMap((text, index) => readSpec(text, ["vms", vm, "publish", index], order++))
      : []
  )
  for (const protocol of ["tcp", "udp"] as const) {
    sweep(
      reader,
      specs.filter(({ spec }) => spec.protocol === protocol)
    )
  }
}

const readSpec = (text: unknown, path: Path, order: number): ReadonlyArray<Written> => {
  const parsed = typeof text === "string" ? parsePublish(text) : undefined
  return parsed !== undefined && Result.isSuccess(parsed) ? [{ spec: parsed.success, path, order }] : []
}

const endOf = ({ hostPort, count }: PublishSpec): number => hostPort + count - 1

/** Remembers for every address, and for all of them together, the range that reaches furthest. */
const sweep = (reader: ConfigReader, specs: ReadonlyArray<Written>): void => {
  const furthest = new Map<string | null, Written>()
  let overall: Written | undefined
  for (const next of specs.toSorted((a, b) => a.spec.hostPort - b.spec.hostPort || a.order - b.order)) {
    const { hostAddress, hostPort } = next.spec
    const rivals = hostAddress === null ? [overall] : [furthest.get(hostAddress), furthest.get(null)]
    const rival = rivals.find((other) => other !== undefined && endOf(other.spec) >= hostPort)
    if (rival !== undefined) tell(reader, rival, next)
    furthest.set(hostAddress, further(furthest.get(hostAddress), next))
    overall = further(overall, next)
  }
}

const further = (a: Written | undefined, b: Written): Written =>
  a !== undefined && endOf(a.spec) >= endOf(b.spec) ? a : b

const tell = (reader: ConfigReader, a: Written, b: Written): void => {
  const [earlier, later] = a.order < b.order ? [a, b] : [b, a]
  reader.refuse(
    later.path,
    `${formatPublish(later.spec)} wants a host port of ${formatPath(earlier.path)} (${formatPublish(earlier.spec)})`
  )
}

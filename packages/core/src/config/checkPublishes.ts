import { Result } from "effect"
import { formatPublish, parsePublish, publishOverlaps } from "../net/Publish.ts"
import type { PublishSpec } from "../plan/AttachRequest.ts"
import type { ConfigReader } from "./ConfigReader.ts"
import type { Data } from "./decodeSection.ts"
import { formatPath, type Path } from "./Path.ts"

interface Written {
  readonly spec: PublishSpec
  readonly path: Path
  readonly order: number
}

/** How many ports share a bucket. */
const bucketSize = 64

/** Published ranges of all VMs against one another: each that wants a port of an earlier one is told of the first. */
export const checkPublishes = (reader: ConfigReader, vms: ReadonlyArray<readonly [string, Data]>): void => {
  const seen = new Map<string, Array<Written>>()
  for (const next of writtenSpecs(vms)) {
    const rivals = bucketsOf(next.spec, next.spec.hostAddress === null ? ["any"] : [next.spec.hostAddress, "every"])
      .map((bucket) => seen.get(bucket)?.find(({ spec }) => publishOverlaps(spec, next.spec)))
      .filter((rival) => rival !== undefined)
    const first = rivals.toSorted((a, b) => a.order - b.order)[0]
    if (first !== undefined) {
      const taken = `${formatPath(first.path)} (${formatPublish(first.spec)})`
      reader.refuse(next.path, `${formatPublish(next.spec)} wants a host port of ${taken}`)
    }
    for (const bucket of bucketsOf(next.spec, [next.spec.hostAddress ?? "every", "any"])) {
      const others = seen.get(bucket)
      if (others === undefined) seen.set(bucket, [next])
      else others.push(next)
    }
  }
}

/** Ranges that meet share a bucket, so that only few have to be compared: `every` is 0.0.0.0, `any` whatever it is. */
const bucketsOf = ({ protocol, hostPort, count }: PublishSpec, addresses: ReadonlyArray<string>): Array<string> => {
  const first = Math.floor(hostPort / bucketSize)
  const last = Math.floor((hostPort + count - 1) / bucketSize)
  const buckets = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  return addresses.flatMap((address) => buckets.map((bucket) => `${protocol} ${address} ${bucket}`))
}

const writtenSpecs = (vms: ReadonlyArray<readonly [string, Data]>): ReadonlyArray<Written> => {
  let order = 0
  return vms.flatMap(([vm, { publish }]) =>
    Array.isArray(publish)
      ? publish.flatMap((text, index) => readSpec(text, ["vms", vm, "publish", index], order++))
      : []
  )
}

const readSpec = (text: unknown, path: Path, order: number): ReadonlyArray<Written> => {
  const parsed = typeof text === "string" ? parsePublish(text) : undefined
  return parsed !== undefined && Result.isSuccess(parsed) ? [{ spec: parsed.success, path, order }] : []
}

import type { Attachment, DownResult, UpResult } from "@vmnet/core"
import type { AttachedVm } from "../AttachedVm.ts"
import type { CallOptions, DownOptions } from "../options.ts"

type Ports = (specs: string | ReadonlyArray<string>, options?: CallOptions) => Promise<Attachment>

/** What a handle asks of the service: all of it means this generation of the VM and no other. */
export interface HandleVerbs {
  readonly down: (options?: DownOptions) => Promise<DownResult>
  readonly publish: Ports
  readonly unpublish: Ports
  readonly resolvConf: AttachedVm["resolvConf"]
}

const fieldsOf = ({ publish: published, ...fields }: Attachment) => ({ ...fields, published })

/** An object whose members are there and are not listed. */
const hidden = <M extends object>(members: M): M => {
  for (const key of Reflect.ownKeys(members)) Object.defineProperty(members, key, { enumerable: false })
  return members
}

/** A plain object of the attachment's fields; its methods are there and are not listed, so that it prints well. */
export const attachedVm = (verbs: HandleVerbs, { attachment, existing }: UpResult): AttachedVm => {
  let now = attachment
  const following =
    (ports: Ports): Ports =>
    async (specs, options) => {
      now = await ports(specs, options)
      return Object.assign(vm, fieldsOf(now)).toJSON()
    }
  const methods = hidden({
    down: verbs.down,
    publish: following(verbs.publish),
    unpublish: following(verbs.unpublish),
    resolvConf: verbs.resolvConf,
    toJSON: () => now,
    [Symbol.asyncDispose]: async () => void (await verbs.down({ wait: true }))
  })
  const vm: AttachedVm = Object.assign(methods, fieldsOf(attachment), { existing })
  return vm
}

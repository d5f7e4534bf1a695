import type { Attachment, DownResult, Published, ResolvConfResult } from "@vmnet/core"
import type { CallOptions, DownOptions } from "./options.ts"

/**
 * A VM that `up` has attached: what a VMM needs to know, and what can be done with it. `await using` detaches it at the
 * end of its scope, and waits until all of it is gone. `JSON.stringify` gives what `vmnet up --json` prints.
 */
export interface AttachedVm extends Omit<Attachment, "publish">, AsyncDisposable {
  /** The ports published now, also after `publish` and `unpublish` of this object. */
  readonly published: ReadonlyArray<Published>
  /** It was up already, with the same request, and nothing was changed. */
  readonly existing: boolean
  /**
   * Detaches it, as `down` of the name does. `absent` when it is gone already, or somebody has attached another of its name
   * since.
   */
  readonly down: (options?: DownOptions) => Promise<DownResult>
  /** Publishes more ports, all or none: `[HOSTIP:]PORT[-END]:GUESTPORT[-END][/tcp|udp]`. Rejects with `PORT_IN_USE`, ... */
  readonly publish: (specs: string | ReadonlyArray<string>, options?: CallOptions) => Promise<Attachment>
  /** Takes ports back, named as they were published, all or none. Rejects with `PUBLISH_NOT_FOUND`, ... */
  readonly unpublish: (specs: string | ReadonlyArray<string>, options?: CallOptions) => Promise<Attachment>
  /** Mounts a resolver file over that of a root file system, until it is down. */
  readonly resolvConf: (rootfs: string, options?: CallOptions) => Promise<ResolvConfResult>
  readonly toJSON: () => Attachment
}

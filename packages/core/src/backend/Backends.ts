import { Context, Layer } from "effect"
import type { BackendKind } from "../plan/Attachment.ts"
import type { Backend } from "./Backend.ts"

/** The backends this program was built with, by kind. */
export class Backends extends Context.Service<Backends, ReadonlyMap<BackendKind, Backend>>()("@vmnet/core/Backends") {
  static readonly layerOf = (backends: ReadonlyArray<Backend>): Layer.Layer<Backends> =>
    Layer.succeed(Backends, new Map(backends.map((backend) => [backend.kind, backend])))
}

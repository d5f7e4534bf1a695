import { Effect } from "effect"
import { Backends } from "../backend/Backends.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"

/** The backend of a request, once it has agreed to everything that is asked of it. */
export const backendOf = Effect.fnUntraced(function* (request: AttachRequest) {
  const backends = yield* Backends
  const backend = backends.get(request.backend)
  if (backend === undefined) {
    return yield* new VmnetError({
      code: "BAD_INPUT",
      detail: `${request.vm}: backend ${request.backend} is not part of this vmnet`,
      hint: `It has: ${[...backends.keys()].join(", ")}.`,
      details: { vm: request.vm, backend: request.backend }
    })
  }
  yield* Effect.fromResult(backend.validate(request))
  return backend
})

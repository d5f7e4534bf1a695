import type { EachVm as CoreEach } from "@vmnet/core"
import { Result } from "effect"
import type { EachVm } from "../Vmnet.ts"
import { plainError } from "./failure.ts"

/** The answers for several VMs, for those who know no Effect. */
export const eachVm = <A, B>(answers: ReadonlyArray<CoreEach<A>>, use: (value: A) => B): ReadonlyArray<EachVm<B>> =>
  answers.map(({ result, vm }) =>
    Result.match(result, {
      onFailure: (error): EachVm<B> => ({ vm, error: plainError(error) }),
      onSuccess: (value): EachVm<B> => ({ vm, value: use(value) })
    })
  )

import { type Context, Effect, Layer } from "effect"
import { Faults, type FaultsControl } from "./Faults.ts"

/** How faults treat one method. Every part but `error` has a default: a single change, described by its arguments. */
export interface MethodFaults<Args extends ReadonlyArray<unknown>, E> {
  /** What the method fails with when it is told to: `words` say which call it was. */
  readonly error: (words: string, index: number | undefined, ...args: Args) => E
  /** What is asked, in words; the method's own name is put before them. */
  readonly words?: (...args: Args) => string
  /** The number of steps: 0 for a question, 1 (the default) for one change or transaction, more for a batch. */
  readonly steps?: (...args: Args) => number
  /** The arguments for the steps `from` to `to` of a batch. */
  readonly slice?: (from: number, to: number, ...args: Args) => Args
}

type MethodFaultsOf<Member> = Member extends (...args: infer Args) => Effect.Effect<unknown, infer E, never>
  ? MethodFaults<Args, E>
  : Member extends Effect.Effect<unknown, infer E, never>
    ? MethodFaults<[], E>
    : never

/** The methods of a service that faults strike, by name. Others, and plain values, are left as they are. */
export type ServiceFaults<Shape> = { readonly [Name in keyof Shape]?: MethodFaultsOf<Shape[Name]> }

type Untyped = MethodFaults<ReadonlyArray<unknown>, unknown>

const shorten = (value: unknown): string => {
  if (typeof value === "function") return "..."
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? `${value}`)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

type Invoke = (args: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>

const wrapMethod =
  (
    faults: FaultsControl,
    method: string,
    invoke: Invoke,
    options: Untyped
  ): ((...args: ReadonlyArray<unknown>) => ReturnType<Invoke>) =>
  (...args) => {
    const words = `${method} ${options.words?.(...args) ?? args.map(shorten).join(" ")}`.trim()
    const steps = options.steps?.(...args) ?? 1
    const part = (from: number, to: number) =>
      to - from === steps ? args : (options.slice?.(from, to, ...args) ?? args)
    return faults.perform(
      { method, words, steps },
      {
        steps: (from, to) => invoke(part(from, to)),
        error: (call, index) => options.error(call.words, index, ...args)
      }
    )
  }

/** The members that are not named show through. */
const wrapService = <Shape extends object>(
  faults: FaultsControl,
  service: string,
  inner: Shape,
  methods: ServiceFaults<Shape>
): Shape => {
  const wrapped = Object.create(inner) as Shape
  for (const name of Object.keys(methods) as ReadonlyArray<string> as ReadonlyArray<keyof Shape & string>) {
    const member = inner[name] as ReturnType<Invoke> | ((...args: ReadonlyArray<unknown>) => ReturnType<Invoke>)
    const invoke: Invoke = (args) => (Effect.isEffect(member) ? member : member.apply(inner, [...args]))
    const method = wrapMethod(faults, `${service}.${name}`, invoke, methods[name] as Untyped)
    Object.defineProperty(wrapped, name, { value: Effect.isEffect(member) ? method() : method, enumerable: true })
  }
  return wrapped
}

/**
 * Decorates the layer of a service, so that faults can strike calls of these methods. The name in words is the last
 * part of the service's key.
 */
export const faultyCalls =
  <Id, Shape extends object>(tag: Context.Key<Id, Shape>, methods: ServiceFaults<Shape>) =>
  <Out, E, In>(layer: Layer.Layer<Out, E, In>): Layer.Layer<Id | Out, E, In | Faults | Exclude<Id, Out>> => {
    const name = tag.key.split("/").at(-1)!
    const decorated = Layer.effect(
      tag as Context.Service<Id, Shape>,
      Effect.map(Effect.all([Faults, tag]), ([faults, inner]) => wrapService(faults, name, inner, methods))
    )
    return decorated.pipe(Layer.provideMerge(layer))
  }

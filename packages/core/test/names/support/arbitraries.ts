import { formatPrefix, type Ipv4Prefix, prefixAround } from "@vmnet/core"
import { Arbitrary, Schema } from "effect"

export const whole = (minimum: number, maximum: number): Arbitrary.Arbitrary<number> =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

export const anyText = Arbitrary.schema(Schema.String)

/** Any of the given values. */
export const oneOf = <A>(values: ReadonlyArray<A>): Arbitrary.Arbitrary<A> =>
  Arbitrary.map(whole(0, values.length - 1), (index) => values[index]!)

/** Any address, as a number; often at the ends of the range, where arithmetic goes wrong. */
export const ipv4: Arbitrary.Arbitrary<number> = Arbitrary.map(
  Arbitrary.all([whole(0, 4), whole(0, 2 ** 32 - 1), whole(0, 300)]),
  ([where, middle, edge]) => (where === 0 ? edge : where === 1 ? 2 ** 32 - 1 - edge : middle)
)

/** Any block whose length is within bounds, its base wherever the address happens to fall. */
export const prefix = (shortest: number, longest: number): Arbitrary.Arbitrary<Ipv4Prefix> =>
  Arbitrary.map(Arbitrary.all([ipv4, whole(shortest, longest)]), ([address, length]) => prefixAround(address, length))

export const prefixText = (shortest: number, longest: number): Arbitrary.Arbitrary<string> =>
  Arbitrary.map(prefix(shortest, longest), formatPrefix)

export const portRange: Arbitrary.Arbitrary<readonly [number, number]> = Arbitrary.map(
  Arbitrary.all([whole(1, 65_535), whole(0, 1023)]),
  ([first, length]) => [first, Math.min(first + length, 65_535)] as const
)

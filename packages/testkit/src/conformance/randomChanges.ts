import type { LinkChange, Netns } from "@vmnet/core"
import * as change from "./linkChanges.ts"

/** A small generator of numbers (mulberry32): the same seed, the same history, on every machine. */
export const randomNumbers = (seed: number): ((below: number) => number) => {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const names = ["vma", "vmb", "vmc", "vmd"]
const addresses = ["10.0.1.1/24", "10.0.1.2/24", "10.0.1.1/25", "10.0.2.1/30", "10.0.3.1/32"]
const destinations = ["10.0.1.0/24", "10.9.0.0/16", "10.8.0.0/24", "10.0.2.2/32", "default"]
const gateways = [undefined, undefined, "10.0.1.9", "10.0.2.2"]
const neighbours = ["10.0.1.9", "10.0.2.2"]

/** Any change there is, over so few names and numbers that most of them have to do with one another. */
export const randomChange = (netns: Netns, random: (below: number) => number): LinkChange => {
  const pick = <A>(items: ReadonlyArray<A>): A => items[random(items.length)]!
  const mac = () => `02:00:00:00:00:0${random(8)}`
  const makers: ReadonlyArray<() => LinkChange> = [
    () => change.bridge(pick(names), { mac: mac(), mtu: pick([1400, 1500]) }),
    () => change.tap(pick(names), { mac: mac(), mtu: pick([1300, 9000]) }),
    () => change.veth(pick(names), netns, pick(names), { mac: mac() }),
    () => change.attach(pick(names), pick(names), random(2) === 0),
    () => change.tag(pick(names), `tag-${random(3)}`),
    () => change.up(pick(names)),
    () => change.up(pick(names)),
    () => change.address(pick(names), pick(addresses)),
    () => change.address(pick(names), pick(addresses)),
    () => change.deleteAddress(pick(names), pick(addresses)),
    () => change.route(pick(destinations), pick(names), pick(gateways)),
    () => change.route(pick(destinations), pick(names), pick(gateways)),
    () => change.deleteRoute(pick(destinations), pick(names), pick(gateways)),
    () => change.neighbour(pick(names), pick(neighbours)),
    () => change.deleteNeighbour(pick(names), pick(neighbours)),
    () => change.deleteLink(pick(names))
  ]
  return pick(makers)()
}

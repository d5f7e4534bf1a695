import { hostNetns, type Netns, OpsError } from "@vmnet/core"
import { type Attempt, commitText, type LoadInput, type Nft, ofSystemError } from "@vmnet/ops-common"
import { Effect, Schedule } from "effect"
import { inNewNetns } from "../netns/inNetns.ts"
import { isOutOfReach } from "../netns/outOfReach.ts"
import type { Place } from "../netns/Place.ts"
import { inPlace, type PlacesOpen } from "../netns/Places.ts"
import { asMessages, commitRaw, isRaw } from "./commitRaw.ts"
import { lookUp, setNames } from "./lookUp.ts"
import { output, runCommand, runText } from "./nftContext.ts"
import type { NftSocket } from "./NftSocket.ts"
import { slotTables } from "./slotTable.ts"

const busy = ({ action, family }: Attempt): OpsError =>
  new OpsError({ family, reason: "Busy", action, output: "others change the firewall all the time" })

const answered =
  (attempt: Attempt) =>
  <A>(answer: A | undefined): Effect.Effect<A, OpsError> =>
    answer === undefined ? Effect.fail(busy(attempt)) : Effect.succeed(answer)

type Use<A> = (socket: NftSocket) => A | undefined

/** How firewalls are reached: over a socket of their namespace, or by what libnftables does with this thread in there. */
const reaching = (places: PlacesOpen) => {
  const at = <A>(netns: Netns, attempt: Attempt, work: (place: Place) => A): Effect.Effect<A, OpsError> =>
    inPlace(places, netns, attempt, work, (cause) =>
      cause instanceof OpsError ? cause : ofSystemError(attempt, cause)
    )
  return {
    inside: <A>(netns: Netns, attempt: Attempt, work: () => A) => at(netns, attempt, (place) => place.within(work)),
    withSocket: <A>(netns: Netns, attempt: Attempt, use: Use<A>) =>
      Effect.flatMap(
        at(netns, attempt, (place) => place.firewall(use)),
        answered(attempt)
      )
  }
}

const retryBusy = {
  while: (error: OpsError) => error.reason === "Busy",
  times: 5,
  schedule: Schedule.exponential("20 millis")
}

/**
 * nft in this process. Elements are asked for and changed by netlink messages of our own, layouts are text for libnftables. What
 * cannot be done here is left to `other`: a thread cannot enter a namespace that belongs to another user namespace.
 */
export const nftLibrary = (other: Nft, places: PlacesOpen): Nft => {
  const slotTable = slotTables()
  const { inside, withSocket } = reaching(places)
  const load: LoadInput = (netns, attempt, { text }) => inside(netns, attempt, () => runText(text))

  const commit: Nft["commit"] = (netns, attempt, install, commands) => {
    const text = Effect.suspend(() => commitText(load, netns, attempt, install, commands))
    const raw = asMessages(install, commands, () => slotTable(install))
    if (raw === undefined) return text
    const sent = withSocket(netns, attempt, (socket) => commitRaw(socket, raw))
    // Nothing was done. What is refused of a layout is told by the lines of its text.
    return commands.every(isRaw)
      ? sent
      : Effect.flatMap(sent, (outcome) => (outcome.ok ? Effect.succeed(outcome) : text))
  }

  const here: Nft = {
    commit,
    listTable: (netns, attempt, family, table) =>
      inside(netns, attempt, () => runCommand(`list table ${family} ${table}`, output.json | output.numeric)),
    setNames: (netns, attempt, install) =>
      withSocket(netns, attempt, (socket) => setNames(socket, install)).pipe(Effect.retry(retryBusy)),
    entries: (netns, attempt, install, wanted) =>
      withSocket(netns, attempt, (socket) => lookUp(socket, install, wanted)).pipe(Effect.retry(retryBusy)),
    // `unshare` in this process is for root; who is not makes a user namespace with it, which a process with threads cannot.
    reference: (attempt, layout) =>
      process.geteuid?.() === 0
        ? inside(hostNetns, attempt, () =>
            inNewNetns(() => runCommand(layout, output.json | output.numeric | output.echo))
          ).pipe(
            // Root of a user namespace only.
            Effect.catchIf(
              ({ reason }) => reason === "Denied",
              () => other.reference(attempt, layout)
            )
          )
        : other.reference(attempt, layout)
  }

  const pick = (netns: Netns): Nft => (isOutOfReach(netns) ? other : here)
  return {
    commit: (netns, ...rest) => pick(netns).commit(netns, ...rest),
    listTable: (netns, ...rest) => pick(netns).listTable(netns, ...rest),
    setNames: (netns, ...rest) => pick(netns).setNames(netns, ...rest),
    entries: (netns, ...rest) => pick(netns).entries(netns, ...rest),
    reference: here.reference
  }
}

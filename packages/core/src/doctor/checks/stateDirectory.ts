import { schemaVersion } from "../../ledger/schema.ts"
import type { StateDirectoryFacts } from "../../ops/HostSurvey.ts"
import { type Check, ok, problem, type Said, warning, whenSeen } from "../Check.ts"
import { shellWord } from "../shellWord.ts"

const ofLedger = (stateDir: string, { ledger }: StateDirectoryFacts): ReadonlyArray<Said> =>
  whenSeen(ledger, `the ledger in ${stateDir}`, (facts) => {
    const details = { stateDir, ...facts }
    if (facts === null || facts.bytes === 0) return [ok(`${stateDir} has no ledger yet`, details)]
    if (facts.format === null) {
      return [problem(`the ledger in ${stateDir} is damaged: it is no database`, "vmnet gc", details)]
    }
    if (facts.format > schemaVersion) {
      return [
        problem(
          `the ledger in ${stateDir} has format ${facts.format}, this vmnet writes format ${schemaVersion}`,
          "use the newer vmnet that wrote it, or another --state-dir",
          details
        )
      ]
    }
    // 0 is what stands there while what was written last is in the log beside it.
    if (facts.format > 0 && facts.format < schemaVersion) {
      const message = `the ledger in ${stateDir} has format ${facts.format}: the next command makes it format ${schemaVersion}`
      return [warning(message, "vmnet status", details)]
    }
    return [ok(`the ledger in ${stateDir} is there`, details)]
  })

const ofDirectory = (stateDir: string, facts: StateDirectoryFacts, uid: number | undefined): ReadonlyArray<Said> => {
  const details = { stateDir, kind: facts.kind, uid: facts.uid, mode: facts.mode.toString(8) }
  if (facts.kind !== "directory") {
    const what = facts.kind === "link" ? "a symbolic link, which is not followed" : "no directory"
    return [problem(`state directory ${stateDir} is ${what}`, "choose another with --state-dir", details)]
  }
  if (uid !== undefined && facts.uid !== uid) {
    return [
      warning(`state directory ${stateDir} belongs to uid ${facts.uid}, not to you`, "sudo vmnet doctor", details)
    ]
  }
  if ((facts.mode & 0o077) !== 0) {
    const fix = `chmod 0700 ${shellWord(stateDir)}`
    return [problem(`state directory ${stateDir} is open to others (mode ${facts.mode.toString(8)})`, fix, details)]
  }
  const room = ofRoom(stateDir, facts)
  return [...room, ...ofLedger(stateDir, facts).filter(({ status }) => room.length === 0 || status !== "ok")]
}

const troubles = {
  "read-only": { words: "is on a read-only file system", fix: "findmnt -T DIR # remount it read-write" },
  denied: { words: "takes no writes of yours", fix: "chmod 0700 DIR" },
  blocks: { words: "is on a file system that is full", fix: "df -h DIR # free some space there" },
  inodes: { words: "is on a file system without a free inode", fix: "df -i DIR # delete some files there" }
} as const

/** Without room for the record nothing new comes up; what is there can still be taken down. */
const ofRoom = (stateDir: string, { unwritable }: StateDirectoryFacts): ReadonlyArray<Said> =>
  whenSeen(unwritable, `whether ${stateDir} can be written to`, (why) => {
    if (why === null) return []
    const { fix, words } = troubles[why]
    const message = `state directory ${stateDir} ${words}: nothing new can come up`
    return [problem(message, fix.replace("DIR", shellWord(stateDir)), { stateDir, unwritable: why })]
  })

/** Where vmnet remembers what it made. One that is not there yet is made by the first `up`. */
export const stateDirectory: Check = {
  id: "state-directory",
  diagnose: ({ process, stateDirectory }, { stateDir }) => {
    if (stateDir === null) {
      return [
        warning("there is no place for the state: XDG_RUNTIME_DIR is not set", "name a directory: --state-dir DIR")
      ]
    }
    return whenSeen(stateDirectory, `state directory ${stateDir}`, (facts) => {
      if (facts === null) return [ok(`state directory ${stateDir} is not there yet: nothing has been up`, { stateDir })]
      return ofDirectory(stateDir, facts, process._tag === "Seen" ? process.value.uid : undefined)
    })
  }
}

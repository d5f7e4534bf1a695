import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { join } from "node:path"
import { startTimeOf } from "#src/exec/procStat"

/** The files a process has open; none once it is gone. */
const openFiles = (pid: number): ReadonlyArray<string> => {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`))
  } catch {
    return []
  }
}

/** Another process of vmnet at work on a VM: this one holds its lock, in a ledger that is there already. */
export const lockedLedger = (stateDir: string, vm: string) => {
  const file = join(stateDir, "ledger.db")
  const database = new DatabaseSync(file)
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
  database
    .prepare("INSERT INTO locks (key, token, pid, start, boot) VALUES (?, 'test', ?, ?, ?)")
    .run(`vm ${vm}`, process.pid, startTimeOf(process.pid), boot)
  return {
    /** Whether the process has opened the ledger, after which it waits for the lock. */
    isOpenIn: (pid: number): boolean => openFiles(pid).includes(file),
    holders: () =>
      database
        .prepare("SELECT pid FROM locks")
        .all()
        .map((row) => row["pid"]),
    unlock: () => {
      database.exec("DELETE FROM locks")
      database.close()
    }
  }
}

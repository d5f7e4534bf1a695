import { DatabaseSync } from "node:sqlite"

// openTransaction.ts FILE: writes without committing, says so, and stays in the transaction until it is killed.

const database = new DatabaseSync(process.argv[2]!)
database.exec("BEGIN IMMEDIATE; INSERT INTO meta (key, value) VALUES ('half', 'done')")
console.log("writing")
setInterval(() => {}, 60_000)

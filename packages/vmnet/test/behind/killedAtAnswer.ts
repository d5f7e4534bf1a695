import { createVmnet } from "vmnet"

/** Brings VMs up and down, and dies when all are answered, with most of the work to do. */
const [backend = "tap", count = "1"] = process.argv.slice(2)
const vmnet = createVmnet({ config: {} })
const names = Array.from({ length: Number(count) }, (_, at) => `vm${at}`)
for (const vm of names) await vmnet.up({ vm, backend })
const answers = await Promise.all(names.map((vm) => vmnet.down(vm)))
console.log(answers.map(({ outcome }) => outcome).join(" "))
process.kill(process.pid, "SIGKILL")

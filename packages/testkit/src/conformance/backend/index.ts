export { arrivals } from "./arrivals.ts"
export { assertSame } from "./assertSame.ts"
export { backendConformance, partsByWay } from "./backendConformance.ts"
export { backendPairs } from "./backendPairs.ts"
export type { BackendSubject, HostileAct, SubjectFlags } from "./BackendSubject.ts"
export { leaseRows } from "./leaseRows.ts"
export { faultyServiceIn, type MemoryMachine, memoryMachine, serviceIn } from "./memoryMachine.ts"
export { emptyNetns } from "./netnsPeer.ts"
export { changing, runAt } from "./outside.ts"
export {
  faultyLedger,
  type HostOps,
  layerFaultyService,
  layerOnPrivateHost,
  layerService,
  type Service,
  type ServiceOptions,
  stateDir
} from "./services.ts"
export { suiteInstall, suiteOn } from "./suiteOn.ts"
export type { SuiteOptions } from "./suiteTests.ts"
export { leavesNoTrace, unchanged } from "./unchanged.ts"
export { type CommandOptions, type Ran, codeOf, vmnetCommand } from "./vmnetCommand.ts"
export { requestFor } from "./requestFor.ts"

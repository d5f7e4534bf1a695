export type { AttachedVm } from "./AttachedVm.ts"
export { createVmnet } from "./createVmnet.ts"
export type { CallOptions, ConfigObject, GcOptions, UpOptions, VmnetOptions, VmsOptions } from "./options.ts"
export type { EachVm, GcReport, Vmnet } from "./Vmnet.ts"
export { VmnetError, type VmnetErrorOptions } from "./VmnetError.ts"
export type {
  Attachment,
  Backend,
  CheckResult,
  Diagnosis,
  DownResult,
  DriftItem,
  ErrorCode,
  Finding,
  GcAction,
  GcVerdict,
  LeftAlone,
  NetworkDetail,
  Plan,
  ProgressStep,
  Published,
  RepairAction,
  RepairResult,
  ResolvConfResult,
  Status,
  VmDetail
} from "@vmnet/core"

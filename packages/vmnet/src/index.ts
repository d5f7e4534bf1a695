export type { AttachedVm } from "./AttachedVm.ts"
export { createVmnet } from "./createVmnet.ts"
export type { CallOptions, ConfigObject, UpOptions, VmnetOptions } from "./options.ts"
export type { Vmnet } from "./Vmnet.ts"
export { VmnetError, type VmnetErrorOptions } from "./VmnetError.ts"
export type {
  Attachment,
  Backend,
  DownResult,
  ErrorCode,
  NetworkDetail,
  Plan,
  ProgressStep,
  Published,
  Status,
  VmDetail
} from "@vmnet/core"

/**
 * Every error code vmnet reports, with the exit code of the command that reports it.
 *
 * Codes are stable: scripts match on them (`vmnet --json` prints them on stderr).
 * Exit codes: 1 failed · 2 usage or bad input · 3 not found · 4 conflict · 5 exhausted ·
 * 6 host not capable or no permission · 7 busy, try again · 8 a check found something.
 */
export const exitCodeOf = {
  STEP_FAILED: 1,
  LEDGER_FAILED: 1,
  INTERNAL: 1,
  BAD_INPUT: 2,
  CONFIG_INVALID: 2,
  OPTION_UNSUPPORTED: 2,
  VM_NOT_FOUND: 3,
  NETWORK_NOT_FOUND: 3,
  PUBLISH_NOT_FOUND: 3,
  VM_CONFLICT: 4,
  NETWORK_CONFLICT: 4,
  NETWORK_IN_USE: 4,
  PORT_IN_USE: 4,
  ADDRESS_IN_USE: 4,
  MAC_IN_USE: 4,
  NAME_TAKEN: 4,
  SUBNET_OVERLAP: 4,
  ADDRESS_EXHAUSTED: 5,
  NAME_EXHAUSTED: 5,
  POOL_EXHAUSTED: 5,
  NO_PERMISSION: 6,
  FORWARDING_OFF: 6,
  TOOL_MISSING: 6,
  HOST_NOT_CAPABLE: 6,
  BUSY: 7,
  DRIFT_FOUND: 8
} as const

export type ErrorCode = keyof typeof exitCodeOf

export const errorCodes = Object.keys(exitCodeOf) as ReadonlyArray<ErrorCode>

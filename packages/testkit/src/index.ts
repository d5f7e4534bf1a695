export * from "./faults/index.ts"
export * from "./memory/index.ts"

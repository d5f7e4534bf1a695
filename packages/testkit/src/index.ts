export * from "./faults/index.ts"
export * from "./guest/index.ts"
export * from "./host/index.ts"
export * from "./memory/index.ts"

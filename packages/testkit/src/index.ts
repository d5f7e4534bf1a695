export * from "./guest/index.ts"
export * from "./host/index.ts"

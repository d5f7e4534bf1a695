export * from "./host/index.ts"

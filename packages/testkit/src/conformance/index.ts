export * from "./KernelFixture.ts"
export * from "./linkOpsConformance.ts"

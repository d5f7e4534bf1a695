export interface GcOptions {
  readonly dryRun: boolean
}

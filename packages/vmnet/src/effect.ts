/**
 * `vmnet` for programs that use Effect: the layers it is composed of on a host, and how its requests are made.
 *
 * @module
 */
export * from "./config/configFile.ts"
export * from "./config/configPlaces.ts"
export * from "./config/knownNetworks.ts"
export * from "./config/networkDefaults.ts"
export * from "./config/requestOf.ts"
export * from "./host/builtinBackends.ts"
export * from "./host/doctorOf.ts"
export * from "./host/layerOps.ts"
export * from "./host/layers.ts"
export * from "./host/stateDir.ts"

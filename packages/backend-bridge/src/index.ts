export { bridgeBackend } from "./bridgeBackend.ts"

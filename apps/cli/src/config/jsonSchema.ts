// On its own, so that only `config schema` loads what it takes to derive it.
export { configJsonSchema } from "@vmnet/core"

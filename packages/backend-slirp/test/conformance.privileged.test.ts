import { backendConformance } from "@vmnet/testkit/conformance"
import { native, slirp } from "./support/subjects.ts"

// By one way only: this process cannot enter a slirp VM's namespaces, where programs do all there is to do either way.
backendConformance(slirp, native)

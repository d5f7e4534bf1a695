import { privateNetworkTests } from "./privateNetwork.ts"

privateNetworkTests()

/** The TAP that the user-mode network speaks Ethernet on: a name inside of the VM's own namespace, where nobody else has any. */
export const uplink = "slirp0"

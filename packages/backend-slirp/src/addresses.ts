/** What slirp4netns(1) is inside: its own subnet, and in it the guest, the host's side and the resolver. */
export const subnet = "10.0.2.0/24"
export const guestAddress = "10.0.2.100"
export const gateway = "10.0.2.2"
export const resolver = "10.0.2.3"

/** As large as fits into what libslirp takes: each packet costs the same, however long it is (slirp4netns(1)). */
export const mtu = 65_520

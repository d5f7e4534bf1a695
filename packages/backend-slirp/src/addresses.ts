/** What every guest sees: itself, and the namespace it is in as its gateway. */
export const subnet = "10.0.2.0/24"
export const guestAddress = "10.0.2.100"
export const gateway = "10.0.2.2"

/** What slirp4netns(1) and pasta(1) are to the namespace: the host's side of a subnet, and a resolver, by convention. */
export const uplinkSubnet = "10.0.3.0/24"
export const uplinkGateway = "10.0.3.2"
export const resolver = "10.0.3.3"

/** The namespace's own address there, which the guest leaves with, and that ports on every address are forwarded to. */
export const uplinkAddress = "10.0.3.100"

/**
 * An address of the namespace for one published range, by its mark, which no other range has. It is none that a guest
 * could want to reach: 240.0.0.0/4 is not in use anywhere (RFC 1112).
 */
export const addressOfMark = (mark: number): string => {
  const host = mark % 2 ** 27
  return [240 + (host >>> 24), (host >>> 16) & 255, (host >>> 8) & 255, host & 255].join(".")
}

/** As large as fits into what libslirp takes: each packet costs the same, however long it is (slirp4netns(1)). */
export const mtu = 65_520

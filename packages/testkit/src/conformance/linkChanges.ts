import type { AddBridge, AddTap, AddVeth, LinkChange, Netns } from "@vmnet/core"

/** Short ways to write the changes that suites use all the time, with every value that could vary pinned. */
export const bridge = (link: string, over: Partial<AddBridge> = {}): AddBridge => ({
  _tag: "AddBridge",
  link,
  mac: "02:00:00:00:0b:01",
  mtu: 1500,
  ...over
})

export const tap = (link: string, over: Partial<AddTap> = {}): AddTap => ({
  _tag: "AddTap",
  link,
  mac: "02:00:00:00:0a:01",
  mtu: 1500,
  ...over
})

export const veth = (link: string, netns: Netns, peer: string, over: Partial<AddVeth> = {}): AddVeth => ({
  _tag: "AddVeth",
  link,
  mac: "02:00:00:00:0e:01",
  mtu: 1500,
  peer: { link: peer, netns, mac: "02:00:00:00:0e:02" },
  ...over
})

export const up = (link: string): LinkChange => ({ _tag: "SetUp", link })
export const tag = (link: string, alias: string): LinkChange => ({ _tag: "SetAlias", link, alias })
export const deleteLink = (link: string): LinkChange => ({ _tag: "DeleteLink", link })

export const attach = (link: string, master: string, isolated = false): LinkChange => ({
  _tag: "SetMaster",
  link,
  master,
  isolated
})

export const address = (link: string, address: string): LinkChange => ({ _tag: "AddAddress", link, address })
export const deleteAddress = (link: string, address: string): LinkChange => ({ _tag: "DeleteAddress", link, address })

export const route = (destination: string, link: string, via?: string): LinkChange => ({
  _tag: "AddRoute",
  destination,
  link,
  ...(via === undefined ? {} : { via })
})

export const deleteRoute = (destination: string, link: string, via?: string): LinkChange => ({
  _tag: "DeleteRoute",
  destination,
  link,
  ...(via === undefined ? {} : { via })
})

export const neighbour = (link: string, address: string, mac = "02:00:00:00:0c:01"): LinkChange => ({
  _tag: "AddNeighbour",
  link,
  address,
  mac
})

export const deleteNeighbour = (link: string, address: string): LinkChange => ({
  _tag: "DeleteNeighbour",
  link,
  address
})

import { formatOwner, type Lease, type Netns } from "@vmnet/core"

/** The namespace of this generation of the VM, which its first resource makes. */
export const netnsOf = ({ generation, install, vm }: Lease): Netns => ({
  _tag: "Helper",
  owner: formatOwner({ install, subject: vm, generation })
})

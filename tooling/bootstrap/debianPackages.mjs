import { spawnSync } from "node:child_process"
import { setTimeout as sleep } from "node:timers/promises"
import { say, step, StepFailed } from "./step.mjs"

const attempts = 3
const pauseMs = 5_000

/** What the programs behind vmnet and the guests of its tests are called in Debian 12. */
const wanted = [
  "iproute2",
  "nftables",
  "iptables",
  "slirp4netns",
  "passt",
  process.arch === "arm64" ? "qemu-system-arm" : "qemu-system-x86",
  "busybox-static",
  "cpio",
  process.arch === "arm64" ? "linux-image-cloud-arm64" : "linux-image-cloud-amd64"
]

/**
 * @param {ReadonlyArray<string>} names
 * @param {string} listing lines of `package<tab>status`, as dpkg-query prints them; unknown packages have no line
 */
export const notInstalled = (names, listing) => {
  const installed = new Set(
    listing.split("\n").flatMap((line) => {
      const [name, status] = line.split("\t")
      return name !== undefined && status === "installed" ? [name] : []
    })
  )
  return names.filter((name) => !installed.has(name))
}

const missing = () => {
  const format = "--showformat=${Package}\\t${db:Status-Status}\\n"
  const query = spawnSync("dpkg-query", ["--show", format, ...wanted], { encoding: "utf8" })
  if (query.error === undefined) return notInstalled(wanted, query.stdout)
  say(
    `this is not Debian (${query.error.message}): make sure that what these packages hold is there: ${wanted.join(" ")}`
  )
  return []
}

const aptOptions = [
  "-o",
  "DPkg::Lock::Timeout=300",
  "-o",
  "Acquire::Retries=3",
  "-o",
  "Dpkg::Options::=--force-confdef",
  "-o",
  "Dpkg::Options::=--force-confold"
]

// A kernel package runs hooks that may ask; nobody is there to answer.
const quiet = {
  DEBIAN_FRONTEND: "noninteractive",
  DEBIAN_PRIORITY: "critical",
  APT_LISTCHANGES_FRONTEND: "none",
  NEEDRESTART_SUSPEND: "1",
  UCF_FORCE_CONFFOLD: "1"
}

/** @param {ReadonlyArray<string>} packages */
const install = async (packages) => {
  await step("refreshing the list of Debian packages", ["apt-get", ...aptOptions, "update"], quiet)
  await step(
    "installing Debian packages",
    ["apt-get", ...aptOptions, "install", "--yes", "--no-install-recommends", ...packages],
    quiet
  )
}

/**
 * Mirrors fail and get out of step with their lists; an attempt that was cut off leaves half-configured packages.
 *
 * @param {ReadonlyArray<string>} packages
 */
const installPatiently = async (packages) => {
  for (let attempt = 1; attempt < attempts; attempt++) {
    try {
      return await install(packages)
    } catch (error) {
      say(`${error instanceof Error ? error.message : error}\n`)
      say(`attempt ${attempt} of ${attempts} to install Debian packages failed, trying again in ${pauseMs / 1000} s`)
    }
    await sleep(pauseMs)
    await step("finishing interrupted package installations", ["dpkg", "--configure", "--pending"], quiet)
  }
  await install(packages)
}

/** @param {ReadonlyArray<string>} packages */
const needsRoot = (packages) => {
  const install = `apt-get install --yes --no-install-recommends ${packages.join(" ")}`
  return new StepFailed(
    `these Debian packages are missing and only root can install them. Run\n\n` +
      `  sudo sh -c 'apt-get update && ${install}'\n\nand then this again`,
    6
  )
}

export const ensureDebianPackages = async () => {
  const packages = missing()
  if (packages.length === 0) return
  if (process.getuid?.() !== 0) throw needsRoot(packages)
  say(`missing Debian packages: ${packages.join(" ")}`)
  await installPatiently(packages)
}

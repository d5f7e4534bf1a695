import { type Check, ok, warning, whenSeen } from "../Check.ts"

/** The stronger of both counts (Documentation/networking/ip-sysctl.rst, rp_filter). */
const effective = (all: string | null, own: string | null): number => Math.max(Number(all ?? 0), Number(own ?? 0))

const usable = /^[A-Za-z0-9][A-Za-z0-9_-]*$/

/** Strict filtering drops replies that come in by another way than that to their sender: with one uplink there is none. */
export const rpFilter: Check = {
  id: "rp-filter",
  diagnose: ({ routing, rpFilter }) =>
    whenSeen(rpFilter, "rp_filter", (setting) => {
      const { uplink, defaultRoutes } = routing._tag === "Seen" ? routing.value : { uplink: null, defaultRoutes: 0 }
      const strict = effective(setting.all, setting.uplink) === 1
      const details = { ...setting, uplink, defaultRoutes }
      if (!strict) return [ok("the source of what arrives is not filtered strictly (rp_filter)", details)]
      if (defaultRoutes < 2) return [ok("rp_filter is strict, which is right for a host with one way out", details)]
      const key =
        uplink !== null && usable.test(uplink) ? `net.ipv4.conf.${uplink}.rp_filter` : "net.ipv4.conf.all.rp_filter"
      return [
        warning(
          `rp_filter is strict and there are ${defaultRoutes} default routes: replies to guests that take another one are dropped`,
          `sysctl -w ${key}=2`,
          details
        )
      ]
    })
}

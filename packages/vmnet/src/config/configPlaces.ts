/** Where a configuration is looked for: the file somebody named, which must be there, else the default one. */
export interface ConfigPlaces {
  readonly named: string | undefined
  readonly otherwise: string
}

/** The file that is read when none is named. */
export const defaultConfigFile = "/etc/vmnet/config.yaml"

/** The file named directly, or by `$VMNET_CONFIG`. */
export const namedConfig = (
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>
): string | undefined => file ?? (env["VMNET_CONFIG"] || undefined)

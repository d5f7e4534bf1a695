export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
}

const sgr =
  (on: number, off: number) =>
  (text: string): string =>
    text === "" ? text : `\u001b[${on}m${text}\u001b[${off}m`

const plain = (text: string): string => text

export const colored: Style = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39)
}

export const uncolored: Style = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain }

export const styleFor = (look: { readonly color: boolean }): Style => (look.color ? colored : uncolored)

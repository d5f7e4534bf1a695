/** A word of a command as a person may type it, whatever is in it. */
export const shellWord = (text: string): string =>
  /^[A-Za-z0-9_./-]+$/.test(text) && !text.startsWith("-") ? text : `'${text.replaceAll("'", "'\\''")}'`

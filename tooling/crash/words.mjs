/**
 * What a point is called: the same in every run of one command, so whatever differs from run to run is left out (process
 * ids, file descriptors, names that depend on the install).
 * @param {string} text
 */
export const wordsOf = (text) =>
  text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\/proc\/\d+\//g, "/proc/PID/")
    .replaceAll(/\/fd\/\d+/g, "/fd/N")
    .replaceAll(/(--(?:netns|userns|net|user)[= ]\S*?)\d+/g, "$1N")
    .replaceAll(/\bvm[a-z][a-z2-7]{12}\b/g, "DEVICE")
    .replaceAll(/\b[0-9a-f]{16}\b/g, "HASH")
    .replaceAll(/\b\d{3,}\b/g, "N")
    .trim()
    .slice(0, 240)

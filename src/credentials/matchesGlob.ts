/**
 * Names as people abbreviate them.
 */

/** Whether the glob means the whole name: `*` stands for any characters, `?` for one. No backtracking beyond the last star. */
export const matchesGlob = (glob: string, name: string): boolean => {
  let g = 0
  let n = 0
  let star = -1
  let retry = 0
  while (n < name.length) {
    if (glob[g] === "?" || (glob[g] === name[n] && glob[g] !== "*")) {
      g++
      n++
    } else if (glob[g] === "*") {
      star = g++
      retry = n
    } else if (star >= 0) {
      g = star + 1
      n = ++retry
    } else {
      return false
    }
  }
  while (glob[g] === "*") g++
  return g === glob.length
}

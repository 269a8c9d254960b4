/**
 * The text of a config file as it may be shown: on a terminal, in a ticket, in the log of a deployment.
 */
import { isMap, isNode, isScalar, isSeq } from "yaml"
import { yamlDocument } from "./yamlDocument.ts"

/** Keys that hold secrets, or may: ours, and those of Beats and LogRhythm that we do not read. */
const SECRET = /(?:key|keyid|secret|pass(?:word|phrase)?|token|proxy_url|externalid)$/iu

/** The same in a comment, where a value may have been put aside. */
const IN_COMMENT = /(#.*(?:key|keyid|secret|pass(?:word|phrase)?|token|proxy_url|externalid)["']?\s*[:=]\s*)\S.*/giu

const HIDDEN = "(hidden)"

/**
 * The text with the values of all keys that hold secrets hidden; everything else stands as it was.
 *
 * **Not promised** That a secret is hidden which stands where none belongs.
 */
export const withoutSecrets = (text: string): string => {
  const ranges: Array<readonly [from: number, to: number]> = []
  const look = (node: unknown): void => {
    if (isSeq(node)) node.items.forEach(look)
    if (!isMap(node)) return
    for (const { key, value } of node.items) {
      const isSecret = isScalar(key) && SECRET.test(String(key.value).trim())
      if (!isSecret) look(value)
      else if (isNode(value) && value.range && value.range[1] > value.range[0]) {
        ranges.push([value.range[0], value.range[1]])
      }
    }
  }
  look(yamlDocument(text).contents)
  const shown = ranges
    .toSorted(([a], [b]) => b - a)
    .reduce((text, [from, to]) => `${text.slice(0, from)}${hidden(text.slice(from, to))}${text.slice(to)}`, text)
  return shown.replace(IN_COMMENT, `$1${HIDDEN}`)
}

/** A text of several lines ends with a line end, which belongs to the file. */
const hidden = (value: string): string => `${HIDDEN}${/\r?\n$/u.exec(value)?.[0] ?? ""}`

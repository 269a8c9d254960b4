/**
 * Keys put into the text of a config file, as a person would write them there.
 */
import { isMap, isScalar, isSeq, Pair, Scalar } from "yaml"
import { type BeatSection, isEmptyNode, type KeyPair } from "./BeatSection.ts"

/** A key and its value, as they are written in the file. */
export interface WrittenKey {
  readonly name: string
  readonly value: string
}

/**
 * The text with the keys after the last one of the section.
 *
 * **Shape** One insertion: whole lines with the section's indentation and the file's line ends, or a part of a line in braces.
 * Nothing when the section is laid out in a way that leaves no place for them.
 *
 * **Not promised** That the text means what it meant: whoever calls must read it again.
 */
export const insertKeys = (
  text: string,
  section: BeatSection,
  added: ReadonlyArray<WrittenKey>
): string | undefined => {
  const insertion = section.keys.flow === true ? inBraces(section, added) : onLines(text, section, added)
  return insertion && `${text.slice(0, insertion.offset)}${insertion.text}${text.slice(insertion.offset)}`
}

/** A text, and the place in the old one where it goes. */
interface Insertion {
  readonly offset: number
  readonly text: string
}

/** Right after the last value, before the comma or comment that may follow it; right after the brace when there is none. */
const inBraces = ({ keys, last, prefix }: BeatSection, added: ReadonlyArray<WrittenKey>): Insertion => {
  const isJson = isScalar(last?.key) && last.key.type === Scalar.QUOTE_DOUBLE
  const text = added
    .map(({ name, value }) => (isJson ? `"${prefix}${name}": ${inJson(value)}` : `${prefix}${name}: ${value}`))
    .join(", ")
  return last?.value && !isEmptyNode(last.value)
    ? { offset: last.value.range[1], text: `, ${text}` }
    : { offset: keys.range[0] + 1, text: last === undefined ? text : `${text}, ` }
}

const inJson = (value: string): string => (/^(?:true|false|\[.*)$/.test(value) ? value : JSON.stringify(value))

/** On the lines after the last one of the key that they follow, indented as it is. */
const onLines = (
  text: string,
  { last, prefix }: BeatSection,
  added: ReadonlyArray<WrittenKey>
): Insertion | undefined => {
  if (last === undefined) return undefined
  const start = last.key.range[0]
  const indentation = text.slice(text.lastIndexOf("\n", start - 1) + 1, start).replace("\uFEFF", "")
  if (!/^ *$/.test(indentation)) return undefined
  const lines = added.map(({ name, value }) => `${indentation}${prefix}${name}: ${value}`)
  const end = endOf(last)
  // A block scalar ends after the end of its last line, everything else before it.
  const newline = text[end - 1] === "\n" ? end - 1 : text.indexOf("\n", end)
  if (newline < 0) {
    const lineEnd = text.includes("\r\n") ? "\r\n" : "\n"
    return { offset: text.length, text: lines.map((line) => `${lineEnd}${line}`).join("") }
  }
  const lineEnd = text[newline - 1] === "\r" ? "\r\n" : "\n"
  return { offset: newline + 1, text: lines.map((line) => `${line}${lineEnd}`).join("") }
}

/** Where the last word of a key ends: of nested mappings and lists, that of their last item. */
const endOf = ({ key, value }: KeyPair): number => {
  if (isMap(value) && value.flow !== true) {
    const inner = value.items.at(-1)
    if (inner !== undefined) return endOf(inner)
  }
  if (isSeq(value) && value.flow !== true) {
    const inner = value.items.at(-1)
    if (inner !== undefined) return endOf(new Pair(key, inner))
  }
  return value === null ? key.range[1] : value.range[1]
}

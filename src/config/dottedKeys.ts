/**
 * Nested and dotted spellings of the same keys, which Beats files mix at any level, made one:
 * `s3beat.multiline.pattern: x` is `s3beat: { multiline: { pattern: x } }`.
 */
import { type ConfigNode, type Entry, isEmpty, type Mapping } from "./ConfigNode.ts"
import { type KeyPath, ofKey, type Position, type Problem } from "./Problem.ts"

/** A key as the file spells it, and what it holds. */
export interface SpelledEntry extends Entry {
  readonly name: string
}

/** The sections and the key that a dotted name spells out. */
export const stepsOf = (name: string): ReadonlyArray<string> => {
  const steps = name.split(".")
  return steps.includes("") ? [name] : steps
}

/**
 * The entries of one section as it stands in the file, each nested where its dotted name belongs. Sections that are spelled
 * in several places are merged.
 *
 * **Errors** A problem for every key that is set twice, at the second place.
 */
export const nest = (
  spelled: ReadonlyArray<SpelledEntry>,
  position: Position,
  path: KeyPath
): { readonly mapping: Mapping; readonly problems: ReadonlyArray<Problem> } => {
  const entries = new Map<string, Entry>()
  const names = new Map<string, Position>()
  const problems: Array<Problem> = []
  const setTwice = (earlier: Position, at: Position, where: KeyPath) =>
    problems.push(ofKey(at, where, `is already set on line ${earlier.line}; keep one of the two`))

  /** Sections that were merged here: to copy one for each key that is added would take a second power of their number. */
  const merges = new Map<Mapping["entries"], Map<string, Entry>>()
  const ownEntries = ({ entries }: Mapping): Map<string, Entry> => {
    const own = merges.get(entries) ?? new Map(entries)
    merges.set(own, own)
    return own
  }

  const put = (into: Map<string, Entry>, name: string, entry: Entry, within: KeyPath): void => {
    const earlier = into.get(name)
    if (earlier === undefined || isEmpty(earlier.value)) {
      into.set(name, entry)
    } else if (earlier.value._tag === "Mapping" && entry.value._tag === "Mapping") {
      const merged = ownEntries(earlier.value)
      for (const [inner, value] of entry.value.entries) put(merged, inner, value, [...within, name])
      into.set(name, { key: earlier.key, value: { ...earlier.value, entries: merged } })
    } else if (!isEmpty(entry.value)) {
      setTwice(earlier.key, entry.key, [...within, name])
    }
  }

  for (const entry of spelled) {
    const [first = entry.name, ...rest] = stepsOf(entry.name)
    const same = names.get(entry.name)
    if (same !== undefined) setTwice(same, entry.key, [...path, first, ...rest])
    else put(entries, first, { key: entry.key, value: wrap(rest, entry) }, path)
    names.set(entry.name, same ?? entry.key)
  }
  return { mapping: { _tag: "Mapping", position, entries }, problems }
}

const wrap = (steps: ReadonlyArray<string>, { key, value }: Entry): ConfigNode =>
  steps.reduceRight<ConfigNode>(
    (inner, step) => ({ _tag: "Mapping", position: key, entries: new Map([[step, { key, value: inner }]]) }),
    value
  )

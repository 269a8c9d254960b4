/**
 * A config file as a tree that remembers where everything stands, so that an error found by the Schema leads back to a line.
 */
import type { KeyPath, Position } from "./Problem.ts"

/**
 * A single value.
 *
 * **Shape** `isLiteral` unless something of it came from the environment, `isSecret` if something of it came from a keystore; a
 * number only where its text is that number.
 */
export interface Scalar {
  readonly _tag: "Scalar"
  readonly position: Position
  readonly value: string | number | boolean | null
  readonly isLiteral: boolean
  readonly isSecret: boolean
}

/** A list. */
export interface Sequence {
  readonly _tag: "Sequence"
  readonly position: Position
  readonly items: ReadonlyArray<ConfigNode>
}

/** Keys with their values. **Shape** `position` is that of the key that names the section. */
export interface Mapping {
  readonly _tag: "Mapping"
  readonly position: Position
  readonly entries: ReadonlyMap<string, Entry>
}

/** A key of a mapping: where it stands, and what it holds. */
export interface Entry {
  readonly key: Position
  readonly value: ConfigNode
}

/** What could not be read, and was told: it is there, but nothing more is to be said of it. */
export interface Refused {
  readonly _tag: "Refused"
  readonly position: Position
}

/** Anything that may stand in a config file. */
export type ConfigNode = Scalar | Sequence | Mapping | Refused

/** Nothing is there: `key:` or `key: ''`. LogRhythm writes the latter for keys that are not set, so both mean no key at all. */
export const isEmpty = (node: ConfigNode): boolean =>
  node._tag === "Scalar" && (node.value === null || node.value === "")

/** The tree as plain data, without empty keys: what the Schema decodes. */
export const toPlain = (node: ConfigNode): unknown => {
  switch (node._tag) {
    case "Scalar":
      return node.value
    case "Refused":
      return undefined
    case "Sequence":
      return node.items.map(toPlain)
    case "Mapping":
      return Object.fromEntries(
        Array.from(node.entries)
          .filter(([, entry]) => !isEmpty(entry.value))
          .map(([name, entry]) => [name, toPlain(entry.value)])
      )
  }
}

/** What stands at the path, unless it is empty. */
export const find = (root: ConfigNode, path: KeyPath): ConfigNode | undefined => {
  const { depth, node } = locate(root, path)
  return depth === path.length && !isEmpty(node) ? node : undefined
}

/**
 * How far the path can be followed, and what stands there: the Schema may speak of places that the file spells shorter,
 * such as the first item of a list that was written as a single value.
 */
export const locate = (root: ConfigNode, path: KeyPath): { readonly node: ConfigNode; readonly depth: number } => {
  let node = root
  for (const [depth, step] of path.entries()) {
    const next = child(node, step)
    if (next === undefined) return { node, depth }
    node = next
  }
  return { node, depth: path.length }
}

/** Where the key itself stands, and not what it holds; where its section begins when it is not there. */
export const keyPosition = (root: ConfigNode, path: KeyPath): Position => {
  const { node } = locate(root, path.slice(0, -1))
  const entry = node._tag === "Mapping" ? node.entries.get(String(path.at(-1))) : undefined
  return entry?.key ?? node.position
}

const child = (node: ConfigNode, step: PropertyKey): ConfigNode | undefined => {
  if (node._tag === "Mapping") return node.entries.get(String(step))?.value
  return node._tag === "Sequence" && typeof step === "number" ? node.items[step] : undefined
}

/**
 * Where in a config file the keys of s3beat itself stand: under `s3beat:`, or at the top as `s3beat.key:`.
 */
import { Result } from "effect"
import { isMap, isScalar, type Pair, type ParsedNode, Scalar, type YAMLMap } from "yaml"
import { stepsOf } from "./dottedKeys.ts"
import { ofFile, ofKey, type Problem, type Position } from "./Problem.ts"

/** A key and what it holds, as the parser found them. */
export type KeyPair = Pair<ParsedNode, ParsedNode | null>

/** A mapping as the parser found it. */
export type KeyMap = YAMLMap.Parsed<ParsedNode, ParsedNode | null>

/** The section, as far as it matters to whoever adds a key to it. */
export interface BeatSection {
  /** The mapping to add to: what stands under `s3beat`, or the whole file, where each name begins with the prefix. */
  readonly keys: KeyMap
  readonly prefix: "" | "s3beat."
  /** The key that new ones are to follow; none in an empty mapping. */
  readonly last: KeyPair | undefined
  /** Where the section, or its last key, begins. **Units** UTF-16 code units from the beginning of the text. */
  readonly position: number
  /** The keys that are there in either spelling, whatever they hold. Spaces around them, a slip of LogRhythm's, are trimmed. */
  readonly names: ReadonlySet<string>
}

/**
 * Finds the section. Where both spellings occur, what stands under `s3beat` is the one to add to.
 *
 * **Errors** A problem when there is no section, when there are two, and when `s3beat` holds something else.
 */
export const findBeatSection = (
  contents: KeyMap,
  positionAt: (offset: number) => Position
): Result.Result<BeatSection, ReadonlyArray<Problem>> => {
  const problem = (offset: number, message: string) =>
    Result.fail([ofKey(positionAt(offset), ["s3beat"], message)] as const)
  const names = new Set<string>()
  let nested: { readonly keys: KeyMap; readonly position: number } | undefined
  let lastDotted: KeyPair | undefined
  for (const pair of contents.items) {
    const [first, name] = stepsOf(nameOf(pair))
    const { key, value } = pair
    if (first !== "s3beat") continue
    if (name !== undefined) {
      lastDotted = pair
      names.add(name)
    } else if (isMap(value)) {
      if (nested !== undefined) {
        return problem(
          key.range[0],
          `is already set on line ${positionAt(nested.position).line}; make one section of the two`
        )
      }
      nested = { keys: value, position: key.range[0] }
      for (const inner of value.items) names.add(stepsOf(nameOf(inner))[0] ?? "")
    } else if (!isEmptyNode(value)) {
      return problem(key.range[0], "must be a section with keys of its own, such as beatIdentifier")
    }
  }
  if (nested !== undefined) return Result.succeed({ ...nested, prefix: "", last: nested.keys.items.at(-1), names })
  return lastDotted === undefined
    ? Result.fail([ofFile("has no section s3beat with keys in it; s3beat init writes a new file")])
    : Result.succeed({ keys: contents, prefix: "s3beat.", last: lastDotted, position: lastDotted.key.range[0], names })
}

/** Nothing is there: `key:`. */
export const isEmptyNode = (node: ParsedNode | null): boolean =>
  node === null || (isScalar(node) && node.type === Scalar.PLAIN && node.source === "")

const nameOf = ({ key }: KeyPair): string => (isScalar(key) ? String(key.value).trim() : "")

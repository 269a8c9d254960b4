/**
 * From the text of a config file to its tree: YAML, variables, nested and dotted keys.
 */
import { Result } from "effect"
import { isMap, isNode, isScalar, isSeq, Scalar } from "yaml"
import type { ConfigNode, Mapping } from "./ConfigNode.ts"
import { isEmpty } from "./ConfigNode.ts"
import { nest, stepsOf, type SpelledEntry } from "./dottedKeys.ts"
import { type Environment, expand, variablesIn } from "./environment.ts"
import { type KeyPath, ofFile, ofKey, type Position, type Problem } from "./Problem.ts"
import { yamlDocument } from "./yamlDocument.ts"

/** What a text says, and what is wrong with how it says it. */
export interface ReadConfig {
  readonly root?: Mapping
  readonly problems: ReadonlyArray<Problem>
  readonly variables: ReadonlySet<string>
}

/**
 * Reads the text.
 *
 * **Shape** No `root` when the text is no YAML mapping at all; then `problems` says why. Spaces around a key, a known slip in
 * LogRhythm's own files, are trimmed. Empty items of a list are left out.
 *
 * `variables` are those that its values name.
 *
 * **Errors** Every problem of spelling at once; what the keys mean is the Schema's business.
 */
export const readYaml = (text: string, environment: Environment): ReadConfig => {
  const { contents, positionAt, problems: syntax } = yamlDocument(text)
  if (syntax.length > 0) return nothing(syntax)
  if (contents === null || (isScalar(contents) && contents.value === "")) {
    return nothing([ofFile("is empty; s3beat.yml.example shows what belongs in it")])
  }
  if (!isMap(contents)) {
    return nothing([ofFile("holds no keys; s3beat.yml.example shows what belongs in it")])
  }

  const problems: Array<Problem> = []
  const variables = new Set<string>()
  const refuse = (position: Position, path: KeyPath, message: string): ConfigNode => {
    problems.push(ofKey(position, path, message))
    return { _tag: "Refused", position }
  }

  const read = (node: unknown, keyed: Position | undefined, path: KeyPath): ConfigNode => {
    const position = positionOf(node) ?? keyed ?? { line: 1, column: 1 }
    if (isMap(node)) return readMapping(node.items, keyed ?? position, path)
    if (isSeq(node)) {
      const items = node.items.map((item, index) => read(item, undefined, [...path, index]))
      return { _tag: "Sequence", position, items: items.filter((item) => !isEmpty(item)) }
    }
    if (!isScalar(node)) {
      return node === null || node === undefined
        ? { _tag: "Scalar", position, value: null, isLiteral: true, isSecret: false }
        : refuse(position, path, "aliases are not supported; write the value out")
    }
    const spelled = String(node.value)
    for (const name of variablesIn(spelled)) variables.add(name)
    return Result.match(expand(spelled, environment), {
      onFailure: (message) => refuse(position, path, message),
      onSuccess: ({ text, ...origin }) => {
        const value = node.type === Scalar.PLAIN ? plainValue(text) : text
        // `key:` has its emptiness somewhere behind the colon; what people look for is the key.
        return { _tag: "Scalar", position: value === null && keyed !== undefined ? keyed : position, value, ...origin }
      }
    })
  }

  const readMapping = (
    pairs: ReadonlyArray<{ readonly key: unknown; readonly value: unknown }>,
    position: Position,
    path: KeyPath
  ): Mapping => {
    const spelled = pairs.flatMap(({ key, value }): ReadonlyArray<SpelledEntry> => {
      const keyPosition = positionOf(key) ?? position
      if (!isScalar(key)) {
        refuse(keyPosition, path, "a key must be a single word")
        return []
      }
      const name = String(key.value).trim()
      return [{ name, key: keyPosition, value: read(value, keyPosition, [...path, ...stepsOf(name)]) }]
    })
    const nested = nest(spelled, position, path)
    for (const problem of nested.problems) problems.push(problem)
    return nested.mapping
  }

  const positionOf = (node: unknown): Position | undefined => {
    const range = isNode(node) ? node.range : undefined
    return range === undefined || range === null ? undefined : positionAt(range[0])
  }

  return { root: readMapping(contents.items, { line: 1, column: 1 }, []), problems, variables }
}

/**
 * What an unquoted text means. A number must be written as JavaScript would write it: `0600`, `007` and account ids stay the
 * text that they are.
 */
const plainValue = (text: string): string | number | boolean | null => {
  if (/^(?:~|null|Null|NULL)?$/.test(text)) return null
  if (text === "true" || text === "false") return text === "true"
  const number = Number(text)
  return Number.isFinite(number) && String(number) === text ? number : text
}

const nothing = (problems: ReadonlyArray<Problem>): ReadConfig => ({ problems, variables: new Set() })

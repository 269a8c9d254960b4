/**
 * The keys of the STS feature, added to a config file that was written before there was one. Text is inserted and no other byte is
 * touched, so that comments, order, quotes and line ends stay what they are.
 */
import { Result } from "effect"
import { isMap, isScalar, isSeq, type ParsedNode, visit } from "yaml"
import { type BeatSection, findBeatSection, type KeyMap } from "./BeatSection.ts"
import { insertKeys, type WrittenKey } from "./insertKeys.ts"
import { ofFile, ofKey, type Problem } from "./Problem.ts"
import { configKeys } from "./S3beatConfig.ts"
import { yamlDocument } from "./yamlDocument.ts"

/** What becomes of a file. **Shape** `added` is empty, and `text` the same, when nothing was missing. */
export interface Migration {
  readonly text: string
  readonly added: ReadonlyArray<WrittenKey>
}

/** The keys that the feature brought, with their defaults. **Source** LogRhythm adds these three to the file of a running beat */
export const stsKeys: ReadonlyArray<WrittenKey> = ["assumeRoleFlag", "assumeRoleArn", "stsCredsExpirationTime"].map(
  (name) => ({ name, value: configKeys.find(({ path }) => path === `s3beat.${name}`)?.default ?? "" })
)

/**
 * Adds the keys that are missing, as the last ones of the section `s3beat`, in its own spelling: nested, dotted or in braces.
 *
 * **Errors** A problem, with its place and what to do, when the text is no YAML, has no such section, or cannot be added to.
 *
 * **Guarantee** The new text holds what the old one held and the keys, and nothing else: it is read again before it is returned.
 * A second time nothing is missing.
 */
export const addStsKeys = (text: string): Result.Result<Migration, ReadonlyArray<Problem>> => {
  const document = yamlDocument(text)
  const { contents, positionAt, problems } = document
  if (problems.length > 0) return Result.fail(problems)
  if (!isMap(contents)) return Result.fail([ofFile("holds no keys; s3beat init writes a new file")])
  const alias = firstAlias(contents)
  if (alias !== undefined) {
    return Result.fail([ofKey(positionAt(alias), [], "aliases are not supported; write the value out")])
  }
  return Result.flatMap(findBeatSection(contents, positionAt), (section) => {
    const added = stsKeys.filter(({ name }) => !section.names.has(name))
    if (added.length === 0) return Result.succeed({ text, added })
    const migrated = insertKeys(text, section, added)
    if (migrated !== undefined && holdsBoth(migrated, contents, section, added)) {
      return Result.succeed({ text: migrated, added })
    }
    const byHand = added.map(({ name, value }) => `${section.prefix}${name}: ${value}`).join(", ")
    const message = `no key can be added here without changing others; add by hand: ${byHand}`
    return Result.fail([ofKey(positionAt(section.position), ["s3beat"], message)])
  })
}

const firstAlias = (contents: ParsedNode): number | undefined => {
  let offset: number | undefined
  visit(contents, {
    Alias: (_, { range }) => {
      offset = range?.[0]
      return visit.BREAK
    }
  })
  return offset
}

const holdsBoth = (
  migrated: string,
  before: KeyMap,
  { keys, prefix }: BeatSection,
  added: ReadonlyArray<WrittenKey>
): boolean => {
  const after = yamlDocument(migrated)
  const more = added.map(({ name, value }) => pairOf(`"${prefix}${name}"`, value === "[]" ? value : `"${value}"`))
  return after.problems.length === 0 && contentOf(after.contents) === contentOf(before, { keys, more })
}

/** What a node holds, as one text in which the order of keys does not count; with more in one of its mappings, when given. */
const contentOf = (
  node: ParsedNode | null,
  grown?: { readonly keys: KeyMap; readonly more: ReadonlyArray<string> }
): string => {
  if (isMap(node)) {
    const pairs = node.items.map(({ key, value }) => pairOf(contentOf(key), contentOf(value, grown)))
    return `{${[...pairs, ...(node === grown?.keys ? grown.more : [])].toSorted().join(", ")}}`
  }
  if (isSeq(node)) return `[${node.items.map((item) => contentOf(item)).join(", ")}]`
  return isScalar(node) ? JSON.stringify(String(node.value)) : "null"
}

const pairOf = (key: string, value: string): string => `${key}: ${value}`

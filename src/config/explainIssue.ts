/**
 * From what the Schema found to what people read: a place in the file, the key, a sentence.
 */
import type { SchemaAST, SchemaIssue } from "effect"
import type { ConfigKey } from "./ConfigKey.ts"
import { keyPosition, locate, type Mapping } from "./ConfigNode.ts"
import { nearestKey } from "./nearestKey.ts"
import { type KeyPath, ofKey, type Problem } from "./Problem.ts"

/**
 * All problems of an issue, in no particular order.
 *
 * **Shape** A required key that is missing goes unmentioned when an unknown one was surely meant for it. Of a value that came
 * from a keystore only what it must be is told.
 */
export const explainIssue = (
  issue: SchemaIssue.Issue,
  root: Mapping,
  keys: ReadonlyArray<ConfigKey>
): ReadonlyArray<Problem> => {
  const found = leaves(issue, [])
  const unknown = found.flatMap(({ leaf, path }) =>
    leaf._tag === "UnexpectedKey" ? [{ path, ...unknownKey(path, leaf.ast, keys) }] : []
  )
  const missing = found.filter(
    ({ leaf, path }) =>
      leaf._tag === "MissingKey" && !unknown.some(({ meant = "" }) => `${meant}.`.startsWith(`${path.join(".")}.`))
  )
  return [
    ...unknown.map(({ message, path }) => ofKey(keyPosition(root, path), path, message)),
    ...missing.map(({ leaf, path }) => ofKey(locate(root, path).node.position, path, messageOf(leaf))),
    ...found
      .filter(({ leaf }) => leaf._tag !== "UnexpectedKey" && leaf._tag !== "MissingKey")
      .flatMap(({ leaf, path }) => {
        const { depth, node } = locate(root, path)
        if (node._tag === "Refused") return []
        const isSecret = node._tag === "Scalar" && node.isSecret
        return [
          ofKey(node.position, path.slice(0, depth), isSecret ? messageWithoutValue(path, keys) : messageOf(leaf))
        ]
      })
  ]
}

/** An issue without children, and where it belongs. */
interface FoundIssue {
  readonly path: KeyPath
  readonly leaf: SchemaIssue.Leaf
}

const leaves = (issue: SchemaIssue.Issue, path: KeyPath): ReadonlyArray<FoundIssue> => {
  switch (issue._tag) {
    case "Filter":
    case "Encoding":
      return leaves(issue.issue, path)
    case "Pointer":
      return leaves(issue.issue, [...path, ...issue.path])
    case "Composite":
    case "AnyOf":
      return issue.issues.flatMap((inner) => leaves(inner, path))
    default:
      return [{ path, leaf: issue }]
  }
}

const messageOf = (leaf: SchemaIssue.Leaf): string => {
  switch (leaf._tag) {
    case "InvalidValue":
      return leaf.annotations?.message ?? "is not valid"
    case "MissingKey":
      return leaf.annotations?.messageMissingKey ?? "is required"
    case "InvalidType":
      return leaf.ast._tag === "Objects"
        ? `must be a section with keys of its own, such as ${namesOf(leaf.ast)[0] ?? "environment"}`
        : "is not of the right kind"
    default:
      return "is not valid"
  }
}

const messageWithoutValue = (path: KeyPath, keys: ReadonlyArray<ConfigKey>): string => {
  const name = path.filter((step) => typeof step === "string").join(".")
  const key = keys.find((key) => key.path.replaceAll("[]", "") === name)
  const wanted = [key?.expected, key?.bounds].filter((part) => part !== undefined).join(", ")
  return `the value that the keystore has for it is not valid${wanted === "" ? "" : `; it must be ${wanted}`}`
}

/** What to say of an unknown key, and the path of the known one that was meant, if one comes to mind. */
const unknownKey = (
  path: KeyPath,
  ast: SchemaAST.AST,
  keys: ReadonlyArray<ConfigKey>
): { readonly message: string; readonly meant?: string } => {
  const name = String(path.at(-1))
  const [elsewhere, ...others] = keys.filter(
    (key) => key.unused === undefined && key.path.split(".").at(-1)?.toLowerCase() === name.toLowerCase()
  )
  const beside = nearestKey(name, namesOf(ast))
  if (elsewhere !== undefined && others.length === 0 && beside?.toLowerCase() !== name.toLowerCase()) {
    const place = elsewhere.path.includes(".")
      ? `did you mean ${elsewhere.path}?`
      : `${elsewhere.path} belongs at the top of the file`
    return { message: `unknown key here, ${place}`, meant: elsewhere.path }
  }
  return beside === undefined
    ? { message: "unknown key; s3beat.yml.example shows those that there are" }
    : { message: `unknown key, did you mean ${beside}?`, meant: [...path.slice(0, -1), beside].join(".") }
}

const namesOf = (ast: SchemaAST.AST): ReadonlyArray<string> =>
  ast._tag === "Objects" ? ast.propertySignatures.map(({ name }) => String(name)) : []

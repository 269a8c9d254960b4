/**
 * How the Schema of the config declares a key, and how the list of all keys is read back from it: the one source of the
 * errors, of the key table in the README and of the test that `s3beat.yml.example` leaves none out.
 */
import { Option, Schema, type SchemaAST, SchemaGetter, SchemaTransformation } from "effect"

/** What there is to say of a key. */
export interface ConfigKey {
  /** Where the key stands: `s3beat.multiline.pattern`, `s3beat.assumeRoleArn[].arn`. */
  readonly path: string
  /** What it is for, and why one would change it. */
  readonly description: string
  /** What a value looks like: `a duration such as 10s or 1h30m`. */
  readonly expected?: string
  /** As one would write it in the file. */
  readonly default?: string
  /** Both ends included: `15m to 12h`. */
  readonly bounds?: string
  readonly isRequired: boolean
  /** It holds further keys. */
  readonly isSection: boolean
  /** Accepted because Beats have it; why s3beat has no use for it. */
  readonly unused?: string
}

/** A key that must be there. `example` shows in the error when it is not. */
export const required = <S extends Schema.Top>(schema: S, description: string, example: string) =>
  schema.pipe(Schema.annotateKey({ description, messageMissingKey: `is required, for example ${example}` }))

/** A key that may be left out. */
export const optional = <S extends Schema.Top>(schema: S, description: string) =>
  Schema.optionalKey(schema).pipe(Schema.annotateKey({ description }))

/** A key with a default, which is spelled as in the file. A section without required keys has the default `{}`. */
export const withDefault = <S extends Schema.Top>(schema: S, fileDefault: S["Encoded"], description: string) =>
  Schema.optionalKey(Schema.Unknown).pipe(
    // Not `withDecodingDefaultKey`: it would look for missing and unknown keys of a section before, and instead of, the rest.
    Schema.decodeTo(Schema.Unknown, {
      decode: SchemaGetter.transformOptional((given: Option.Option<unknown>) =>
        Option.orElseSome(given, () => fileDefault)
      ),
      encode: SchemaGetter.passthrough<unknown>()
    }),
    Schema.decodeTo(schema, SchemaTransformation.passthrough({ strict: false })),
    Schema.annotateKey({ description, fileDefault: JSON.stringify(fileDefault).replace(/^"(.*)"$/, "$1") })
  )

/** A key of Beats' own that is accepted, with one warning that says why s3beat has no use for it. */
export const unused = (why: string) =>
  Schema.optionalKey(Schema.Unknown).pipe(Schema.annotateKey({ description: `Not used: ${why}.`, unused: why }))

/** Every key of a Schema, in the order in which they are declared, sections before what they hold. */
export const list = (schema: Schema.Top): ReadonlyArray<ConfigKey> => keysOf(schema.ast, "")

const keysOf = (ast: SchemaAST.AST, prefix: string): ReadonlyArray<ConfigKey> => {
  // A word of the file may become a value of several parts; those are no keys.
  if (formOf(ast) !== undefined) return []
  if (ast._tag === "Arrays") return ast.rest.flatMap((item) => keysOf(item, `${prefix.slice(0, -1)}[].`))
  return ast._tag === "Objects"
    ? ast.propertySignatures.flatMap(({ name, type }) => keyOf(type, `${prefix}${String(name)}`))
    : []
}

const keyOf = (ast: SchemaAST.AST, path: string): ReadonlyArray<ConfigKey> => {
  const inner = keysOf(ast, `${path}.`)
  const isSection = ast._tag === "Objects" && inner.length > 0
  const key = ast.context?.annotations
  const expected = formOf(ast)
  const fileDefault = isSection ? undefined : text(key?.["fileDefault"])
  const bounds = annotation(ast, "bounds")
  const unused = text(key?.["unused"])
  return [
    {
      path,
      description: text(key?.description) ?? "",
      ...(expected === undefined ? undefined : { expected }),
      ...(fileDefault === undefined ? undefined : { default: fileDefault }),
      ...(bounds === undefined ? undefined : { bounds }),
      isRequired: key?.messageMissingKey !== undefined,
      isSection,
      ...(unused === undefined ? undefined : { unused })
    },
    ...inner
  ]
}

const formOf = (ast: SchemaAST.AST): string | undefined => {
  const [item] = ast._tag === "Arrays" ? ast.rest : []
  const form = item === undefined ? undefined : formOf(item)
  return form === undefined ? annotation(ast, "form") : `a list, each ${form}`
}

/** An annotation of a value. Effect keeps those of a value that is checked with its checks. */
const annotation = (ast: SchemaAST.AST, name: string): string | undefined =>
  [ast, ...(ast.checks ?? [])].map(({ annotations }) => text(annotations?.[name])).find((found) => found !== undefined)

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

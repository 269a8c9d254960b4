/**
 * `${VAR}` and `${VAR:default}` in the values of a config file.
 */
import { Redacted, Result } from "effect"

/** The variables that may be named. **Shape** Those that are redacted are secrets, such as those of a keystore. */
export type Environment = Readonly<Record<string, string | Redacted.Redacted | undefined>>

/**
 * A value with its variables filled in.
 *
 * **Shape** `isLiteral` when nothing of it came from the environment; `isSecret` when something of it was redacted there, so
 * that no message may show it.
 */
export interface Expanded {
  readonly text: string
  readonly isLiteral: boolean
  readonly isSecret: boolean
}

/** `$${`, which stands for itself, or `${` up to its `}`, if there is one. */
const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g

/** A variable's name and what follows it: `:default`, or `:?message` to demand it with a message of one's own. */
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_.]*)(?::(\??)([^]*))?$/

/**
 * Fills in the variables, as Beats do.
 *
 * **Shape** A variable that is set to nothing counts as not set. `$${` stands for `${`.
 *
 * **Errors** A sentence that names the variable, never a value.
 *
 * **Source** https://www.elastic.co/docs/reference/beats/filebeat/using-environ-vars
 */
export const expand = (text: string, environment: Environment): Result.Result<Expanded, string> => {
  let isLiteral = true
  let isSecret = false
  let problem: string | undefined
  const fail = (message: string): string => {
    problem ??= message
    return ""
  }
  const expanded = text.replace(REFERENCE, (_, inner: string | undefined, end: string | undefined) => {
    if (inner === undefined) return "${"
    if (end === "") return fail("${ is never closed; write $${ for the two characters themselves")
    const [, name, demanded, fallback] = VARIABLE.exec(inner) ?? []
    if (name === undefined) return fail("${…} names no variable; write $${ for the two characters themselves")
    const held = Object.hasOwn(environment, name) ? environment[name] : undefined
    const value = Redacted.isRedacted(held) ? Redacted.value(held) : held
    if (value !== undefined && value !== "") {
      isLiteral = false
      isSecret ||= Redacted.isRedacted(held)
      return value
    }
    if (demanded === "?") return fail(`the variable ${name} is not set: ${fallback}`)
    return (
      fallback ??
      fail(
        `the variable ${name} is not set; set it in the environment or with s3beat keystore add ${name}, or write \${${name}:default}`
      )
    )
  })
  return problem === undefined ? Result.succeed({ text: expanded, isLiteral, isSecret }) : Result.fail(problem)
}

/** The variables that a text names, whether they are set or not. */
export const variablesIn = (text: string): ReadonlyArray<string> =>
  Array.from(text.matchAll(REFERENCE)).flatMap(([, inner = ""]) => VARIABLE.exec(inner)?.[1] ?? [])

/**
 * `${VAR}` and `${VAR:default}` in the values of a config file.
 */
import { Result } from "effect"

/** The variables that may be named. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A value with its variables filled in. **Shape** `isLiteral` when nothing of it came from the environment. */
export interface Expanded {
  readonly text: string
  readonly isLiteral: boolean
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
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined
    if (value !== undefined && value !== "") {
      isLiteral = false
      return value
    }
    if (demanded === "?") return fail(`the environment variable ${name} is not set: ${fallback}`)
    return fallback ?? fail(`the environment variable ${name} is not set; set it, or write \${${name}:default}`)
  })
  return problem === undefined ? Result.succeed({ text: expanded, isLiteral }) : Result.fail(problem)
}

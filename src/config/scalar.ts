/**
 * Keys whose value is a single word in the file.
 */
import { Effect, Predicate, Result, Schema, SchemaGetter, SchemaIssue } from "effect"

/** From the text in the file to the value, or to a sentence that says what is wrong with it. */
export type ParseText<T> = (text: string) => Result.Result<T, string>

/**
 * A Schema that reads one word of the file.
 *
 * **Shape** Lossless: the tree makes a number or a boolean only of what reads the same as text, so `parse` always sees what
 * the user wrote. `expected` completes "must be", and shows in the key table.
 *
 * **Not promised** Encoding: a config is read, never written back.
 */
export const scalar = <T>(target: Schema.Codec<T>, expected: string, parse: ParseText<T>) =>
  Schema.Unknown.pipe(
    Schema.decodeTo(target, {
      decode: SchemaGetter.transformEffect((input: unknown) =>
        Predicate.isString(input) || Predicate.isNumber(input) || Predicate.isBoolean(input)
          ? Result.match(parse(String(input)), { onSuccess: Effect.succeed, onFailure: invalid })
          : invalid(`must be ${expected}, not ${Array.isArray(input) ? "a list" : "a section"}`)
      ),
      encode: SchemaGetter.forbiddenEncoding
    }),
    Schema.annotate({ form: expected })
  )

/** A value as a message may show it: in one line, not too long. Not for secrets. */
export const showText = (text: string): string => {
  const short = text.length > 80 ? `${text.slice(0, 79)}…` : text
  return /^[\u0021-\u007e\u00a1-\uffff]+$/.test(short) ? short : JSON.stringify(short)
}

const invalid = (message: string): Effect.Effect<never, SchemaIssue.Issue> =>
  Effect.fail(new SchemaIssue.InvalidValue({ message }))

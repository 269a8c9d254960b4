/**
 * Keys that hold a list.
 */
import { Schema, SchemaGetter, SchemaTransformation } from "effect"

/** A list; a single value stands for a list of one. */
export const oneOrMany = <Item extends Schema.Constraint>(item: Item) =>
  Schema.Unknown.pipe(
    Schema.decodeTo(Schema.Unknown, {
      decode: SchemaGetter.transform((input: unknown) => (Array.isArray(input) ? input : [input])),
      encode: SchemaGetter.passthrough<unknown>()
    }),
    Schema.decodeTo(Schema.Array(item), SchemaTransformation.passthrough({ strict: false }))
  )

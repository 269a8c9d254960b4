/**
 * An item of `assumeRoleArn`: a role's ARN, or a mapping that says for which buckets and queues the role is.
 */
import { Predicate, Result, Schema, SchemaGetter, SchemaTransformation } from "effect"
import * as Arn from "./Arn.ts"
import * as ConfigKey from "./ConfigKey.ts"
import { oneOrMany } from "./oneOrMany.ts"
import { scalar, showText } from "./scalar.ts"
import { Text } from "./words.ts"

/** How a role's ARN looks. */
export const ROLE_EXAMPLE = "arn:aws:iam::123456789012:role/s3beat-reader"

/** Reads a role's ARN. **Errors** A sentence for each way to write it wrong, with what to write instead. */
export const parseRoleArn = (text: string): Result.Result<string, string> => {
  const arn = Arn.parse(text)
  if (arn === undefined) return Result.fail(`${showText(text)} is no ARN; write it as in ${ROLE_EXAMPLE}`)
  const session = /^assumed-role\/([^/]+)\//.exec(arn.resource)
  if (arn.service === "sts" && session !== null) {
    return Result.fail(
      `${showText(text)} is the ARN of a session; write that of its role, arn:${arn.partition}:iam::${arn.accountId}:role/${session[1]} (with the role's path, if it has one)`
    )
  }
  if (arn.service !== "iam" || !/^role\/[\w+=,.@/-]*[\w+=,.@-]$/.test(arn.resource)) {
    return Result.fail(`${showText(text)} is an ARN, but not of a role; write it as in ${ROLE_EXAMPLE}`)
  }
  if (arn.accountId === "" || arn.region !== "") {
    return Result.fail(`${showText(text)} must have an account and no region; write it as in ${ROLE_EXAMPLE}`)
  }
  return Result.succeed(text)
}

const RoleKeys = Schema.Struct({
  arn: ConfigKey.required(
    scalar(Schema.String, "the ARN of a role", parseRoleArn),
    "The role to assume.",
    ROLE_EXAMPLE
  ),
  externalId: ConfigKey.optional(
    Text,
    "The external id that the role's trust policy asks for, if it does: it keeps others who know the ARN from having s3beat use it for them."
  ),
  buckets: ConfigKey.withDefault(
    oneOrMany(Text),
    [],
    "The buckets that the role may read, as names or globs (prod-*); without it every bucket tries the roles in order and remembers the one that worked."
  ),
  queues: ConfigKey.withDefault(
    oneOrMany(Text),
    [],
    "The names of the queues to poll as this role; without it queues are polled with the base identity."
  )
})

/** A role to assume. **Shape** A bare ARN stands for a mapping with that `arn` alone. */
export const RoleEntry = Schema.Unknown.pipe(
  Schema.decodeTo(Schema.Unknown, {
    decode: SchemaGetter.transform((input: unknown) => (Predicate.isObject(input) ? input : { arn: input })),
    encode: SchemaGetter.passthrough<unknown>()
  }),
  Schema.decodeTo(RoleKeys, SchemaTransformation.passthrough({ strict: false }))
)

/** A role to assume, and for what. */
export type RoleEntry = typeof RoleEntry.Type

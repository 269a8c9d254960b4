/**
 * A refusal, as AWS would word it.
 */
import { Data } from "effect"

/** What goes over the wire: `code` and `message` in the body, in the protocol of the service. */
export class AwsError extends Data.TaggedError("AwsError")<{
  readonly status: number
  readonly code: string
  readonly message: string
  /** Further elements of an XML error, `Region` for one. */
  readonly details?: Readonly<Record<string, string>>
}> {}

/** 403, in the words of IAM. */
export const accessDenied = (who: string, action: string, resource: string): AwsError =>
  new AwsError({
    status: 403,
    code: "AccessDenied",
    message: `User: ${who} is not authorized to perform: ${action} on resource: "${resource}" because no identity-based policy allows the ${action} action`
  })

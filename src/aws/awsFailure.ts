/**
 * What an SDK call failed of, in s3beat's words: the one place that reads the SDK's errors.
 */
import { Data, Duration, Predicate } from "effect"
import { printable } from "../domain/printable.ts"
import { AccessDenied, CredentialsExpired, Unavailable } from "../domain/reasons.ts"

/**
 * A failed SDK call.
 *
 * **Shape** `code` is AWS's error code (`NoSuchKey`) or, where no answer came, the system's (`ECONNRESET`). `status` is the
 * HTTP status of the answer, if there was one. `reason` is set for the reasons that every service shares; an adapter looks
 * at `code` first for those of its own, and takes `reason` for the rest. `region` is what AWS says the bucket's region is, on
 * the errors that tell it.
 *
 * **Guarantee** `detail` is one line for people, free of secrets and control characters.
 */
export class AwsFailure extends Data.TaggedError("AwsFailure")<{
  readonly code: string
  readonly status: number | undefined
  readonly detail: string
  readonly reason: AccessDenied | CredentialsExpired | Unavailable
  readonly region: string | undefined
}> {}

/**
 * Session keys that AWS no longer takes, though they were good once.
 *
 * **Source** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList and the common errors of SQS
 * and STS.
 */
const expiredCodes = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidToken",
  "TokenRefreshRequired",
  "RequestExpired"
])

/** Keys that were never good. AWS's own text may quote the signed headers, session token included: it is not repeated. */
const wrongKeys: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: "the access key id is not known to AWS",
  InvalidClientTokenId: "the access key id is not known to AWS",
  UnrecognizedClientException: "the access key id is not known to AWS",
  SignatureDoesNotMatch: "the secret access key does not belong to the access key id",
  InvalidSignatureException: "the secret access key does not belong to the access key id",
  IncompleteSignature: "the request was signed incompletely",
  MissingAuthenticationToken: "the request was not signed",
  AuthFailure: "the keys are not good for this service"
}

/** What AWS says to a signature by a clock that is too far off; SQS and STS do not tell it from a wrong secret. */
const skewedCodes = new Set([
  "RequestTimeTooSkewed",
  "RequestInTheFuture",
  "SignatureDoesNotMatch",
  "InvalidSignatureException"
])

/** Whether the SDK has learned from this answer that the machine's clock is off, and signs by AWS's from now on. */
const isClockCorrected = (error: unknown): boolean =>
  Predicate.hasProperty(error, "$metadata") &&
  Predicate.hasProperty(error.$metadata, "clockSkewCorrected") &&
  error.$metadata.clockSkewCorrected === true

/** Refusals that AWS sends with another status than 403. */
const deniedCodes = new Set([
  "AccessDenied",
  "AccessDeniedException",
  "AccessDeniedByKms",
  "KMS.AccessDeniedException",
  "KmsAccessDenied",
  "KMS.DisabledException",
  "KMS.NotFoundException",
  "UnauthorizedOperation",
  "AllAccessDisabled",
  "AccountProblem"
])

/** What the throttles of the three services are called; they come as 400, 429 or 503. */
const throttledCodes = new Set([
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "RequestThrottled",
  "RequestThrottledException",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "BandwidthLimitExceeded",
  "KmsThrottled",
  "IDPCommunicationError"
])

const oneLine = (text: string): string => printable(text.replace(/\s+/gu, " ").slice(0, 400))

const stringAt = (value: unknown, key: string): string | undefined =>
  Predicate.hasProperty(value, key) && Predicate.isString(value[key]) ? value[key] : undefined

const statusOf = (error: unknown): number | undefined =>
  Predicate.hasProperty(error, "$metadata") &&
  Predicate.hasProperty(error.$metadata, "httpStatusCode") &&
  Predicate.isNumber(error.$metadata.httpStatusCode)
    ? error.$metadata.httpStatusCode
    : undefined

const headerOf = (error: unknown, name: string): string | undefined =>
  Predicate.hasProperty(error, "$response") && Predicate.hasProperty(error.$response, "headers")
    ? stringAt(error.$response.headers, name)
    : undefined

/** SQS's JSON protocol names its codes `com.amazonaws.sqs#Code`, its older one `AWS.SimpleQueueService.Code`. */
const codeOf = (error: unknown): string =>
  oneLine(stringAt(error, "Code") ?? stringAt(error, "code") ?? stringAt(error, "name") ?? "Unknown")
    .replace(/^.*#/u, "")
    .replace(/^AWS\.SimpleQueueService\./u, "")

/**
 * Reads an error that the SDK threw.
 */
export const fromUnknown = (error: unknown): AwsFailure => {
  const code = codeOf(error)
  const status = statusOf(error)
  const isSkewed = skewedCodes.has(code) && isClockCorrected(error)
  const wrong = isSkewed
    ? "the clock of this machine is off, requests are signed by AWS's from now on"
    : wrongKeys[code]
  const text = wrong ?? oneLine(stringAt(error, "message") ?? String(error))
  const detail = `${text === "" || text === code ? code : `${code}: ${text}`}${status === undefined ? "" : ` (HTTP ${status})`}`
  const region = headerOf(error, "x-amz-bucket-region") ?? stringAt(error, "Region")
  const reason = isSkewed ? new Unavailable({ detail }) : reasonOf(code, status, detail, wrong !== undefined)
  return new AwsFailure({ code, status, detail, region, reason })
}

/** No answer came within the limit. */
export const noAnswer = (limit: Duration.Duration): AwsFailure => {
  const detail = `no answer within ${Duration.format(limit)}`
  return new AwsFailure({
    code: "TimeoutError",
    status: undefined,
    detail,
    region: undefined,
    reason: new Unavailable({ detail })
  })
}

const reasonOf = (code: string, status: number | undefined, detail: string, hasWrongKeys: boolean) => {
  if (expiredCodes.has(code)) return new CredentialsExpired({ detail })
  if (throttledCodes.has(code)) return new Unavailable({ detail })
  if (hasWrongKeys || deniedCodes.has(code) || status === 401 || status === 403) return new AccessDenied({ detail })
  // Whatever is left is either AWS's own fault (5xx), no answer at all, or something that this version does not know: all
  // are tried again, because a message that is wrongly kept comes back, and one that is wrongly dropped does not.
  return new Unavailable({ detail })
}

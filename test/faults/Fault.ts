/**
 * What can go wrong between s3beat and AWS, by name: plain data, for `FaultProxy` to do.
 */
import type { Operation } from "../../src/demo/Exchange.ts"

/**
 * What is done to one exchange.
 *
 * **Shape** `Refuse`, `Drop`, `BreakTls` and `ForgetReceipts`: AWS never hears of the request. `LoseAnswer`: AWS has done what was asked, and
 * nobody learns of it. The others spoil an answer on its way back.
 *
 * **Units** `at` and `by` in bytes of the body, `millis` in milliseconds.
 */
export type Act =
  | { readonly _tag: "Refuse"; readonly status: number; readonly code: string; readonly message: string }
  | { readonly _tag: "Drop" }
  | { readonly _tag: "BreakTls" }
  | { readonly _tag: "ForgetReceipts" }
  | { readonly _tag: "LoseAnswer" }
  | { readonly _tag: "Delay"; readonly millis: number }
  | { readonly _tag: "Reset"; readonly at: number }
  | { readonly _tag: "Truncate"; readonly at: number }
  | { readonly _tag: "Stall"; readonly at: number; readonly millis: number }
  | { readonly _tag: "WrongLength"; readonly by: number }
  | { readonly _tag: "DeliverTwice" }

/** A fault: `name` is what the ledger counts it by. */
export interface Fault {
  readonly name: string
  readonly act: Act
}

/**
 * When a fault happens: to each exchange that `on` means, by `chance` (always, unless told), at most `times` times.
 *
 * **Shape** `on` is compared part by part: without `action` or `resource` any will do.
 */
export interface Rule {
  readonly on: Partial<Pick<Operation, "service" | "action" | "resource">>
  readonly fault: Fault
  readonly chance?: number
  readonly times?: number
}

const refusal = (name: string, status: number, code: string, message = `${name}: a fault of this test`): Fault => ({
  name,
  act: { _tag: "Refuse", status, code, message }
})

/** S3 has had enough of us for now. */
export const slowDown = refusal("slow down", 503, "SlowDown")

/** AWS's own fault. */
export const internalError = refusal("internal error", 500, "InternalError")

/** SQS and STS, when they have had enough of us. */
export const tooManyRequests = refusal("too many requests", 429, "ThrottlingException")

/** The session is over, or was revoked. */
export const expiredToken = refusal("expired token", 400, "ExpiredToken")

/** A policy is wrong. */
export const accessDenied = refusal("access denied", 403, "AccessDenied")

/** The key that the object is encrypted with may not be used. */
export const kmsDenied = refusal(
  "KMS denied",
  403,
  "AccessDenied",
  "User is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext"
)

/** The object's KMS key is turned off. */
export const kmsDisabled = refusal("KMS key disabled", 400, "KMS.DisabledException")

/** The queue's KMS key has had enough of us. */
export const kmsThrottled = refusal("KMS throttled", 400, "KmsThrottled")

/** The object is gone. */
export const noSuchKey = refusal("no such key", 404, "NoSuchKey")

/** The version of the object is gone. */
export const noSuchVersion = refusal("no such version", 404, "NoSuchVersion")

/** The bucket is gone, or never was. */
export const noSuchBucket = refusal("no such bucket", 404, "NoSuchBucket")

/** The queue is not there. */
export const noSuchQueue = refusal("no such queue", 400, "AWS.SimpleQueueService.NonExistentQueue")

/** The connection is reset before AWS hears of the request. */
export const drop: Fault = { name: "dropped request", act: { _tag: "Drop" } }

/** What answers speaks no protocol that was asked for: an alert of TLS, and the end of the connection. */
export const breakTls: Fault = { name: "broken TLS", act: { _tag: "BreakTls" } }

/** SQS takes none of the receipt handles of a batch any more. */
export const forgetReceipts: Fault = { name: "forgotten receipt handles", act: { _tag: "ForgetReceipts" } }

/** AWS does what was asked, and the connection is reset before it can say so. */
export const loseAnswer: Fault = { name: "lost answer", act: { _tag: "LoseAnswer" } }

/** AWS takes its time. */
export const delay = (millis: number): Fault => ({ name: "delay", act: { _tag: "Delay", millis } })

/** The connection is reset after so many bytes of the body. */
export const reset = (at: number): Fault => ({ name: "reset midway", act: { _tag: "Reset", at } })

/** The connection ends, as if all were said, after so many bytes of the body. */
export const truncate = (at: number): Fault => ({ name: "truncated body", act: { _tag: "Truncate", at } })

/** The body stops after so many bytes, and goes on after a while. */
export const stall = (at: number, millis: number): Fault => ({ name: "stall", act: { _tag: "Stall", at, millis } })

/** Content-Length promises so many bytes more than there are, or fewer; those beyond it are not sent. */
export const wrongLength = (by: number): Fault => ({ name: "wrong Content-Length", act: { _tag: "WrongLength", by } })

/** The messages of this receive are handed over once more by the next one. */
export const deliverTwice: Fault = { name: "delivered twice", act: { _tag: "DeliverTwice" } }

/** Everything of a service fails in the same way: an outage. */
export const outage = (service: Operation["service"], fault: Fault = drop): Rule => ({ on: { service }, fault })

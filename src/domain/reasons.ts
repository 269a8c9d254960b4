/**
 * The reasons for failure that every AWS service shares. A port's error carries one of these or one of its own as its
 * `reason`; what becomes of the message follows from the reason's tag alone (`pipeline/disposition.ts`).
 *
 * `detail` is a sentence for people: it names the cause as AWS told it, and never holds a key, a token or a body.
 */
import { Schema } from "effect"

/**
 * AWS understood the request and refused it: 403, KMS access denied, or a bucket that another account owns.
 *
 * **Errors** Trying again as the same identity is useless until a person changes a policy.
 */
export class AccessDenied extends Schema.TaggedError<AccessDenied>()("AccessDenied", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

/**
 * The session token has expired or was revoked (`ExpiredToken`, `InvalidToken`, `TokenRefreshRequired`).
 *
 * **Errors** Refresh the session once and try again.
 */
export class CredentialsExpired extends Schema.TaggedError<CredentialsExpired>()("CredentialsExpired", {
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/**
 * The service did not answer in time, throttled, answered 5xx, or the connection broke.
 *
 * **Errors** Try again with backoff.
 */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

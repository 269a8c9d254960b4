/**
 * A set of keys that signs requests to AWS.
 */
import type { Redacted } from "effect"

/**
 * Access key, secret and, for a session, its token.
 *
 * **Units** `expiresAt` in milliseconds since the epoch; absent for keys that do not expire.
 */
export interface AwsKeys {
  readonly accessKeyId: Redacted.Redacted<string>
  readonly secretAccessKey: Redacted.Redacted<string>
  readonly sessionToken?: Redacted.Redacted<string>
  readonly expiresAt?: number
}

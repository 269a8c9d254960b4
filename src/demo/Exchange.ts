/**
 * One request to the embedded AWS and its answer, between the front and the services behind it.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http"
import type { Principal } from "./Principals.ts"

/** A request whose signature was checked. */
export interface Exchange {
  readonly method: string
  /** Path and query, as sent. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The region that the request was signed for. */
  readonly region: string
  readonly principal: Principal
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** What a request asks for, as a test or the ledger sees it. */
export interface Operation {
  readonly service: "s3" | "sqs" | "sts"
  /** As IAM calls it: `s3:GetObject`. */
  readonly action: string
  /** The ARN of the bucket, object, queue or role. */
  readonly resource: string
  readonly principal: string
}

/**
 * Something that goes wrong with a request.
 *
 * **Shape** `Refuse`: the service answers with this error. `CutBody`: the answer promises its whole length, and the connection is
 * reset after `bytes` of it. `Drop`: the connection is reset without an answer.
 */
export type Fault =
  | { readonly _tag: "Refuse"; readonly status: number; readonly code: string; readonly message: string }
  | { readonly _tag: "CutBody"; readonly bytes: number }
  | { readonly _tag: "Drop" }

/**
 * A whole body in memory.
 */
import type { IncomingMessage } from "node:http"
import { Effect } from "effect"
import { AwsError } from "./AwsError.ts"

/** Reads a body to its end. **Errors** `AwsError` when it breaks off. */
export const readAll = (message: IncomingMessage): Effect.Effect<Buffer, AwsError> =>
  Effect.tryPromise({
    try: async () => {
      const chunks: Array<Buffer> = []
      for await (const chunk of message) chunks.push(chunk)
      return Buffer.concat(chunks)
    },
    catch: () => new AwsError({ status: 400, code: "RequestTimeout", message: "The request did not come whole." })
  })

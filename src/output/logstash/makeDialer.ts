/**
 * From the options to what every connection needs.
 */
import { Effect } from "effect"
import { OutputError } from "../Output.ts"
import type { Dialer } from "./dial.ts"
import type { DialOptions } from "./LogstashOptions.ts"
import * as TlsClient from "./TlsClient.ts"

/** Reads certificates and keys. **Errors** `OutputUnavailable` when they cannot be used, which no retry will mend. */
export const makeDialer = Effect.fnUntraced(function* ({
  proxy,
  ssl,
  timeout
}: DialOptions): Effect.fn.Return<Dialer, OutputError> {
  if (ssl === undefined) return { timeout, proxy, tls: undefined }
  const tls = yield* Effect.mapError(TlsClient.load(ssl), (reason) => new OutputError({ output: "logstash", reason }))
  return { timeout, proxy, tls }
})

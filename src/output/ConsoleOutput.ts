/**
 * Events as NDJSON on standard output, for pipes and for people.
 */
import type { Writable } from "node:stream"
import { Effect, Layer } from "effect"
import { concat, ndjson } from "../domain/EventBatch.ts"
import { codeOf } from "../files/codeOf.ts"
import { Output, OutputError, OutputUnavailable } from "./Output.ts"

/**
 * The output `console`, to `stdout` or any other stream.
 *
 * **Guarantee** A batch is acknowledged when the stream has handed it to the system. It is not ended with the Layer.
 *
 * **Errors** `OutputUnavailable` when the reader has gone away, which no retry will mend.
 *
 * **Not promised** That whoever reads the other end of a pipe keeps what it was given.
 */
export const layer = (options: { readonly stdout: Writable }): Layer.Layer<Output> =>
  Layer.effect(Output, make(options.stdout))

const make = Effect.fnUntraced(function* (stdout: Writable) {
  yield* Effect.acquireRelease(
    Effect.sync(() => stdout.on("error", alreadyReported)),
    // A stream that has failed tells its listeners later than the write that met the failure.
    () => Effect.sync(() => stdout.errored ?? stdout.off("error", alreadyReported))
  )
  return Output.of({
    name: "console",
    concurrency: 1,
    publish: (batches) =>
      Effect.callback((resume) => {
        stdout.write(ndjson(concat(batches)), (cause) => resume(cause ? Effect.fail(failed(cause)) : Effect.void))
      })
  })
})

/** The write that met the failure reports it; but without a listener a broken pipe would end the process. */
const alreadyReported = () => {}

/** What writing to a stream says once its reader has gone: first the system, then the stream itself. */
const readerGone = new Set(["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"])

const failed = (cause: Error) => {
  const detail = readerGone.has(codeOf(cause) ?? "")
    ? `nobody reads standard output any more (${codeOf(cause)}); start s3beat again with a reader`
    : `standard output cannot be written: ${cause.message}`
  return new OutputError({ output: "console", reason: new OutputUnavailable({ detail }) })
}

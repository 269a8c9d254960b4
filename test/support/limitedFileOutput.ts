/**
 * A program that publishes to a file under the limits of the shell that starts it, and prints what became of each batch.
 */
import { Effect } from "effect"
import * as FileOutput from "../../src/output/FileOutput.ts"
import { Output } from "../../src/output/Output.ts"
import { eventBatch } from "./eventBatch.ts"

const small = eventBatch("small")
const large = eventBatch("x".repeat(1_000_000))

const outcomes = Effect.gen(function* () {
  const output = yield* Output
  return yield* Effect.forEach([small, large, large, small], (batch) =>
    output.publish([batch]).pipe(
      Effect.as("acknowledged"),
      Effect.catch(({ message }) => Effect.succeed(/\((\w+)\)$/u.exec(message)?.[1] ?? message))
    )
  )
}).pipe(
  Effect.provide(
    FileOutput.layer({
      directory: process.argv[2] ?? "",
      filename: "s3beat",
      rotateEveryBytes: 10_000_000,
      numberOfFiles: 7,
      permissions: 0o600
    })
  )
)

process.stdout.write(JSON.stringify(await Effect.runPromise(outcomes)))

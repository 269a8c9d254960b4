/**
 * A program that publishes to its own standard output three times, more than a pipe holds, and tells the failures on
 * standard error.
 */
import { Effect } from "effect"
import * as ConsoleOutput from "../../src/output/ConsoleOutput.ts"
import { Output } from "../../src/output/Output.ts"
import { eventBatch } from "./eventBatch.ts"

const publish = Effect.flatMap(Output, (output) => output.publish([eventBatch("x".repeat(1_000_000))])).pipe(
  Effect.provide(ConsoleOutput.layer({ stdout: process.stdout })),
  Effect.catch(({ message }) => Effect.sync(() => void process.stderr.write(`${message}\n`)))
)

await Effect.runPromise(Effect.replicateEffect(publish, 3, { discard: true }))

/**
 * The output `logstash` and the collectors that it ships to.
 */
import { Duration, Effect, type Layer } from "effect"
import { TestClock } from "effect/testing"
import * as LogstashOutput from "../../src/output/logstash/LogstashOutput.ts"
import { Output, type OutputError } from "../../src/output/Output.ts"
import { eventBatch } from "./eventBatch.ts"
import { turn } from "./turn.ts"

/** Beats' defaults, but for pauses that a test would wait for. */
export const defaults: LogstashOutput.LogstashOptions = {
  hosts: [],
  loadbalance: false,
  worker: 1,
  bulkMaxSize: 2048,
  pipelining: 2,
  compressionLevel: 3,
  timeout: Duration.seconds(30),
  ttl: Duration.zero,
  slowStart: false,
  backoff: { init: Duration.millis(10), max: Duration.millis(20) }
}

/** What a test says of the output: whom it ships to, and what is not as by default. */
export type Options = Partial<LogstashOutput.LogstashOptions>

/** The output. */
export const layerOf = (options: Options): Layer.Layer<Output, OutputError> =>
  LogstashOutput.layer({ ...defaults, ...options })

/** The events `{"n":0}` to `{"n":count - 1}`, or on from `first`. */
export const numbered = (count: number, first = 0): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, i) => `{"n":${first + i}}`)

/** Publishes the texts as one batch. */
export const publish = (...texts: ReadonlyArray<string>) =>
  Effect.flatMap(Output, (output) => output.publish([eventBatch(...texts)]))

/** Publishes in a fiber of its own. */
export const forkPublish = (...texts: ReadonlyArray<string>) => Effect.forkChild(publish(...texts))

/** Lets what was written on 127.0.0.1 arrive on the other side. */
export const socketsSettled = Effect.replicateEffect(turn, 50, { discard: true })

/** Waits for what sockets and time bring about, as the TestClock goes on. */
export const untilInTime = Effect.fnUntraced(function* (holds: () => boolean) {
  while (!holds()) yield* Effect.andThen(turn, TestClock.adjust("20 millis"))
})

/** Waits for what sockets bring about. */
export const until = Effect.fnUntraced(function* (holds: () => boolean) {
  while (!holds()) yield* turn
})

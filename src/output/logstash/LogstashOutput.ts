/**
 * Events to Logstash, to LogRhythm's Open Collector, or to whatever else speaks the Lumberjack protocol as Beats do.
 */
import { Effect, identity, Layer } from "effect"
import { countOf, type EventBatch } from "../../domain/EventBatch.ts"
import { Output, OutputError, OutputUnavailable } from "../Output.ts"
import type { Delivery } from "./Delivery.ts"
import { type Host, isConnectionAlone } from "./Host.ts"
import * as Hosts from "./Hosts.ts"
import type { LogstashOptions } from "./LogstashOptions.ts"
import { makeDialer } from "./makeDialer.ts"

export type { LogstashOptions } from "./LogstashOptions.ts"

/**
 * The output `logstash`.
 *
 * **Shape** A batch goes out in windows of at most `bulkMaxSize`, all on one connection. As many batches at a time as windows
 * may be on their way: hosts in use, times `worker`, times `pipelining`.
 *
 * **Guarantee** A batch is acknowledged when the collector has acknowledged every window of it. When a connection ends,
 * what it had not acknowledged goes on from there over another one, to another host if there is one; what it had is not sent
 * again. Connecting waits for the first batch: a collector that is not up yet keeps nothing from starting.
 *
 * **Errors** `OutputUnavailable` from `publish` when no host has taken anything of the batch; then the pause is the Publisher's,
 * and no host is tried again before its own, of `backoff`, is over: the two run side by side. Once a part of the batch is
 * acknowledged `publish` tries on by `backoff` alone and does not fail any more, since only it knows which part. The Layer fails
 * only for what can never work: certificates and keys that cannot be used.
 *
 * **Not promised** That nothing arrives twice: an acknowledgement may be lost with its connection.
 */
export const layer = (options: LogstashOptions): Layer.Layer<Output, OutputError> => Layer.effect(Output, make(options))

const make = Effect.fnUntraced(function* (options: LogstashOptions) {
  const hosts = yield* Hosts.make(options, yield* makeDialer(options))
  const inUse = options.loadbalance ? hosts.count : 1

  const publish = Effect.fnUntraced(function* (
    batches: ReadonlyArray<EventBatch>
  ): Effect.fn.Return<void, OutputError> {
    const delivery: Delivery = { batches, count: countOf(batches), acked: 0 }
    const failures = new Map<Host, string>()
    let attempts = 0
    let isToldWaiting = false
    while (delivery.acked < delivery.count) {
      const host = yield* hosts.next(failures)
      const before = delivery.acked
      const failure = yield* Effect.match(host.deliver(delivery), { onFailure: identity, onSuccess: () => undefined })
      if (failure === undefined) return
      if (delivery.acked > before) {
        failures.clear()
        attempts = 0
      }
      failures.set(host, failure.message)
      if (!isConnectionAlone(failure)) attempts += 1
      if (attempts < hosts.count) continue
      const detail = Array.from(failures.values()).join("; ")
      if (delivery.acked === 0) return yield* failed(new OutputUnavailable({ detail }))
      if (!isToldWaiting) {
        isToldWaiting = true
        const left = delivery.count - delivery.acked
        yield* Effect.logWarning(
          `Output logstash is unavailable: ${detail}. The ${left} events left of a batch wait until it is back.`
        )
      }
    }
  })

  return Output.of({
    name: "logstash",
    concurrency: inUse * options.worker * Math.max(1, options.pipelining),
    publish
  })
})

const failed = (reason: OutputUnavailable) => new OutputError({ output: "logstash", reason })

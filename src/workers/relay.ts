/**
 * What a worker counts, counted again by the main thread: its metrics are those of the process.
 */
import { Duration, Effect, Metric, Schedule } from "effect"
import { MainThread } from "./MainThread.ts"
import type { Counted } from "./protocol.ts"

/** How often a worker tells what it counted. */
const INTERVAL = Duration.millis(250)

/** In a worker: tells the main thread what was counted, for ever, and once more when it is interrupted. */
export const tell: Effect.Effect<never, never, MainThread> = Effect.gen(function* () {
  const main = yield* MainThread
  const told = new Map<string, number>()

  const tellNow = Effect.gen(function* () {
    const counted: Array<Counted> = []
    for (const { attributes, description, id, state, type } of yield* Metric.snapshot) {
      if (type !== "Counter" && type !== "Gauge") continue
      const value = Number(type === "Counter" ? state.count : state.value)
      const key = JSON.stringify([id, attributes])
      const delta = value - (told.get(key) ?? 0)
      if (delta === 0) continue
      told.set(key, value)
      counted.push({ type, name: id, description, attributes: { ...attributes }, delta })
    }
    if (counted.length > 0) yield* main.tellCounted(counted)
  })

  return yield* tellNow.pipe(
    Effect.delay(INTERVAL),
    Effect.repeat(Schedule.forever),
    Effect.ensuring(tellNow),
    Effect.andThen(Effect.never)
  )
})

/** In the main thread: adds what a worker counted. */
export const add = (counted: ReadonlyArray<Counted>): Effect.Effect<void> =>
  Effect.forEach(counted, (one) => count(one, one.delta), { discard: true })

/** Takes it back: the worker is no more. */
export const subtract = (counted: ReadonlyArray<Counted>): Effect.Effect<void> =>
  Effect.forEach(counted, (one) => count(one, -one.delta), { discard: true })

const count = ({ attributes, description, name, type }: Counted, delta: number) =>
  type === "Counter"
    ? Metric.update(Metric.withAttributes(Metric.counter(name, { description, incremental: true }), attributes), delta)
    : Metric.modify(Metric.withAttributes(Metric.gauge(name, { description }), attributes), delta)

/**
 * The way of every message, from the queue to its settlement:
 *
 * receive → lease → notification → objects → read → decode → encode → publish → settle
 */
import { Effect, FiberSet, Metric, Predicate, Stream } from "effect"
import type { Duration } from "effect"
import type { DeadLetters } from "../deadletter/DeadLetters.ts"
import { type DecodeOptions, decodeObject } from "../decode/decodeObject.ts"
import { byteLength } from "../domain/EventBatch.ts"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import type { EventEncoder } from "../encode/EventEncoder.ts"
import { Publisher } from "../output/Publisher.ts"
import { type S3Object, S3Reader } from "../reader/S3Reader.ts"
import { Lease } from "../source/Lease.ts"
import * as metrics from "../telemetry/metrics.ts"
import * as AckedObjects from "./AckedObjects.ts"
import * as ByteBudget from "./ByteBudget.ts"
import { bytesFor, isSmall } from "./bytesFor.ts"
import type { Failure } from "./disposition.ts"
import { encodeRecords } from "./encodeRecords.ts"
import { keepLevel } from "./level.ts"
import { objectsOf } from "./objectsOf.ts"
import * as Places from "./Places.ts"
import { type PolledQueue, receive } from "./receive.ts"
import { keepRefused } from "./refusedEvents.ts"
import { failureOf, settlement } from "./settlement.ts"
import { watchThread } from "./threadLoad.ts"

/** What the pipeline is told; the services it needs are in its type. */
export interface IngestOptions {
  readonly queues: ReadonlyArray<PolledQueue>
  /** The polling interval: a long poll of up to 20 s, the rest slept when the queue was empty. */
  readonly period: Duration.Duration
  readonly visibilityTimeout: Duration.Duration
  readonly maxInFlightMessages: number
  /** Bytes in memory for all objects together, from the first one read to the last acknowledgement. */
  readonly maxBytesInFlight: number
  readonly decode: DecodeOptions
  readonly encoder: EventEncoder
  readonly acceptsKey: (key: string) => boolean
  readonly onMissingObject: "delete" | "reject"
}

/** Objects of one message that are read at a time. */
const OBJECTS_PER_MESSAGE = 8

/** Batches of one object that wait for the output at a time, so that reading goes on meanwhile. */
const BATCHES_PER_OBJECT = 4

/**
 * Ships what the queues announce, until `drain` completes; then takes no more messages, and returns when those in flight
 * are settled.
 *
 * **Guarantee** A message is deleted only after every event of every object that it names is acknowledged or, where it can
 * never be shipped, is among the dead letters. Interruption makes every message in flight visible again at once. Messages in
 * flight are bounded by a level that finds itself below `maxInFlightMessages`, objects and events by their bytes.
 *
 * **Errors** None: what happens to one message ends with that message, by the table of `disposition.ts`.
 */
export const run = Effect.fn("Ingest.run")(function* (options: IngestOptions, drain: Effect.Effect<void>) {
  const lease = yield* Lease
  const reader = yield* S3Reader
  const publisher = yield* Publisher
  const places = yield* Places.make({ places: options.maxInFlightMessages, queues: options.queues.length })
  // Two, because an object that has bytes to read with waits for bytes for its events: of one, all might be taken by readers.
  const reading = yield* ByteBudget.make(options.maxBytesInFlight / 2)
  const waiting = yield* ByteBudget.make(options.maxBytesInFlight / 2)
  const acked = AckedObjects.make()

  const ship = (message: QueueMessage) =>
    objectsOf(message, options.acceptsKey).pipe(
      Effect.flatMap((objects) =>
        Effect.validate(objects, (ref) => failureOf(ref)(shipObject(message, ref)), {
          concurrency: objects.length === 1 ? 1 : OBJECTS_PER_MESSAGE,
          discard: true
        })
      ),
      settlement(message, options),
      Effect.tap(() => Effect.sync(() => acked.forget(message)))
    )

  const shipObject = (message: QueueMessage, ref: ObjectRef) =>
    acked.has(message, ref)
      ? Effect.void
      : shipWithin(bytesFor(ref), message, ref).pipe(
          Effect.tap((count) => Effect.sync(() => acked.add(message, ref)).pipe(Effect.andThen(countShipped(count))))
        )

  /** Ships an object within so many bytes. One that is larger than its notification says, which anyone may have sent, waits for more. */
  const shipWithin = (
    bytes: number,
    message: QueueMessage,
    ref: ObjectRef
  ): Effect.Effect<number, Failure, DeadLetters> =>
    reader.open(ref).pipe(
      Effect.flatMap((object): Effect.Effect<number | { readonly needed: number }, Failure, DeadLetters> => {
        const needed = bytesFor(object.ref)
        return needed > bytes ? Effect.succeed({ needed }) : shipBody(message, ref, object)
      }),
      Effect.scoped,
      reading.spend(bytes),
      Effect.flatMap((shipped) =>
        Predicate.isNumber(shipped) ? Effect.succeed(shipped) : shipWithin(shipped.needed, message, ref)
      )
    )

  const shipBody = (message: QueueMessage, ref: ObjectRef, object: S3Object) => {
    const encoder = options.encoder.forObject(object.ref)
    const decode = { ...options.decode, key: ref.key, sizeHint: object.ref.size, isTransient: true }
    return decodeObject(object.body, decode).pipe(
      encodeRecords(encoder),
      Stream.mapEffect(
        ({ events, recordBytes }) =>
          publisher.publish(events).pipe(
            keepRefused(message, ref, events),
            waiting.spend(byteLength(events)),
            Effect.andThen(countAcked(events.count, recordBytes)),
            // When it is interrupted the output may still look at them.
            Effect.result,
            Effect.tap(() => Effect.sync(() => options.encoder.release(events))),
            Effect.flatMap(Effect.fromResult)
          ),
        { concurrency: isSmall(object.ref) ? 1 : BATCHES_PER_OBJECT, unordered: true }
      ),
      Stream.runFold(
        () => 0,
        (sum: number, count) => sum + count
      )
    )
  }

  yield* Effect.forkChild(
    keepLevel({
      min: options.queues.length,
      max: options.maxInFlightMessages,
      places,
      wasShort: () => reading.wasShort() || waiting.wasShort(),
      wasBusy: watchThread(),
      acked: Effect.map(Metric.value(metrics.eventsAcked), ({ count }) => count),
      strains: reader.strains
    })
  )
  // A set, because it interrupts all at once: a stream would do so one after the other, and every release waits for its batch.
  const held = yield* FiberSet.make()

  const take = (messages: ReadonlyArray<QueueMessage>) =>
    Effect.forEach(
      messages,
      (message) => FiberSet.run(held, inFlight(lease.hold(message, ship(message))).pipe(Effect.ensuring(places.leave))),
      { discard: true }
    )

  yield* Effect.forEach(options.queues, (queue) => receive(queue, options, places, take), {
    concurrency: "unbounded",
    discard: true
  }).pipe(Effect.raceFirst(drain))
  yield* FiberSet.awaitEmpty(held)
}, Effect.scoped)

const inFlight = <R>(work: Effect.Effect<void, never, R>) =>
  Effect.acquireUseRelease(
    Metric.modify(metrics.messagesInFlight, 1),
    () => work,
    () => Metric.modify(metrics.messagesInFlight, -1)
  )

const countAcked = (events: number, recordBytes: number) =>
  Effect.as(
    Effect.andThen(Metric.update(metrics.eventsAcked, events), Metric.update(metrics.recordBytesAcked, recordBytes)),
    events
  )

const countShipped = (events: number) =>
  Metric.update(events === 0 ? metrics.nothingToShip("empty") : metrics.objectsShipped, 1)

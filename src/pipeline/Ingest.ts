/**
 * The way of every message, from the queue to its settlement:
 *
 * receive → lease → notification → objects → read → decode → encode → publish → settle
 */
import { Clock, Effect, FiberSet, Metric, Predicate } from "effect"
import type { Duration, Scope } from "effect"
import type { DeadLetters } from "../deadletter/DeadLetters.ts"
import { beginDecoding, type DecodeOptions } from "../decode/decodeObject.ts"
import { byteLength } from "../domain/EventBatch.ts"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import type { EncodedRecords, EventEncoder } from "../encode/EventEncoder.ts"
import { Publisher } from "../output/Publisher.ts"
import { type S3Object, S3Reader } from "../reader/S3Reader.ts"
import { Lease } from "../source/Lease.ts"
import * as metrics from "../telemetry/metrics.ts"
import * as AckedObjects from "./AckedObjects.ts"
import * as ByteBudget from "./ByteBudget.ts"
import { bytesFor, isSmall } from "./bytesFor.ts"
import type { Failure } from "./disposition.ts"
import { keepLevel } from "./level.ts"
import { objectsOf } from "./objectsOf.ts"
import * as Places from "./Places.ts"
import { type PolledQueue, receive } from "./receive.ts"
import { keepRefused } from "./refusedEvents.ts"
import { failureOf, settlement } from "./settlement.ts"
import { shipRecords } from "./shipRecords.ts"
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
const BATCHES_PER_OBJECT = 2

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
  const clock = yield* Clock.Clock
  const count = yield* metrics.counting
  const places = yield* Places.make({ places: options.maxInFlightMessages, queues: options.queues.length })
  // Two, because an object that has bytes to read with waits for bytes for its events: of one, all might be taken by readers.
  const reading = yield* ByteBudget.make(options.maxBytesInFlight / 2)
  const waiting = yield* ByteBudget.make(options.maxBytesInFlight / 2)
  const acked = AckedObjects.make()
  const settling = { ...options, count }

  const ship = (message: QueueMessage) =>
    objectsOf(message, options.acceptsKey).pipe(
      Effect.flatMap((objects) => shipObjects(message, objects)),
      settlement(message, settling),
      Effect.map(() => acked.forget(message))
    )

  const shipObjects = (message: QueueMessage, objects: ReadonlyArray<ObjectRef>) => {
    const [only] = objects
    // Of an only object there is nothing to remember: it is acknowledged with its message.
    if (only !== undefined && objects.length === 1) {
      return Effect.mapError(shipObject(message, only), (failure) => [failureOf(only)(failure)])
    }
    return Effect.validate(objects, (ref) => Effect.mapError(shipOnce(message, ref), failureOf(ref)), {
      concurrency: OBJECTS_PER_MESSAGE,
      discard: true
    })
  }

  const shipOnce = (message: QueueMessage, ref: ObjectRef) =>
    acked.has(message, ref) ? Effect.void : Effect.map(shipObject(message, ref), () => acked.add(message, ref))

  const shipObject = (message: QueueMessage, ref: ObjectRef) =>
    Effect.map(shipWithin(bytesFor(ref), message, ref), (events) =>
      count(events === 0 ? metrics.nothingToShip("empty") : metrics.objectsShipped, 1)
    )

  /** Ships an object within so many bytes. One that is larger than its notification says, which anyone may have sent, waits for more. */
  const shipWithin = (
    bytes: number,
    message: QueueMessage,
    ref: ObjectRef
  ): Effect.Effect<number, Failure, DeadLetters> =>
    reader.open(ref).pipe(
      Effect.flatMap(
        (object): Effect.Effect<number | { readonly needed: number }, Failure, DeadLetters | Scope.Scope> => {
          const needed = bytesFor(object.ref)
          return needed > bytes ? Effect.succeed({ needed }) : shipBody(message, ref, object)
        }
      ),
      Effect.scoped,
      reading.spend(bytes),
      Effect.flatMap((shipped) =>
        Predicate.isNumber(shipped) ? Effect.succeed(shipped) : shipWithin(shipped.needed, message, ref)
      )
    )

  const shipBody = (message: QueueMessage, ref: ObjectRef, object: S3Object) =>
    Effect.flatMap(
      beginDecoding(object, { ...options.decode, sizeHint: object.ref.size, isTransient: true }),
      (records) =>
        shipRecords(records, {
          encoder: options.encoder.forObject(object.ref),
          clock,
          concurrency: isSmall(object.ref) ? 1 : BATCHES_PER_OBJECT,
          ship: (encoded) => shipBatch(message, ref, encoded)
        })
    )

  const shipBatch = (message: QueueMessage, ref: ObjectRef, { events, recordBytes }: EncodedRecords) => {
    // Not when it is interrupted: the output may still look at them.
    const release = () => options.encoder.release(events)
    return publisher.publish(events).pipe(
      keepRefused(message, ref, events),
      waiting.spend(byteLength(events)),
      Effect.tapError(() => Effect.sync(release)),
      Effect.map(() => {
        release()
        count(metrics.eventsAcked, events.count)
        count(metrics.recordBytesAcked, recordBytes)
      })
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
    Effect.suspend(() => {
      count(metrics.messagesInFlight, messages.length)
      return Effect.forEach(
        messages,
        (message) => FiberSet.run(held, Effect.onExitPrimitive(lease.hold(message, ship(message)), leave)),
        { discard: true }
      )
    })
  const leave = () => {
    count(metrics.messagesInFlight, -1)
    return places.leave
  }

  yield* Effect.forEach(options.queues, (queue) => receive(queue, options, places, take), {
    concurrency: "unbounded",
    discard: true
  }).pipe(Effect.raceFirst(drain))
  yield* FiberSet.awaitEmpty(held)
}, Effect.scoped)

/**
 * What a collector can do that means s3beat harm: keep its events from it, and nothing else.
 */
import type { Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import * as fc from "fast-check"
import { acknowledgement } from "../../src/demo/Collector.ts"
import { checkProperty } from "../support/checkProperty.ts"
import * as LumberjackWire from "../support/LumberjackWire.ts"
import * as Logged from "../support/Logged.ts"
import { layerOf, numbered, publish } from "../support/logstashWorld.ts"

const EVENTS = 7

/** What it answers to a window that is whole. */
const answer = fc.oneof(
  fc.record({
    name: fc.constant("bytes of any kind"),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }).map((bytes) => Buffer.from(bytes))
  }),
  fc
    .array(fc.oneof(fc.constantFrom(0, EVENTS + 1, 2 ** 31, 2 ** 32 - 1), fc.nat(EVENTS - 1)), {
      minLength: 1,
      maxLength: 20
    })
    .map((sequences) => ({
      name: `acknowledgements of ${sequences.join(", ")}`,
      bytes: Buffer.concat(sequences.map(acknowledgement))
    })),
  fc
    .integer({ min: 1, max: 5 })
    .map((length) => ({ name: "half a frame", bytes: acknowledgement(EVENTS).subarray(0, length) })),
  fc.constantFrom(
    { name: "a window of its own", bytes: Buffer.from([0x32, 0x57, 0, 0, 0, 1]) },
    { name: "a MiB of acknowledgements of nothing", bytes: Buffer.alloc(6 * 170_000, acknowledgement(0)) },
    { name: "HTTP", bytes: Buffer.from("HTTP/1.1 200 OK\r\n\r\n") }
  )
)

/** Of a window of `count` events, how many this answer acknowledges: those up to the largest sequence that it really has. */
const granted = (bytes: Buffer, count: number): number => {
  let most = 0
  for (let at = 0; bytes.toString("latin1", at, at + 2) === "2A" && at + 6 <= bytes.length; at += 6) {
    const sequence = bytes.readUInt32BE(at + 2)
    if (sequence > count) break
    most = Math.max(most, sequence)
  }
  return most
}

type Grant = (events: number) => void

/** Answers so when a window is whole, and closes. */
const answersWith =
  (bytes: Buffer, grant: Grant): LumberjackWire.Behaviour =>
  (socket: Socket) => ({
    onWindow: ({ events }) => {
      grant(granted(bytes, events.length))
      socket.end(bytes)
    }
  })

/** Says all that before anything was sent. */
const speaksFirst =
  (bytes: Buffer, grant: Grant): LumberjackWire.Behaviour =>
  (socket: Socket) => {
    socket.write(bytes)
    return {
      onWindow: ({ events }) => {
        grant(granted(bytes, events.length))
        socket.end()
      }
    }
  }

describe("hostile collectors", () => {
  it.live("whatever one answers, a batch is acknowledged only by one that acknowledges all of it", () =>
    checkProperty(
      fc.record({ answers: fc.array(answer, { minLength: 1, maxLength: 4 }), first: fc.boolean() }),
      ({ answers, first }) =>
        Effect.gen(function* () {
          const collector = yield* LumberjackWire.make()
          let total = 0
          const grant = (events: number) => void (total += events)
          const hostile = answers.map(({ bytes }) => (first ? speaksFirst(bytes, grant) : answersWith(bytes, grant)))
          collector.behave(...hostile, (socket) => ({
            onWindow: ({ events }) => {
              grant(events.length)
              socket.write(acknowledgement(events.length))
            }
          }))
          const events = numbered(EVENTS)
          yield* publish(...events).pipe(
            Effect.retry({ times: 200 }),
            Effect.provide(layerOf({ hosts: [collector.address], timeout: Duration.seconds(2) }))
          )
          // A hostile one may have taken some, and acknowledged those; the rest went to one that took it all.
          for (const event of events) assert.include(collector.arrived(), event)
          assert.isAtLeast(total, EVENTS, "acknowledged by those to whom it was sent")
          assert.deepStrictEqual(collector.wrong(), [])
        }).pipe(Effect.scoped, Effect.provide(Logged.layer)),
      { numRuns: 60, interruptAfterTimeLimit: 8_000 }
    )
  )
})

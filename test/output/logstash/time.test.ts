import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Logged, layer as logged } from "../../support/Logged.ts"
import {
  forkPublish,
  layerOf,
  numbered,
  publish,
  socketsSettled,
  until,
  untilInTime
} from "../../support/logstashWorld.ts"
import * as Wire from "../../support/LumberjackWire.ts"

const backoff = { init: Duration.seconds(1), max: Duration.seconds(60) }

describe("LogstashOutput: timeout", () => {
  it.effect("a peer that never acknowledges is given up after it, and the batch with it", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      wire.behave(Wire.neverAcks)
      yield* Effect.gen(function* () {
        const fiber = yield* forkPublish("1")
        yield* until(() => wire.arrived().length === 1)
        yield* socketsSettled
        yield* TestClock.adjust("29 seconds")
        assert.isUndefined(fiber.pollUnsafe())
        assert.strictEqual(wire.connections().open, 1)
        yield* TestClock.adjust("1 second")
        const error = yield* Effect.flip(Fiber.join(fiber))
        assert.match(error.reason.detail, /^127\.0\.0\.1:\d+: no acknowledgement within 30s$/)
        yield* until(() => wire.connections().open === 0)
      }).pipe(Effect.provide(layerOf({ hosts: [wire.address] })))
    })
  )

  it.effect("every acknowledgement begins it anew, even one that is no progress", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      wire.behave(wire.holds)
      yield* Effect.gen(function* () {
        const fiber = yield* forkPublish(...numbered(3))
        const window = yield* wire.nextHeld
        yield* socketsSettled
        for (const sequence of [0, 0, 1, 1, 0, 2, 2]) {
          yield* TestClock.adjust("29 seconds")
          window.ack(sequence)
          yield* socketsSettled
        }
        assert.isUndefined(fiber.pollUnsafe())
        window.ack(3)
        yield* Fiber.join(fiber)
        assert.strictEqual(wire.connections().accepted, 1)
      }).pipe(Effect.provide(layerOf({ hosts: [wire.address] })))
    })
  )

  it.effect("a connection that has nothing to wait for is left alone, however long", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      yield* Effect.gen(function* () {
        yield* publish("1")
        yield* TestClock.adjust("1 day")
        yield* publish("2")
        assert.strictEqual(wire.connections().accepted, 1)
      }).pipe(Effect.provide(layerOf({ hosts: [wire.address] })))
    })
  )

  it.effect("a host that does not let itself be connected to is given up after it", () =>
    Effect.gen(function* () {
      // It takes the connection, and never begins with TLS.
      const wire = yield* Wire.make()
      yield* Effect.gen(function* () {
        const fiber = yield* forkPublish("1")
        yield* until(() => wire.connections().accepted === 1)
        yield* socketsSettled
        yield* TestClock.adjust("30 seconds")
        const error = yield* Effect.flip(Fiber.join(fiber))
        assert.match(error.reason.detail, /: no connection within 30s$/)
        yield* until(() => wire.connections().open === 0)
      }).pipe(
        Effect.provide(
          layerOf({ hosts: [wire.address], ssl: { certificateAuthorities: [], verificationMode: "none" } })
        )
      )
    })
  )
})

describe("LogstashOutput: ttl", () => {
  it.effect("a connection is replaced after it, and closed when it has nothing on its way", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      wire.behave(wire.holds, Wire.acksWindows)
      yield* Effect.gen(function* () {
        const first = yield* forkPublish("1")
        const window = yield* wire.nextHeld
        yield* TestClock.adjust("1 minute")
        window.ack(0)
        yield* publish("2")
        assert.strictEqual(wire.connections().accepted, 2)
        assert.strictEqual(wire.connections().open, 2)
        window.ack(1)
        yield* Fiber.join(first)
        yield* until(() => wire.connections().open === 1)
        yield* publish("3")
        assert.strictEqual(wire.connections().accepted, 2)
      }).pipe(
        Effect.provide(layerOf({ hosts: [wire.address], ttl: Duration.seconds(60), timeout: Duration.minutes(5) }))
      )
    })
  )

  it.effect("with one host at a time it is the turn of the next", () =>
    Effect.gen(function* () {
      const wires = [yield* Wire.make(), yield* Wire.make()]
      const hosts = wires.map(({ address }) => address)
      yield* Effect.gen(function* () {
        for (const text of numbered(6)) {
          yield* publish(text)
          yield* TestClock.adjust("1 minute")
        }
      }).pipe(Effect.provide(layerOf({ hosts, ttl: Duration.seconds(60) })))
      for (const wire of wires) assert.lengthOf(wire.arrived(), 3)
    })
  )
})

describe("LogstashOutput: backoff", () => {
  it.effect("a host that fails is not tried before its pause is over, from init doubling to max", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      wire.behave(Wire.closesUnacknowledged)
      yield* Effect.gen(function* () {
        yield* Effect.flip(publish("1"))
        for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
          const accepted = wire.connections().accepted
          const fiber = yield* forkPublish("1")
          yield* TestClock.adjust(Duration.millis(seconds * 800 - 1))
          yield* socketsSettled
          assert.strictEqual(wire.connections().accepted, accepted)
          yield* TestClock.adjust(Duration.millis(seconds * 400 + 1))
          yield* Effect.flip(Fiber.join(fiber))
          assert.strictEqual(wire.connections().accepted, accepted + 1)
        }
      }).pipe(Effect.provide(layerOf({ hosts: [wire.address], backoff })))
    })
  )

  it.effect("what is acknowledged begins it anew", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      const { closesUnacknowledged, acksWindows } = Wire
      wire.behave(closesUnacknowledged, closesUnacknowledged, closesUnacknowledged, acksWindows)
      yield* Effect.gen(function* () {
        for (const pause of ["0 seconds", "1200 millis", "2400 millis"] as const) {
          const fiber = yield* forkPublish("1")
          yield* TestClock.adjust(pause)
          yield* Effect.flip(Fiber.join(fiber))
        }
        const fiber = yield* forkPublish("1")
        yield* TestClock.adjust("4800 millis")
        yield* Fiber.join(fiber)
        wire.cut()
        wire.behave(closesUnacknowledged, acksWindows)
        yield* until(() => wire.connections().open === 0)
        yield* socketsSettled
        yield* Effect.flip(publish("1"))
        const last = yield* forkPublish("1")
        yield* TestClock.adjust("1200 millis")
        yield* Fiber.join(last)
      }).pipe(Effect.provide(layerOf({ hosts: [wire.address], backoff })))
    })
  )

  it.effect("what is left of a batch that was acknowledged in part waits for its host, and says so once", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      const { acksWindows, closesUnacknowledged, endsAfter } = Wire
      wire.behave(endsAfter(3), closesUnacknowledged, closesUnacknowledged, closesUnacknowledged, acksWindows)
      yield* Effect.gen(function* () {
        const fiber = yield* forkPublish(...numbered(5))
        yield* untilInTime(() => fiber.pollUnsafe() !== undefined)
        yield* Fiber.join(fiber)
      }).pipe(Effect.provide(layerOf({ hosts: [wire.address], backoff })))
      assert.deepStrictEqual(wire.windowSizes(), [5, 2, 2, 2, 2])
      const lines = yield* (yield* Logged).lines
      assert.deepStrictEqual(lines, [
        {
          level: "Warn",
          text: `Output logstash is unavailable: 127.0.0.1:${wire.address.port}: the collector has closed the connection. The 2 events left of a batch wait until it is back.`
        }
      ])
    }).pipe(Effect.provide(logged))
  )
})

import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Logged, layer as logged } from "../../support/Logged.ts"
import { forkPublish, layerOf, numbered, publish, socketsSettled, until } from "../../support/logstashWorld.ts"
import * as Wire from "../../support/LumberjackWire.ts"

const both = Effect.all([Wire.make(), Wire.make()])
const addressesOf = (wires: ReadonlyArray<Wire.LumberjackWire>) => wires.map(({ address }) => address)
const showHost = ({ address }: Wire.LumberjackWire) => `127.0.0.1:${address.port}`

describe("LogstashOutput: one host at a time", () => {
  it.live("all batches go to one, whichever it is, until it fails, and then to the next", () =>
    Effect.gen(function* () {
      const wires = yield* both
      yield* Effect.gen(function* () {
        for (const text of numbered(5)) yield* publish(text)
        const [used, other] = wires[0].arrived().length > 0 ? wires : [wires[1], wires[0]]
        assert.deepStrictEqual(used.arrived(), numbered(5))
        assert.strictEqual(other.connections().accepted, 0)
        used.behave(Wire.closesAtOnce)
        used.cut()
        for (const text of numbered(5, 5)) yield* publish(text)
        assert.deepStrictEqual(other.arrived(), numbered(5, 5))
      }).pipe(Effect.provide(layerOf({ hosts: addressesOf(wires) })))
    }).pipe(Effect.provide(logged))
  )

  it.live("a connection that is closed while idle is opened again, to the same host", () =>
    Effect.gen(function* () {
      const wires = yield* both
      yield* Effect.gen(function* () {
        for (const text of numbered(3)) {
          yield* publish(text)
          for (const wire of wires) wire.cut()
          yield* until(() => wires.every((wire) => wire.connections().open === 0))
          yield* socketsSettled
        }
      }).pipe(Effect.provide(layerOf({ hosts: addressesOf(wires) })))
      assert.sameMembers(
        wires.map((wire) => wire.connections().accepted),
        [0, 3]
      )
      assert.deepStrictEqual(yield* (yield* Logged).lines, [])
    }).pipe(Effect.provide(logged))
  )

  it.live("the first is taken at random", () =>
    Effect.gen(function* () {
      const wires = yield* both
      for (let beat = 0; beat < 40; beat++) {
        yield* publish("{}").pipe(Effect.provide(layerOf({ hosts: addressesOf(wires), compressionLevel: 0 })))
      }
      for (const wire of wires) assert.isAbove(wire.arrived().length, 0)
    })
  )

  it.effect("it stays with the one that took events first after an outage of all", () =>
    Effect.gen(function* () {
      for (let outage = 0; outage < 8; outage++) {
        const wires = yield* both
        for (const wire of wires) wire.behave(Wire.closesUnacknowledged, Wire.acksWindows)
        yield* Effect.gen(function* () {
          yield* Effect.flip(publish("{}"))
          const fiber = yield* forkPublish("{}")
          yield* TestClock.adjust("1200 millis")
          yield* Fiber.join(fiber)
          yield* TestClock.adjust("1 minute")
          for (const text of numbered(3)) yield* publish(text)
        }).pipe(Effect.provide(layerOf({ hosts: addressesOf(wires), backoff: { init: SECOND, max: SECOND } })))
        assert.sameMembers(
          wires.map((wire) => wire.connections().accepted),
          [1, 2]
        )
      }
    }).pipe(Effect.provide(logged))
  )

  it.live("a host that is left is told, and that it served again only when it does", () =>
    Effect.gen(function* () {
      const wires = yield* both
      for (const wire of wires) wire.behave(Wire.endsAfter(3), Wire.acksWindows)
      yield* publish(...numbered(5)).pipe(Effect.provide(layerOf({ hosts: addressesOf(wires) })))
      const lines = yield* (yield* Logged).lines
      assert.lengthOf(lines, 1)
      assert.match(
        lines[0]?.text ?? "",
        /^Collector 127\.0\.0\.1:\d+ is unavailable: the collector has closed the connection\./
      )
    }).pipe(Effect.provide(logged))
  )

  it.live("when none takes events, each is tried once, and the cause of each is told", () =>
    Effect.gen(function* () {
      const wires = yield* both
      wires[0].behave(Wire.closesUnacknowledged)
      wires[1].behave(Wire.acksTooMuch)
      const { reason } = yield* Effect.flip(publish("{}")).pipe(Effect.provide(layerOf({ hosts: addressesOf(wires) })))
      assert.sameMembers(reason._tag === "OutputUnavailable" ? reason.detail.split("; ") : [], [
        `${showHost(wires[0])}: the collector has closed the connection`,
        `${showHost(wires[1])}: the collector acknowledged event 2 where only 1 were sent`
      ])
      for (const wire of wires) assert.strictEqual(wire.connections().accepted, 1)
    }).pipe(Effect.provide(logged))
  )

  it.live("each of several workers has a connection of its own, all to the same host", () =>
    Effect.gen(function* () {
      const wires = yield* both
      for (const wire of wires) wire.behave(wire.holds)
      yield* Effect.gen(function* () {
        const fibers = yield* Effect.forEach(numbered(6), (text) => forkPublish(text))
        yield* until(() => wires.some((wire) => wire.arrived().length === 6))
        const used = wires[0].arrived().length > 0 ? wires[0] : wires[1]
        assert.strictEqual(used.connections().accepted, 3)
        for (let i = 0; i < 6; i++) (yield* used.nextHeld).ack(1)
        yield* Fiber.joinAll(fibers)
      }).pipe(Effect.provide(layerOf({ hosts: addressesOf(wires), worker: 3 })))
    })
  )
})

describe("LogstashOutput: loadbalance", () => {
  it.live("batches go to all hosts, to the one with the least to do", () =>
    Effect.gen(function* () {
      const wires = yield* both
      for (const wire of wires) wire.behave(wire.holds)
      yield* Effect.gen(function* () {
        const fibers = yield* Effect.forEach(numbered(4), (text) => forkPublish(text))
        yield* until(() => wires.every((wire) => wire.arrived().length === 2))
        for (const wire of wires) for (let i = 0; i < 2; i++) (yield* wire.nextHeld).ack(1)
        yield* Fiber.joinAll(fibers)
      }).pipe(Effect.provide(layerOf({ hosts: addressesOf(wires), loadbalance: true })))
    })
  )

  it.live("while one is down the others get everything, and it is told once, as is its return", () =>
    Effect.gen(function* () {
      const wires = yield* both
      const [down, up] = wires
      down.behave(Wire.closesUnacknowledged)
      const backoff = { init: Duration.millis(30), max: Duration.millis(30) }
      yield* Effect.gen(function* () {
        while (down.connections().accepted < 3) yield* publishPair
        down.behave(Wire.acksWindows)
        const before = down.windowSizes().length
        while (down.windowSizes().length < before + 3) yield* publishPair
      }).pipe(Effect.provide(layerOf({ hosts: addressesOf(wires), loadbalance: true, backoff })))
      assert.isAbove(up.arrived().length, 2)
      assert.deepStrictEqual(yield* (yield* Logged).lines, [
        {
          level: "Warn",
          text: `Collector ${showHost(down)} is unavailable: the collector has closed the connection. The others are sent to meanwhile.`
        },
        { level: "Info", text: `Collector ${showHost(down)} takes events again.` }
      ])
    }).pipe(Effect.provide(logged))
  )
})

describe("LogstashOutput: a host that has failed", () => {
  it.effect("gets one batch, and more only once it has acknowledged something", () =>
    Effect.gen(function* () {
      const wires = yield* both
      const [failing, other] = wires
      failing.behave(Wire.closesUnacknowledged, failing.holds)
      other.behave(other.holds)
      yield* Effect.gen(function* () {
        const first = yield* Effect.forEach(numbered(2), (text) => forkPublish(text))
        for (let i = 0; i < 2; i++) (yield* other.nextHeld).ack(1)
        yield* Fiber.joinAll(first)
        yield* TestClock.adjust("1200 millis")
        const then = yield* Effect.forEach(numbered(5, 2), (text) => forkPublish(text))
        yield* until(() => failing.arrived().length + other.arrived().length === 1 + 2 + 5)
        assert.lengthOf(other.arrived(), 2 + 4)
        ;(yield* failing.nextHeld).ack(1)
        yield* until(() => then.some((fiber) => fiber.pollUnsafe() !== undefined))
        const last = yield* Effect.forEach(numbered(3, 7), (text) => forkPublish(text))
        yield* until(() => failing.arrived().length === 1 + 1 + 3)
        yield* Effect.forEach([...then, ...last], (fiber) => Fiber.interrupt(fiber))
      }).pipe(
        Effect.provide(
          layerOf({
            hosts: addressesOf(wires),
            loadbalance: true,
            pipelining: 4,
            backoff: { init: SECOND, max: SECOND }
          })
        )
      )
    }).pipe(Effect.provide(logged))
  )
})

const SECOND = Duration.seconds(1)

/** Two batches at the same time, so that one host alone is not enough. */
const publishPair = Effect.all([publish("{}"), publish("{}")], { concurrency: 2 })

import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import * as Collector from "../../../src/demo/Collector.ts"
import { Output } from "../../../src/output/Output.ts"
import * as contract from "../../contract/outputContract.ts"
import { eventBatch, ndjsonOf } from "../../support/eventBatch.ts"
import { layer as logged } from "../../support/Logged.ts"
import { layerOf, numbered, type Options, publish } from "../../support/logstashWorld.ts"
import * as Wire from "../../support/LumberjackWire.ts"

class Peer extends Context.Service<Peer, Collector.Collector>()("s3beat/test/Peer") {
  static readonly layer = Layer.effect(Peer, Collector.make())
}

const toPeer = (options: Options) =>
  Layer.unwrap(Effect.map(Peer, ({ port }) => layerOf({ hosts: [{ host: "127.0.0.1", port }], ...options }))).pipe(
    Layer.provideMerge(Peer.layer)
  )

const readBack = Effect.flatMap(Peer, ({ events }) => Effect.map(events, (texts) => ndjsonOf(...texts)))

contract.suite("logstash", toPeer({}), readBack)
contract.suite("logstash, plain, on three connections", toPeer({ compressionLevel: 0, worker: 3 }), readBack)

const { acksPartly, acksTooMuch, acksWindows, closesAtOnce, closesUnacknowledged, endsAfter, halfAnAck } = Wire

describe("LogstashOutput: windows", () => {
  it.live("a batch goes out in windows of at most bulk_max_size", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      yield* publish(...numbered(25)).pipe(Effect.provide(layerOf({ hosts: [wire.address], bulkMaxSize: 10 })))
      assert.deepStrictEqual(wire.windowSizes(), [10, 10, 5])
      assert.deepStrictEqual(wire.arrived(), numbered(25))
    })
  )

  it.live("the next window is sent before the last one is acknowledged, and no more than pipelining says", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      wire.behave(wire.holds)
      yield* Effect.gen(function* () {
        const fibers = yield* Effect.forEach(numbered(3), (text) => Effect.forkChild(publish(text)))
        const [one, two] = [yield* wire.nextHeld, yield* wire.nextHeld]
        assert.lengthOf(wire.arrived(), 2)
        assert.strictEqual(wire.connections().accepted, 1)
        one.ack(1)
        const three = yield* wire.nextHeld
        two.ack(1)
        three.ack(1)
        yield* Fiber.joinAll(fibers)
      }).pipe(Effect.provide(layerOf({ hosts: [wire.address] })))
      assert.sameMembers([...wire.arrived()], [...numbered(3)])
    })
  )

  it.live("the windows of one batch overlap too", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      wire.behave(wire.holds)
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(publish(...numbered(6)))
        const [one, two] = [yield* wire.nextHeld, yield* wire.nextHeld]
        one.ack(2)
        const three = yield* wire.nextHeld
        two.ack(2)
        assert.isUndefined(fiber.pollUnsafe())
        three.ack(2)
        yield* Fiber.join(fiber)
      }).pipe(Effect.provide(layerOf({ hosts: [wire.address], bulkMaxSize: 2 })))
    })
  )

  it.live("a batch is not acknowledged before the last event of its last window is", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      wire.behave(wire.holds)
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(publish(...numbered(3)))
        const window = yield* wire.nextHeld
        for (const sequence of [0, 1, 1, 0, 2]) window.ack(sequence)
        const other = yield* Effect.forkChild(publish("{}"))
        const next = yield* wire.nextHeld
        assert.isUndefined(fiber.pollUnsafe())
        window.ack(3)
        yield* Fiber.join(fiber)
        next.ack(1)
        yield* Fiber.join(other)
      }).pipe(Effect.provide(layerOf({ hosts: [wire.address] })))
    })
  )

  it.live("slow_start begins with ten events and half as many more each time, up to bulk_max_size", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      const options = { hosts: [wire.address], slowStart: true, bulkMaxSize: 40, pipelining: 1 }
      yield* publish(...numbered(130)).pipe(Effect.provide(layerOf(options)))
      assert.deepStrictEqual(wire.windowSizes(), [10, 15, 23, 35, 40, 7])
    })
  )

  it.live("as many batches as windows may be on their way are taken at a time", () =>
    Effect.gen(function* () {
      const hosts = [1, 2, 3].map((port) => ({ host: "127.0.0.1", port }))
      const concurrencyOf = (options: Options) =>
        Effect.provide(
          Effect.map(Output, ({ concurrency }) => concurrency),
          layerOf({ hosts, ...options })
        )
      assert.strictEqual(yield* concurrencyOf({}), 2)
      assert.strictEqual(yield* concurrencyOf({ worker: 4, pipelining: 5 }), 20)
      assert.strictEqual(yield* concurrencyOf({ loadbalance: true, worker: 4, pipelining: 0 }), 12)
    })
  )
})

describe("LogstashOutput: a connection that ends", () => {
  it.live("what was acknowledged is not sent again: the rest goes on over another connection", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      for (const options of [{ compressionLevel: 0 }, { bulkMaxSize: 4 }]) {
        const before = wire.arrived().length
        wire.behave(endsAfter(7), endsAfter(1), endsAfter(2), acksPartly(3))
        yield* publish(...numbered(20)).pipe(Effect.provide(layerOf({ hosts: [wire.address], ...options })))
        const arrived = wire.arrived().slice(before)
        assert.deepStrictEqual([...new Set(arrived)], numbered(20))
        for (const text of numbered(10))
          assert.lengthOf(
            arrived.filter((other) => other === text),
            1
          )
      }
    })
  )

  it.live("a batch that one host has begun is finished by the next", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* Wire.make(), yield* Wire.make()]
      for (const wire of [one, two]) wire.behave(endsAfter(7), acksWindows)
      yield* publish(...numbered(10)).pipe(
        Effect.provide(layerOf({ hosts: [one.address, two.address], compressionLevel: 0 }))
      )
      const [first, second] = one.arrived().length === 7 ? [one, two] : [two, one]
      assert.deepStrictEqual(first.arrived(), numbered(7))
      assert.deepStrictEqual(second.arrived(), numbered(3, 7))
    }).pipe(Effect.provide(logged))
  )

  it.live("one that takes nothing makes the output unavailable, with host and cause", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      const host = `127.0.0.1:${wire.address.port}`
      for (const [behaviour, cause] of [
        [closesAtOnce, /^the (?:collector has closed the connection|connection was closed by the other side)/],
        [closesUnacknowledged, /^the collector has closed the connection/],
        [halfAnAck, /^the collector has closed the connection/],
        [acksTooMuch, /^the collector acknowledged event 2 where only 1 were sent$/],
        [Wire.speaksHttp, /^the answer is no acknowledgement of the Beats protocol \(byte 0x48\)$/]
      ] as const) {
        wire.behave(behaviour)
        const error = yield* Effect.flip(publish("{}")).pipe(Effect.provide(layerOf({ hosts: [wire.address] })))
        assert.strictEqual(error.reason._tag, "OutputUnavailable")
        assert.strictEqual(error.reason.detail.slice(0, host.length + 2), `${host}: `)
        assert.match(error.reason.detail.slice(host.length + 2), cause)
      }
    })
  )

  it.live("one that has served and was closed while idle is replaced without a word", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      yield* Effect.gen(function* () {
        for (const text of numbered(5)) {
          yield* publish(text)
          wire.cut()
        }
      }).pipe(Effect.provide(layerOf({ hosts: [wire.address] })))
      assert.deepStrictEqual(wire.arrived(), numbered(5))
    })
  )

  it.live("a collector that is not up keeps nothing from starting, and takes the batch once it is", () =>
    Effect.gen(function* () {
      const { address } = yield* Effect.scoped(Wire.make())
      yield* Effect.gen(function* () {
        const output = yield* Output
        const { message } = yield* Effect.flip(output.publish([eventBatch("{}")]))
        assert.strictEqual(
          message,
          `output.logstash: 127.0.0.1:${address.port}: nothing listens there; check the port, and that the collector is up (ECONNREFUSED)`
        )
        const wire = yield* Wire.make({ port: address.port })
        yield* output.publish([eventBatch("{}")])
        assert.deepStrictEqual(wire.arrived(), ["{}"])
      }).pipe(Effect.provide(layerOf({ hosts: [address] })))
    })
  )

  it.live("interruption leaves what was sent to the collector, and the connection to the next batch", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      wire.behave(wire.holds)
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(publish("1"))
        const givenUp = yield* wire.nextHeld
        yield* Fiber.interrupt(fiber)
        const next = yield* Effect.forkChild(publish("2"))
        const window = yield* wire.nextHeld
        givenUp.ack(1)
        window.ack(1)
        yield* Fiber.join(next)
      }).pipe(Effect.provide(layerOf({ hosts: [wire.address] })))
      assert.deepStrictEqual(wire.arrived(), ["1", "2"])
      assert.strictEqual(wire.connections().accepted, 1)
    })
  )

  it.live("closing the Layer closes its connections", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      yield* publish("{}").pipe(Effect.provide(layerOf({ hosts: [wire.address] })))
      while (wire.connections().open > 0) yield* Effect.promise(() => new Promise(setImmediate))
    })
  )
})

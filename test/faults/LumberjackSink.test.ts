/**
 * That the collector does to a sender what its conduct says.
 */
import { connect } from "node:net"
import { deflateSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Conduct, layer, LumberjackSink } from "./LumberjackSink.ts"

const number = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const windowOf = (size: number) => Buffer.concat([Buffer.from("2W"), number(size)])

const eventOf = (sequence: number) => {
  const json = Buffer.from(JSON.stringify({ message: `event ${sequence}` }))
  return Buffer.concat([Buffer.from("2J"), number(sequence), number(json.length), json])
}

const compressed = (frames: Buffer) => {
  const bytes = deflateSync(frames)
  return Buffer.concat([Buffer.from("2C"), number(bytes.length), bytes])
}

const four = Buffer.concat([1, 2, 3, 4].map(eventOf))

/** Sends the bytes in two pieces; answers the acknowledgements, and how it ended. */
const converse = (bytes: Buffer) =>
  Effect.flatMap(LumberjackSink, ({ port }) =>
    Effect.callback<string>((resume) => {
      const acks: Array<number> = []
      const socket = connect(port, "127.0.0.1")
      const end = (how: string) => resume(Effect.succeed(`${acks.join(" ")} ${how}`.trim()))
      socket.on("error", () => {})
      socket.on("data", (data) => {
        for (let at = 0; at + 6 <= data.length; at += 6) acks.push(Number(Buffer.from(data).readUInt32BE(at + 2)))
      })
      socket.on("close", (hadError) => end(hadError ? "reset" : "closed"))
      socket.setTimeout(200, () => {
        end("silence")
        socket.destroy()
      })
      socket.write(bytes.subarray(0, 9), () => setImmediate(() => socket.write(bytes.subarray(9))))
    })
  )

const law = (name: string, conduct: Conduct, bytes: Buffer, ends: string, taken: number) =>
  it.live(name, () =>
    Effect.gen(function* () {
      const sink = yield* LumberjackSink
      yield* sink.setConduct(conduct)
      assert.strictEqual(yield* converse(bytes), ends)
      yield* Effect.repeat(Effect.delay(sink.connections, "5 millis"), { until: (count) => count === 0 })
      assert.deepStrictEqual(
        (yield* sink.events).map((event): string => JSON.parse(event).message),
        [1, 2, 3, 4].slice(0, taken).map((sequence) => `event ${sequence}`)
      )
    }).pipe(Effect.provide(layer))
  )

const plain = Buffer.concat([windowOf(4), four])

describe("LumberjackSink", () => {
  law("acks a window of JSON frames", { _tag: "ack" }, plain, "4 silence", 4)
  law(
    "acks a window of a compressed frame",
    { _tag: "ack" },
    Buffer.concat([windowOf(4), compressed(four)]),
    "4 silence",
    4
  )
  law("never acks", { _tag: "silence" }, plain, "silence", 4)
  law("acks a part", { _tag: "ackPart", events: 2 }, plain, "2 silence", 4)
  law("resets after half a window", { _tag: "resetAfter", events: 2 }, plain, "reset", 2)
  law("accepts and dies", { _tag: "acceptAndDie" }, plain, "reset", 0)
  law("acks and dies", { _tag: "ackThenDie" }, plain, "4 reset", 4)
  law("cuts off whoever speaks another protocol", { _tag: "ack" }, Buffer.from("GET / HTTP/1.1\r\n\r\n"), "reset", 0)
})

/**
 * What hostile messages and objects do to those beside them: nothing. One daemon over real HTTP is sent all of it at once, among good logs.
 */
import { monitorEventLoopDelay } from "node:perf_hooks"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import * as Pseudorandom from "../../src/demo/Pseudorandom.ts"
import { FaultProxy } from "../faults/FaultProxy.ts"
import { randomLog } from "../faults/randomLog.ts"
import * as TwoAccounts from "../support/embeddedAws.ts"
import * as World from "../support/lawWorld.ts"
import * as Logged from "../support/Logged.ts"
import { notificationOf } from "../support/pipeline.ts"
import { gzipBomb, zstdBomb } from "./bombs.ts"
import { readCorpus } from "./corpus.ts"

/** So many good logs among all of that. */
const GOOD = 40

/** How soon all of them must be acknowledged. */
const SOON = Duration.seconds(20)

/** For how long the daemon may do nothing else, in milliseconds, on a machine that has other work too. */
const BLOCKED = 1_500

const announced = (key: string, bucket = World.bucket, region = "us-east-1") => notificationOf({ bucket, key, region })

const inRecords = (text: string) => `{"Records":${text}}`

/** Each names what it does in `mark`, which its body holds. */
const bodies: ReadonlyArray<string> = [
  "[".repeat(100_000) + "]".repeat(100_000),
  inRecords(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`),
  inRecords(JSON.stringify(Array.from({ length: 60_000 }, () => ({})))),
  notificationOf(
    ...Array.from({ length: 300 }, (_, i) => ({ bucket: World.bucket, key: `gone/${i}`, region: "us-east-1" }))
  ),
  announced("k".repeat(900_000)),
  announced("\u0000"),
  announced(".."),
  announced("../../strangers-logs/forged"),
  announced("a\u0000b"),
  announced("a\nERROR Everything is lost.\u001b[2J\u202e"),
  announced("forged", "strangers-logs"),
  announced("forged", "no-such-bucket"),
  announced("forged", World.bucket, "evil-1"),
  announced("forged").replace("forged", "%zz"),
  announced("forged").replace("forged", "\\ud800"),
  `\ufeff${announced("forged")}`,
  `{"Records":1,${announced("forged").slice(1)}`,
  announced("forged").replace("{", '{"__proto__":{"Records":[]},'),
  Array.from({ length: 8 }).reduce<string>(
    (body) => JSON.stringify({ Type: "Notification", Message: body }),
    announced("forged")
  )
]

/** What SQS would not take is not what it can be sent. */
const isSendable = (body: string) =>
  body !== "" && !/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.test(body)

const objects: ReadonlyArray<readonly [key: string, bytes: Uint8Array]> = [
  ["bomb.zst", zstdBomb(10 * 1024 ** 3)],
  ["bomb.gz", gzipBomb(2048)],
  ["newlines.gz", gzipBomb(64, 0x0a)],
  ["endless.log", Buffer.alloc(8_000_000, "a")],
  ["nested.json", Buffer.from(inRecords("[".repeat(100_000)))],
  ["cut.gz", gzipSync(Buffer.alloc(100_000)).subarray(0, 50)],
  ["nothing.log", Buffer.alloc(1_000_000)],
  ["ERROR forged\u202e\u001b[31m.gz", gzipSync("x").subarray(0, 12)],
  ...readCorpus()
    .filter(({ target }) => target !== "notification" && target !== "config")
    .map(({ input }, i) => [`corpus/${i}`, input] as const)
]

const world = World.layer({ accounts: [TwoAccounts.accountA, TwoAccounts.accountB, TwoAccounts.stranger] })

describe("hostile neighbours", () => {
  it.live(
    "good logs are acked as if they were alone, every hostile message meets its fate, and no line of the log is forged",
    () =>
      Effect.gen(function* () {
        const aws = yield* EmbeddedAws
        const proxy = yield* FaultProxy
        const books = yield* World.Books
        const delay = monitorEventLoopDelay({ resolution: 10 })
        const random = Pseudorandom.make(1)
        const good = Array.from({ length: GOOD }, (_, index) => randomLog(index, random))

        const corpus = readCorpus().flatMap(({ input, target }) => (target === "notification" ? input.toString() : []))
        const hostile = [...bodies, ...corpus].filter(isSendable)
        for (const body of hostile) yield* aws.sendMessage(TwoAccounts.arn.events, body)
        for (const [key, bytes] of objects) yield* aws.putObject(World.bucket, key, bytes)
        yield* Effect.forEach(good.slice(0, GOOD / 2), World.upload)
        delay.enable()
        yield* World.start({ maxInFlightMessages: 200, maxBytesInFlight: 64 * 1024 * 1024 })
        yield* Effect.forEach(good.slice(GOOD / 2), World.upload)
        yield* World.until(
          "every good log is acked",
          Effect.sync(() => good.every(({ key }) => books.missing(World.bucket, key).length === 0)),
          SOON
        )
        const settled = () => proxy.queue.receipts().filter(({ asked }) => asked.length > 0)
        yield* World.until(
          "every message met its fate",
          Effect.sync(
            () => new Set(settled().map(({ messageId }) => messageId)).size >= hostile.length + objects.length + GOOD
          ),
          SOON
        )
        delay.disable()
        assert.isBelow(delay.max / 1e6, BLOCKED)

        const lines = yield* (yield* Logged.Logged).lines
        for (const { text } of lines) assert.notMatch(text, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
        assert.isTrue(lines.some(({ text }) => text.includes("ERROR Everything is lost.\\u001b[2J\\u202e")))
      }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(world, Logged.layer))),
    60_000
  )
})

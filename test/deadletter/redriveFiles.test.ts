import { appendFile, readdir, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import * as fc from "fast-check"
import { type DeadLetter, toLine } from "../../src/deadletter/DeadLetter.ts"
import { DeadLetters } from "../../src/deadletter/DeadLetters.ts"
import * as Redrive from "../../src/deadletter/Redrive.ts"
import { redriveFiles } from "../../src/deadletter/redriveFiles.ts"
import { checkProperty } from "../support/checkProperty.ts"
import { eventLetter, messageLetter } from "../support/deadLetter.ts"
import { file, lettersOfFiles, linesOfFiles } from "../support/deadLetterWorld.ts"
import * as fileFaults from "../support/fileFaults.ts"
import * as Logged from "../support/Logged.ts"
import { layer as temporaryDirectory, TemporaryDirectory } from "../support/TemporaryDirectory.ts"

const all: Redrive.Selection = { reasons: [], queues: [], max: Infinity, isDryRun: false }

const layer = Layer.merge(temporaryDirectory, Logged.layer)

/** A redrive of the temporary directory by `giveBack`, and its tally. */
const run = Effect.fnUntraced(function* (
  giveBack: (letter: DeadLetter) => Effect.Effect<void, Redrive.LetterRefused | Redrive.RedriveError>,
  selection: Partial<Redrive.Selection> = {}
) {
  const redrive = Redrive.make({ ...all, ...selection }, giveBack)
  yield* redriveFiles(yield* TemporaryDirectory, redrive)
  return redrive.tally()
})

/** Takes every letter, and tells which. */
const taker = () => {
  const taken: Array<DeadLetter> = []
  return { taken, giveBack: (letter: DeadLetter) => Effect.sync(() => void taken.push(letter)) }
}

const keep = (...letters: ReadonlyArray<DeadLetter>) =>
  Effect.flatMap(DeadLetters, (deadLetters) => deadLetters.keep(letters)).pipe(Effect.provide(file()))

const ids = (letters: ReadonlyArray<DeadLetter>) => letters.map(({ messageId }) => messageId)

const law = <E>(name: string, body: Effect.Effect<void, E, Layer.Success<typeof layer>>) =>
  it.live(name, () => Effect.provide(body, layer))

describe("redriveFiles", () => {
  law(
    "every letter goes back as it was kept, and no file is left",
    Effect.gen(function* () {
      const letters = [messageLetter("a", { body: "ü 日志 🪵\u2028" }), eventLetter("b")]
      yield* keep(...letters)
      const { giveBack, taken } = taker()
      assert.deepStrictEqual(yield* run(giveBack), [
        { reason: "EventsRejected", back: 1, refused: 0, left: 0 },
        { reason: "ObjectCorrupt", back: 1, refused: 0, left: 0 }
      ])
      assert.sameDeepMembers(taken, letters)
      assert.deepStrictEqual(yield* lettersOfFiles, [])
      const directory = yield* TemporaryDirectory
      assert.deepStrictEqual(
        (yield* Effect.promise(() => readdir(directory))).filter((name) => name.endsWith("ndjson")),
        []
      )
    })
  )

  law(
    "only the selected reasons and queues go back, and at most so many",
    Effect.gen(function* () {
      yield* keep(
        messageLetter("a"),
        messageLetter("b", { queue: "other:eu-west-1" }),
        eventLetter("c"),
        messageLetter("d"),
        messageLetter("e")
      )
      const { giveBack, taken } = taker()
      yield* run(giveBack, { reasons: ["ObjectCorrupt"], queues: ["events:us-east-1"], max: 2 })
      assert.sameMembers(ids(taken), ["a", "d"])
      assert.deepStrictEqual(ids(yield* lettersOfFiles), ["b", "c", "e"])
      yield* run(giveBack)
      assert.sameMembers(ids(taken), ["a", "b", "c", "d", "e"])
    })
  )

  law(
    "a dry run counts, and touches nothing",
    Effect.gen(function* () {
      yield* keep(messageLetter("a"))
      const before = yield* linesOfFiles
      const { giveBack, taken } = taker()
      assert.deepStrictEqual(yield* run(giveBack, { isDryRun: true }), [
        { reason: "ObjectCorrupt", back: 1, refused: 0, left: 0 }
      ])
      assert.deepStrictEqual(taken, [])
      assert.deepStrictEqual(yield* linesOfFiles, before)
    })
  )

  law(
    "what is refused again stays, and so does a line that is no letter",
    Effect.gen(function* () {
      yield* keep(messageLetter("a"), eventLetter("b"))
      const directory = yield* TemporaryDirectory
      yield* Effect.promise(() => appendFile(join(directory, "dead-letters.ndjson"), "edited by hand\n"))
      const { giveBack } = taker()
      const tally = yield* run((letter) =>
        letter.kind === "event" ? new Redrive.LetterRefused({ detail: "again" }) : giveBack(letter)
      )
      assert.deepInclude(tally, { reason: "EventsRejected", back: 0, refused: 1, left: 0 })
      assert.deepInclude(tally, { reason: "unreadable", back: 0, refused: 0, left: 1 })
      assert.deepStrictEqual(yield* linesOfFiles, [toLine(eventLetter("b")), "edited by hand"])
    })
  )

  law(
    "a far side that goes down stops it; what went back is not sent again, and the rest is not lost",
    Effect.gen(function* () {
      const wanted = Array.from({ length: 40 }, (_, i) => `${i}`)
      yield* keep(...wanted.map((id) => messageLetter(id)))
      const { giveBack, taken } = taker()
      const stopping = (letter: DeadLetter) =>
        taken.length < 7 ? giveBack(letter) : new Redrive.RedriveError({ detail: "down" })
      assert.strictEqual((yield* Effect.flip(run(stopping))).message, "down")
      yield* run(giveBack)
      assert.sameMembers(ids(taken), wanted)
    })
  )

  law(
    "a daemon goes on keeping letters while they are sent back: they are there afterwards, whole",
    Effect.gen(function* () {
      const { giveBack, taken } = taker()
      const wanted = Array.from({ length: 60 }, (_, i) => `${i}`)
      yield* Effect.gen(function* () {
        const deadLetters = yield* DeadLetters
        yield* Effect.all(
          [
            Effect.forEach(wanted, (id) => deadLetters.keep([messageLetter(id)]), { discard: true }),
            Effect.replicateEffect(Effect.andThen(run(giveBack), Effect.yieldNow), 25, { discard: true })
          ],
          { concurrency: 2 }
        )
      }).pipe(Effect.provide(file()))
      yield* run(giveBack)
      assert.deepStrictEqual([...new Set(ids(taken))].toSorted(), wanted.toSorted())
    })
  )

  law(
    "a letter whose file is taken away between the write and the disk's answer is kept once more",
    Effect.gen(function* () {
      const { giveBack } = taker()
      yield* keep(messageLetter("before"))
      yield* Effect.gen(function* () {
        const deadLetters = yield* DeadLetters
        const sync = yield* fileFaults.slowSync
        const keeping = yield* Effect.forkChild(deadLetters.keep([messageLetter("late")]))
        yield* sync.begun
        const gone = yield* Deferred.make<void>()
        const redriving = yield* Effect.forkChild(
          run((letter) => Effect.andThen(giveBack(letter), Deferred.succeed(gone, undefined)))
        )
        yield* Deferred.await(gone)
        yield* sync.finish
        yield* Fiber.join(redriving)
        yield* Fiber.join(keeping)
      }).pipe(Effect.scoped, Effect.provide(file()))
      assert.deepStrictEqual(ids(yield* lettersOfFiles), ["late"])
    })
  )

  law(
    "two redrives of one directory do not meet",
    Effect.gen(function* () {
      yield* keep(messageLetter("a"))
      const begun = yield* Deferred.make<void>()
      const first = yield* Effect.forkChild(run(() => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never)))
      yield* Deferred.await(begun)
      const { giveBack } = taker()
      assert.include((yield* Effect.flip(run(giveBack))).message, "another redrive is at work")
      yield* Fiber.interrupt(first)
      assert.deepInclude(yield* run(giveBack), { reason: "ObjectCorrupt", back: 1, refused: 0, left: 0 })
    })
  )

  law(
    "only its owner may read what is left",
    Effect.gen(function* () {
      yield* keep(messageLetter("a"), eventLetter("b"))
      yield* run(() => Effect.void, { reasons: ["EventsRejected"] })
      const directory = yield* TemporaryDirectory
      const modes = yield* Effect.promise(async () => {
        const names = (await readdir(directory)).filter((name) => name.endsWith(".ndjson"))
        return Promise.all(names.map(async (name) => (await stat(join(directory, name))).mode & 0o777))
      })
      assert.deepStrictEqual(modes, [0o600])
    })
  )

  it.live("no letter is lost and none that stayed goes back, whatever is refused and wherever it stops", () =>
    checkProperty(
      fc.record({
        letters: fc.array(
          fc.record({ size: fc.integer({ min: 0, max: 40_000 }), fate: fc.constantFrom("back", "refused") }),
          {
            minLength: 1,
            maxLength: 20
          }
        ),
        stopAfter: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 3 }),
        hasNoEnd: fc.boolean()
      }),
      Effect.fnUntraced(
        function* ({ hasNoEnd, letters, stopAfter }) {
          const directory = yield* TemporaryDirectory
          const lines = letters.map(({ size }, i) => toLine(messageLetter(`${i}`, { body: "x".repeat(size) })))
          const text = lines.map((line) => `${line}\n`).join("")
          yield* Effect.promise(() =>
            writeFile(join(directory, "dead-letters.ndjson"), hasNoEnd ? text.slice(0, -1) : text)
          )
          const { giveBack, taken } = taker()
          for (const limit of [...stopAfter, Infinity]) {
            let sent = 0
            yield* Effect.ignore(
              run((letter) => {
                if (letters[Number(letter.messageId)]?.fate === "refused") {
                  return new Redrive.LetterRefused({ detail: "again" })
                }
                return sent++ < limit ? giveBack(letter) : new Redrive.RedriveError({ detail: "down" })
              })
            )
          }
          const idsOf = (fate: string) => letters.flatMap((letter, i) => (letter.fate === fate ? [`${i}`] : []))
          assert.deepStrictEqual(ids(taken).toSorted(), idsOf("back").toSorted(), "each went back once")
          assert.deepStrictEqual(ids(yield* lettersOfFiles), idsOf("refused"), "the others stayed")
        },
        Effect.provide(layer),
        (effect) => Effect.mapError(effect, String)
      ),
      { numRuns: 40 }
    )
  )
})

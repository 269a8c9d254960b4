/**
 * Destinations of dead letters, and what stands in them.
 */
import { readFile } from "node:fs/promises"
import { Duration, Effect, Layer } from "effect"
import { type DeadLetter, fromLine } from "../../src/deadletter/DeadLetter.ts"
import * as DeadLetterFile from "../../src/deadletter/DeadLetterFile.ts"
import { listFiles } from "../../src/deadletter/deadLetterFiles.ts"
import type { DeadLetters, DeadLettersError } from "../../src/deadletter/DeadLetters.ts"
import { fromMessage } from "../../src/deadletter/letterAttributes.ts"
import type { QueueRef } from "../../src/domain/QueueRef.ts"
import { SqsSource } from "../../src/source/SqsSource.ts"
import { TemporaryDirectory } from "./TemporaryDirectory.ts"

/** The file in the temporary directory. */
export const file = (
  options: Partial<DeadLetterFile.DeadLetterFileOptions> = {}
): Layer.Layer<DeadLetters, DeadLettersError, TemporaryDirectory> =>
  Layer.unwrap(
    Effect.map(TemporaryDirectory, (directory) =>
      DeadLetterFile.layer({ directory, maxBytes: 1024 * 1024 * 1024, ...options })
    )
  )

/** The lines of all files in the temporary directory, in order. */
export const linesOfFiles = Effect.gen(function* () {
  const directory = yield* TemporaryDirectory
  const paths = yield* Effect.promise(() => listFiles(directory))
  const texts = yield* Effect.forEach(paths, (path) => Effect.promise(() => readFile(path, "utf8")))
  return texts.flatMap((text) => text.split("\n").filter((line) => line !== ""))
})

/** The letters in these files. Dies of a line that is none. */
export const lettersOfFiles = Effect.map(linesOfFiles, (lines) =>
  lines.map((line): DeadLetter => {
    const letter = fromLine(line)
    if (letter === undefined) throw new Error(`This is no dead letter: ${line}`)
    return letter
  })
)

/** The letters in a queue, which are in flight from then on. */
export const lettersOfQueue = Effect.fnUntraced(function* (queue: QueueRef) {
  const source = yield* SqsSource
  const letters: Array<DeadLetter> = []
  while (true) {
    const messages = yield* source.receive(queue, {
      max: 10,
      wait: Duration.zero,
      visibilityTimeout: Duration.minutes(5)
    })
    if (messages.length === 0) return letters
    letters.push(...messages.map((message) => fromMessage(message, "unknown")))
  }
})

/**
 * The output `file` in a temporary directory, and what stands there afterwards.
 */
import { readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect, Layer } from "effect"
import * as FileOutput from "../../src/output/FileOutput.ts"
import * as FileTurnsShared from "../../src/output/FileTurnsShared.ts"
import { Output, type OutputError } from "../../src/output/Output.ts"
import { ageOf } from "../../src/output/rotation.ts"
import { eventBatch } from "./eventBatch.ts"
import * as Logged from "./Logged.ts"
import { layer as temporaryDirectory, TemporaryDirectory } from "./TemporaryDirectory.ts"

/** An empty directory, and the log. */
export const layer = Layer.merge(temporaryDirectory, Logged.layer)

type Options = Partial<FileOutput.FileOutputOptions>

const defaults = { filename: "s3beat", rotateEveryBytes: 10_000_000, numberOfFiles: 7, permissions: 0o600 }

const inDirectory =
  <R>(output: (options: FileOutput.FileOutputOptions) => Layer.Layer<Output, OutputError, R>) =>
  (options: Options = {}): Layer.Layer<Output, OutputError, R | TemporaryDirectory> =>
    Layer.unwrap(Effect.map(TemporaryDirectory, (directory) => output({ ...defaults, directory, ...options })))

/** The Layer, in the temporary directory where the options name no other. */
export const fileOutput = inDirectory(FileOutput.layer)

/** The same of a writer among several: of this place among those who share `files`. */
export const writerOf = (files: FileTurnsShared.SharedFiles, place: number, options: Options = {}) =>
  Layer.provide(inDirectory(FileOutput.layerSharing)(options), FileTurnsShared.layer(files, place))

const life =
  (concurrency: number | "unbounded") =>
  (options: Options, ...batches: ReadonlyArray<ReadonlyArray<string>>) =>
    Effect.flatMap(Output, (output) =>
      Effect.forEach(batches, (texts) => output.publish([eventBatch(...texts)]), { concurrency, discard: true })
    ).pipe(Effect.provide(fileOutput(options)))

/** A daemon's life: it starts, publishes each batch in turn, and stops. */
export const run = life(1)

/** The same with all batches at once. */
export const runAtOnce = life("unbounded")

/** A path in the temporary directory. */
export const pathOf = (name: string) => Effect.map(TemporaryDirectory, (directory) => join(directory, name))

/** What stands in a file. */
export const read = (name: string) =>
  Effect.flatMap(pathOf(name), (path) => Effect.promise(() => readFile(path, "utf8")))

/** Makes a file. */
export const write = (name: string, text: string) =>
  Effect.flatMap(pathOf(name), (path) => Effect.promise(() => writeFile(path, text)))

/** The texts of the files, from the oldest to the newest. */
export const texts = Effect.gen(function* () {
  const directory = yield* TemporaryDirectory
  const ages = (yield* Effect.promise(() => readdir(directory))).flatMap((name) => {
    const age = ageOf("s3beat", name)
    return age === undefined ? [] : [{ age, name }]
  })
  return yield* Effect.forEach(
    ages.toSorted((a, b) => b.age - a.age),
    ({ name }) => read(name)
  )
})

/** All that was written, in order. */
export const allText = Effect.map(texts, (all) => all.join(""))

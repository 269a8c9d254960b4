/**
 * A directory of its own for each test, gone when the test ends.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Context, Effect, Layer } from "effect"

/** The path of an empty directory. */
export class TemporaryDirectory extends Context.Service<TemporaryDirectory, string>()(
  "s3beat/test/TemporaryDirectory"
) {}

/** Makes it, and removes it with all that is in it. */
export const layer: Layer.Layer<TemporaryDirectory> = Layer.effect(
  TemporaryDirectory,
  Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "s3beat-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
  )
)

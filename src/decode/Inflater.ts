/**
 * zlib's decompressors, driven by whoever wants their output.
 */
import * as zlib from "node:zlib"
import type { Scope } from "effect"
import { Effect } from "effect"

/** What can be decompressed. */
export type Format = "gzip" | "zstd"

/**
 * One decompressor. It works on zlib's own threads, one chunk ahead of whoever pulls and no further.
 *
 * **Shape** `pull` answers the next output; `hungry` when it needs to be fed, or to be told to `finish`; `ended` when the
 * compressed data is at its end. Then `leftover` is what came behind it in the last chunk.
 *
 * **Errors** `pull` fails as zlib does: the data is damaged, or ended early.
 */
export interface Inflater {
  readonly feed: (chunk: Uint8Array) => void
  readonly finish: () => void
  readonly pull: Effect.Effect<Uint8Array | "hungry" | "ended", Error>
  readonly leftover: () => Uint8Array
}

/** A decompressor that hands on at most `chunkSize` bytes at a time; closing the scope frees it, even while it works. */
export const make = (format: Format, chunkSize: number): Effect.Effect<Inflater, never, Scope.Scope> => {
  const engine = Effect.sync(() =>
    format === "gzip" ? zlib.createGunzip({ chunkSize }) : zlib.createZstdDecompress({ chunkSize })
  )
  return Effect.map(
    Effect.acquireRelease(engine, (engine) => Effect.sync(() => engine.destroy())),
    drive
  )
}

const drive = (engine: zlib.Gunzip | zlib.ZstdDecompress): Inflater => {
  let isHungry = true
  let failure: Error | undefined
  let lastFed: Uint8Array = new Uint8Array(0)
  let fedBytes = 0
  let wake = asleep

  const notify = () => wake()
  engine.on("readable", notify)
  engine.on("end", notify)
  engine.on("error", (error) => {
    failure = error
    wake()
  })

  return {
    feed: (chunk) => {
      isHungry = false
      lastFed = chunk
      fedBytes += chunk.length
      engine.write(chunk, () => {
        isHungry = true
        wake()
      })
    },
    finish: () => {
      isHungry = false
      engine.end()
    },
    pull: Effect.callback((resume) => {
      const answer = (result: Effect.Effect<Uint8Array | "hungry" | "ended", Error>) => {
        wake = asleep
        resume(result)
      }
      wake = () => {
        const output: Uint8Array | null = failure === undefined ? engine.read() : null
        if (failure !== undefined) answer(Effect.fail(failure))
        else if (output !== null) answer(Effect.succeed(output))
        else if (engine.readableEnded) answer(Effect.succeed("ended"))
        // Input that was not taken means that it has ended, too, which shows a tick after the null above was read.
        else if (isHungry && engine.bytesWritten === fedBytes) answer(Effect.succeed("hungry"))
      }
      wake()
      return Effect.sync(() => {
        wake = asleep
      })
    }),
    leftover: () => lastFed.subarray(lastFed.length - (fedBytes - engine.bytesWritten))
  }
}

const asleep = () => {}

/**
 * The least that reading gzipped objects can cost, without the network: gunzip in chunks of 1 MiB, one pass over the bytes,
 * and a write of them to a file. `node gunzipAndWrite.ts SHAPE OBJECTS FILE` counts the decompressed bytes, all of which are written.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs"
import { Readable } from "node:stream"
import { createGunzip, gunzipSync } from "node:zlib"
import { bodiesOf } from "../corpus.ts"
import { measured } from "../measure.ts"
import { FILE_BYTES } from "../outputs.ts"
import { shapeNamed } from "../shapes.ts"

const MEBIBYTE = 1024 * 1024

const [name = "", objects = "", file = ""] = process.argv.slice(2)

const shape = shapeNamed(name)
const bodies = new Map(
  [...(await bodiesOf(shape, Number(objects)))].map(([number, body]) => [
    number,
    { stored: readFileSync(body.path), bytes: body.bytes }
  ])
)

/** One call for what fits into one chunk, a stream for the rest: each is the cheaper one for its size. */
const chunksOf = (stored: Buffer, bytes: number): Iterable<Buffer> | AsyncIterable<Buffer> =>
  bytes < MEBIBYTE
    ? [gunzipSync(stored, { chunkSize: Math.max(bytes + 1, 64) })]
    : Readable.from([stored], { objectMode: false }).pipe(createGunzip({ chunkSize: MEBIBYTE }))

await measured(async () => {
  const output = openSync(file, "w")
  let [zeros, written, position] = [0, 0, 0]
  for (let index = 0; index < Number(objects); index++) {
    const body = bodies.get(shape.bodyOf(index))
    if (body === undefined) continue
    for await (const chunk of chunksOf(body.stored, body.bytes)) {
      for (let i = 0; i < chunk.length; i++) if (chunk[i] === 0x30) zeros++
      if (position + chunk.length > FILE_BYTES) {
        ftruncateSync(output)
        position = 0
      }
      const length = writeSync(output, chunk, 0, chunk.length, position)
      position += length
      written += length
    }
  }
  closeSync(output)
  // What nobody asks for need not be counted, a clever compiler would say.
  if (zeros === 0) throw new Error("There is no zero in what was decompressed.")
  return written
})

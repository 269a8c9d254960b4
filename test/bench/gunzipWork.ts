/**
 * The least that reading gzipped logs can cost, in a process with nothing else in it: `node gunzipWork.ts FILE`.
 */
import { createReadStream } from "node:fs"
import { createGunzip } from "node:zlib"
import { measured } from "./measure.ts"

const [file = ""] = process.argv.slice(2)

await measured(async () => {
  const stored = createReadStream(file, { highWaterMark: 64 * 1024 })
  const chunks: AsyncIterable<Uint8Array> = stored.pipe(createGunzip({ chunkSize: 1024 * 1024 }))
  let quotes = 0
  for await (const chunk of chunks) {
    for (let i = 0; i < chunk.length; i++) if (chunk[i] === 0x22) quotes++
  }
  return quotes
})

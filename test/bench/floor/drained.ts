/**
 * Reads a body to its end.
 */
import { Readable } from "node:stream"

/** The number of its bytes; each chunk is shown to `see`. */
export const drained = (body: unknown, see?: (chunk: Buffer) => void): Promise<number> =>
  new Promise((resolve, reject) => {
    if (!(body instanceof Readable)) throw new Error("S3 answered without a body")
    let bytes = 0
    body.on("data", (chunk: Buffer) => {
      bytes += chunk.length
      see?.(chunk)
    })
    body.on("end", () => resolve(bytes))
    body.on("error", reject)
  })

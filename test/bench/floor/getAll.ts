/**
 * GETs every object of a shape, many at a time: what the floors of the client have in common.
 */
import { shapeNamed } from "../shapes.ts"
import { keyOf } from "../server/s3.ts"

/** Requests at a time: as many as the daemon works on messages, so that the sockets are as many. */
export const CONCURRENCY = 100

/** Calls `get` for each key, and sums up the bytes that it answers. */
export const getAll = async (
  shapeName: string,
  objects: number,
  get: (key: string) => Promise<number>
): Promise<number> => {
  const shape = shapeNamed(shapeName)
  let next = 0
  let bytes = 0
  const work = async () => {
    while (next < objects) {
      const got = await get(keyOf(shape, next++))
      bytes += got
    }
  }
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, objects) }, work))
  return bytes
}

/**
 * The stored bytes of the shapes, made once and kept in the system's temporary directory.
 */
import { createWriteStream } from "node:fs"
import { mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import { crc32, createGzip } from "node:zlib"
import { Readable, Transform } from "node:stream"
import * as Crc64Nvme from "./Crc64Nvme.ts"
import { type BodyPlan, type Shape, textOf } from "./shapes.ts"

/** A gzipped body. **Units** Bytes. `crc32` and `crc64nvme` are of the stored bytes, as S3 writes checksums. */
export interface Body {
  readonly path: string
  readonly storedBytes: number
  readonly bytes: number
  readonly events: number
  readonly crc32: string
  readonly crc64nvme: string
}

/** What a number of objects of a shape come to. */
export interface Totals {
  readonly objects: number
  readonly events: number
  readonly bytes: number
  readonly storedBytes: number
}

/** Where bodies are kept. The number goes up whenever the same plan gives other bytes. */
const DIRECTORY = join(tmpdir(), "s3beat-bench-corpus-1")

/**
 * The bodies of the first `objects` objects of the shape, by their number in `shape.bodies`; those that no object has are
 * not made.
 */
export const bodiesOf = async (shape: Shape, objects: number): Promise<ReadonlyMap<number, Body>> => {
  const bodies = new Map<number, Body>()
  for (let index = 0; index < objects; index++) {
    const number = shape.bodyOf(index)
    const plan = shape.bodies[number]
    if (plan !== undefined && !bodies.has(number)) bodies.set(number, await bodyOf(plan))
  }
  return bodies
}

/** The sums over the first `objects` objects of the shape. */
export const totalsOf = (shape: Shape, objects: number, bodies: ReadonlyMap<number, Body>): Totals => {
  let [events, bytes, storedBytes] = [0, 0, 0]
  for (let index = 0; index < objects; index++) {
    const body = bodies.get(shape.bodyOf(index))
    events += body?.events ?? 0
    bytes += body?.bytes ?? 0
    storedBytes += body?.storedBytes ?? 0
  }
  return { objects, events, bytes, storedBytes }
}

const bodyOf = async (plan: BodyPlan): Promise<Body> => {
  const path = join(DIRECTORY, `${plan.format}-${plan.size}.gz`)
  const told = await readFile(`${path}.json`, "utf8").catch(() => undefined)
  return told === undefined ? make(plan, path) : JSON.parse(told)
}

/** The description is written last: without it, the body is made again. */
const make = async (plan: BodyPlan, path: string): Promise<Body> => {
  await mkdir(DIRECTORY, { recursive: true })
  const crc64 = Crc64Nvme.make()
  let [bytes, storedBytes, pieces, crc] = [0, 0, 0, 0]
  const count = function* () {
    for (const piece of textOf(plan)) {
      bytes += Buffer.byteLength(piece)
      pieces += 1
      yield piece
    }
  }
  const check = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      storedBytes += chunk.length
      crc = crc32(chunk, crc)
      crc64.update(chunk)
      done(null, chunk)
    }
  })
  const partial = `${path}.${process.pid}`
  await pipeline(Readable.from(count()), createGzip(), check, createWriteStream(partial))
  await rename(partial, path)
  const crc32Bytes = Buffer.alloc(4)
  crc32Bytes.writeUInt32BE(crc)
  const body: Body = {
    path,
    storedBytes,
    bytes,
    // Around the records of a document are two pieces more.
    events: plan.format === "cloudtrail" ? pieces - 2 : pieces,
    crc32: crc32Bytes.toString("base64"),
    crc64nvme: crc64.digest()
  }
  await writeFile(`${path}.json`, JSON.stringify(body))
  return body
}

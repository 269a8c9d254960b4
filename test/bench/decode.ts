/**
 * What decoding costs beside the least that anyone could do: gunzip in large chunks and one pass over the bytes.
 */
import { createWriteStream } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { createGzip } from "node:zlib"
import { cloudTrailDocument } from "./cloudTrail.ts"
import { measure, type Measurement, type Spread, spread } from "./measure.ts"

const RUNS = 5
const GZIPPED_BYTES = 100_000_000
const PLAIN_BYTES = 200_000_000

/** Decoding must take less than twice the CPU of the least, and 200 MB on one line less than 200 MB of memory. */
const MAX_CPU_RATIO = 2
const MAX_MEGABYTES = 200

/** Prints a table, and answers the same as data. */
export const run = async () => {
  const folder = await mkdtemp(join(tmpdir(), "s3beat-bench-"))
  try {
    const gzipped = join(folder, "cloudtrail.json.gz")
    const plain = join(folder, "cloudtrail.json")
    await pipeline(Readable.from(cloudTrailDocument(GZIPPED_BYTES)), createGzip(), createWriteStream(gzipped))
    await pipeline(Readable.from(cloudTrailDocument(PLAIN_BYTES)), createWriteStream(plain))
    return await report(gzipped, plain)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const report = async (gzipped: string, plain: string) => {
  const rows = [
    { name: "gunzip + one byte pass, 100 MB gzipped", script: "gunzipWork.ts", args: [gzipped] },
    { name: "decode, 100 MB gzipped", script: "decodeWork.ts", args: ["decode", gzipped] },
    { name: "decode + encode, 100 MB gzipped", script: "decodeWork.ts", args: ["decodeAndEncode", gzipped] },
    { name: "decode, 200 MB on one line", script: "decodeWork.ts", args: ["decode", plain] },
    { name: "decode + encode, 200 MB on one line", script: "decodeWork.ts", args: ["decodeAndEncode", plain] }
  ]
  const runs = rows.map(() => new Array<Measurement>())
  // In turns, so that a noisy minute of the machine is shared by all.
  for (let i = 0; i < RUNS; i++) {
    for (const [row, { args, script }] of rows.entries()) {
      runs[row]?.push(await measure(new URL(script, import.meta.url), ...args))
    }
  }
  const results = rows.map(({ name }, row) => ({
    name,
    cpuSeconds: spread((runs[row] ?? []).map((run) => run.cpuSeconds)),
    peakMegabytes: spread((runs[row] ?? []).map((run) => run.peakMegabytes)),
    count: runs[row]?.[0]?.count
  }))
  const [least, decode, , ...onOneLine] = results
  const cpuRatio = (decode?.cpuSeconds.median ?? 0) / (least?.cpuSeconds.median ?? 1)
  const peakMegabytes = Math.max(...onOneLine.map((row) => row.peakMegabytes.median))
  console.error(table(results))
  console.error(`decode takes ${cpuRatio.toFixed(2)} times the CPU of the least; it must be below ${MAX_CPU_RATIO}.`)
  console.error(`200 MB on one line take ${peakMegabytes} MB of memory; it must be below ${MAX_MEGABYTES}.`)
  return { results, cpuRatio, peakMegabytes, holds: cpuRatio < MAX_CPU_RATIO && peakMegabytes < MAX_MEGABYTES }
}

interface Row {
  readonly name: string
  readonly cpuSeconds: Spread
  readonly peakMegabytes: Spread
}

const show = ({ max, median, min }: Spread): string => `${median} (${min} to ${max})`

const table = (rows: ReadonlyArray<Row>): string => {
  const cells = [
    ["", "CPU seconds", "peak memory in MB"],
    ...rows.map((row) => [row.name, show(row.cpuSeconds), show(row.peakMegabytes)])
  ]
  return cells.map(([name = "", cpu = "", memory = ""]) => `${name.padEnd(38)} ${cpu.padEnd(26)} ${memory}`).join("\n")
}

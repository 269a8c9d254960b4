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
import { atMost, type Bench, say, table } from "./bench.ts"
import { cloudTrailDocument } from "./logs/cloudTrail.ts"
import { measure, type Measurement, type Spread, spread } from "./measure.ts"

const RUNS = 5
const GZIPPED_BYTES = 100_000_000
const PLAIN_BYTES = 200_000_000

/** Decoding must take at most twice the CPU of the least, and 200 MB on one line at most 200 MB of memory. */
const MAX_CPU_RATIO = 2
const MAX_MEGABYTES = 200

/** A table and a line of JSON. */
export const run: Bench = async ({ isQuick, runs = isQuick ? 1 : RUNS }, emit) => {
  const folder = await mkdtemp(join(tmpdir(), "s3beat-bench-"))
  try {
    const gzipped = join(folder, "cloudtrail.json.gz")
    const plain = join(folder, "cloudtrail.json")
    await pipeline(Readable.from(cloudTrailDocument(GZIPPED_BYTES)), createGzip(), createWriteStream(gzipped))
    await pipeline(Readable.from(cloudTrailDocument(PLAIN_BYTES)), createWriteStream(plain))
    emit(await report(gzipped, plain, runs))
  } finally {
    await rm(folder, { recursive: true })
  }
}

const report = async (gzipped: string, plain: string, turns: number) => {
  const rows = [
    { name: "gunzip + one byte pass, 100 MB gzipped", script: "gunzipWork.ts", args: [gzipped] },
    { name: "decode, 100 MB gzipped", script: "decodeWork.ts", args: ["decode", gzipped] },
    { name: "decode + encode, 100 MB gzipped", script: "decodeWork.ts", args: ["decodeAndEncode", gzipped] },
    { name: "decode, 200 MB on one line", script: "decodeWork.ts", args: ["decode", plain] },
    { name: "decode + encode, 200 MB on one line", script: "decodeWork.ts", args: ["decodeAndEncode", plain] }
  ]
  const runs = rows.map(() => new Array<Measurement>())
  // In turns, so that a noisy minute of the machine is shared by all.
  for (let i = 0; i < turns; i++) {
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
  const verdicts = [
    atMost("CPU of decoding beside the least", cpuRatio, MAX_CPU_RATIO),
    atMost("Megabytes of memory for 200 MB on one line", peakMegabytes, MAX_MEGABYTES)
  ]
  table([
    ["", "CPU seconds", "peak memory in MB"],
    ...results.map(({ cpuSeconds, name, peakMegabytes }) => [name, show(cpuSeconds), show(peakMegabytes)])
  ])
  say(verdicts)
  return { results, verdicts }
}

const show = ({ max, median, min }: Spread): string => `${median} (${min} to ${max})`

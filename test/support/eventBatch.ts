/**
 * Batches of events as the encoder makes them.
 */
import type { EventBatch } from "../../src/domain/EventBatch.ts"

/** The texts as events, one a line. The slab and the ends are longer than they need be, as the port allows. */
export const eventBatch = (...texts: ReadonlyArray<string>): EventBatch => {
  const lines = texts.map((text) => Buffer.from(`${text}\n`))
  const ends = new Uint32Array(texts.length + 2).fill(0xffff_ffff)
  let end = 0
  lines.forEach((line, i) => (ends[i] = end += line.byteLength))
  return { bytes: Buffer.concat([...lines, Buffer.from("garbage behind the last event")]), count: texts.length, ends }
}

/** The texts as they must stand in a file. */
export const ndjsonOf = (...texts: ReadonlyArray<string>): string => texts.map((text) => `${text}\n`).join("")

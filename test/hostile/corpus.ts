/**
 * The corpus of hostile input, and how it grows: `npx node test/hostile/corpus.ts` draws random inputs for a while, and keeps the shortest one of
 * each outcome. One that breaks the law ends it, with the input.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Schema } from "effect"
import * as fc from "fast-check"
import { targets } from "./targets.ts"

/** An input, for which part it is, and what that makes of it. */
export interface Entry {
  readonly target: string
  readonly outcome: string
  readonly input: Buffer
}

const FILE = join(import.meta.dirname, "corpus.ndjson")

/** Inputs of each part that are tried while it grows. */
const TRIALS = 20_000

const Line = Schema.fromJsonString(
  Schema.Struct({ target: Schema.String, outcome: Schema.String, base64: Schema.String })
)

/** All of it. */
export const readCorpus = (): ReadonlyArray<Entry> =>
  readFileSync(FILE, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Schema.decodeSync(Line)(line))
    .map(({ base64, outcome, target }) => ({ target, outcome, input: Buffer.from(base64, "base64") }))

const grow = async (): Promise<void> => {
  const shortest = new Map<string, Entry>()
  const keep = (entry: Entry) => {
    const name = `${entry.target} ${entry.outcome}`
    const known = shortest.get(name)
    if (known === undefined || entry.input.length < known.input.length) shortest.set(name, entry)
  }
  for (const { inputs, name, outcomeOf } of targets) {
    for (const { input, target } of readCorpus()) {
      if (target === name) keep({ target, input, outcome: await outcomeOf(input) })
    }
    for (const input of fc.sample(inputs, TRIALS)) keep({ target: name, input, outcome: await outcomeOf(input) })
  }
  const lines = [...shortest.values()]
    .toSorted((a, b) => (`${a.target} ${a.outcome}` < `${b.target} ${b.outcome}` ? -1 : 1))
    .map(({ input, outcome, target }) => JSON.stringify({ target, outcome, base64: input.toString("base64") }))
  writeFileSync(FILE, lines.map((line) => `${line}\n`).join(""))
}

if (import.meta.main) await grow()

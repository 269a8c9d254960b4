/**
 * What `s3beat demo-collector` does.
 */
import { appendFileSync } from "node:fs"
import { Console, Effect, Stdio, Stream } from "effect"
import * as Collector from "../demo/Collector.ts"

/** The events are the demo's own, but what was uploaded by hand may be anything. */
const OWNER_ONLY = 0o600

/**
 * Listens on 127.0.0.1, prints the port, and appends to the file what is shipped there.
 *
 * **Guarantee** What was acknowledged is in the file. It ends when its stdin does, and so with whoever started it, however that
 * one ends.
 */
export const runDemoCollector = Effect.fnUntraced(function* (eventsFile: string) {
  const { stdin } = yield* Stdio.Stdio
  const { port } = yield* Collector.make({
    onEvents: (events) => appendFileSync(eventsFile, events.map((event) => `${event}\n`).join(""), { mode: OWNER_ONLY })
  })
  yield* Console.log(String(port))
  yield* Effect.ignore(Stream.runDrain(stdin))
}, Effect.scoped)

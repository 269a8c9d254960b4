/**
 * A config file for the real program, against the embedded AWS of the test's own process.
 */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect, Layer } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import * as World from "./embeddedAws.ts"
import * as TemporaryDirectory from "./TemporaryDirectory.ts"

/** Two accounts, and a directory of its own. */
export const layer = Layer.merge(World.layer, TemporaryDirectory.layer)

/** Writes the text as a file of this name, which only its owner may read, and answers its path. */
export const writeFileIn = Effect.fnUntraced(function* (name: string, text: string | Uint8Array) {
  const path = join(yield* TemporaryDirectory.TemporaryDirectory, name)
  yield* Effect.promise(() => writeFile(path, text, { mode: 0o600 }))
  return path
})

/** What a test says differently. **Shape** `keys` are lines under `s3beat:`. */
export interface ConfigOptions {
  readonly secretAccessKey?: string
  readonly keys?: ReadonlyArray<string>
}

/** Writes a config by which B's user polls its queue, reads A's buckets as the role, and ships to stdout; answers its path. */
export const writeConfig = Effect.fnUntraced(function* ({
  keys = [],
  secretAccessKey = World.beat.secretAccessKey
}: ConfigOptions = {}) {
  const { endpoint } = yield* EmbeddedAws
  return yield* writeFileIn(
    "s3beat.yml",
    `s3beat:
  beatIdentifier: test
  sqsQueues: [${World.events.name}:${World.events.region}]
  accessKeyID: ${World.beat.accessKeyId}
  secretAccessKey: ${secretAccessKey}
  assumeRoleFlag: true
  assumeRoleArn: [${World.roleArns.reader}]
  period: 1s
  endpoints: { s3: "${endpoint}", sqs: "${endpoint}", sts: "${endpoint}" }
${keys.map((line) => `  ${line}\n`).join("")}
output.console.enabled: true
`
  )
})

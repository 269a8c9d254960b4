/**
 * The config's output, as `s3beat check` looks at it.
 */
import { Clock, Effect, Layer, Result } from "effect"
import type { CheckedOutput, OutputTarget } from "../check/outputs.ts"
import type { OutputConfig, S3beatConfig } from "../config/S3beatConfig.ts"
import { encodeOnly } from "../encode/EventEncoder.ts"
import * as FileTurnsShared from "../output/FileTurnsShared.ts"
import { probe, type ProbeOptions } from "../output/logstash/probe.ts"
import { Output } from "../output/Output.ts"
import { probeFile } from "../output/probeFile.ts"
import { encoderOf } from "./ingestOptions.ts"
import { outputLayer } from "./servicesLayer.ts"

/** The output, and with `isSending` a test event for it. */
export const checkedOutput = (config: S3beatConfig, isSending: boolean): CheckedOutput => ({
  ...probeOf(config.output),
  ...(isSending ? { send: sendTestEvent(config) } : undefined)
})

const probeOf = (output: OutputConfig): Pick<CheckedOutput, "name" | "probe"> => {
  switch (output._tag) {
    case "File":
      return { name: "file", probe: directoryProbe(output.path, "Nothing is shipped until it can be written.") }
    case "Logstash":
      return { name: "logstash", probe: probeLogstash(output) }
    case "Console":
      return { name: "console", probe: Effect.succeed([{ target: "stdout", detail: "is open" }]) }
  }
}

/** Looks at a directory that has to be written. */
export const directoryProbe = (target: string, advice: string): CheckedOutput["probe"] =>
  probeFile(target).pipe(
    Effect.match({
      onFailure: ({ detail }): OutputTarget => ({ target, detail, advice }),
      onSuccess: (detail): OutputTarget => ({ target, detail })
    }),
    Effect.map((found) => [found])
  )

const probeLogstash = (output: ProbeOptions): CheckedOutput["probe"] =>
  probe(output).pipe(
    Effect.map((hosts) =>
      hosts.map(({ host, outcome }) =>
        Result.match(outcome, {
          onFailure: ({ detail }): OutputTarget => ({ target: host, detail, advice: NOTHING_IS_SHIPPED }),
          onSuccess: ({ tls }): OutputTarget => ({
            target: host,
            detail:
              tls === undefined
                ? "can be connected to, without TLS"
                : `can be connected to, ${tls.version}, as ${tls.subject}, until ${new Date(tls.expiresAt).toISOString()}`
          })
        })
      )
    ),
    // Certificates or a key that cannot be used: there is nothing to try with.
    Effect.catch(({ reason }) => Effect.succeed([{ target: "ssl", detail: reason.detail, advice: NOTHING_IS_SHIPPED }]))
  )

const NOTHING_IS_SHIPPED = "Nothing is shipped until the collector can be reached."

/** One event of the beat, as any other: an object of this name is in no bucket. */
const sendTestEvent = Effect.fnUntraced(
  function* (config: S3beatConfig) {
    const output = yield* Output
    const bytes = Buffer.from("A test event of s3beat check.")
    const encoder = encoderOf(config).forObject({ bucket: "s3beat-check", key: "test", region: config.stsRegion })
    const records = {
      bytes,
      objectOffset: 0,
      count: 1,
      starts: Uint32Array.of(0),
      ends: Uint32Array.of(bytes.byteLength)
    }
    for (const { events } of encodeOnly(encoder, records, yield* Clock.currentTimeMillis)) {
      yield* output.publish([events])
    }
  },
  (effect, config) => Effect.provide(effect, Layer.provide(outputLayer(config.output), FileTurnsShared.layerAlone))
)

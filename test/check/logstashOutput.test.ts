/**
 * `s3beat check` of a collector: what stands in the way is found alone, and named.
 */
import { createServer } from "node:net"
import { createServer as createTlsServer } from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeAuthority } from "../support/certificates.ts"
import * as World from "../support/checkWorld.ts"
import { listening } from "../support/listening.ts"

const authority = makeAuthority("an authority of the test")

/** A collector that shows a certificate for this name. */
const collector = (name: string) => {
  const { certificate: cert, key } = authority.issue({ commonName: name, names: [name] })
  return listening(createTlsServer({ cert, key }).on("tlsClientError", () => {}))
}

const output = (port: number, ssl = "") => `output.logstash: { hosts: ["127.0.0.1:${port}"]${ssl} }`

const trusting = `, ssl: { certificate_authorities: [${JSON.stringify(authority.certificate)}] }`

/** What is amiss, as its check and whether it failed, and what is said of it. */
const amissWith = (output: string) =>
  Effect.map(World.findingsOf({ output }), ({ amiss, exitCode }) => ({
    exitCode,
    amiss: amiss.map(({ check, status }) => `${check} ${status}`),
    detail: amiss[0]?.detail ?? ""
  }))

describe("s3beat check of output.logstash", () => {
  it.live("finds a closed port, and nothing else", () =>
    Effect.gen(function* () {
      const { amiss, detail, exitCode } = yield* amissWith(output(1))
      assert.deepStrictEqual([amiss, exitCode], [["output.logstash failed"], 1])
      assert.match(detail, /^127\.0\.0\.1:1: nothing listens there/u)
    })
  )

  it.live("finds a certificate of an authority that is not trusted, and nothing else", () =>
    Effect.gen(function* () {
      const port = yield* collector("127.0.0.1")
      const { amiss, detail, exitCode } = yield* amissWith(output(port, ", ssl: { enabled: true }"))
      assert.deepStrictEqual([amiss, exitCode], [["output.logstash failed"], 1])
      assert.match(detail, /signed by nobody we trust; name its authority in ssl\.certificate_authorities/u)
    }).pipe(Effect.scoped)
  )

  it.live("finds a certificate for another name, and nothing else", () =>
    Effect.gen(function* () {
      const port = yield* collector("another.example.com")
      const { amiss, detail, exitCode } = yield* amissWith(output(port, trusting))
      assert.deepStrictEqual([amiss, exitCode], [["output.logstash failed"], 1])
      assert.match(detail, /for another name/u)
    }).pipe(Effect.scoped)
  )

  it.live("finds well a collector that it may trust, and one without TLS", () =>
    Effect.gen(function* () {
      const trusted = yield* amissWith(output(yield* collector("127.0.0.1"), trusting))
      assert.deepStrictEqual([trusted.amiss, trusted.exitCode], [[], 0])
      const plain = yield* amissWith(output(yield* listening(createServer((socket) => socket.resume()))))
      assert.deepStrictEqual([plain.amiss, plain.exitCode], [[], 0])
    }).pipe(Effect.scoped)
  )
})

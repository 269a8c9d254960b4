import { assert, describe, it } from "@effect/vitest"
import { Duration, Redacted, Result } from "effect"
import * as HostEntry from "../../src/config/HostEntry.ts"
import { configOf, errorsOf, warningsOf } from "./configText.ts"

const withLogstash = (...lines: ReadonlyArray<string>) =>
  [
    "s3beat: {beatIdentifier: a, sqsQueues: a:us-east-1}",
    "output.logstash:",
    ...lines.map((line) => `  ${line}`),
    ""
  ].join("\n")

const outputOf = (...lines: ReadonlyArray<string>) => configOf(withLogstash(...lines)).output

describe("output.logstash", () => {
  it("needs a host alone, and has Beats' defaults for the rest", () => {
    assert.deepStrictEqual(outputOf("hosts: open_collector"), {
      _tag: "Logstash",
      hosts: [{ host: "open_collector", port: 5044 }],
      loadbalance: false,
      worker: 1,
      bulkMaxSize: 2048,
      pipelining: 2,
      compressionLevel: 3,
      timeout: Duration.seconds(30),
      ttl: Duration.zero,
      slowStart: false,
      backoff: { init: Duration.seconds(1), max: Duration.seconds(60) }
    })
  })

  it("reads what LogRhythm's tools write, and says once what is not used", () => {
    const text = withLogstash(
      "hosts: ['open_collector:5044']",
      "index: s3beat",
      "backoff.init: 1s",
      "backoff.max: 60s",
      "bulk_max_size: 2048",
      "compression_level: 3",
      "escape_html: false",
      "loadbalance: false",
      "max_retries: 3",
      "pipelining: 2",
      "slow_start: false",
      "timeout: 30",
      "ttl: 0s",
      "worker: 1"
    )
    assert.deepStrictEqual(configOf(text).output, outputOf("hosts: open_collector"))
    assert.deepStrictEqual(warningsOf(text), [
      "s3beat.yml:4:3 output.logstash.index: is not used: @metadata.beat is always s3beat; route by fullyqualifiedbeatname, tags or fields",
      "s3beat.yml:9:3 output.logstash.escape_html: is not used: events are shipped as they are",
      "s3beat.yml:11:3 output.logstash.max_retries: is not used: events are sent until they are acknowledged, and never dropped"
    ])
  })

  it("workers is worker, bulk_max_size 0 no limit, pipelining 0 one window at a time", () => {
    const output = outputOf("hosts: a", "workers: 3", "bulk_max_size: 0", "pipelining: 0")
    assert.include(output, { worker: 3, bulkMaxSize: 0xffff_ffff, pipelining: 1 })
  })

  it("TLS is on as soon as anything is said of it, and off when it says so", () => {
    const fingerprint = "AB:".repeat(32).slice(0, -1)
    const output = outputOf("hosts: a", `ssl.ca_trusted_fingerprint: '${fingerprint}'`)
    assert.deepInclude(output, {
      ssl: {
        certificateAuthorities: [],
        certificate: undefined,
        key: undefined,
        keyPassphrase: undefined,
        verificationMode: "full",
        caTrustedFingerprint: "ab".repeat(32)
      }
    })
    assert.notProperty(outputOf("hosts: a", "ssl: {enabled: false, verification_mode: none}"), "ssl")
  })

  it("a proxy's password is redacted, and in no message", () => {
    const output = outputOf("hosts: a", "proxy_url: socks5://me:p%40ss@proxy:1234")
    assert.notInclude(JSON.stringify(output), "p@ss")
    assert.isTrue(output._tag === "Logstash" && output.proxy?.host === "proxy" && output.proxy.port === 1234)
    const password = output._tag === "Logstash" ? output.proxy?.credentials?.password : undefined
    assert.strictEqual(password === undefined ? undefined : Redacted.value(password), "p@ss")
    for (const url of ["http://me:hush@proxy", "socks5://me:hush%@proxy", "socks5:hush", "hush"]) {
      const errors = errorsOf(withLogstash("hosts: a", `proxy_url: '${url}'`))
      assert.lengthOf(errors, 1)
      assert.notInclude(errors.join(), "hush")
    }
  })

  it("a file that holds the proxy's or the key's password and that others may read is warned of", () => {
    for (const line of ["proxy_url: socks5://me:p@proxy", "ssl.key_passphrase: p"]) {
      assert.match(warningsOf(withLogstash("hosts: a", line), {}, 0o644).join(), /holds keys that others may read/)
    }
    assert.deepStrictEqual(warningsOf(withLogstash("hosts: a", "proxy_url: socks5://proxy"), {}, 0o644), [])
  })

  it("every mistake is told at its place", () => {
    assert.deepStrictEqual(errorsOf(withLogstash("worker: 2")), [
      "s3beat.yml:2:1 output.logstash.hosts: is required, for example collector.example.com:5044"
    ])
    assert.deepStrictEqual(
      errorsOf(
        withLogstash(
          "hosts: ['https://a:5044', 'a:0', 'a b', '[::g]']",
          "compression_level: 10",
          "ssl:",
          "  certificate: a.pem",
          "  ca_trusted_fingerprint: ab",
          "  verification_mode: lenient"
        )
      ),
      [
        "s3beat.yml:3:11 output.logstash.hosts[0]: https://a:5044 is a URL; write the host and the port alone, as in collector.example.com:5044",
        "s3beat.yml:3:29 output.logstash.hosts[1]: a:0 names no port from 1 to 65535",
        's3beat.yml:3:36 output.logstash.hosts[2]: "a b" is no host; write it as in collector.example.com:5044 or [2001:db8::1]:5044',
        "s3beat.yml:3:43 output.logstash.hosts[3]: [::g] is no host; write it as in collector.example.com:5044 or [2001:db8::1]:5044",
        "s3beat.yml:4:22 output.logstash.compression_level: 10 is above the maximum of 9",
        "s3beat.yml:6:18 output.logstash.ssl.certificate: needs key beside it; give both or neither",
        "s3beat.yml:7:29 output.logstash.ssl.ca_trusted_fingerprint: is no SHA-256 in hex: 64 digits; openssl x509 -fingerprint -sha256 -noout -in ca.pem shows it",
        "s3beat.yml:8:24 output.logstash.ssl.verification_mode: lenient is none of full, strict, certificate, none"
      ]
    )
  })
})

describe("HostEntry", () => {
  it("names, addresses and ports are told apart", () => {
    for (const [text, host, port] of [
      ["collector", "collector", 5044],
      ["10.0.0.1:5045", "10.0.0.1", 5045],
      ["open_collector.local:1", "open_collector.local", 1],
      ["[::1]:5045", "::1", 5045],
      ["[2001:db8::1]", "2001:db8::1", 5044],
      ["2001:db8::1", "2001:db8::1", 5044]
    ] as const) {
      assert.deepStrictEqual(HostEntry.parse(text), Result.succeed({ host, port }), text)
    }
  })
})

import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { byteLength, events } from "../../src/domain/EventBatch.ts"
import { type HeartbeatStatus, heartbeatEvent } from "../../src/encode/heartbeatEvent.ts"

const sender = { beatName: "s3beat", version: "1.2.3", fullyQualifiedBeatName: "s3beat_prod" }

const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

const textOf = (status: HeartbeatStatus, time = at) =>
  Array.from(events(heartbeatEvent(sender, status, time)), (event) => Buffer.from(event).toString())

describe("heartbeatEvent", () => {
  it("is one line, to the letter", () => {
    assert.deepStrictEqual(textOf("started"), [
      '{"@timestamp":"2026-01-02T03:04:05.678Z","@metadata":{"beat":"s3beat","type":"_doc","version":"1.2.3"},' +
        '"heartbeat":"{\\"service_name\\":\\"s3beat\\",\\"service_version\\":\\"1.2.3\\",\\"time\\":{\\"seconds\\":1767323045},' +
        '\\"status\\":{\\"code\\":1,\\"description\\":\\"Service started\\"}}","fullyqualifiedbeatname":"s3beat_prod"}'
    ])
  })

  it("each status has its code and its words", () => {
    const said = (["started", "running", "stopped"] as const).map(
      (status) => JSON.parse(JSON.parse(textOf(status)[0] ?? "").heartbeat).status
    )
    assert.deepStrictEqual(said, [
      { code: 1, description: "Service started" },
      { code: 2, description: "Service is Running" },
      { code: 3, description: "Service is Stopped" }
    ])
  })

  it("its seconds are seconds, and those of its timestamp", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(2999, 0) }), (time) => {
        const event = JSON.parse(textOf("running", time)[0] ?? "")
        const { seconds } = JSON.parse(event.heartbeat).time
        assert.strictEqual(seconds, Math.floor(Date.parse(event["@timestamp"]) / 1000))
      })
    )
  })

  it("whoever it comes from, it is a batch of one line of JSON that ends where the slab ends", () => {
    const unit = fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code))
    fc.assert(
      fc.property(fc.string({ unit }), (name) => {
        const batch = heartbeatEvent({ ...sender, fullyQualifiedBeatName: name }, "running", at)
        assert.strictEqual(byteLength(batch), batch.bytes.byteLength)
        const [line, ...more] = Array.from(events(batch), (event) => Buffer.from(event))
        assert.isEmpty(more)
        assert.isFalse(line?.includes(0x0a))
        assert.strictEqual(JSON.parse(line?.toString() ?? "").fullyqualifiedbeatname, name)
      })
    )
  })
})

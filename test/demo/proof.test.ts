/**
 * The demo's proof is worth something only if it fails when something is wrong.
 */
import { assert, describe, it } from "@effect/vitest"
import { prove, type UploadedLog } from "../../src/demo/proof.ts"

const uploaded: ReadonlyArray<UploadedLog> = [
  { kind: "ALB", bucket: "a", key: "x", bytes: new Uint8Array(0), records: ["one", "two", "two"] },
  { kind: "ALB", bucket: "a", key: "y", bytes: new Uint8Array(0), records: ["three"] },
  { kind: "NDJSON", bucket: "b", key: "x", bytes: new Uint8Array(0), records: ["four"] }
]

/** The events of the logs, each as `[bucket, key, offset, message]`. */
type Delivered = readonly [bucket: string, key: string, offset: number, message: string]

const complete: ReadonlyArray<Delivered> = [
  ["a", "x", 0, "one"],
  ["a", "x", 4, "two"],
  ["a", "x", 8, "two"],
  ["a", "y", 0, "three"],
  ["b", "x", 0, "four"]
]

const file = (events: ReadonlyArray<Delivered>) =>
  events
    .map(
      ([bucket, key, offset, message]) =>
        `${JSON.stringify({
          "@metadata": { _id: `${bucket}/${key}#${offset}` },
          message,
          log: { offset },
          aws: { s3: { bucket: { name: bucket }, object: { key } } }
        })}\n`
    )
    .join("")

describe("proof", () => {
  it("nothing is amiss when every record arrived as it was, in whatever order", () => {
    for (const events of [complete, complete.toReversed()]) {
      assert.deepStrictEqual(prove(uploaded, file(events)), {
        kinds: [
          { name: "ALB", objects: 2, records: 4, events: 4 },
          { name: "NDJSON", objects: 1, records: 1, events: 1 }
        ],
        buckets: [
          { name: "a", objects: 2, records: 4, events: 4 },
          { name: "b", objects: 1, records: 1, events: 1 }
        ],
        recordsUploaded: 5,
        eventsDelivered: 5,
        distinctEvents: 5,
        heartbeats: 0,
        amiss: []
      })
    }
  })

  it("an event that is missing is amiss, whichever it is", () => {
    for (const missing of complete) {
      const { amiss } = prove(uploaded, file(complete.filter((event) => event !== missing)))
      assert.strictEqual(amiss.length, 1)
      assert.include(amiss[0], `${missing[0]}/${missing[1]}: `)
    }
  })

  it("an event that is not what was uploaded is amiss, and the record is named", () => {
    const changed = complete.map((event): Delivered => (event[2] === 4 ? ["a", "x", 4, "TWO"] : event))
    assert.deepStrictEqual(prove(uploaded, file(changed)).amiss, ["a/x: 3 events of 3 records, record 1 differs"])
  })

  it("an event that came twice is amiss, and counts once among the distinct ones", () => {
    const { amiss, distinctEvents, eventsDelivered } = prove(uploaded, file([...complete, ["b", "x", 0, "four"]]))
    assert.deepStrictEqual(amiss, ["b/x: 2 events of 1 records"])
    assert.deepStrictEqual([eventsDelivered, distinctEvents], [6, 5])
  })

  it("records that came under another object's name are amiss in both", () => {
    const swapped = complete.map((event): Delivered => (event[1] === "y" ? ["b", "y", 0, event[3]] : event))
    assert.deepStrictEqual(prove(uploaded, file(swapped)).amiss, [
      "a/y: 0 events of 1 records, record 0 differs",
      '1 events of an object that was not uploaded: ["b","y"]'
    ])
  })

  it("heartbeats are counted apart, wherever they stand, and disturb nothing else", () => {
    const beat = `${JSON.stringify({ "@timestamp": "2026-01-01T00:00:00.000Z", heartbeat: "{}" })}\n`
    const { heartbeats, ...proof } = prove(uploaded, `${beat}${file(complete)}${beat}`)
    const { heartbeats: none, ...without } = prove(uploaded, file(complete))
    assert.deepStrictEqual([heartbeats, none], [2, 0])
    assert.deepStrictEqual(proof, without)
  })

  it("without any event everything is amiss", () => {
    assert.strictEqual(prove(uploaded, "").amiss.length, uploaded.length)
  })
})

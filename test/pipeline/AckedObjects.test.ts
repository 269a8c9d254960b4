import { assert, describe, it } from "@effect/vitest"
import type { QueueMessage } from "../../src/domain/QueueMessage.ts"
import * as AckedObjects from "../../src/pipeline/AckedObjects.ts"

const message = (messageId: string): QueueMessage => ({
  queue: { name: "q", region: "us-east-1" },
  messageId,
  receiptHandle: "r",
  body: "",
  receiveCount: 1,
  sentAt: 0,
  receivedAt: 0
})

const object = { bucket: "b", key: "k", region: "us-east-1", eTag: "1" }

describe("AckedObjects", () => {
  it("remembers an object of one message only", () => {
    const acked = AckedObjects.make()
    acked.add(message("m1"), object)
    assert.isTrue(acked.has({ ...message("m1"), receiptHandle: "another receipt" }, object))
    assert.isFalse(acked.has(message("m2"), object))
  })

  it("an overwritten object is another object", () => {
    const acked = AckedObjects.make()
    acked.add(message("m1"), object)
    assert.isFalse(acked.has(message("m1"), { ...object, eTag: "2" }))
  })

  it("forgets a message that is settled", () => {
    const acked = AckedObjects.make()
    acked.add(message("m1"), object)
    acked.forget(message("m1"))
    assert.isFalse(acked.has(message("m1"), object))
  })

  it("keeps the latest 10,000 messages, whatever their number", () => {
    const acked = AckedObjects.make()
    for (let i = 0; i <= 10_000; i++) acked.add(message(`m${i}`), object)
    assert.isFalse(acked.has(message("m0"), object))
    assert.isTrue(acked.has(message("m1"), object))
    assert.isTrue(acked.has(message("m10000"), object))
  })
})

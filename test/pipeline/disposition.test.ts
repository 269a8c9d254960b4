import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { DecodeError, ObjectCorrupt, ObjectTooLarge } from "../../src/decode/Decoder.ts"
import { AccessDenied, CredentialsExpired, Unavailable } from "../../src/domain/reasons.ts"
import { NotificationUnreadable } from "../../src/notification/Notification.ts"
import { EventsRejected } from "../../src/output/Output.ts"
import { backoff, dispositionOf, type Failure, reasonOf } from "../../src/pipeline/disposition.ts"
import { BodyInterrupted, BucketMissing, ObjectMissing, S3ReaderError } from "../../src/reader/S3Reader.ts"

const detail = "because"
const reading = (reason: S3ReaderError["reason"]) => new S3ReaderError({ object: "s3://b/k", reason })

/** The table of the README, row by row: what fails, and what becomes of the message. */
const rows: ReadonlyArray<readonly [Failure, "delete" | "release" | "reject"]> = [
  [new NotificationUnreadable({ detail }), "reject"],
  [reading(new ObjectMissing({ detail })), "delete"],
  [reading(new BucketMissing({ detail })), "reject"],
  [reading(new AccessDenied({ detail })), "release"],
  [reading(new CredentialsExpired({ detail })), "release"],
  [reading(new Unavailable({ detail })), "release"],
  [reading(new BodyInterrupted({ detail })), "release"],
  [new DecodeError({ reason: new ObjectCorrupt({ detail }) }), "reject"],
  [new DecodeError({ reason: new ObjectTooLarge({ detail }) }), "reject"],
  [new EventsRejected({ events: [{ index: 0, detail }] }), "reject"]
]

describe("disposition", () => {
  for (const [failure, action] of rows) {
    it(`${reasonOf(failure)._tag}: the message is ${action}d`, () => {
      assert.strictEqual(dispositionOf(failure, { onMissingObject: "delete" }).action, action)
    })
  }

  it("a refusal never deletes, whatever is configured", () => {
    for (const onMissingObject of ["delete", "reject"] as const) {
      const denied = dispositionOf(reading(new AccessDenied({ detail })), { onMissingObject })
      assert.strictEqual(denied.action, "release")
    }
  })

  it("onMissingObject: reject keeps the message of an object that is gone", () => {
    const gone = dispositionOf(reading(new ObjectMissing({ detail })), { onMissingObject: "reject" })
    assert.strictEqual(gone.action, "reject")
  })

  it("a released message waits 2^receiveCount × 10 s, at most 15 minutes", () => {
    assert.deepStrictEqual(
      [1, 2, 3, 6, 7, 1000].map((receiveCount) => Duration.toSeconds(backoff(receiveCount))),
      [20, 40, 80, 640, 900, 900]
    )
  })
})

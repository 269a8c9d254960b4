/**
 * Where forged notifications can send s3beat: to the endpoint of S3, and nowhere else.
 */
import dns from "node:dns"
import { assert, describe, it, vi } from "@effect/vitest"
import { type Duration, Effect, Layer, Result } from "effect"
import * as fc from "fast-check"
import * as AwsClients from "../../src/aws/AwsClients.ts"
import * as S3ReaderAws from "../../src/aws/S3ReaderAws.ts"
import type { ObjectRef } from "../../src/domain/ObjectRef.ts"
import { parseNotification } from "../../src/notification/parseNotification.ts"
import { S3Reader } from "../../src/reader/S3Reader.ts"
import * as Identities from "../support/fixedIdentities.ts"
import { notificationOf } from "../support/pipeline.ts"
import { roleA, roles, world } from "../support/s3ReaderWorld.ts"
import { turn } from "../support/turn.ts"
import { S3Wire } from "../support/S3Wire.ts"

/** What one would write in a field to be taken somewhere else. */
const elsewhere = fc.oneof(
  fc.constantFrom(
    "evil.example",
    "evil.example/",
    "evil.example#",
    "evil.example?",
    "x@evil.example",
    "x:y@evil.example/",
    "us-east-1.evil.example",
    "us-east-1.amazonaws.com.evil.example",
    "127.0.0.1:80/",
    "[::1]",
    "http://evil.example",
    "arn:aws:s3:us-east-1:123456789012:accesspoint/mine",
    "arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/mine",
    "arn:aws:s3-outposts:us-east-1:123456789012:outpost/op-1/accesspoint/mine",
    "mine--use1-az4--x-s3",
    "mine--op-s3",
    "mine-s3alias",
    "mine.mrap",
    "..",
    ".",
    "a/../b",
    "%2e%2e",
    "a\nb",
    "a\r\nHost: evil.example",
    "a b",
    "a\u0000b",
    "é",
    "ＥＶＩＬ",
    "",
    "x".repeat(70),
    "fips-us-east-1",
    "us-east-1-fips",
    "aws-global",
    "s3-external-1",
    "localhost"
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.domain()
)

const likely = (value: string) =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(value) }, { weight: 2, arbitrary: elsewhere })

const forged: fc.Arbitrary<ObjectRef> = fc.record({
  bucket: likely("logs"),
  key: likely("a/b"),
  region: likely("us-east-1"),
  versionId: elsewhere,
  size: fc.constantFrom(0, 5, 2 ** 53 - 1)
})

/** The objects that s3beat would open for a message that says so. */
const believed = (ref: ObjectRef): ReadonlyArray<ObjectRef> => {
  const body = notificationOf({ ...ref, key: ref.key.toWellFormed() })
  return Result.match(parseNotification(body), { onFailure: () => [], onSuccess: ({ objects }) => objects })
}

/** The domains of AWS's partitions. **Source** https://docs.aws.amazon.com/general/latest/gr/rande.html, and the SDK's own table. */
const AWS_DOMAINS =
  /^(?:[a-z0-9-]+\.)*s3(?:[.-][a-z0-9-]+)*\.(?:amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$/u

/** Every name that this process wants to connect to; none is found. */
const namesAskedFor = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const names: Array<string> = []
      const lookup = vi.spyOn(dns, "lookup").mockImplementation((...args: ReadonlyArray<unknown>) => {
        names.push(String(args[0]))
        const answer = args.at(-1)
        if (typeof answer === "function") {
          setImmediate(() => answer(Object.assign(new Error("no names here"), { code: "ENOTFOUND" })))
        }
      })
      return { names, lookup }
    }),
    ({ lookup }) => Effect.sync(() => lookup.mockRestore())
  ),
  ({ names }) => names
)

const REFS = 400

/** Opens each of them, for as long as this, whatever comes of it. */
const openEach = Effect.fnUntraced(function* (refs: ReadonlyArray<ObjectRef>, limit: Duration.Input) {
  const reader = yield* S3Reader
  yield* Effect.forEach(refs, (ref) => Effect.ignore(Effect.timeout(Effect.scoped(reader.open(ref)), limit)), {
    concurrency: 20,
    discard: true
  })
})

describe("forged notifications", () => {
  it.live(
    "no name is asked for but those of S3 in the domains of AWS",
    () =>
      Effect.gen(function* () {
        const names = yield* namesAskedFor
        const refs = fc.sample(forged, REFS).flatMap(believed)
        assert.isNotEmpty(refs)
        // The first attempt is enough to see where it goes.
        yield* openEach(refs, "200 millis")
        assert.isNotEmpty(names)
        for (const name of names) assert.match(name, AWS_DOMAINS)
      }).pipe(Effect.scoped, Effect.provide(S3ReaderAws.layer({}).pipe(Layer.provide(Identities.layer(roles()))))),
    20_000
  )

  it.live(
    "with an endpoint of one's own every request goes there, for that bucket and no other, and tells whose bucket it must be",
    () =>
      Effect.gen(function* () {
        const wire = yield* S3Wire
        const names = yield* namesAskedFor
        const refs = fc.sample(forged, REFS).flatMap(believed)
        yield* openEach(refs, "1 second")
        yield* turn
        const buckets = new Set(refs.map(({ bucket }) => bucket))
        const requests = yield* wire.requests
        assert.isNotEmpty(requests)
        for (const { accessKeyId, bucket, headers } of requests) {
          assert.isTrue(buckets.has(bucket), JSON.stringify(bucket))
          assert.strictEqual(headers.host, new URL(wire.endpoint).host)
          const owner = accessKeyId.startsWith("A-") ? roleA.split(":")[4] : "222222222222"
          assert.strictEqual(headers["x-amz-expected-bucket-owner"], owner)
        }
        assert.deepStrictEqual(names, [])
      }).pipe(Effect.scoped, Effect.provide(world(roles()))),
    30_000
  )

  it("a bucket is one label of a path, and never a place of its own", () => {
    for (const bucket of [
      "..",
      "a/../b",
      "x@evil.example",
      "arn:aws:s3:us-east-1:123456789012:accesspoint/mine",
      "a--b--x-s3",
      ""
    ]) {
      assert.deepStrictEqual(believed({ bucket, key: "k", region: "us-east-1" }), [])
    }
    for (const bucket of ["logs", "My_Old.Bucket", "a--b", "1.2.3.4"]) {
      assert.strictEqual(believed({ bucket, key: "k", region: "us-east-1" })[0]?.bucket, bucket)
    }
  })

  it("a region that is none of AWS's own kind is refused, and none at all is the first of AWS's", () => {
    for (const region of ["evil.example", "a/b", "x@y", "us-east-1#", "é", "a b", "-a", "a".repeat(64)]) {
      assert.deepStrictEqual(believed({ bucket: "logs", key: "k", region }), [])
    }
    assert.strictEqual(believed({ bucket: "logs", key: "k", region: "" })[0]?.region, "us-east-1")
  })

  it.effect("regions that nobody has named before do not pile up clients, and one that is in use stays", () =>
    Effect.gen(function* () {
      const open = new Set<string>()
      let made = 0
      const clients = yield* AwsClients.make<string>({
        make: ({ region }) => {
          made++
          open.add(region)
          return region
        },
        close: (region) => void open.delete(region)
      })
      const identity = Identities.identity("base identity", "BASE")
      for (let n = 0; n < 2000; n++) {
        for (const region of [`nowhere-${n}`, "us-east-1"]) {
          assert.strictEqual(yield* clients.call(identity, region, async (client) => client), region)
        }
      }
      assert.isAtMost(open.size, 256)
      assert.strictEqual(made, 2001)
    }).pipe(Effect.scoped)
  )
})

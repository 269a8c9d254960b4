import { Effect, Layer } from "effect"
import * as S3ReaderAws from "../../src/aws/S3ReaderAws.ts"
import * as EmbeddedAws from "../../src/demo/EmbeddedAws.ts"
import type { Fault as WireFault } from "../../src/demo/Exchange.ts"
import { type Account, s3Arn } from "../../src/demo/World.ts"
import type { Fault } from "../../src/testing/S3ReaderMemory.ts"
import * as contract from "../contract/s3ReaderContract.ts"
import * as Identities from "../support/fixedIdentities.ts"

const keys = (name: string) => ({
  name,
  accessKeyId: name,
  secretAccessKey: "secret",
  policy: [{ actions: ["s3:*"], resources: ["*"] }]
})

const account: Account = {
  id: "222222222222",
  // The second are the keys after a refresh.
  users: [keys("BASE-0"), keys("BASE-1")],
  roles: [],
  buckets: [{ name: "logs", region: "us-east-1" }],
  queues: []
}

const refuse = (status: number, code: string): WireFault => ({
  _tag: "Refuse",
  status,
  code,
  message: "the test says so"
})

/** What goes over the wire, request by request; undefined when nothing is wrong any more. */
const onTheWire = (fault: Fault): (() => WireFault | undefined) => {
  switch (fault._tag) {
    case "Unavailable": {
      let left = fault.times
      return () => (left-- > 0 ? refuse(503, "SlowDown") : undefined)
    }
    case "BodyCut": {
      const cuts = [...fault.at]
      let from = 0
      return () => {
        const at = cuts.shift()
        if (at === undefined) return undefined
        const bytes = at - from
        from = at
        return { _tag: "CutBody", bytes }
      }
    }
    case "BodyBroken":
      return () => ({ _tag: "CutBody", bytes: fault.at })
    case "AccessDenied":
      return () => refuse(403, "AccessDenied")
    case "CredentialsExpired":
      return () => refuse(400, "ExpiredToken")
    case "ObjectMissing":
      return () => refuse(404, "NoSuchKey")
    case "BucketMissing":
      return () => refuse(404, "NoSuchBucket")
  }
}

const world = Layer.effect(
  contract.S3World,
  Effect.gen(function* () {
    const aws = yield* EmbeddedAws.EmbeddedAws
    const faults = new Map<string, () => WireFault | undefined>()
    yield* aws.setIntercept(({ resource }) => Effect.sync(() => faults.get(resource)?.()))
    return {
      put: Effect.fnUntraced(function* ({ bucket, key }, bytes) {
        const eTag = yield* aws.putObject(bucket, key, bytes)
        return { bucket, key, region: "us-east-1", eTag, size: bytes.byteLength }
      }),
      remove: ({ bucket, key }) => aws.deleteObject(bucket, key),
      fail: ({ bucket, key }, fault) => Effect.sync(() => void faults.set(s3Arn(bucket, key), onTheWire(fault))),
      openNow: aws.openRequests
    }
  })
)

const reader = Layer.unwrap(
  Effect.map(EmbeddedAws.EmbeddedAws, ({ endpoint }) => S3ReaderAws.layer({ endpoint, forcePathStyle: true }))
).pipe(Layer.provide(Identities.layer([Identities.identity("base identity", "BASE")])))

contract.suite(
  "the AWS SDK against the embedded AWS",
  Layer.merge(reader, world).pipe(Layer.provide(EmbeddedAws.layer({ accounts: [account] }))),
  { keepsVersions: false }
)

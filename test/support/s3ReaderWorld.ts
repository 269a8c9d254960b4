/**
 * `S3ReaderAws` and the server that it talks to.
 */
import { Effect, Layer, Schedule, Stream } from "effect"
import * as S3ReaderAws from "../../src/aws/S3ReaderAws.ts"
import type { Identity } from "../../src/credentials/Credentials.ts"
import type { ObjectRef } from "../../src/domain/ObjectRef.ts"
import { S3Reader } from "../../src/reader/S3Reader.ts"
import * as Identities from "./fixedIdentities.ts"
import { type Rule, S3Wire, layer as wire } from "./S3Wire.ts"

/** Two roles of two accounts. */
export const roleA = "arn:aws:iam::111111111111:role/a"
export const roleB = "arn:aws:iam::222222222222:role/b"

/** Identities whose requests are signed with `BASE-0`, and with `A-0` and `B-0`. */
export const base = () => Identities.identity("base identity", "BASE")
export const roles = () => [
  Identities.identity(roleA, "A", "111111111111"),
  Identities.identity(roleB, "B", "222222222222")
]

/** The reader as these identities, against a server of its own. */
export const world = (identities: ReadonlyArray<Identity> = [base()]): Layer.Layer<S3Reader | S3Wire> =>
  Layer.unwrap(Effect.map(S3Wire, ({ endpoint }) => S3ReaderAws.layer({ endpoint, forcePathStyle: true }))).pipe(
    Layer.provide(Identities.layer(identities)),
    Layer.provideMerge(wire)
  )

/** The object that most tests read. */
export const log: ObjectRef = { bucket: "logs", key: "log", region: "us-east-1" }

/** Opens the object and reads it to its end. */
export const read = Effect.fnUntraced(function* (ref: ObjectRef) {
  const reader = yield* S3Reader
  const object = yield* reader.open(ref)
  return { ref: object.ref, bytes: Buffer.concat(yield* Stream.runCollect(object.body)) }
}, Effect.scoped)

/** S3's plain refusal. */
export const refused = (message: string) => ({ status: 403, code: "AccessDenied", message })

/** Refuses everyone whose access key id does not begin so. */
export const only =
  (accessKeyId: string): Rule =>
  (request) =>
    request.accessKeyId.startsWith(accessKeyId) ? undefined : refused("Access Denied")

/** Waits until the server has no connection any more. */
export const untilClosed = Effect.gen(function* () {
  const { connections } = yield* S3Wire
  yield* connections.pipe(
    Effect.repeat({ until: ({ open }) => open === 0, schedule: Schedule.spaced("5 millis") }),
    Effect.timeout("5 seconds")
  )
})

/**
 * From a message's body to the objects that it announces, whichever way the notification came.
 */
import { Predicate, Result, Schema, SchemaIssue } from "effect"
import * as EventBridge from "./eventBridge.ts"
import { type Notification, NotificationUnreadable } from "./Notification.ts"
import * as S3 from "./s3Event.ts"

/** SNS around EventBridge around S3 is the deepest that anyone wires. */
const MAX_ENVELOPES = 4

/** An SNS notification; with raw delivery the body is the message itself, and nothing is to be unwrapped. */
const SnsEnvelope = Schema.Struct({ Type: Schema.Literal("Notification"), Message: Schema.String })

const nothing: Notification = { objects: [], ignored: { testEvents: 0, notCreated: 0 } }

/**
 * Reads S3 event notifications (2.x, any number of records), the same wrapped in SNS (enveloped or raw), S3's EventBridge
 * events, and S3's test event.
 *
 * **Shape** Only `ObjectCreated:*` names objects to read; everything else that S3 says is counted as ignored. Records of
 * another event source than S3 are refused: nobody else's event is an object to read.
 *
 * **Errors** `NotificationUnreadable` for everything else. One bad record makes the whole message unreadable, because a
 * message settles as a whole.
 */
export const parseNotification = (body: string): Result.Result<Notification, NotificationUnreadable> =>
  unwrap(body, MAX_ENVELOPES)

const unwrap = (body: string, envelopes: number): Result.Result<Notification, NotificationUnreadable> => {
  if (envelopes === 0) return unreadable("the body is wrapped in more envelopes than any service puts around it")
  const json = parseJson(body)
  if (Result.isFailure(json)) return Result.fail(json.failure)
  const value = json.success
  if (!Predicate.isObject(value)) return unreadable("the body is JSON, but no object")

  if (Object.hasOwn(value, "Records")) return Result.flatMap(decodeS3Event(value), fromS3)
  if (value["Event"] === "s3:TestEvent")
    return Result.succeed({ ...nothing, ignored: { testEvents: 1, notCreated: 0 } })
  if (value["source"] === "aws.s3") return Result.map(decodeEventBridgeEvent(value), fromEventBridge)
  if (value["Type"] === "Notification") {
    return Result.flatMap(decodeSnsEnvelope(value), (envelope) => unwrap(envelope.Message, envelopes - 1))
  }
  return unreadable(
    "the body is neither an S3 event notification (Records) nor an SNS notification (Type), an EventBridge event of S3 (source) or a test event (Event)"
  )
}

const unreadable = (detail: string): Result.Result<never, NotificationUnreadable> =>
  Result.fail(new NotificationUnreadable({ detail }))

/** A parser's message quotes what it read; only the fact is told. Nesting beyond the engine's stack ends here as well. */
const parseJson = (text: string): Result.Result<unknown, NotificationUnreadable> =>
  Result.try({
    try: (): unknown => JSON.parse(text),
    catch: () => new NotificationUnreadable({ detail: "the body is not JSON" })
  })

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

const decoding = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) => {
  const decode = Schema.decodeUnknownResult(schema)
  return (value: unknown): Result.Result<S["Type"], NotificationUnreadable> =>
    Result.mapError(decode(value), (error) => {
      const path = formatIssue(error.issue)
        .issues[0]?.path?.map((part) => (Predicate.isNumber(part) ? `[${part}]` : `.${String(part)}`))
        .join("")
      return new NotificationUnreadable({
        detail: `${path === undefined || path === "" ? "the body" : path.replace(/^\./u, "")} is missing or not what S3 sends`
      })
    })
}

const decodeS3Event = decoding(S3.S3Event)
const decodeEventBridgeEvent = decoding(EventBridge.EventBridgeEvent)
const decodeSnsEnvelope = decoding(SnsEnvelope)

const fromS3 = (event: typeof S3.S3Event.Type): Result.Result<Notification, NotificationUnreadable> => {
  const objects: Array<Notification["objects"][number]> = []
  let notCreated = 0
  for (const record of event.Records) {
    // Services that are compatible with S3 name themselves here, `minio:s3` for one.
    if (!/(?:^|:)s3$/u.test(record.eventSource)) return unreadable("Records[].eventSource is not S3")
    if (!S3.isCreated(record)) {
      notCreated++
      continue
    }
    const object = S3.toObjectRef(record)
    if (Result.isFailure(object)) return Result.fail(object.failure)
    objects.push(object.success)
  }
  return Result.succeed({ objects, ignored: { testEvents: 0, notCreated } })
}

const fromEventBridge = (event: typeof EventBridge.EventBridgeEvent.Type): Notification =>
  EventBridge.isCreated(event)
    ? { objects: [EventBridge.toObjectRef(event)], ignored: nothing.ignored }
    : { objects: [], ignored: { testEvents: 0, notCreated: 1 } }

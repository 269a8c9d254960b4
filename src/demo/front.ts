/**
 * The front of the embedded AWS: checks who asks, decides what they may, and lets the rest through to the store.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http"
import { Clock, Effect } from "effect"
import { AwsError } from "./AwsError.ts"
import type { Exchange, Fault, Operation } from "./Exchange.ts"
import { notificationOf } from "./notificationOf.ts"
import type { ObjectStore } from "./ObjectStore.ts"
import type { Principals } from "./Principals.ts"
import { readAll } from "./readAll.ts"
import { receiveMessage } from "./receiveMessage.ts"
import * as respond from "./respond.ts"
import * as s3Api from "./s3Api.ts"
import { refusalOf } from "./sendMessage.ts"
import { parseAuthorization } from "./signature.ts"
import * as sqsApi from "./sqsApi.ts"
import * as stsApi from "./stsApi.ts"
import type { Upstream } from "./Upstream.ts"
import { keepVersion } from "./versions.ts"
import { xml } from "./xml.ts"

/** What the front decides by. */
export interface FrontOptions extends stsApi.StsOptions {
  readonly principals: Principals
  readonly upstream: Upstream
  readonly objects: ObjectStore
  readonly endpoint: () => string
  /** Told of every request whose signer is known, before it is answered; what it returns goes wrong. */
  readonly intercept: (operation: Operation) => Effect.Effect<Fault | undefined>
  /** Told how every request ended: `undefined`, or the code of the error. */
  readonly record: (operation: Operation, code: string | undefined) => void
}

/** Answers one request. Never fails: a refusal is an answer. */
export const handle = Effect.fnUntraced(function* (
  options: FrontOptions,
  request: IncomingMessage,
  response: ServerResponse
) {
  const authorization = parseAuthorization(request.headers.authorization)
  const service = authorization?.service
  yield* Effect.gen(function* () {
    const body = yield* readAll(request)
    const { method = "GET", url = "/" } = request
    if (authorization === undefined) return yield* notSigned
    const principal = yield* options.principals.authenticate(authorization, {
      method,
      url,
      headers: request.headers,
      body
    })
    const exchange: Exchange = {
      method,
      url,
      headers: request.headers,
      body,
      region: authorization.region,
      principal,
      request,
      response
    }
    switch (service) {
      case "s3":
        return yield* s3(options, exchange)
      case "sqs":
        return yield* sqs(options, exchange)
      case "sts":
        return yield* sts(options, exchange)
      default:
        return yield* new AwsError({ status: 400, code: "InvalidAction", message: "No such service here" })
    }
  }).pipe(
    // Whatever the front did not think of is told to whoever asks: without an answer they would wait for it.
    Effect.catchDefect((defect) =>
      Effect.andThen(Effect.logError("The embedded AWS failed at a request.", defect), Effect.fail(internalError))
    ),
    Effect.catchTag("AwsError", (error) => Effect.sync(() => respond.error(response, service, error)))
  )
})

/** Lets a test break the request, notes it, and how it ended. */
const observed = <A, R>(
  options: FrontOptions,
  { principal, response }: Exchange,
  { action, resource, service }: Pick<Operation, "service" | "action" | "resource">,
  answer: (fault: Fault | undefined) => Effect.Effect<A, AwsError, R>
) =>
  Effect.gen(function* () {
    const operation: Operation = { service, action, resource, principal: principal.arn }
    const fault = yield* options.intercept(operation)
    if (fault?._tag === "Drop") {
      response.destroy()
      return
    }
    yield* (fault?._tag === "Refuse" ? Effect.fail(new AwsError(fault)) : answer(fault)).pipe(
      Effect.tap(() => Effect.sync(() => options.record(operation, undefined))),
      Effect.tapError((error) => Effect.sync(() => options.record(operation, error.code)))
    )
  })

const s3 = (options: FrontOptions, exchange: Exchange) => {
  const operation = s3Api.operationOf(exchange)
  return observed(
    options,
    exchange,
    operation,
    Effect.fnUntraced(function* (fault) {
      const owned = yield* s3Api.authorize(options.accounts, exchange, operation)
      if (operation.action === "s3:GetBucketNotification") {
        const told = xml({ NotificationConfiguration: s3Api.notificationConfiguration(owned) })
        return respond.text(exchange.response, 200, "application/xml", told)
      }
      const { key, versionId } = operation
      const answer = yield* options.upstream.send({
        method: exchange.method,
        path: versionId === undefined ? exchange.url : s3Api.pathOfVersion(operation, versionId),
        headers: forwarded(exchange.headers),
        body: exchange.body
      })
      if (answer.statusCode === 404 && !s3Api.mayKnowWhatIsMissing(exchange, operation.bucketName)) {
        answer.resume()
        return yield* s3Api.denied("Access Denied")
      }
      if (answer.statusCode === 404 && versionId !== undefined) {
        answer.resume()
        return yield* s3Api.noSuchVersion
      }
      if (versionId !== undefined) exchange.response.setHeader("x-amz-version-id", versionId)
      if (key === "") exchange.response.setHeader("x-amz-bucket-region", owned.bucket.region)
      const creation = s3Api.creationOf(exchange)
      if (creation !== undefined && key !== "" && answer.statusCode === 200) {
        const kept = yield* announce(options, owned, key, creation)
        if (kept !== undefined) exchange.response.setHeader("x-amz-version-id", kept)
      }
      const cutAt = fault?._tag === "CutBody" ? fault.bytes : undefined
      yield* respond.forward(answer, exchange.response, cutAt)
    })
  )
}

/**
 * Keeps the version of a new object, if its bucket keeps versions, and sends the bucket's notification, if its queue takes it:
 * where the queue's policy does not allow it, the notification is lost, and S3 tells nobody. Answers the version's id.
 */
export const announce = Effect.fnUntraced(function* (
  { accounts, objects, upstream }: Pick<FrontOptions, "accounts" | "objects" | "upstream">,
  owned: s3Api.OwnedBucket,
  key: string,
  creation: s3Api.Creation
) {
  const { isVersioned, name, notifies } = owned.bucket
  const versionId = isVersioned === true ? yield* keepVersion(objects, { bucket: name, key }) : undefined
  if (notifies === undefined) return versionId
  const { format = "s3", queueArn } = notifies
  // Topics and event buses have policies of their own, which are not of this world.
  if (format === "s3" && !sqsApi.acceptsFrom(accounts, queueArn, owned)) return versionId
  const at = yield* Clock.currentTimeMillis
  // Of a multipart upload or a copy only the store knows what came of it.
  const upload = {
    ...(yield* objects.head(name, key)),
    ...(versionId === undefined ? undefined : { versionId }),
    key,
    creation,
    at
  }
  yield* upstream.sendMessage(queueArn, notificationOf(owned, upload, format))
  return versionId
})

const sqs = Effect.fnUntraced(function* (options: FrontOptions, exchange: Exchange) {
  const operation = yield* Effect.try({
    try: () => sqsApi.operationOf(exchange),
    catch: () => new AwsError({ status: 400, code: "SerializationException", message: "The request is not JSON" })
  })
  yield* observed(
    options,
    exchange,
    operation,
    Effect.fnUntraced(function* () {
      const owned = yield* sqsApi.authorize(options.accounts, exchange, operation)
      if (operation.call === "GetQueueUrl") {
        return respond.json(exchange.response, { QueueUrl: sqsApi.publicUrl(options.endpoint(), owned) })
      }
      const ask = (input: sqsApi.SqsOperation["input"]) =>
        options.upstream.send({
          method: "POST",
          path: "/",
          headers: { ...forwarded(exchange.headers), authorization: exchange.headers.authorization ?? "" },
          body: Buffer.from(JSON.stringify({ ...input, QueueUrl: options.upstream.urlOf(operation.resource) }))
        })
      const refusal = operation.call === "SendMessage" ? refusalOf(operation.input) : undefined
      if (refusal !== undefined) return yield* refusal
      if (operation.call === "ReceiveMessage") {
        const depth = options.upstream.depth(operation.resource)
        const received = yield* receiveMessage({ ask, depth }, operation.input)
        return typeof received === "string"
          ? respond.text(exchange.response, 200, respond.SQS_CONTENT_TYPE, received)
          : yield* respond.forward(received, exchange.response, undefined)
      }
      const answer = yield* ask(operation.input)
      if (operation.call !== "GetQueueAttributes" || answer.statusCode !== 200) {
        return yield* respond.forward(answer, exchange.response, undefined)
      }
      const text = yield* readAll(answer)
      const { Attributes = {} }: { readonly Attributes?: Record<string, string> } = JSON.parse(text.toString())
      return respond.json(exchange.response, { Attributes: sqsApi.ownAttributes(Attributes, owned, operation) })
    })
  )
})

const sts = (options: FrontOptions, exchange: Exchange) => {
  const form = new URLSearchParams(exchange.body.toString())
  return observed(options, exchange, stsApi.operationOf(form), () =>
    Effect.map(stsApi.answer(options, exchange, form), (text) => respond.text(exchange.response, 200, "text/xml", text))
  )
}

/** Headers that mean something to the store. What is signed, and by whom, is the front's own business. */
const forwarded = (headers: IncomingHttpHeaders): Record<string, string> => {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== "string" || ["authorization", "connection", "host", "expect", "content-length"].includes(name))
      continue
    kept[name] = value
  }
  return kept
}

const internalError = new AwsError({
  status: 500,
  code: "InternalError",
  message: "We encountered an internal error. Please try again."
})

const notSigned = new AwsError({
  status: 403,
  code: "MissingAuthenticationToken",
  message: "Request is missing Authentication Token"
})

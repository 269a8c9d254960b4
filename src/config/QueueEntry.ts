/**
 * An entry of `sqsQueues`: `queuename:region`, a queue URL or a queue ARN.
 */
import { Result, Schema } from "effect"
import type { QueueRef } from "../domain/QueueRef.ts"
import * as Arn from "./Arn.ts"
import { scalar, showText } from "./scalar.ts"

const EXAMPLE = "cloudtrail-events:us-east-1"

/**
 * The form of a queue's name.
 *
 * **Source** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
 */
const NAME = /^(?=.{1,80}$)[A-Za-z0-9_-]+(?:\.fifo)?$/

/** Reads an entry. **Errors** A sentence for each way to write it wrong, with what to write instead. */
export const parse = (text: string): Result.Result<QueueRef, string> => {
  if (/^https?:\/\//.test(text)) return fromUrl(text)
  if (text.startsWith("arn:")) return fromArn(text)
  const [name = "", region = "", ...rest] = text.split(":")
  if (rest.length > 0) return Result.fail(`${showText(text)} has too many colons; write it as in ${EXAMPLE}`)
  if (!NAME.test(name)) return Result.fail(notAName(name))
  if (region === "") {
    return Result.fail(`${showText(text)} names no region; write it as in ${name}:us-east-1`)
  }
  return Arn.isRegion(region) ? Result.succeed({ name, region }) : Result.fail(Arn.notARegion(region))
}

/** A queue in `sqsQueues`. */
export const QueueEntry = scalar<QueueRef>(
  Schema.Struct({
    name: Schema.String,
    region: Schema.String,
    accountId: Schema.optionalKey(Schema.String),
    url: Schema.optionalKey(Schema.String)
  }),
  `a queue as in ${EXAMPLE} (no space after the colon), a queue URL or a queue ARN`,
  parse
)

/**
 * The region stands in the host: `sqs.us-east-1.amazonaws.com`, FIPS, dual-stack, VPC endpoints, and emulators that follow
 * suit. The first hosts of SQS had it in front (`us-east-1.queue.amazonaws.com`) or not at all.
 */
const fromUrl = (text: string): Result.Result<QueueRef, string> => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const [, accountId, name = ""] = /^\/(?:(\d{12})\/)?([^/]+)\/?$/.exec(url?.pathname ?? "") ?? []
  if (url === undefined || !NAME.test(name)) {
    return Result.fail(
      `${showText(text)} is no queue URL; write it as in https://sqs.us-east-1.amazonaws.com/123456789012/cloudtrail-events`
    )
  }
  const region = url.hostname === "queue.amazonaws.com" ? "us-east-1" : url.hostname.split(".").find(Arn.isRegion)
  return region === undefined
    ? Result.fail(`${showText(text)} names no region; write ${name}:REGION, and the host in endpoints.sqs`)
    : Result.succeed({ name, region, ...(accountId === undefined ? undefined : { accountId }), url: text })
}

const fromArn = (text: string): Result.Result<QueueRef, string> => {
  const arn = Arn.parse(text)
  if (arn === undefined) {
    return Result.fail(
      `${showText(text)} is no ARN; write it as in arn:aws:sqs:us-east-1:123456789012:cloudtrail-events`
    )
  }
  if (arn.service !== "sqs") {
    return Result.fail(
      `${showText(text)} is the ARN of ${arn.service}, not of an SQS queue; name the queue that it notifies`
    )
  }
  const { accountId, region, resource: name } = arn
  if (!Arn.isRegion(region)) return Result.fail(Arn.notARegion(region))
  return NAME.test(name) ? Result.succeed({ name, region, accountId }) : Result.fail(notAName(name))
}

const notAName = (name: string): string =>
  `${showText(name)} is no queue name: letters, digits, - and _, at most 80; write it as in ${EXAMPLE}`

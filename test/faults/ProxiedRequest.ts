/**
 * A request as it comes over the wire, and what it asks for.
 */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http"
import { buffer } from "node:stream/consumers"
import { Predicate } from "effect"
import type { Operation } from "../../src/demo/Exchange.ts"
import { operationOf as s3OperationOf } from "../../src/demo/s3Api.ts"
import { parseAuthorization } from "../../src/demo/signature.ts"
import { operationOf as stsOperationOf } from "../../src/demo/stsApi.ts"

/** **Shape** `call` is the operation of SQS by its own name, batches told apart; empty for other services. `input` is its input. */
export interface ProxiedRequest extends Pick<Operation, "service" | "action" | "resource"> {
  readonly call: string
  readonly input: Readonly<Record<string, unknown>>
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Reads it to its end. */
export const readRequest = async (incoming: IncomingMessage): Promise<ProxiedRequest> => {
  const body = await buffer(incoming)
  const { headers, method = "GET", url = "/" } = incoming
  const carried = { call: "", input: {}, method, url, headers, body }
  const { region = "", service } = parseAuthorization(headers.authorization) ?? {}
  switch (service) {
    case "sqs": {
      const call = String(headers["x-amz-target"] ?? "").replace("AmazonSQS.", "")
      const parsed: unknown = JSON.parse(body.toString() || "{}")
      const input = Predicate.isObject(parsed) ? parsed : {}
      const resource = `arn:aws:sqs:${region}:${queueOf(input)}`
      return { ...carried, service, action: `sqs:${call.replace(/Batch$/u, "")}`, resource, call, input }
    }
    case "sts":
      return { ...carried, ...stsOperationOf(new URLSearchParams(body.toString())) }
    default:
      return { ...carried, ...s3OperationOf(carried) }
  }
}

/** `ACCOUNT:NAME` of the queue that is meant; only the name, where no account is told. */
const queueOf = (input: Readonly<Record<string, unknown>>): string => {
  const [, account = "", name] = /\/(\d{12})\/([^/]+)$/u.exec(String(input["QueueUrl"] ?? "")) ?? []
  return `${account}:${name ?? String(input["QueueName"] ?? "")}`
}
